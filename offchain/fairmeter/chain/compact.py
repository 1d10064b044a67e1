"""Signatures of 64 bytes, r ‖ vs (EIP-2098): the parity of the curve's point is in the highest bit of s, which low s
leaves free. Each signature has one form: none can be changed into another of the same key over the same hash."""

from __future__ import annotations

from typing import Final

from coincurve import PublicKey

from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import CURVE_ORDER, Wallet

COMPACT: Final = 64
"""Bytes."""
PARITY: Final = 0x80


def sign_compact(wallet: Wallet, digest: bytes) -> bytes:
    """The wallet's r ‖ vs over a 32-byte hash."""
    signature = wallet.sign_digest(digest)
    return signature[:32] + bytes([signature[32] | (signature[64] - 27) * PARITY]) + signature[33:64]


def signer_of(digest: bytes, signature: bytes) -> bytes | None:
    """The address whose key made `signature` over `digest`, as the contracts recover it; None if it is nobody's: of
    another length, with high s, or no point of the curve."""
    if len(signature) != COMPACT:
        return None
    parity, first = divmod(signature[32], PARITY)
    s = bytes([first]) + signature[33:]
    if not 0 < int.from_bytes(s, "big") <= CURVE_ORDER // 2:
        return None
    try:
        key = PublicKey.from_signature_and_message(signature[:32] + s + bytes([parity]), digest, hasher=None)
    except Exception:  # noqa: BLE001 - coincurve raises a bare Exception for what is no point
        return None
    return keccak256(key.format(compressed=False)[1:])[12:]
