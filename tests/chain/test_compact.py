"""Signatures of 64 bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fairmeter.chain.compact import sign_compact, signer_of
from fairmeter.chain.wallet import CURVE_ORDER, Wallet

KEYS = st.integers(1, CURVE_ORDER - 1).map(lambda number: number.to_bytes(32, "big"))
DIGESTS = st.binary(min_size=32, max_size=32)


@given(KEYS, DIGESTS)
def test_signer_of__own_signature__is_the_wallet(key: bytes, digest: bytes) -> None:
    wallet = Wallet(key, 1)
    assert signer_of(digest, sign_compact(wallet, digest)) == wallet.address


@given(KEYS, DIGESTS)
def test_signer_of__the_other_s__is_not_the_wallet(key: bytes, digest: bytes) -> None:
    wallet = Wallet(key, 1)
    signature = sign_compact(wallet, digest)
    s = int.from_bytes(bytes([signature[32] & 0x7F]) + signature[33:], "big")
    assert signer_of(digest, signature[:32] + (CURVE_ORDER - s).to_bytes(32, "big")) != wallet.address


@given(KEYS, DIGESTS, st.integers(0, 511))
def test_signer_of__a_bit_changed__is_not_the_wallet(key: bytes, digest: bytes, bit: int) -> None:
    wallet = Wallet(key, 1)
    signature = bytearray(sign_compact(wallet, digest))
    signature[bit // 8] ^= 1 << bit % 8
    assert signer_of(digest, bytes(signature)) != wallet.address


@given(st.binary(max_size=80), DIGESTS)
def test_signer_of__any_bytes__never_raises(signature: bytes, digest: bytes) -> None:
    found = signer_of(digest, signature)
    assert found is None or len(found) == 20


def test_signer_of__bytes_that_name_no_point__is_nobody() -> None:
    assert signer_of(bytes(32), b"\xff" * 32 + bytes(31) + b"\x01") is None
    assert signer_of(bytes(32), bytes(64)) is None
