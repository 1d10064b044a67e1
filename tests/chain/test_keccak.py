from __future__ import annotations

import numpy as np
import pytest
from Crypto.Hash import keccak as reference
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fairmeter.chain.keccak import keccak256, keccak_rows
from fairmeter.model import UInt8s

RATE = 136
"""Bytes that Keccak-256 absorbs a permutation."""


def digest(data: bytes) -> bytes:
    return bytes(reference.new(digest_bits=256, data=data).digest())


@given(data=st.binary(max_size=600))
def test_keccak256__any_message__as_pycryptodome(data: bytes) -> None:
    assert keccak256(data) == digest(data)


@given(rows=arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=300)))
def test_keccak_rows__any_shape__as_pycryptodome(rows: UInt8s) -> None:
    assert [row.tobytes() for row in keccak_rows(rows)] == [digest(row.tobytes()) for row in rows]


@pytest.mark.parametrize("width", [0, 1, RATE - 1, RATE, RATE + 1, 2 * RATE - 1, 2 * RATE])
def test_keccak_rows__at_the_rate__padding_right(width: int) -> None:
    rows = np.full((3, width), 0xFF, np.uint8)
    assert keccak_rows(rows)[1].tobytes() == digest(rows[1].tobytes())


def test_keccak_rows__strided_view__as_a_copy() -> None:
    rows = np.arange(6 * 64, dtype=np.uint64).astype(np.uint8).reshape(6, 64)
    assert (keccak_rows(rows[::2, ::2]) == keccak_rows(rows[::2, ::2].copy())).all()
