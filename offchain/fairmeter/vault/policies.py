"""Fields that open by attributes: who issues them, for how long, and the key under a policy beside a ciphertext."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from fairmeter.chain.wallet import Wallet
from fairmeter.errors import VaultError
from fairmeter.vault import envelope, fabeo
from fairmeter.vault.access import NOTHING, Vault
from fairmeter.vault.cipher import DOMAIN, Place, derived, seal, unseal
from fairmeter.vault.fabeo import AttributeKey, Encapsulated
from fairmeter.vault.fields import Field, short_text
from fairmeter.vault.objects import bound, join, split
from fairmeter.vault.policy import attribute, parse


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """What a customer encrypts with: a policy over attributes that an authority issues in its present epoch."""

    authority: bytes
    epoch: int
    parameters: bytes
    policy: str

    @classmethod
    def of(cls, vault: Vault, authority: bytes, policy: str) -> Self:
        """By what the chain says of the authority now. Raises VaultError for one that is none, or was removed, and
        InputError for a policy that is wrong."""
        parse(policy)
        known = vault.contract.authority_of(authority)
        if known["parameters"] == NOTHING:
            raise VaultError(f"0x{authority.hex()} is no authority, or no longer")
        return cls(authority, known["epoch"], vault.objects.get(known["parameters"]), policy)

    def wrap(self, key: bytes, place: Place) -> bytes:
        """A field's key under the policy."""
        made, shared = fabeo.encapsulate(self.parameters, self.policy, self.epoch)
        said = self.authority + self.epoch.to_bytes(4, "big")
        return join([said, made.to_bytes(), seal(shared, key, place.bound() + said)])


class Office:
    """An authority's side of a vault; `secret`, 32 bytes, opens all that is encrypted under its attributes."""

    def __init__(self, vault: Vault, wallet: Wallet, secret: bytes) -> None:
        self.vault, self.wallet = vault, wallet
        self._master = derived(secret, "authority")

    def publish(self) -> bytes:
        """Keeps the public parameters, and gives their hash, by which the governor names the authority."""
        return self.vault.objects.put(fabeo.parameters_of(self._master))

    def issue(self, holder: bytes, attributes: Sequence[str], until: int) -> bytes:
        """Says on chain that someone has attributes until a time, Unix seconds, or the epoch's end, and gives the hash
        of its key, which is kept sealed to it. A new key does not add to an older one. Raises RevertError where the
        contract refuses, VaultError for a holder that has published no keys."""
        names = [attribute(name) for name in attributes]
        public = self.vault.card_of(holder).envelope
        contract = self.vault.contract
        self.vault.send(self.wallet, *(contract.issue(holder, short_text(name), until) for name in names))
        key = fabeo.key_of(self._master, names, contract.authority_of(self.wallet.address)["epoch"])
        return self.vault.objects.put(envelope.wrap(public, key.to_bytes(), _key_bound(self.wallet.address, holder)))

    def revoke(self, holder: bytes, attributes: Sequence[str]) -> None:
        """Takes attributes back and begins the next epoch: what is encrypted from then on no key that is out there
        opens. Whoever keeps attributes is issued a new key."""
        contract = self.vault.contract
        taken = [contract.revoke_attribute(holder, short_text(attribute(name))) for name in attributes]
        self.vault.send(self.wallet, *taken, contract.begin_epoch())


def key_from(vault: Vault, envelope_secret: bytes, name: bytes, authority: bytes, holder: bytes) -> AttributeKey:
    """The key that an authority issued to a holder, by the hash that `Office.issue` gave. Raises VaultError for
    another's."""
    sealed = vault.objects.get(name)
    return AttributeKey.from_bytes(envelope.unwrap(envelope_secret, sealed, _key_bound(authority, holder)))


def open_record(
    vault: Vault, customer: bytes, number: int, fields: Sequence[Field], key: AttributeKey
) -> dict[Field, bytes]:
    """Fields of a record by a key of attributes. Raises VaultError where the attributes do not satisfy the policy, or
    are of another epoch or authority."""
    opened = {}
    for field, (place, one) in vault.sealed(customer, number, tuple(fields)).items():
        if not one.policy:
            raise VaultError(f"record {number} was put away without a policy")
        said, made, sealed = split(one.policy, 3)
        shared = fabeo.decapsulate(Encapsulated.from_bytes(made), key)
        field_key = unseal(shared, sealed, place.bound() + said)
        opened[field] = unseal(field_key, one.ciphertext, bound(place, one.wrapped, one.policy))
    return opened


def _key_bound(authority: bytes, holder: bytes) -> bytes:
    return DOMAIN + b" attributes" + authority + holder
