"""What a finding shows of two values that differ."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from fairmeter.audit.compare import SHOWN_BYTES, shown_beside

VALUES = st.none() | st.integers() | st.binary(max_size=200)


@given(VALUES, VALUES)
def test_shown_beside__two_that_differ__differ_as_shown(expected: object, found: object) -> None:
    assume(expected != found)
    first, second = shown_beside(expected, found)
    assert first != second
    assert max(len(first), len(second)) < 4 * SHOWN_BYTES


@given(st.binary(min_size=SHOWN_BYTES + 1, max_size=200), st.data())
def test_shown_beside__one_byte_of_many_differs__begins_with_it(expected: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(expected) - 1))
    found = expected[:at] + bytes([expected[at] ^ 0xFF]) + expected[at + 1 :]
    texts = shown_beside(expected, found)
    for text, value in zip(texts, (expected, found), strict=True):
        assert text.lstrip("…").removeprefix("0x").startswith(f"{value[at]:02x}")
