"""The customer: puts fields away, grants and revokes, and opens what is its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.vaulting import Grant, Request
from fairmeter.errors import InputError, VaultError
from fairmeter.vault import envelope, proxies
from fairmeter.vault.access import NOTHING, Identity, Vault
from fairmeter.vault.cipher import data_key, derived, field_key, seal, unseal
from fairmeter.vault.fields import Field, bits_of, fields_of, short_text, text_of
from fairmeter.vault.objects import SealedField, bound, grant_bound, index_of, join, proxies_of
from fairmeter.vault.policies import PolicyKey
from fairmeter.vault.state import VaultState

MAX_FIELD: Final = 1 << 26
"""Bytes of a field: 64 MiB."""


class Customer:
    """One customer's side of a vault; `secret`, 32 bytes, is all that it has to keep."""

    def __init__(self, vault: Vault, wallet: Wallet, secret: bytes) -> None:
        self.vault, self.wallet = vault, wallet
        self._identity = Identity(secret)

    def publish(self, *, by_proxies: bool = True) -> None:
        """Publishes the public keys: once, before the first grant."""
        self.vault.publish(self.wallet, self._identity.card(by_proxies=by_proxies))

    def put(self, data: Mapping[Field, bytes], *, by_proxies: bool = True, policy: PolicyKey | None = None) -> int:
        """Puts fields away as the next record under the present epoch, and gives its number. `by_proxies` lets proxies
        re-encrypt the keys, `policy` opens the fields to whoever has the attributes. Raises InputError for no field or
        one that is too long, RevertError where another record came first."""
        too_long = [field.name.lower() for field, plain in data.items() if len(plain) > MAX_FIELD]
        if not data or too_long:
            raise InputError(f"a record has fields of at most {MAX_FIELD:,} bytes each; too long: {too_long or 'none'}")
        contract, me = self.vault.contract, self.wallet.address
        number, epoch = contract.record_count(me) + 1, contract.epoch_of(me)
        of_epoch = self._data_key(epoch)
        names = []
        for field in sorted(data):
            place = self.vault.place(me, epoch, number, field)
            key = field_key(of_epoch, place)
            wrapped = proxies.wrap(_delegating(of_epoch, field), key) if by_proxies else None
            header = b"" if policy is None else policy.wrap(key, place)
            sealed = SealedField(wrapped, header, seal(key, data[field], bound(place, wrapped, header)))
            names.append(self.vault.objects.put(sealed.to_bytes()))
        self.vault.objects.put(b"".join(names))
        self.vault.send(self.wallet, contract.put(number, epoch, bits_of(data), names))
        return number

    def grant(
        self,
        grantee: bytes,
        fields: Sequence[Field],
        until: int,
        purpose: str,
        *,
        by: Sequence[bytes] = (),
        threshold: int = 0,
        epoch: int | None = None,
    ) -> int:
        """Lets someone open fields of an epoch's records (by default the present one's) until a time, Unix seconds, by
        `threshold` of the proxies `by`; with neither the customer answers itself. Gives the grant's id. Raises
        VaultError where a party has published no keys, RevertError for what the contract refuses."""
        if threshold > len(by) or bool(by) != bool(threshold):
            raise InputError(f"a threshold of {threshold} among {len(by)} proxies: expected 1 to as many as there are")
        of = self.vault.contract.epoch_of(self.wallet.address) if epoch is None else epoch
        me, word = self.wallet.address, short_text(purpose)
        terms = Grant(me, of, bits_of(fields), threshold, grantee, until, word, NOTHING)
        if by:
            terms = dataclasses.replace(terms, fragments=self.vault.objects.put(self._fragments(terms, by)))
        (receipt,) = self.vault.send(self.wallet, self.vault.contract.grant(terms))
        return self.vault.contract.granted(receipt)

    def revoke(self, grant: int) -> None:
        """Ends a grant; from the next block on no honest proxy answers for it."""
        self.vault.send(self.wallet, self.vault.contract.revoke(grant))

    def rotate(self) -> int:
        """Begins the next epoch, and gives it: what is put from now on no fragment that is out there reaches."""
        self.vault.send(self.wallet, self.vault.contract.rotate())
        return self.vault.contract.epoch_of(self.wallet.address)

    def serves(self, grant: Grant) -> bool:
        """Whether a grant is this customer's own, without proxies."""
        return grant.customer == self.wallet.address and not grant.threshold

    def valid_grants(self, epoch: int) -> list[int]:
        """The customer's grants of an epoch that are valid now."""
        contract = self.vault.contract
        state, now = VaultState.at(contract), contract.engine.now()
        mine = {one for one, known in state.grants.items() if known.customer == self.wallet.address}
        return sorted(one for one in mine if state.grants[one].epoch == epoch and state.is_valid(one, now))

    def renew(self, grant: int) -> int:
        """Grants the same again for the present epoch, by the same proxies, and gives the new grant's id."""
        old = self.vault.contract.grant_of(grant)
        by = proxies_of(self.vault.objects.get(old.fragments)) if old.threshold else []
        purpose, fields = text_of(old.purpose), fields_of(old.fields)
        return self.grant(old.grantee, fields, old.until, purpose, by=by, threshold=old.threshold)

    def answer(self, request: Request, signature: bytes) -> bytes:
        """Answers a request under a grant without proxies, and logs it first. Raises VaultError for another grant,
        RevertError where the contract refuses."""
        grant = self.vault.contract.grant_of(request.grant)
        if not self.serves(grant):
            raise VaultError(f"grant {request.grant} is not the customer's own to answer for")
        of_epoch, public = self._data_key(grant.epoch), self.vault.card_of(grant.grantee).envelope
        places = [place for place, _ in self.vault.requested(request).values()]
        answer = join([envelope.wrap(public, field_key(of_epoch, place), place.bound()) for place in places])
        self.vault.send(self.wallet, self.vault.contract.log_reencryption(request, signature))
        return answer

    def open(self, number: int) -> dict[Field, bytes]:
        """The customer's own record."""
        epoch, hashes = self.vault.record(self.wallet.address, number)
        of_epoch = self._data_key(epoch)
        return {
            field: unseal(field_key(of_epoch, place), one.ciphertext, bound(place, one.wrapped, one.policy))
            for field, (place, one) in self.vault.sealed(self.wallet.address, number, tuple(hashes)).items()
        }

    def _fragments(self, terms: Grant, by: Sequence[bytes]) -> bytes:
        """What each proxy gets for a grant, sealed to it and kept; the list of their hashes."""
        of_epoch = self._data_key(terms.epoch)
        receiving = self.vault.card_of(terms.grantee).receiving
        made = [
            proxies.fragments(_delegating(of_epoch, field), self._identity.signing, receiving, terms.threshold, len(by))
            for field in fields_of(terms.fields)
        ]
        packages = []
        for place, proxy in enumerate(by):
            told = grant_bound(self.vault.chain_id, self.vault.contract.address, terms, proxy)
            package = join([of_field[place] for of_field in made])
            sealed = envelope.wrap(self.vault.card_of(proxy).envelope, package, told)
            packages.append((proxy, self.vault.objects.put(sealed)))
        return index_of(packages)

    def _data_key(self, epoch: int) -> bytes:
        return data_key(self._identity.secret, self.vault.chain_id, self.vault.contract.address, epoch)


def _delegating(of_epoch: bytes, field: Field) -> bytes:
    """One for each field and epoch: fragments for one reach no other."""
    return derived(of_epoch, "delegating key", bytes([field]))
