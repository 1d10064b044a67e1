"""Encryption of a field under a key of its own, all of them derived from one secret of the customer.

AES-256-GCM (NIST SP 800-38D) with random nonces; keys by HKDF-SHA256 (RFC 5869). A key seals one field of one record,
and what it seals names chain, vault, customer, record, field and epoch: put in another's place it does not open.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from fairmeter.errors import VaultError
from fairmeter.extras import extra

KEY: Final = 32
NONCE: Final = 12
TAG: Final = 16
DOMAIN: Final = b"fairmeter vault 1"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed field stands."""

    chain_id: int
    vault: bytes
    """The contract's address."""
    customer: bytes
    epoch: int
    number: int
    """Of the customer's record."""
    field: int

    def bound(self) -> bytes:
        """What a seal names: every part at a fixed width."""
        numbers = self.chain_id.to_bytes(32, "big") + self.vault + self.customer
        return DOMAIN + numbers + self.epoch.to_bytes(4, "big") + self.number.to_bytes(4, "big") + bytes([self.field])


def derived(secret: bytes, label: str, context: bytes = b"") -> bytes:
    """32 bytes that follow from a secret for one purpose."""
    hashes = extra("cryptography.hazmat.primitives.hashes", "vault")
    hkdf = extra("cryptography.hazmat.primitives.kdf.hkdf", "vault")
    info = DOMAIN + b" " + label.encode() + b"\0" + context
    key: bytes = hkdf.HKDF(hashes.SHA256(), KEY, None, info).derive(secret)
    return key


def data_key(secret: bytes, chain_id: int, vault: bytes, epoch: int) -> bytes:
    """The customer's key of an epoch: whoever has it opens that epoch's records, and no other's."""
    context = chain_id.to_bytes(32, "big") + vault + epoch.to_bytes(4, "big")
    return derived(secret, "data key", context)


def field_key(of_epoch: bytes, place: Place) -> bytes:
    """The key of one field of one record, from the epoch's `data_key`."""
    return derived(of_epoch, "field key", place.bound())


def seal(key: bytes, plaintext: bytes, bound: bytes) -> bytes:
    """Nonce, ciphertext and tag; `bound` is not in it, and has to be the same to open it."""
    aead = extra("cryptography.hazmat.primitives.ciphers.aead", "vault")
    nonce = os.urandom(NONCE)
    sealed: bytes = nonce + aead.AESGCM(key).encrypt(nonce, plaintext, bound)
    return sealed


def unseal(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """The reverse of `seal`. Raises VaultError for another key, another place or an altered ciphertext."""
    aead = extra("cryptography.hazmat.primitives.ciphers.aead", "vault")
    exceptions = extra("cryptography.exceptions", "vault")
    if len(sealed) < NONCE + TAG:
        raise VaultError(f"a sealed field of {len(sealed)} bytes is cut short")
    try:
        plaintext: bytes = aead.AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound)
    except exceptions.InvalidTag as error:
        raise VaultError("does not open: another key, another place, or altered") from error
    return plaintext
