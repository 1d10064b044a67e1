"""The format: whatever is done to a sealed file, it opens as it was or not at all."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.privacy.conftest import KEY, OTHER

from fairmeter.errors import InputError, PrivacyError
from fairmeter.privacy import Contents, DataKey, Kind, SealedFile, make_key, read_key
from fairmeter.privacy import sealing as room

SMALL = 64


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Several parts without many bytes."""
    if "whole" not in request.node.name:
        monkeypatch.setattr(room, "PART", SMALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sealed") / "people.csv.sealed"


def sealed(plain: bytes, key: DataKey = KEY, name: str = "people.csv") -> bytes:
    target, contents = io.BytesIO(), Contents(3, ("account", "name"), len(plain))
    room.seal(room.parts_of(io.BytesIO(plain)), target, key, Kind.CONTACTS, name, contents)
    return target.getvalue()


def opened(place: Path, content: bytes, key: DataKey = KEY) -> bytes:
    place.write_bytes(content)
    with place.open("rb") as file:
        return b"".join(SealedFile(file, place, key).parts())


@settings(max_examples=40)
@given(st.binary(max_size=4 * SMALL))
def test_seal__any_bytes__come_back_and_never_look_the_same(place: Path, plain: bytes) -> None:
    first, second = sealed(plain), sealed(plain)
    assert opened(place, first) == plain
    assert first != second
    assert len(plain) < 8 or plain not in first[-len(plain) - room.TAG :]


@settings(max_examples=40)
@given(st.binary(max_size=4 * SMALL), st.data())
def test_open__any_bit_flipped__refused(place: Path, plain: bytes, data: st.DataObject) -> None:
    content = bytearray(sealed(plain))
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(PrivacyError) as caught:
        opened(place, bytes(content))
    assert "\n" not in str(caught.value)


@settings(max_examples=40)
@given(st.binary(max_size=4 * SMALL), st.data())
def test_open__cut_short_anywhere_or_longer__refused(place: Path, plain: bytes, data: st.DataObject) -> None:
    content = sealed(plain)
    with pytest.raises(PrivacyError):
        opened(place, content[: data.draw(st.integers(0, len(content) - 1))])
    for less in {1, room.TAG, len(plain) % SMALL + room.TAG, len(plain) + room.TAG}:
        with pytest.raises(PrivacyError, match="is cut short"):
            opened(place, content[:-less])
    with pytest.raises(PrivacyError, match="longer than what was sealed"):
        opened(place, content + b"\0")


@settings(max_examples=40)
@given(st.integers(0, 3), st.integers(0, 3))
def test_open__parts_swapped__the_first_wrong_one_named(place: Path, one: int, other: int) -> None:
    content = sealed(bytes(range(4 * SMALL)))
    size = SMALL + room.TAG
    parts = [content[len(content) - 4 * size :][n * size : (n + 1) * size] for n in range(4)]
    parts[one], parts[other] = parts[other], parts[one]
    moved = content[: len(content) - 4 * size] + b"".join(parts)
    if one == other:
        assert opened(place, moved) == bytes(range(4 * SMALL))
        return
    with pytest.raises(PrivacyError, match=f"altered: part {min(one, other) + 1} of 4 does not open"):
        opened(place, moved)


def test_open__a_part_or_a_header_of_another_file__refused(place: Path) -> None:
    one, other = sealed(bytes(2 * SMALL)), sealed(bytes(2 * SMALL))
    with pytest.raises(PrivacyError, match="part 2 of 2"):
        opened(place, one[: -SMALL - room.TAG] + other[-SMALL - room.TAG :])
    half = len(one) - 2 * (SMALL + room.TAG)
    with pytest.raises(PrivacyError, match="part 1 of 2"):
        opened(place, one[:half] + other[half:])


def test_open__another_key__both_named_and_neither_shown(place: Path) -> None:
    with pytest.raises(PrivacyError, match=f"sealed with the key {OTHER.id}; this one is {KEY.id}") as caught:
        opened(place, sealed(b"x", OTHER))
    assert KEY.secret.hex() not in str(caught.value) + repr(KEY)


def test_open__another_format_or_none__said(place: Path) -> None:
    header = b'{"format": 0}'
    with pytest.raises(PrivacyError, match="is sealed in format 0; expected 1"):
        opened(place, room.MAGIC + len(header).to_bytes(4, "big") + header)
    with pytest.raises(PrivacyError, match="is not sealed"):
        opened(place, b"account,name\n")


def test_seal__source_that_changes__refused() -> None:
    for size in (99, 101):
        with pytest.raises(InputError, match="has changed while it was sealed"):
            room.seal(
                iter([bytes(SMALL), bytes(size - SMALL)]), io.BytesIO(), KEY, Kind.SCORES, "a", Contents(1, (), 100)
            )


def test_seal__whole_parts_of_a_large_file__a_part_in_memory(tmp_path: Path) -> None:
    count, place = 24, tmp_path / "large.csv.sealed"

    def parts() -> Iterator[bytes]:
        return (bytes(room.PART) for _ in range(count))

    tracemalloc.start()
    with place.open("wb") as target:
        room.seal(parts(), target, KEY, Kind.FEATURES, "large.csv", Contents(1, (), count * room.PART))
    with place.open("rb") as file:
        assert sum(len(part) for part in SealedFile(file, place, KEY).parts()) == count * room.PART
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * room.PART


def test_make_key__twice__its_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    key = make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key(path) == key
    with pytest.raises(InputError, match="exists: what is sealed with its key"):
        make_key(path)
    assert read_key(path) == key


def test_read_key__what_is_wrong__one_line_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.key"
    make_key(path)
    path.chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"):
        read_key(path)
    path.chmod(0o600)
    path.write_text("ab" * 31)
    with pytest.raises(InputError, match="expected 64 hexadecimal digits") as caught:
        read_key(path)
    assert "abab" not in str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        read_key(tmp_path / "absent.key")
    monkeypatch.delenv("FAIRMETER_DATA_KEY", raising=False)
    assert read_key(None) is None
    monkeypatch.setenv("FAIRMETER_DATA_KEY", "cd" * 32)
    assert read_key(None) == DataKey(b"\xcd" * 32)
