"""A run on revm in the process is the run on eth-tester, to the byte."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fairmeter import bundle
from fairmeter.bundle import file_hash
from fairmeter.simulation import RunResult, run
from fairmeter.usage import write_fleet


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_fleet(tmp_path_factory.mktemp("fleet"), 8, 14, seed=3)


def on(engine: str, fleet: tuple[Path, Path], out: Path) -> RunResult:
    return run(*fleet, out / engine, engine=engine)


def test_run__on_revm__gives_the_same_bytes(
    fleet: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wake_rs", reason="eth-wake is not installed")
    # as large runs do, it cuts tables by what their rows take in memory
    monkeypatch.setattr(bundle, "BYTES_A_GROUP", 1 << 16)
    runs = [on(engine, fleet, tmp_path) for engine in ("eth-tester", "revm")]
    assert runs[1].implementation.startswith("revm (eth-wake ")
    files = [sorted(path for path in one.bundle.rglob("*") if path.is_file()) for one in runs]
    relative = [[path.relative_to(one.bundle) for path in paths] for one, paths in zip(runs, files, strict=True)]
    assert relative[0] == relative[1]
    assert [file_hash(path) for path in files[0]] == [file_hash(path) for path in files[1]]
    assert pq.ParquetFile(runs[0].bundle / "transactions.parquet").num_row_groups > 3
    assert (tmp_path / "eth-tester/anchors.json").read_bytes() == (tmp_path / "revm/anchors.json").read_bytes()
