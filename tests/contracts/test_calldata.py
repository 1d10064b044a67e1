from __future__ import annotations

import numpy as np
import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.contracts.calldata import addresses_of, array_argument, bytes_argument, calldata, word_argument, words_of

SELECTOR = b"\x01\x02\x03\x04"
words64 = st.integers(0, 2**64 - 1)


def column(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(values, np.uint64)


@given(
    st.integers(0, 2**256 - 1), st.lists(words64, max_size=40), st.binary(max_size=100), st.lists(words64, max_size=5)
)
def test_calldata__words_arrays_and_bytes__equals_eth_abi(
    word: int, first: list[int], raw: bytes, second: list[int]
) -> None:
    built = calldata(SELECTOR, word, words_of(column(first)), raw, words_of(column(second)))
    types = ["uint256", "uint64[]", "bytes", "uint64[]"]
    assert built == SELECTOR + encode(types, [word, first, raw, second])


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 4), st.binary(min_size=20, max_size=20)), max_size=20)
)
def test_calldata__array_of_structs__equals_eth_abi(requests: list[tuple[int, int, bytes]]) -> None:
    suppliers, utilities = column([one[0] for one in requests]), column([one[1] for one in requests])
    owners = addresses_of([one[2] for one in requests])
    rows = np.concatenate([words_of(suppliers), words_of(utilities), owners], axis=1)
    assert calldata(SELECTOR, rows) == SELECTOR + encode(["(uint32,uint8,address)[]"], [requests])


@given(st.integers(0, 2**256 - 1), st.lists(words64, max_size=40), st.binary(max_size=100))
def test_arguments__of_built_calldata__come_back(word: int, values: list[int], raw: bytes) -> None:
    built = calldata(SELECTOR, word, words_of(column(values)), raw)
    assert word_argument(built, 0) == word
    assert array_argument(built, 1).tobytes() == words_of(column(values)).tobytes()
    assert bytes_argument(built, 2) == raw


def test_array_argument__calldata_cut_short__raises() -> None:
    built = calldata(SELECTOR, words_of(column([1, 2, 3])))
    with pytest.raises(ValueError, match="buffer"):
        array_argument(built[:-1], 0)
