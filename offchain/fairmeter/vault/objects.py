"""The bytes of what the store keeps: a sealed field with the ways to its key, and what a grant's proxies are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from fairmeter.chain.keccak import keccak256
from fairmeter.contracts.vaulting import Grant
from fairmeter.errors import VaultError
from fairmeter.vault.cipher import DOMAIN, Place
from fairmeter.vault.proxies import Wrapped

MAGIC: Final = b"FMV1"
LENGTH: Final = 4
ADDRESS: Final = 20
WORD: Final = 32
ENTRY: Final = ADDRESS + WORD


def join(parts: Sequence[bytes]) -> bytes:
    """Parts with their lengths before them."""
    return MAGIC + b"".join(len(part).to_bytes(LENGTH, "big") + part for part in parts)


def split(data: bytes, count: int) -> list[bytes]:
    """The reverse of `join`. Raises VaultError unless it is exactly so many parts."""
    parts, at = [], len(MAGIC)
    while at + LENGTH <= len(data):
        end = at + LENGTH + int.from_bytes(data[at : at + LENGTH], "big")
        parts.append(data[at + LENGTH : end])
        at = end
    if data[: len(MAGIC)] != MAGIC or at != len(data) or len(parts) != count:
        raise VaultError("an object of the store has another form")
    return parts


@dataclass(frozen=True, slots=True)
class SealedField:
    """A field as it lies in the store."""

    wrapped: Wrapped | None
    """Its key for the proxies; None where the customer answers itself."""
    policy: bytes
    """Its key for whoever has the attributes (`policies.to_bytes`); empty without a policy."""
    ciphertext: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The reverse of `to_bytes`. Raises VaultError for anything else."""
        delegating, capsule, key, policy, ciphertext = split(data, 5)
        return cls(Wrapped(delegating, capsule, key) if delegating else None, policy, ciphertext)

    def to_bytes(self) -> bytes:
        """As the store keeps it."""
        return join([*_parts(self.wrapped), self.policy, self.ciphertext])


def bound(place: Place, wrapped: Wrapped | None, policy: bytes) -> bytes:
    """What a field's ciphertext is bound to: its place, and the ways to its key beside it."""
    return place.bound() + keccak256(join([*_parts(wrapped), policy]))


def grant_bound(chain_id: int, vault: bytes, grant: Grant, proxy: bytes) -> bytes:
    """What a proxy's fragments are bound to: the terms of the grant, its customer and the proxy."""
    terms = (grant.epoch, grant.fields, grant.threshold, grant.until)
    numbers = b"".join(number.to_bytes(8, "big") for number in terms)
    parties = vault + grant.customer + grant.grantee + proxy
    return DOMAIN + b" grant" + chain_id.to_bytes(WORD, "big") + parties + numbers + grant.purpose


def index_of(packages: Sequence[tuple[bytes, bytes]]) -> bytes:
    """What a grant commits to: each proxy's address and the hash of its sealed fragments."""
    return b"".join(proxy + name for proxy, name in packages)


def proxies_of(index: bytes) -> list[bytes]:
    """The proxies of a grant, by what it commits to."""
    return [index[at : at + ADDRESS] for at in range(0, len(index), ENTRY)]


def package_of(index: bytes, proxy: bytes) -> bytes:
    """The hash of a proxy's sealed fragments. Raises VaultError where the grant has none for it."""
    places = proxies_of(index)
    if proxy not in places:
        raise VaultError(f"the grant has no fragments for the proxy 0x{proxy.hex()}")
    at = ENTRY * places.index(proxy)
    return index[at + ADDRESS : at + ENTRY]


def _parts(wrapped: Wrapped | None) -> tuple[bytes, bytes, bytes]:
    return (b"", b"", b"") if wrapped is None else (wrapped.delegating, wrapped.capsule, wrapped.key)
