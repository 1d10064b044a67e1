"""Keys that come from a seed, and the transactions and typed data that they sign: the same seed gives the same bytes.

Signatures are deterministic (RFC 6979, as libsecp256k1 does it) with low s, nonces are counted locally, fees are fixed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import rlp
from eth_account.messages import encode_typed_data

from fairmeter.chain.engine import Engine, Fees, SignedTransaction
from fairmeter.chain.envelope import encode_integer, encode_list, encode_string
from fairmeter.chain.genesis import BASE_FEE
from fairmeter.chain.keccak import keccak256, keccak_each
from fairmeter.chain.secp import key_addresses, sign_digests
from fairmeter.errors import InputError
from fairmeter.model import UInt8s

FUNDER_KEY: Final = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
"""Of `genesis.FUNDER`, public knowledge: worth nothing on any real network."""
KEY_VARIABLE: Final = "FAIRMETER_PRIVATE_KEY"
CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
DYNAMIC_FEE_TYPE: Final = b"\x02"
"""EIP-1559."""
NO_ACCESS_LIST: Final = encode_list(b"")
LOCAL_FEES: Final = Fees(max_fee=2 * BASE_FEE, priority=0)
"""What the local engines take: their base fee does not move."""


class Message(Protocol):
    """What a transaction is to say."""

    @property
    def to(self) -> bytes | None:
        """None to create a contract."""

    @property
    def data(self) -> bytes:
        """Calldata."""

    @property
    def gas(self) -> int:
        """Its limit."""

    @property
    def value(self) -> int:
        """Wei."""


class Wallet:
    """One key on one chain. `nonce` is of the next transaction and counts up with each that is signed."""

    def __init__(self, key: bytes, chain_id: int, nonce: int = 0, fees: Fees = LOCAL_FEES) -> None:
        self.key = np.frombuffer(key, np.uint8).reshape(1, 32)
        """(1, 32)."""
        self.address = key_addresses(self.key).tobytes()
        self.chain_id = chain_id
        self.nonce = nonce
        self.fees = fees

    @classmethod
    def on(cls, engine: Engine, key: bytes) -> Wallet:
        """The wallet of `key` with the engine's chain id, fees and the nonce that the chain expects next."""
        wallet = cls(key, engine.chain_id, fees=engine.fees())
        wallet.nonce = engine.nonce(wallet.address)
        return wallet

    def sign(self, to: bytes | None, data: bytes = b"", value: int = 0, *, gas: int) -> SignedTransaction:
        """Sign the next transaction (EIP-1559): `to` None creates a contract, `value` in wei, `gas` its limit."""
        return sign_all(self.key, [self.ask(to, data, value, gas)])[0]

    def ask(self, to: bytes | None, data: bytes, value: int, gas: int) -> Unsigned:
        """The next transaction, to be signed by `sign_messages`."""
        self.nonce += 1
        return Unsigned(self.address, self.chain_id, self.nonce - 1, self.fees, gas, to, value, data)

    def sign_digest(self, digest: bytes) -> bytes:
        """The 65 bytes r, s, v (27 or 28) over a 32-byte hash."""
        signature = sign_digests(self.key, np.frombuffer(digest, np.uint8).reshape(1, 32)).tobytes()
        return signature[:64] + bytes([signature[64] + 27])

    def sign_typed_data(
        self, domain: Mapping[str, Any], types: Mapping[str, Sequence[Mapping[str, str]]], message: Mapping[str, Any]
    ) -> bytes:
        """The 65 bytes r, s, v over `message` as EIP-712 typed data."""
        return self.sign_digest(typed_data_hash(domain, types, message))


@dataclass(frozen=True, slots=True)
class Unsigned:
    """What a transaction says; fields as in SignedTransaction."""

    sender: bytes
    chain_id: int
    nonce: int
    fees: Fees
    gas: int
    to: bytes | None
    value: int
    data: bytes

    def payload(self) -> bytes:
        """RLP of the signed fields, joined."""
        numbers = (self.chain_id, self.nonce, self.fees.priority, self.fees.max_fee, self.gas)
        parts = [*map(encode_integer, numbers), encode_string(self.to or b""), encode_integer(self.value)]
        return b"".join([*parts, encode_string(self.data), NO_ACCESS_LIST])


