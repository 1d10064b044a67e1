"""The grantee: asks for keys, and opens what it was granted."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.vaulting import Grant, Request, signed_request
from fairmeter.errors import VaultError
from fairmeter.vault import envelope, proxies
from fairmeter.vault.access import Identity, Vault
from fairmeter.vault.cipher import Place, unseal
from fairmeter.vault.fields import Field, bits_of
from fairmeter.vault.objects import SealedField, bound, split


class Reader:
    """One grantee's side of a vault; `secret`, 32 bytes, is all that it has to keep."""

    def __init__(self, vault: Vault, wallet: Wallet, secret: bytes) -> None:
        self.vault, self.wallet = vault, wallet
        self._identity = Identity(secret)

    def publish(self, *, by_proxies: bool = True) -> None:
        """Publishes the public keys: once, before the first grant."""
        self.vault.publish(self.wallet, self._identity.card(by_proxies=by_proxies))

    def request(self, grant: int, number: int, fields: Sequence[Field]) -> tuple[Request, bytes]:
        """Asks for fields of a record: the request, and the signature that it is sent with."""
        asked = Request(grant, number, bits_of(fields), int.from_bytes(os.urandom(8), "big"))
        return asked, signed_request(self.wallet, self.vault.contract.request_digest(asked))

    def open(self, request: Request, answers: Sequence[bytes]) -> dict[Field, bytes]:
        """The fields, by the answers of as many proxies as the grant takes or more, or by the customer's own. Answers
        that prove nothing are left out. Raises VaultError for what does not open."""
        grant = self.vault.contract.grant_of(request.grant)
        asked = self.vault.requested(request)
        parts = [part for part in (_parts(answer, len(asked)) for answer in answers) if part]
        opened = {}
        for at, (field, (place, one)) in enumerate(asked.items()):
            given = [part[at] for part in parts]
            key = self._by_proxies(grant, one, given) if grant.threshold else self._by_customer(place, given)
            opened[field] = unseal(key, one.ciphertext, bound(place, one.wrapped, one.policy))
        return opened

    def _by_customer(self, place: Place, answers: Sequence[bytes]) -> bytes:
        return envelope.unwrap(self._identity.envelope, b"".join(answers[:1]), place.bound())

    def _by_proxies(self, grant: Grant, sealed: SealedField, answers: Sequence[bytes]) -> bytes:
        if sealed.wrapped is None:
            raise VaultError("the field was put away without proxies")
        verifying, mine = self.vault.card_of(grant.customer).verifying, self._identity.receiving
        parties = proxies.Parties(sealed.wrapped.delegating, verifying, proxies.public_key(mine))
        return proxies.unwrap(mine, sealed.wrapped, parties, answers, grant.threshold)


def _parts(answer: bytes, count: int) -> list[bytes]:
    """An answer's, one a field; empty for what has another form."""
    try:
        return split(answer, count)
    except VaultError:
        return []
