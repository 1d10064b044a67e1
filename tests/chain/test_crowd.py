"""Many keys sign what each would alone."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass

import numpy as np
import pytest
from coincurve import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.chain import secp
from fairmeter.chain.crowd import Crowd
from fairmeter.chain.engine import Fees
from fairmeter.chain.keccak import Work
from fairmeter.chain.secp import ROWS_A_TASK, key_addresses, sign_digests
from fairmeter.chain.wallet import Wallet, derive_key

CHAIN = 31_337
FEES = Fees(max_fee=30, priority=2)


@dataclass(frozen=True)
class Message:
    to: bytes | None
    data: bytes
    gas: int
    value: int


MESSAGES = st.builds(
    Message,
    st.none() | st.binary(min_size=20, max_size=20),
    st.binary(max_size=120),
    st.integers(21_000, 2**24),
    st.integers(0, 2**90),
)


@given(st.lists(st.tuples(st.integers(0, 3), MESSAGES), min_size=1, max_size=12))
def test_sign__any_order__as_each_wallet_would(asked: list[tuple[int, Message]]) -> None:
    labels = [f"customer {row}" for row in range(4)]
    crowd = Crowd.derive(5, labels, CHAIN, FEES)
    wallets = [Wallet(derive_key(5, label), CHAIN, fees=FEES) for label in labels]
    for _ in range(2):
        rows = np.array([row for row, _ in asked], np.int64)
        signed = crowd.sign(rows, [message for _, message in asked])
        expected = [wallets[row].sign(one.to, one.data, one.value, gas=one.gas) for row, one in asked]
        assert signed == expected


@settings(max_examples=5)
@given(st.integers(0, 2**32))
def test_secp__more_rows_than_a_task__as_coincurve_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys, digests = (rng.integers(0, 255, (ROWS_A_TASK + 3, 32), np.uint8) for _ in range(2))
    keys[:, 0] = 1
    alone = [PrivateKey(key.tobytes()) for key in keys]
    expected = [key.sign_recoverable(digest.tobytes(), hasher=None) for key, digest in zip(alone, digests, strict=True)]
    assert [row.tobytes() for row in sign_digests(keys, digests)] == expected
    if importlib.util.find_spec("numba") is not None:
        compiled = importlib.import_module("fairmeter.chain.compiled_secp")
        assert [row.tobytes() for row in compiled.sign_digests(keys, digests)] == expected
    addresses = key_addresses(keys)
    for row in (0, 1, ROWS_A_TASK - 1, ROWS_A_TASK, ROWS_A_TASK + 2):
        assert addresses[row].tobytes() == Wallet(keys[row].tobytes(), CHAIN).address


@pytest.mark.parametrize("worth_compiled", [1, 2**62])
def test_sign_digests__a_key_out_of_range__said(monkeypatch: pytest.MonkeyPatch, worth_compiled: int) -> None:
    monkeypatch.setattr(secp, "_WORK", Work("fairmeter.chain.compiled_secp", worth_compiled))
    keys = np.ones((3, 32), np.uint8)
    keys[1] = 0xFF
    with pytest.raises(AssertionError, match="a private key is out of range"):
        sign_digests(keys, keys)


def test_sign_digests__no_rows__none() -> None:
    nothing = np.zeros((0, 32), np.uint8)
    assert sign_digests(nothing, nothing).shape == (0, 65)
