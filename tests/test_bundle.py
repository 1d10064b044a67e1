"""How tables are cut into row groups: whatever parts they come in, the same rows, in groups of bounded size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter import bundle
from fairmeter.bundle import Bundle, BundleWriter, file_hash, table_of


def receipts(first: int, count: int) -> pa.Table:
    numbers = np.arange(first, first + count)
    contracts = [b"c" * 20 if number % 7 == 0 else None for number in numbers.tolist()]
    logs = (numbers % 5).astype(np.int32)
    columns = {"transaction": numbers, "status": numbers % 3 > 0, "gas_used": 21_000 + numbers}
    return table_of("receipts", {**columns, "contract": contracts, "logs": logs})


def write(folder: Path, sizes: list[int]) -> pq.FileMetaData:
    """Receipts in parts of these sizes; what the file says of its groups."""
    ends = np.cumsum(sizes).tolist()
    with BundleWriter(folder, b"{}", ("receipts",)) as writer:
        for end, size in zip(ends, sizes, strict=True):
            writer.append("receipts", receipts(end - size, size))
        writer.finish({})
    return pq.read_metadata(folder / "receipts.parquet")


def groups(described: pq.FileMetaData) -> list[int]:
    return [described.row_group(number).num_rows for number in range(described.num_row_groups)]


@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=12), limit=st.sampled_from([20, 150]))
def test_append__parts_of_any_size__all_rows_in_their_order_in_groups_of_bounded_size(
    sizes: list[int], limit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "ROWS_A_GROUP", limit)
        described = write(folder, sizes)
    assert Bundle(folder).table("receipts").equals(receipts(0, sum(sizes)))
    assert Bundle(folder).manifest["files"]["receipts.parquet"]["rows"] == sum(sizes)
    assert all(limit <= rows < limit + max(sizes) for rows in groups(described)[:-1])


def test_append__same_parts_twice__gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write(tmp_path / name, [400] * 400)
    described = pq.read_metadata(tmp_path / "one/receipts.parquet")
    assert described.num_row_groups > 1
    assert file_hash(tmp_path / "one/receipts.parquet") == file_hash(tmp_path / "other/receipts.parquet")


def test_append__row_by_row__groups_bounded_by_what_small_tables_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "BYTES_A_GROUP", 1 << 20)
    assert max(groups(write(tmp_path / "small", [1] * 600))) < (1 << 20) // bundle.BYTES_A_PART
    assert groups(write(tmp_path / "large", [30_000] * 2))[0] == 30_000


def test_row_groups__of_batches__reads_only_where_they_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "ROWS_A_GROUP", 6)
    rows = {"index": np.arange(3, dtype=np.int32), "figures": [b"one", b"two", b"three"]}
    with BundleWriter(tmp_path, b"{}", ("features",)) as writer:
        for batch in range(10):
            writer.append("features", table_of("features", {"batch": np.full(3, batch), **rows}))
        writer.finish({})
    found = pa.concat_tables(Bundle(tmp_path).row_groups("features", batches={2, 9}))
    assert pc.unique(found["batch"]).to_pylist() == [2, 3, 8, 9]
