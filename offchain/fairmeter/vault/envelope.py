"""Keys sent to one reader by whoever has them: an ephemeral X25519 exchange (RFC 7748), HKDF-SHA256, AES-256-GCM.

It needs its sender online for every reader and record. Where the owner answers itself it is all that is needed; with
proxies it carries their fragments to them.
"""

from __future__ import annotations

from typing import Any, Final

from fairmeter.errors import VaultError
from fairmeter.extras import extra
from fairmeter.vault.cipher import derived, seal, unseal

PUBLIC: Final = 32


def public_key(secret: bytes) -> bytes:
    """Of 32 secret bytes."""
    public: bytes = _curve().X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    return public


def wrap(public: bytes, message: bytes, bound: bytes) -> bytes:
    """`message` for the reader with that public key alone; it opens only together with the same `bound`. Raises
    VaultError for a public key that is none."""
    ephemeral = _curve().X25519PrivateKey.generate()
    sent: bytes = ephemeral.public_key().public_bytes_raw()
    return sent + seal(_agreed(ephemeral, sent, public, public), message, bound)


def unwrap(secret: bytes, envelope: bytes, bound: bytes) -> bytes:
    """The reverse of `wrap`. Raises VaultError for another reader's, another `bound` or an altered envelope."""
    private = _curve().X25519PrivateKey.from_private_bytes(secret)
    public: bytes = private.public_key().public_bytes_raw()
    sent, sealed = envelope[:PUBLIC], envelope[PUBLIC:]
    return unseal(_agreed(private, sent, sent, public), sealed, bound)


def _agreed(private: Any, sent: bytes, other: bytes, reader: bytes) -> bytes:
    try:
        shared = private.exchange(_curve().X25519PublicKey.from_public_bytes(other))
    except ValueError as error:
        raise VaultError("a public key of an envelope is none") from error
    # both keys, so that an envelope names its reader
    return derived(shared, "envelope", sent + reader)


def _curve() -> Any:
    return extra("cryptography.hazmat.primitives.asymmetric.x25519", "vault")
