from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.chain.engine import Fees
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.genesis import FUNDER
from fairmeter.chain.wallet import (
    CURVE_ORDER,
    FUNDER_KEY,
    KEY_VARIABLE,
    Wallet,
    created_address,
    derive_key,
    funder_key,
)
from fairmeter.errors import InputError

TYPES = {"Mandate": [{"name": "account", "type": "uint256"}, {"name": "supplier", "type": "address"}]}
DOMAIN = {"name": "Fairmeter", "version": "1", "chainId": 31_337, "verifyingContract": "0x" + "11" * 20}


class Remote(EthTesterEngine):
    """What a wallet sees of an engine on a public network."""

    name = "rpc"


@given(
    seed=st.integers(0, 2**64),
    nonce=st.integers(0, 2**40),
    to=st.none() | st.binary(min_size=20, max_size=20),
    data=st.binary(max_size=200),
    value=st.integers(0, 10**30),
    gas=st.integers(21_000, 2**24),
    max_fee=st.integers(1, 10**12),
)
def test_sign__any_transaction__as_eth_account(
    seed: int, nonce: int, to: bytes | None, data: bytes, value: int, gas: int, max_fee: int
) -> None:
    key = derive_key(seed, "payer")
    wallet = Wallet(key, 31_337, nonce, Fees(max_fee, 1))
    signed = wallet.sign(to, data, value, gas=gas)
    reference = Account.from_key(key).sign_transaction(
        {
            "type": 2,
            "chainId": 31_337,
            "nonce": nonce,
            "maxPriorityFeePerGas": 1,
            "maxFeePerGas": max_fee,
            "gas": gas,
            "value": value,
            "data": data,
            **({} if to is None else {"to": to_checksum_address(to)}),
        }
    )
    assert (signed.raw, signed.hash) == (bytes(reference.raw_transaction), bytes(reference.hash))
    assert (signed.sender, signed.nonce, wallet.nonce) == (
        bytes.fromhex(Account.from_key(key).address[2:]),
        nonce,
        nonce + 1,
    )


@given(account=st.integers(0, 2**256 - 1), supplier=st.binary(min_size=20, max_size=20))
def test_sign_typed_data__any_message__as_eth_account(account: int, supplier: bytes) -> None:
    message = {"account": account, "supplier": f"0x{supplier.hex()}"}
    signature = Wallet(FUNDER_KEY, 31_337).sign_typed_data(DOMAIN, TYPES, message)
    signable = encode_typed_data(DOMAIN, {name: list(fields) for name, fields in TYPES.items()}, message)
    assert signature == bytes(Account.sign_message(signable, FUNDER_KEY).signature)


def test_derive_key__same_label__same_key() -> None:
    assert derive_key(1, "payer 1") == derive_key(1, "payer 1")
    assert len({derive_key(seed, label) for seed in (0, 1) for label in ("payer 1", "payer 11", "supplier 1")}) == 6


@given(seed=st.integers(0, 2**256 - 1), label=st.text(max_size=50))
def test_derive_key__any__a_key(seed: int, label: str) -> None:
    assert 0 < int.from_bytes(derive_key(seed, label), "big") < CURVE_ORDER


def test_created_address__first_of_the_funder__known() -> None:
    assert Wallet(FUNDER_KEY, 1).address == FUNDER
    assert created_address(FUNDER, 0).hex() == "5fbdb2315678afecb367f032d93f642f64180aa3"


def test_on__engine__next_nonce() -> None:
    engine = EthTesterEngine()
    assert Wallet.on(engine, FUNDER_KEY).nonce == 0
    engine.send([Wallet.on(engine, FUNDER_KEY).sign(FUNDER, gas=21_000).raw])
    assert Wallet.on(engine, funder_key(engine)).nonce == 1


def test_funder_key__remote__from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    key = derive_key(3, "deployer")
    monkeypatch.setenv(KEY_VARIABLE, f"0x{key.hex()}")
    assert funder_key(Remote()) == key


@pytest.mark.parametrize("text", ["", "0x", "12" * 31, "zz" * 32, "00" * 32, f"{CURVE_ORDER:064x}", "5f" * 33])
def test_funder_key__no_key__refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(KEY_VARIABLE, text)
    with pytest.raises(InputError, match=KEY_VARIABLE) as caught:
        funder_key(Remote())
    assert not text or text not in str(caught.value)