def sign_messages(messages: Sequence[tuple[Wallet, Message]]) -> list[SignedTransaction]:
    """The next transactions of several wallets, in order: sooner than one after another."""
    if not messages:
        return []
    asked = [wallet.ask(one.to, one.data, one.value, one.gas) for wallet, one in messages]
    return sign_all(np.concatenate([wallet.key for wallet, _ in messages]), asked)


def sign_all(keys: UInt8s, asked: Sequence[Unsigned]) -> list[SignedTransaction]:
    """Each of n transactions, signed with its row of (n, 32) private keys."""
    payloads = [one.payload() for one in asked]
    digests = b"".join(keccak_each([DYNAMIC_FEE_TYPE + encode_list(payload) for payload in payloads]))
    signatures = sign_digests(keys, np.frombuffer(digests, np.uint8).reshape(-1, 32)).tobytes()
    raw = []
    for at, payload in enumerate(payloads):
        r, s, parity = (signatures[65 * at + start : 65 * at + end] for start, end in ((0, 32), (32, 64), (64, 65)))
        ends = (encode_string(number.lstrip(b"\0")) for number in (parity, r, s))
        raw.append(DYNAMIC_FEE_TYPE + encode_list(b"".join([payload, *ends])))
    return [
        SignedTransaction(
            bytes_,
            hash_,
            one.sender,
            one.chain_id,
            one.nonce,
            one.fees.priority,
            one.fees.max_fee,
            one.gas,
            one.to,
            one.value,
            one.data,
        )
        for one, bytes_, hash_ in zip(asked, raw, keccak_each(raw), strict=True)
    ]


def personal_hash(message: bytes) -> bytes:
    """EIP-191, version 0x45: what a wallet signs of `message` as text or bytes of a person's."""
    return keccak256(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)


def typed_data_hash(
    domain: Mapping[str, Any], types: Mapping[str, Sequence[Mapping[str, str]]], message: Mapping[str, Any]
) -> bytes:
    """EIP-712: keccak256(0x1901 ‖ domain separator ‖ hash of the struct). `types` leaves EIP712Domain out."""
    signable = encode_typed_data(dict(domain), {name: list(fields) for name, fields in types.items()}, dict(message))
    return keccak256(b"\x19" + signable.version + signable.header + signable.body)


def domain_separator(domain: Mapping[str, Any]) -> bytes:
    """EIP-712: the 32 bytes that bind typed data to a domain."""
    return bytes(encode_typed_data(dict(domain), {"None": []}, {}).header)


def created_address(creator: bytes, nonce: int) -> bytes:
    """Where the contract lies that `creator` makes with the transaction of that nonce (yellow paper, section 7)."""
    return keccak256(rlp.encode([creator, nonce]))[12:]


def derive_key(seed: int, label: str) -> bytes:
    """The private key that `label` (a role and a number, say) has under `seed`, 0 <= seed < 2^256."""
    material = keccak256(b"fairmeter key" + seed.to_bytes(32, "big") + label.encode())
    # a hash outside 1..n-1 has probability 2^-128; the map keeps every label valid all the same
    return (int.from_bytes(material, "big") % (CURVE_ORDER - 1) + 1).to_bytes(32, "big")


def funder_key(engine: Engine) -> bytes:
    """The key that pays for a deployment: the well-known one on a local chain, FAIRMETER_PRIVATE_KEY's on any other.

    Raises InputError, which never shows the value, if the variable is missing or is not a key.
    """
    if engine.name != "rpc":
        return FUNDER_KEY
    text = os.environ.get(KEY_VARIABLE, "")
    try:
        key = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        key = b""
    if len(key) != 32 or not 0 < int.from_bytes(key, "big") < CURVE_ORDER:
        state = "is not set" if not text else "is not a private key"
        raise InputError(f"environment variable {KEY_VARIABLE} {state}: expected 64 hexadecimal digits")
    return key
