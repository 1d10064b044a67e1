"""Bytes flipped, cut off or added, in any file: found before anything else is looked at."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.audit import audit
from fairmeter.bundle import BILL_TABLES, files_of
from fairmeter.errors import BundleError


@pytest.fixture(scope="module")
def copy(honest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files") / "run"
    shutil.copytree(honest, folder)
    return folder


@given(name=st.sampled_from(files_of(BILL_TABLES)), place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_audit__any_byte_flipped__found_in_that_file(copy: Path, name: str, place: float, mask: int) -> None:
    path = copy / "bundle" / name
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[int(place * len(whole))] ^= mask
    path.write_bytes(flipped)
    try:
        findings = audit(copy).findings
    finally:
        path.write_bytes(whole)
    assert [(finding.check, finding.where) for finding in findings] == [("files", name)]


@pytest.mark.parametrize("name", files_of(BILL_TABLES))
@pytest.mark.parametrize("change", ["cut", "added"])
def test_audit__last_byte_cut_or_one_added__found(copy: Path, name: str, change: str) -> None:
    path = copy / "bundle" / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] if change == "cut" else whole + b"\n")
    try:
        findings = audit(copy).findings
    finally:
        path.write_bytes(whole)
    assert [(finding.check, finding.where) for finding in findings] == [("files", name)]


@given(place=st.floats(0, 1, exclude_max=True))
def test_audit__layout_of_the_manifest_changed__found(copy: Path, place: float) -> None:
    """A space that JSON does not mind."""
    path = copy / "bundle" / "manifest.json"
    whole = path.read_bytes()
    breaks = [at for at, byte in enumerate(whole) if byte == ord("\n")]
    at = breaks[int(place * len(breaks))]
    path.write_bytes(whole[:at] + b" " + whole[at:])
    try:
        findings = audit(copy).findings
    finally:
        path.write_bytes(whole)
    assert [finding.where for finding in findings] == ["manifest.json"]


@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_audit__any_byte_of_the_manifest_changed__found(copy: Path, place: float, flip: int) -> None:
    path = copy / "bundle" / "manifest.json"
    whole = path.read_bytes()
    at = int(place * len(whole))
    path.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
    try:
        result = audit(copy)
    except BundleError:
        return
    finally:
        path.write_bytes(whole)
    assert not result.passed


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ((), [], "format"),
        (("format",), 2, "format 2"),
        (("fairmeter",), "0.0.1", "audit it with that version"),
        (("more",), 1, "more is not a known key"),
        (("head",), None, "head is None, expected an object"),
        (("head", "block"), "1", "head.block is '1'"),
        (("head", "history"), "0x5A", "head.history is '0x5A'"),
        (("chain", "hardfork"), "osaka", "chain.hardfork is osaka"),
        (("chain", "genesis", "balance"), 5, "chain.genesis.balance is 5"),
        (("contracts", "VerdictGate"), "0x", "contracts.VerdictGate is '0x'"),
        (("sums", "bills"), -1, "sums.bills is -1"),
        (("sums", "bills"), True, "sums.bills is True"),
        (("operators",), ["x"], "operators is 'x'"),
        (("files", "logs.parquet", "rows"), 1.5, "rows is 1.5"),
    ],
)
def test_audit__manifest_malformed__refused_in_one_line(
    copy: Path, path: tuple[str, ...], value: object, problem: str
) -> None:
    file = copy / "bundle" / "manifest.json"
    whole = file.read_bytes()
    manifest = json.loads(whole)
    place = manifest
    for name in path[:-1]:
        place = place[name]
    if path:
        place[path[-1]] = value
    file.write_text(json.dumps(manifest if path else value))
    try:
        with pytest.raises(BundleError) as refused:
            audit(copy)
    finally:
        file.write_bytes(whole)
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)
