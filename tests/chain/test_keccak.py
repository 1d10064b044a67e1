from __future__ import annotations

import hashlib

import numpy as np
import pytest
from Crypto.Hash import keccak as reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fairmeter.chain import keccak
from fairmeter.chain.keccak import RATE, Work, keccak256, keccak_each, keccak_rows, sha256_rows
from fairmeter.model import UInt8s

ANY_ROWS = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=300))
COMPILED = "fairmeter.chain.compiled"
BLOCK = 64
"""Of SHA-256; its padding has nine bytes at least."""
either = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
"""The same code for every example of a test."""


@pytest.fixture(params=["a call of C a row", "compiled"])
def _both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(COMPILED, worth_compiled=1 if request.param == "compiled" else 2**62)
    if request.param == "compiled":
        pytest.importorskip("numba")
        assert work.compiled(1) is not None
    monkeypatch.setattr(keccak, "_WORK", work)


both = pytest.mark.usefixtures("_both")


def digest(data: bytes) -> bytes:
    return bytes(reference.new(digest_bits=256, data=data).digest())


def counted(width: int, rows: int = 3) -> UInt8s:
    return np.arange(rows * width, dtype=np.uint64).astype(np.uint8).reshape(rows, width)


@given(data=st.binary(max_size=600))
def test_keccak256__any_message__as_pycryptodome(data: bytes) -> None:
    assert keccak256(data) == digest(data)


@both
@either
@given(rows=ANY_ROWS)
def test_keccak_rows__any_shape__as_pycryptodome(rows: UInt8s) -> None:
    assert [row.tobytes() for row in keccak_rows(rows)] == [digest(row.tobytes()) for row in rows]


@both
@pytest.mark.parametrize("width", [0, 1, RATE - 1, RATE, RATE + 1, 2 * RATE - 1, 2 * RATE])
def test_keccak_rows__at_the_rate__padding_right(width: int) -> None:
    rows = counted(width)
    assert [row.tobytes() for row in keccak_rows(rows)] == [digest(row.tobytes()) for row in rows]


@both
def test_keccak_rows__strided_view__as_a_copy() -> None:
    rows = counted(64, 6)
    assert (keccak_rows(rows[::2, ::2]) == keccak_rows(rows[::2, ::2].copy())).all()


@both
@either
@given(rows=ANY_ROWS)
def test_sha256_rows__any_shape__as_hashlib(rows: UInt8s) -> None:
    assert [row.tobytes() for row in sha256_rows(rows)] == [hashlib.sha256(row.tobytes()).digest() for row in rows]


@both
@pytest.mark.parametrize("width", [0, BLOCK - 9, BLOCK - 8, BLOCK, 2 * BLOCK - 9, 2 * BLOCK - 8, 4 * BLOCK])
def test_sha256_rows__at_the_block__padding_right(width: int) -> None:
    rows = counted(width, 17)
    assert [row.tobytes() for row in sha256_rows(rows)] == [hashlib.sha256(row.tobytes()).digest() for row in rows]


@both
@either
@given(messages=st.lists(st.binary(max_size=3 * RATE), max_size=40))
def test_keccak_each__any_messages__each_hashed_in_its_place(messages: list[bytes]) -> None:
    assert keccak_each(messages) == [digest(one) for one in messages]


@both
def test_keccak_each__many_as_long_to_a_block__each_hashed_in_its_place() -> None:
    messages = [bytes([size % 251]) * size for size in (*range(RATE - 20, RATE + 20), 5 * RATE - 1, 5 * RATE)]
    assert keccak_each(messages) == [digest(one) for one in messages]


def test_work__rows_of_little_account__nothing_loaded() -> None:
    work = Work(COMPILED, worth_compiled=10)
    assert work.compiled(9) is None


def test_work__enough_rows__loaded_for_good() -> None:
    pytest.importorskip("numba")
    work = Work(COMPILED, worth_compiled=10)
    assert [work.compiled(rows) is not None for rows in (5, 5, 0)] == [False, True, True]


def test_work__no_numba__calls_of_c_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keccak, "find_spec", lambda _: None)
    work = Work(COMPILED, worth_compiled=10)
    assert [work.compiled(rows) for rows in (20, 20)] == [None, None]
