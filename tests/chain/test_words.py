"""What takes one word is decoded as eth_abi decodes it, and refused where eth_abi refuses it."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.exceptions import DecodingError
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.chain.abi import CODEC
from fairmeter.chain.words import decode, readers

SIZES = range(8, 257, 8)
ELEMENTARY = [*(f"uint{n}" for n in SIZES), *(f"int{n}" for n in SIZES), *(f"bytes{n}" for n in range(1, 33))]
TYPES = st.sampled_from([*ELEMENTARY, "address", "bool"])
WORDS = st.one_of(
    st.binary(min_size=32, max_size=32),
    # what fits most types, and what is one beyond them
    st.integers(0, 256).map(lambda bits: min(2**bits, 2**256 - 1).to_bytes(32, "big")),
    st.integers(0, 255).map(lambda bits: (-(2**bits)).to_bytes(32, "big", signed=True)),
    st.integers(0, 32).map(lambda size: b"\x5a" * size + bytes(32 - size)),
)


@given(st.lists(st.tuples(TYPES, WORDS), max_size=6), st.binary(max_size=40))
def test_decode__any_words__as_eth_abi(asked: list[tuple[str, bytes]], more: bytes) -> None:
    types, data = tuple(kind for kind, _ in asked), b"".join(word for _, word in asked) + more
    found = readers(types)
    assert found is not None
    mine = decode(found, data)
    try:
        assert mine == list(CODEC.decode(types, data))
    except DecodingError:
        assert mine is None


@given(TYPES, st.binary(max_size=31))
def test_decode__less_than_a_word__none(kind: str, data: bytes) -> None:
    found = readers((kind,))
    assert found is not None
    assert decode(found, data) is None


@pytest.mark.parametrize("kind", ["bytes", "string", "uint256[]", "uint8[2]", "(bool,bytes)", "(uint8,(string))"])
def test_readers__of_another_size__none(kind: str) -> None:
    assert readers(("bool", kind)) is None


@given(st.booleans(), st.integers(0, 255), st.binary(min_size=20, max_size=20))
def test_decode__structs_in_structs__their_components(flag: bool, number: int, owner: bytes) -> None:
    kind = "(bool,(uint8,address))"
    data = CODEC.encode([kind], [(flag, (number, owner))])
    found = readers((kind,))
    assert found is not None
    values: Any = decode(found, data)
    assert values == [flag, number, owner]
