"""What operators leave for one another in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.errors import InputError
from fairmeter.oracle import Attestation, FolderExchange

ATTESTATIONS = st.builds(
    Attestation,
    batch=st.integers(1, 2**48 - 1),
    operator=st.integers(0, 127),
    evidence_root=st.binary(min_size=32, max_size=32),
    verdict_commitment=st.binary(min_size=32, max_size=32),
    signature=st.binary(min_size=64, max_size=64),
)
ONE = Attestation(7, 2, b"\x01" * 32, b"\x02" * 32, b"\x03" * 64)


@given(ATTESTATIONS)
def test_attestation__to_json_and_back__is_the_same(one: Attestation) -> None:
    assert Attestation.from_json(json.loads(json.dumps(one.to_json()))) == one


@pytest.mark.parametrize("name", ["evidence_root", "verdict_commitment", "signature"])
def test_attestation__other_length__is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"is not an attestation: {name} has 1 bytes"):
        Attestation.from_json({**ONE.to_json(), name: "0x07"})


@given(st.lists(ATTESTATIONS, max_size=5))
def test_read__after_publishing_in_any_order_and_twice__has_each_once(
    tmp_path_factory: pytest.TempPathFactory, some: list[Attestation]
) -> None:
    exchange = FolderExchange(tmp_path_factory.mktemp("exchange"))
    for one in [*some, *reversed(some)]:
        exchange.publish(one)
    for batch in {one.batch for one in some}:
        found = exchange.read(batch)
        assert len(found) == len(set(found))
        assert set(found) == {one for one in some if one.batch == batch}


def test_read__files_that_are_no_attestation__are_left_out_and_named(tmp_path: Path) -> None:
    exchange = FolderExchange(tmp_path)
    exchange.publish(ONE)
    (own,) = tmp_path.iterdir()
    (tmp_path / "7-3-aa.json").write_text("{")
    (tmp_path / "7-4-aa.json").write_text(json.dumps({**ONE.to_json(), "batch": 8}))
    (tmp_path / "7-5-aa.json").write_bytes(b"\xff")
    (tmp_path / own.with_suffix(".part1").name).write_text("half")
    assert exchange.read(7) == [ONE]
    assert sorted(exchange.refused) == ["7-3-aa.json", "7-4-aa.json", "7-5-aa.json"]
    assert exchange.refused["7-4-aa.json"] == "is of batch 8"


def test_publish__its_name_taken_by_another_content__is_written_all_the_same(tmp_path: Path) -> None:
    exchange = FolderExchange(tmp_path)
    exchange.publish(ONE)
    (own,) = tmp_path.iterdir()
    own.write_bytes(b"\xff")
    exchange.publish(ONE)
    assert exchange.read(7) == [ONE]


def test_exchange__folder_that_is_a_file__is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be used as an exchange"):
        FolderExchange(tmp_path / "file")
