"""Threshold proxy re-encryption: Umbral (Nuñez 2018) by umbral-pre, which is GPL-3 and an extra of its own.

A key wrapped for a delegating key is opened by whoever `threshold` of the proxies re-encrypt it for; a proxy holds a
fragment for one reader, opens nothing, and proves what it does. Fewer proxies than the threshold, or another reader's
key, open nothing. Nothing else in the package knows the library.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairmeter.errors import VaultError
from fairmeter.extras import extra

POINT: Final = 33
"""Bytes of a public key."""
CAPSULE: Final = 105


@dataclass(frozen=True, slots=True)
class Parties:
    """Public keys of a delegation, 33 bytes each."""

    delegating: bytes
    """For which keys are wrapped."""
    verifying: bytes
    """Under which the customer signs fragments."""
    receiving: bytes
    """The reader's."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key that was wrapped for a delegating key."""

    delegating: bytes
    capsule: bytes
    key: bytes
    """Encrypted."""


def public_key(secret: bytes) -> bytes:
    """Of 32 secret bytes."""
    public: bytes = _secret(secret).public_key().to_compressed_bytes()
    return public


def wrap(delegating_secret: bytes, key: bytes) -> Wrapped:
    """`key` for whom the holder of the secret delegates to."""
    public = _secret(delegating_secret).public_key()
    capsule, sealed = _umbral().encrypt(public, key)
    return Wrapped(public.to_compressed_bytes(), bytes(capsule), sealed)


def fragments(
    delegating_secret: bytes, signing_secret: bytes, receiving: bytes, threshold: int, count: int
) -> list[bytes]:
    """One for each of `count` proxies, of which it then takes `threshold`, for one reader."""
    umbral = _umbral()
    signer = umbral.Signer(_secret(signing_secret))
    made = umbral.generate_kfrags(_secret(delegating_secret), _public(receiving), signer, threshold, count, True, True)
    return [bytes(fragment) for fragment in made]


def reencrypt(capsule: bytes, fragment: bytes, parties: Parties) -> bytes:
    """What a proxy answers, with its proof. Raises VaultError for a fragment that the customer did not sign for these
    parties, or a capsule that is none."""
    umbral = _umbral()
    try:
        checked = umbral.KeyFrag.from_bytes(fragment).verify(
            _public(parties.verifying), _public(parties.delegating), _public(parties.receiving)
        )
        answer: bytes = bytes(umbral.reencrypt(umbral.Capsule.from_bytes(capsule), checked))
    except (ValueError, umbral.VerificationError) as error:
        raise VaultError(f"a fragment is not the customer's for these keys: {error}") from error
    return answer


def unwrap(
    receiving_secret: bytes, wrapped: Wrapped, parties: Parties, answers: Iterable[bytes], threshold: int
) -> bytes:
    """The key, from `threshold` of the answers: those that are not a proxy's to this reader are left out, and of the
    others some may be to another grant. Raises VaultError where no so many of them open it."""
    umbral = _umbral()
    try:
        capsule = umbral.Capsule.from_bytes(wrapped.capsule)
        keys = [_public(one) for one in (parties.verifying, parties.delegating, parties.receiving)]
    except ValueError as error:
        raise VaultError(f"a capsule or a public key is none: {error}") from error
    checked = [_checked(answer, capsule, keys) for answer in dict.fromkeys(answers)]
    secret, proven = _secret(receiving_secret), [one for one in checked if one is not None]
    for some in itertools.combinations(proven, threshold):
        with contextlib.suppress(ValueError):
            key: bytes = umbral.decrypt_reencrypted(secret, keys[1], capsule, list(some), wrapped.key)
            return key
    raise VaultError(f"{len(proven)} answers of proxies do not open the key, which takes {threshold}")


def _checked(answer: bytes, capsule: Any, keys: Sequence[Any]) -> Any:
    """None where a proxy's proof does not hold."""
    umbral = _umbral()
    try:
        return umbral.CapsuleFrag.from_bytes(answer).verify(capsule, *keys)
    except (ValueError, umbral.VerificationError):
        return None


def _secret(secret: bytes) -> Any:
    """A scalar of 32 uniform bytes, through the library's own derivation."""
    return _umbral().SecretKeyFactory.from_secure_randomness(secret).make_key(b"fairmeter vault")


def _public(key: bytes) -> Any:
    return _umbral().PublicKey.from_compressed_bytes(key)


def _umbral() -> Any:
    return extra("umbral_pre", "vault-proxies")
