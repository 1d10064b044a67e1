"""Attribute-based encryption of a key: FABEO, ciphertext policy (Riepel and Wee, CCS 2022, figure 1), on BLS12-381.

Not audited. Secure against chosen plaintexts in the generic group model; ciphertexts stand under hashes on chain.
With b a hash of its own, g1, g2 and e of the curve, a the authority's secret, M and u the rows and attributes of the
span program, and n(i) how often the attribute of row i has come before:

    parameters   e(g1, g2)^a
    key          g1^a · b^r,  H(u)^r of each attribute u,  g2^r
    ciphertext   g2^s,  g2^t[j],  b^(M[i]·(s, v)) · H(u[i])^t[n(i)] of each row i
    wrapped      e(g1, g2)^(a s)

Keys of two holders have different r, so that their attributes cannot be pooled.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from fairmeter.errors import VaultError
from fairmeter.extras import extra
from fairmeter.vault.cipher import derived
from fairmeter.vault.objects import join, split
from fairmeter.vault.policy import Policy, parse, rows_of, satisfying

LABEL: Final = "fairmeter vault fabeo 1"


@dataclass(frozen=True, slots=True)
class AttributeKey:
    """A holder's key for a set of attributes, points as bytes."""

    first: bytes
    """g1^a · b^r."""
    attributes: tuple[tuple[str, bytes], ...]
    """H(u)^r by u."""
    last: bytes
    """g2^r."""

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The reverse of `to_bytes`. Raises VaultError for anything else."""
        first, last, names, points = split(data, 4)
        pairs = zip(names.decode().split("\n"), _cut(points, len(first)), strict=True)
        return cls(first, tuple(pairs), last)

    def to_bytes(self) -> bytes:
        """As it is sent to its holder."""
        names = "\n".join(name for name, _ in self.attributes).encode()
        return join([self.first, self.last, names, b"".join(point for _, point in self.attributes)])


@dataclass(frozen=True, slots=True)
class Encapsulated:
    """A key under a policy, points as bytes."""

    policy: str
    first: bytes
    """g2^s."""
    second: tuple[bytes, ...]
    """g2^t[j]."""
    third: tuple[bytes, ...]
    """Of each row of the policy's span program."""

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The reverse of `to_bytes`. Raises VaultError for anything else."""
        policy, first, second, third = split(data, 4)
        return cls(policy.decode(), first, _cut(second, len(first)), _cut(third, len(first) // 2))

    def to_bytes(self) -> bytes:
        """As it stands beside what it opens."""
        return join([self.policy.encode(), self.first, b"".join(self.second), b"".join(self.third)])


def parameters_of(secret: bytes) -> bytes:
    """The public parameters of an authority with that secret, 32 bytes."""
    mcl = _mcl()
    parameters: bytes = (mcl.pairing(mcl.g1, mcl.g2) ** _master(secret)).serialize()
    return parameters


def key_of(secret: bytes, attributes: Iterable[str], epoch: int) -> AttributeKey:
    """A holder's key of an epoch: all of its attributes at once, since keys cannot be joined."""
    mcl, r = _mcl(), _random()
    first = mcl.g1 * _master(secret) + _base() * r
    points = tuple((name, (_hashed(name, epoch) * r).serialize()) for name in sorted(set(attributes)))
    return AttributeKey(first.serialize(), points, (mcl.g2 * r).serialize())


def encapsulate(parameters: bytes, policy: str, epoch: int) -> tuple[Encapsulated, bytes]:
    """A fresh key of 32 bytes under a policy over attributes of an epoch. Raises InputError for a policy that is
    wrong."""
    mcl = _mcl()
    rows = rows_of(parse(policy))
    places = _occurrences([name for name, _ in rows])
    shares = [_random() for _ in range(max(len(row) for _, row in rows))]
    masks = [_random() for _ in range(1 + max(places))]
    base = _base()
    third = tuple(
        (base * _product(row, shares) + _hashed(name, epoch) * masks[place]).serialize()
        for (name, row), place in zip(rows, places, strict=True)
    )
    shared = mcl.GT.deserialize(parameters) ** shares[0]
    first, second = (mcl.g2 * shares[0]).serialize(), tuple((mcl.g2 * mask).serialize() for mask in masks)
    made = Encapsulated(policy, first, second, third)
    return made, _key(shared, made)


def decapsulate(made: Encapsulated, key: AttributeKey) -> bytes:
    """The key. Raises VaultError where the attributes do not satisfy the policy."""
    policy, points = parse(made.policy), dict(key.attributes)
    chosen = satisfying(policy, points.keys())
    if chosen is None:
        raise VaultError(f"the attributes {', '.join(points)} do not satisfy {made.policy!r}")
    try:
        return _key(_shared(made, key, policy, chosen), made)
    except (ValueError, RuntimeError, IndexError) as error:
        raise VaultError(f"a point of a key or of a ciphertext is none: {error}") from error


def _shared(made: Encapsulated, key: AttributeKey, policy: Policy, chosen: Sequence[int]) -> Any:
    """The pairings, each of a sum: one for every t, and two."""
    mcl = _mcl()
    names = [name for name, _ in rows_of(policy)]
    places, points = _occurrences(names), dict(key.attributes)
    found = mcl.pairing(mcl.G1.deserialize(key.first), mcl.G2.deserialize(made.first))
    for place in {places[row] for row in chosen}:
        held = [mcl.G1.deserialize(points[names[row]]) for row in chosen if places[row] == place]
        found *= mcl.pairing(_sum(held), mcl.G2.deserialize(made.second[place]))
    rows = [mcl.G1.deserialize(made.third[row]) for row in chosen]
    return found / mcl.pairing(_sum(rows), mcl.G2.deserialize(key.last))


def _key(shared: Any, made: Encapsulated) -> bytes:
    """From the shared group element, and the ciphertext that it came with."""
    return derived(shared.serialize(), "policy", made.to_bytes())


def _occurrences(names: Sequence[str]) -> list[int]:
    """n: how often each name has come before."""
    seen: Counter[str] = Counter()
    places = []
    for name in names:
        places.append(seen[name])
        seen[name] += 1
    return places


def _product(row: Sequence[int], shares: Sequence[Any]) -> Any:
    total = _mcl().Fr("0")
    for sign, share in zip(row, shares, strict=False):
        total += share if sign > 0 else -share if sign else _mcl().Fr("0")
    return total


def _sum(points: Sequence[Any]) -> Any:
    return sum(points[1:], start=points[0])


def _hashed(attribute: str, epoch: int) -> Any:
    """H: an attribute of an epoch."""
    return _mcl().G1.hash(f"{LABEL} attribute {epoch} {attribute}")


def _base() -> Any:
    """b: no attribute hashes to it."""
    return _mcl().G1.hash(f"{LABEL} base")


def _master(secret: bytes) -> Any:
    wide = derived(secret, "authority, high") + derived(secret, "authority, low")
    return _mcl().Fr(str(int.from_bytes(wide, "big") % _mcl().r))


def _random() -> Any:
    return _mcl().Fr(str(int.from_bytes(os.urandom(64), "big") % _mcl().r))


def _cut(joined: bytes, width: int) -> tuple[bytes, ...]:
    if not width or len(joined) % width:
        raise VaultError("points of a key or of a ciphertext are cut short")
    return tuple(joined[at : at + width] for at in range(0, len(joined), width))


def _mcl() -> Any:
    return extra("pymcl", "vault-policies")
