"""A proxy: re-encrypts keys for a grantee while the grant is valid on chain, and says so there first."""

from __future__ import annotations

from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.vaulting import Grant, Request
from fairmeter.errors import VaultError
from fairmeter.vault import envelope, proxies
from fairmeter.vault.access import Identity, Vault
from fairmeter.vault.fields import Field, fields_of
from fairmeter.vault.objects import grant_bound, join, package_of, proxies_of, split


class Proxy:
    """One proxy's side of a vault. It keeps nothing but `secret`, 32 bytes: its fragments lie in the store, sealed to
    it, and the chain says which grant each is of."""

    def __init__(self, vault: Vault, wallet: Wallet, secret: bytes) -> None:
        self.vault, self.wallet = vault, wallet
        self._identity = Identity(secret)

    def publish(self) -> None:
        """Publishes the key that fragments are sealed to."""
        self.vault.publish(self.wallet, self._identity.card(by_proxies=False))

    def answer(self, request: Request, signature: bytes) -> bytes:
        """Re-encrypts what a grantee asks for with its signature. Raises VaultError where the grant is not valid at the
        newest block, does not cover it, or has no fragments for this proxy; RevertError where the contract refuses the
        log. Nothing is given out then."""
        grant = self.vault.contract.grant_of(request.grant)
        self._check(request)
        answer = self._reencrypted(request, grant, self.fragments(grant))
        # The last word is the contract's: what was revoked since then is refused here.
        self.vault.send(self.wallet, self.vault.contract.log_reencryption(request, signature))
        return answer

    def serves(self, grant: Grant) -> bool:
        """Whether this proxy is one of a grant's."""
        return self.wallet.address in proxies_of(self.vault.objects.get(grant.fragments))

    def fragments(self, grant: Grant) -> dict[Field, bytes]:
        """What the customer gave this proxy for a grant, as its commitment on chain has it. Raises VaultError for
        none, or another's."""
        index = self.vault.objects.get(grant.fragments)
        package = self.vault.objects.get(package_of(index, self.wallet.address))
        told = grant_bound(self.vault.chain_id, self.vault.contract.address, grant, self.wallet.address)
        fields = fields_of(grant.fields)
        made = split(envelope.unwrap(self._identity.envelope, package, told), len(fields))
        return dict(zip(fields, made, strict=True))

    def _check(self, request: Request) -> None:
        if not self.vault.contract.may_open(request):
            raise VaultError(f"grant {request.grant} is revoked or over, or does not cover record {request.number}")

    def _reencrypted(self, request: Request, grant: Grant, fragments: dict[Field, bytes]) -> bytes:
        verifying, receiving = self.vault.card_of(grant.customer).verifying, self.vault.card_of(grant.grantee).receiving
        answers = []
        for field, (_, one) in self.vault.requested(request).items():
            if one.wrapped is None:
                raise VaultError(f"record {request.number} was put away without proxies")
            parties = proxies.Parties(one.wrapped.delegating, verifying, receiving)
            answers.append(proxies.reencrypt(one.wrapped.capsule, fragments[field], parties))
        return join(answers)
