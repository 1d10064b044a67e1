from __future__ import annotations

import itertools
import sys

import pytest

from deployed_vault import Place
from fairmeter.errors import InputError, RevertError, ToolMissingError, VaultError
from fairmeter.vault.access import Vault
from fairmeter.vault.customer import Customer
from fairmeter.vault.fields import Field, fields_of
from fairmeter.vault.reader import Reader
from fairmeter.vault.state import VaultState
from vault_parties import DATA, PURPOSE, Memory, Parties, secret


@pytest.mark.parametrize("by", list(itertools.permutations(range(3), 2)))
def test_open__by_any_two_of_three_proxies__the_fields_that_were_granted(parties: Parties, by: tuple[int, int]) -> None:
    number = parties.customer.put(DATA)
    grant = parties.grant(Field.GRADE, Field.PAYMENTS)
    opened = parties.read(grant, number, Field.GRADE, Field.PAYMENTS, by=by)
    assert opened == {field: DATA[field] for field in (Field.GRADE, Field.PAYMENTS)}
    assert parties.customer.open(number) == DATA
    state = VaultState.at(parties.place.vault)
    assert state.grants[grant].purpose.rstrip(b"\0").decode() == PURPOSE
    logged = [entry.by for entry in state.log if entry.request.grant == grant]
    assert logged == [parties.proxies[one].wallet.address for one in by]
    assert state.cards[parties.bank.wallet.address] == parties.vault.card_of(parties.bank.wallet.address).to_bytes()


def test_open__record_put_after_the_grant__in_the_same_epoch(parties: Parties) -> None:
    grant = parties.grant(Field.GRADE)
    numbers = [parties.customer.put({Field.GRADE: grade}) for grade in (b"A", b"C")]
    assert [parties.read(grant, number, Field.GRADE)[Field.GRADE] for number in numbers] == [b"A", b"C"]


def test_open__earlier_epoch__granted_by_its_number(parties: Parties) -> None:
    number = parties.customer.put(DATA)
    assert parties.customer.rotate() == 1
    by = [proxy.wallet.address for proxy in parties.proxies]
    bank = parties.bank.wallet.address
    grant = parties.customer.grant(bank, [Field.READINGS], parties.until(), PURPOSE, by=by, threshold=3, epoch=0)
    opened = parties.read(grant, number, Field.READINGS, by=(2, 1, 0))
    assert opened == {Field.READINGS: DATA[Field.READINGS]}


def test_open__customer_online__without_proxies(parties: Parties) -> None:
    number = parties.customer.put(DATA, by_proxies=False)
    grant = parties.customer.grant(parties.bank.wallet.address, list(DATA), parties.until(), PURPOSE)
    request, signature = parties.bank.request(grant, number, list(DATA))
    assert parties.bank.open(request, [parties.customer.answer(request, signature)]) == DATA
    assert VaultState.at(parties.place.vault).log[-1].by == parties.customer.wallet.address
    with pytest.raises(VaultError, match="not the customer's own"):
        parties.customer.answer(parties.bank.request(parties.grant(*DATA), number, list(DATA))[0], signature)


def test_open__customer_online__needs_no_further_extra(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("umbral_pre", "pymcl"):
        monkeypatch.setitem(sys.modules, module, None)
    vault = Vault(place.vault, Memory())
    customer, bank = Customer(vault, place.customer, secret("customer")), Reader(vault, place.bank, secret("bank"))
    for party in (customer, bank):
        party.publish(by_proxies=False)
    number = customer.put(DATA, by_proxies=False)
    grant = customer.grant(place.bank.address, list(DATA), place.engine.now() + 1_000, PURPOSE)
    request, signature = bank.request(grant, number, list(DATA))
    assert bank.open(request, [customer.answer(request, signature)]) == DATA
    with pytest.raises(ToolMissingError, match=r"pip install 'fairmeter\[vault-proxies\]'"):
        customer.put(DATA)


def test_open__false_answers_among_the_right_ones__left_out(parties: Parties) -> None:
    number = parties.customer.put(DATA)
    grant, other = parties.grant(Field.GRADE), parties.grant(Field.GRADE)
    request, signature = parties.bank.request(grant, number, [Field.GRADE])
    of_another = parties.answers(*parties.bank.request(other, number, [Field.GRADE]), 2)
    right = parties.answers(request, signature, 0, 1)
    false = [b"", right[0][:-1], right[1][:-9] + bytes(9), *of_another]
    assert parties.bank.open(request, [*false, *right, right[0]])[Field.GRADE] == DATA[Field.GRADE]
    with pytest.raises(VaultError, match="do not open the key, which takes 2"):
        parties.bank.open(request, [*false[:3], right[0], right[0]])


def test_put__nothing__refused(parties: Parties) -> None:
    with pytest.raises(InputError, match="too long: none"):
        parties.customer.put({})


@pytest.mark.parametrize(("count", "threshold"), [(0, 1), (1, 0), (1, 2)])
def test_grant__proxies_that_do_not_fit_the_threshold__refused(parties: Parties, count: int, threshold: int) -> None:
    by = [proxy.wallet.address for proxy in parties.proxies][:count]
    with pytest.raises(InputError, match="expected 1 to as many"):
        parties.customer.grant(
            parties.bank.wallet.address, [Field.GRADE], parties.until(), PURPOSE, by=by, threshold=threshold
        )


def test_grant__party_without_keys__refused(parties: Parties, place: Place) -> None:
    nobody = place.wallet("nobody").address
    with pytest.raises(VaultError, match="has published no keys"):
        parties.customer.grant(
            nobody, [Field.GRADE], parties.until(), PURPOSE, by=[parties.proxies[0].wallet.address], threshold=1
        )


def test_open__fields_or_records_that_are_not_there__refused(parties: Parties) -> None:
    number = parties.customer.put({Field.GRADE: b"A"})
    grant = parties.grant(Field.GRADE, Field.PAYMENTS)
    with pytest.raises(VaultError, match="does not cover record"):
        parties.read(grant, number, Field.PAYMENTS)
    with pytest.raises(VaultError, match="has no record 7"):
        parties.customer.open(7)
    with pytest.raises(VaultError, match="has no payments"):
        parties.vault.sealed(parties.customer.wallet.address, number, (Field.PAYMENTS,))


def test_open__object_lost_or_cut__said_in_one_line(parties: Parties) -> None:
    number = parties.customer.put(DATA)
    names = parties.store.names("objects")
    _, hashes = parties.vault.record(parties.customer.wallet.address, number)
    name = f"objects/{hashes[Field.GRADE].hex()}"
    assert name in names
    parties.store.content[name] = parties.store.content[name][:-1]
    with pytest.raises(VaultError, match="is another one"):
        parties.customer.open(number)
    del parties.store.content[name]
    with pytest.raises(VaultError, match="is not in the store"):
        parties.customer.open(number)


def test_put__another_record_came_first__refused_and_nothing_lost(parties: Parties, place: Place) -> None:
    parties.customer.put(DATA)
    with pytest.raises(RevertError, match="DataVault_NotNext"):
        place.send(place.customer, place.vault.put(1, 0, 1, [secret("other")]))
    assert parties.customer.open(1) == DATA


def test_fields_of__unknown_bits__refused() -> None:
    with pytest.raises(InputError, match="not all known"):
        fields_of(1 << 9)
