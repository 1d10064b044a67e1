"""Attacks on who may open what. Each is made with a guard taken out first, where it works, and then against ours."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.vaulting import Grant, Request
from fairmeter.errors import RevertError, VaultError
from fairmeter.vault import customer as customer_side
from fairmeter.vault import proxies, store
from fairmeter.vault import proxy as proxy_side
from fairmeter.vault import reader as reader_side
from fairmeter.vault.access import Card, Vault
from fairmeter.vault.cipher import Place, unseal
from fairmeter.vault.fields import Field, bits_of, short_text
from fairmeter.vault.objects import bound, grant_bound
from fairmeter.vault.proxy import Proxy
from fairmeter.vault.reader import Reader
from vault_parties import DATA, PURPOSE, Memory, Parties, secret

GRADE = (Field.GRADE,)


class Careless(Proxy):
    """Re-encrypts whatever it has fragments for: asks no chain, logs nothing."""

    def answer(self, request: Request, _: bytes = b"") -> bytes:
        grant = self.vault.contract.grant_of(request.grant)
        return self._reencrypted(request, grant, self.fragments(grant))


class Blind(Proxy):
    """Does not look whether the grant is valid; logs all the same."""

    def _check(self, request: Request) -> None:
        pass


def _as(kind: type[Proxy], proxy: Proxy) -> Proxy:
    return kind(proxy.vault, proxy.wallet, proxy._identity.secret)


def _careless(parties: Parties, request: Request, count: int = 2) -> list[bytes]:
    return [_as(Careless, proxy).answer(request, b"") for proxy in parties.proxies[:count]]


@pytest.mark.parametrize("end", ["revoked", "over"])
def test_grant__revoked_or_over__stopped_at_the_next_block(parties: Parties, end: str) -> None:
    number, until = parties.customer.put(DATA), parties.until(1_000)
    grant = parties.grant(*GRADE, until=until)
    assert parties.read(grant, number, *GRADE)[Field.GRADE] == DATA[Field.GRADE]
    if end == "revoked":
        parties.customer.revoke(grant)
    else:
        parties.place.engine.mine(until)
    request, signature = parties.bank.request(grant, number, GRADE)
    assert parties.bank.open(request, _careless(parties, request))[Field.GRADE] == DATA[Field.GRADE]

    for proxy in parties.proxies:
        with pytest.raises(VaultError, match="revoked or over"):
            proxy.answer(request, signature)
        with pytest.raises(RevertError, match="DataVault_NotValid"):
            _as(Blind, proxy).answer(request, signature)
    with pytest.raises(VaultError, match="do not open the key, which takes 2"):
        parties.bank.open(request, _careless(parties, request, 1))


def test_proxies__below_the_threshold__open_nothing(parties: Parties) -> None:
    number, by = parties.customer.put(DATA), [proxy.wallet.address for proxy in parties.proxies]
    bank = parties.bank.wallet.address
    weak = parties.customer.grant(bank, GRADE, parties.until(), PURPOSE, by=by, threshold=1)
    assert parties.read(weak, number, *GRADE, by=(2,))[Field.GRADE] == DATA[Field.GRADE]

    grant = parties.grant(*GRADE)
    for count in (0, 1):
        with pytest.raises(VaultError, match="do not open the key, which takes 2"):
            parties.read(grant, number, *GRADE, by=tuple(range(count)))
    request, signature = parties.bank.request(grant, number, GRADE)
    twice = parties.answers(request, signature, 0) * 2
    with pytest.raises(VaultError, match="do not open the key, which takes 2"):
        parties.bank.open(request, twice)


def test_proxies__copies_of_old_fragments__useless_after_rotation(parties: Parties) -> None:
    parties.customer.put(DATA)
    grant = parties.grant(*GRADE)
    kept = parties.place.vault.grant_of(grant)
    fragments = [proxy.fragments(kept) for proxy in parties.proxies]

    def conspire(number: int) -> bytes:
        request = Request(grant, number, bits_of(GRADE), 0)
        answers = [
            proxy._reencrypted(request, kept, copy) for proxy, copy in zip(parties.proxies, fragments, strict=True)
        ]
        return parties.bank.open(request, answers)[Field.GRADE]

    parties.customer.revoke(grant)
    assert conspire(parties.customer.put({Field.GRADE: b"later"})) == b"later", "the epoch is still the same"
    parties.customer.rotate()
    number = parties.customer.put({Field.GRADE: b"of the next epoch"})
    with pytest.raises(VaultError, match="not the customer's for these keys"):
        conspire(number)


def test_proxies__copies_of_old_fragments_unchecked__useless_after_rotation(
    parties: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    parties.customer.put(DATA)
    grant = parties.grant(*GRADE)
    number = _in_the_next_epoch(parties)
    kept = parties.place.vault.grant_of(grant)
    request = Request(grant, number, bits_of(GRADE), 0)
    monkeypatch.setattr(proxies, "reencrypt", _unchecked)
    answers = [proxy._reencrypted(request, kept, proxy.fragments(kept)) for proxy in parties.proxies]
    with pytest.raises(VaultError, match="do not open the key, which takes 2"):
        parties.bank.open(request, answers)


def _in_the_next_epoch(parties: Parties) -> int:
    parties.customer.rotate()
    return parties.customer.put({Field.GRADE: b"of the next epoch"})


def _unchecked(capsule: bytes, fragment: bytes, _: proxies.Parties) -> bytes:
    umbral = proxies._umbral()
    checked = umbral.KeyFrag.from_bytes(fragment).skip_verification()
    return bytes(umbral.reencrypt(umbral.Capsule.from_bytes(capsule), checked))


def test_grantee__passes_capsule_and_answers_on__open_nothing(parties: Parties) -> None:
    number = parties.customer.put(DATA)
    grant = parties.grant(*GRADE)
    request, signature = parties.bank.request(grant, number, GRADE)
    answers = parties.answers(request, signature, 0, 1)
    with_its_secret = Reader(parties.vault, parties.thief.wallet, secret("bank"))
    assert with_its_secret.open(request, answers)[Field.GRADE] == DATA[Field.GRADE]

    with pytest.raises(VaultError, match="do not open the key, which takes 2"):
        parties.thief.open(request, answers)
    asked, signed = parties.thief.request(grant, number, GRADE)
    with pytest.raises(RevertError, match="DataVault_NotRequested"):
        parties.proxies[0].answer(asked, signed)


def _bound_to_nobody(chain_id: int, vault: bytes, grant: Grant, proxy: bytes) -> bytes:
    del vault, grant
    return chain_id.to_bytes(32, "big") + proxy


def _replay(parties: Parties, grant: int, number: int, name: str) -> bytes:
    """A bank whose grant was revoked plays a customer: it puts the same hashes away, under a card with the customer's
    verifying key, and grants itself the same fragments."""
    vault, contract = parties.vault, parties.place.vault
    player, played = parties.place.wallet(name), contract.grant_of(grant)
    mine, theirs = vault.card_of(parties.bank.wallet.address), vault.card_of(played.customer)
    vault.publish(player, Card(mine.envelope, mine.receiving, theirs.verifying))
    _, hashes = vault.record(played.customer, number)
    vault.send(player, contract.put(1, 0, bits_of(hashes), list(hashes.values())))
    vault.send(player, contract.grant(played))
    request, signature = parties.bank.request(contract.grant_count(), 1, GRADE)
    answers = parties.answers(request, signature, 0, 1)
    ((place, one),) = vault.sealed(played.customer, number, GRADE).values()
    key = parties.bank._by_proxies(played, one, [answer[8:] for answer in answers])
    return unseal(key, one.ciphertext, bound(place, one.wrapped, one.policy))


def test_grant__replayed_after_its_revocation__fragments_are_bound_to_its_customer(
    parties: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = parties.customer.put(DATA)
    with monkeypatch.context() as weakened:
        for side in (customer_side, proxy_side):
            weakened.setattr(side, "grant_bound", _bound_to_nobody)
        weak = parties.grant(*GRADE)
        parties.customer.revoke(weak)
        assert _replay(parties, weak, number, "first player") == DATA[Field.GRADE]

    grant = parties.grant(*GRADE)
    parties.customer.revoke(grant)
    with pytest.raises(VaultError, match="does not open"):
        _replay(parties, grant, number, "second player")


def test_request__replayed__answered_once_by_a_proxy(parties: Parties) -> None:
    number = parties.customer.put(DATA)
    request, signature = parties.bank.request(parties.grant(*GRADE), number, GRADE)
    parties.answers(request, signature, 0, 1)
    with pytest.raises(RevertError, match="DataVault_AlreadyLogged"):
        parties.proxies[0].answer(request, signature)
    renewed = Request(request.grant, number, request.fields, request.nonce ^ 1)
    with pytest.raises(RevertError, match="DataVault_NotRequested"):
        parties.proxies[0].answer(renewed, signature)


def _exchange(content: Memory, vault: Vault, customer: bytes, numbers: Sequence[int]) -> None:
    """Puts the first record's grade where the second one's is, under its name."""
    first, second = (vault.record(customer, number)[1][Field.GRADE].hex() for number in numbers)
    content.content[f"objects/{second}"] = content.content[f"objects/{first}"]


def _bound_to_nothing(place: Place, wrapped: object, policy: bytes) -> bytes:
    del place, wrapped, policy
    return b""


@pytest.mark.parametrize("guard", ["none", "hash", "place"])
def test_ciphertext__exchanged_under_the_same_name__found_out_twice(
    parties: Parties, monkeypatch: pytest.MonkeyPatch, guard: str
) -> None:
    if guard != "hash":
        monkeypatch.setattr(store.Objects, "get", lambda self, name: self.store.read(f"objects/{name.hex()}"))
    if guard != "place":
        for side in (customer_side, reader_side):
            monkeypatch.setattr(side, "bound", _bound_to_nothing)
    numbers = [parties.customer.put({Field.GRADE: grade}) for grade in (b"D", b"A")]
    grant = parties.grant(*GRADE)
    _exchange(parties.store, parties.vault, parties.customer.wallet.address, numbers)
    if guard == "none":
        assert parties.read(grant, numbers[1], *GRADE) == {Field.GRADE: b"D"}, "a grade of before, taken for today's"
        return
    with pytest.raises(VaultError, match="is another one" if guard == "hash" else "does not open"):
        parties.read(grant, numbers[1], *GRADE)


def test_proxy__ended_by_the_governor__answers_no_longer(parties: Parties) -> None:
    number, place = parties.customer.put(DATA), parties.place
    grant = parties.grant(*GRADE)
    place.send(place.governor, place.vault.set_proxy(parties.proxies[0].wallet.address, active=False))
    request, signature = parties.bank.request(grant, number, GRADE)
    with pytest.raises(RevertError, match="DataVault_NotProxy"):
        parties.proxies[0].answer(request, signature)
    opened = parties.bank.open(request, parties.answers(request, signature, 1, 2))
    assert opened[Field.GRADE] == DATA[Field.GRADE]


def test_fragments__of_one_field__reach_no_other(parties: Parties) -> None:
    number = parties.customer.put(DATA)
    grant = parties.grant(*GRADE)
    kept = parties.place.vault.grant_of(grant)
    request = Request(grant, number, bits_of([Field.PAYMENTS]), 0)
    fragments = parties.proxies[0].fragments(kept)
    assert parties.proxies[0]._reencrypted(Request(grant, number, bits_of(GRADE), 0), kept, fragments)
    with pytest.raises(VaultError, match="not the customer's for these keys"):
        parties.proxies[0]._reencrypted(request, kept, {Field.PAYMENTS: fragments[Field.GRADE]})


def test_purpose__of_another_grant__not_what_proxies_were_given(
    parties: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = parties.customer.put(DATA)
    grant = parties.place.vault.grant_of(parties.grant(*GRADE))
    by_name = {name: getattr(grant, name) for name in Grant.__slots__}
    changed = Grant(**{**by_name, "purpose": short_text("marketing")})
    request, signature = _regranted(parties, changed, number, parties.place.customer)
    with monkeypatch.context() as weakened:
        weakened.setattr(proxy_side, "grant_bound", lambda *_: _told(parties, grant, _[3]))
        parties.proxies[0].answer(request, signature)
    with pytest.raises(VaultError, match="does not open"):
        parties.proxies[1].answer(request, signature)


def _told(parties: Parties, grant: Grant, proxy: bytes) -> bytes:
    return grant_bound(parties.vault.chain_id, parties.place.vault.address, grant, proxy)


def _regranted(parties: Parties, terms: Grant, number: int, by: Wallet) -> tuple[Request, bytes]:
    parties.vault.send(by, parties.place.vault.grant(terms))
    return parties.bank.request(parties.place.vault.grant_count(), number, GRADE)
