from __future__ import annotations

import pytest

from fairmeter.errors import InputError, RevertError, VaultError
from fairmeter.vault.access import Identity
from fairmeter.vault.fabeo import AttributeKey
from fairmeter.vault.fields import Field, short_text
from fairmeter.vault.policies import Office, PolicyKey, key_from, open_record
from vault_parties import DATA, Parties, secret

POLICY = "role = bank AND region = Shandong OR auditor"
GRADE = (Field.GRADE,)


class Issuing:
    """An authority that the governor has named, and what it issues to the bank."""

    def __init__(self, parties: Parties) -> None:
        self.parties, self.place = parties, parties.place
        self.office = Office(parties.vault, self.place.authority, secret("authority"))
        self.address = self.place.authority.address
        self.name(self.office.publish())

    def name(self, parameters: bytes) -> None:
        self.place.send(self.place.governor, self.place.vault.set_authority(self.address, parameters))

    def key(self, *attributes: str, until: int = 2**40 - 1) -> AttributeKey:
        bank = self.parties.bank.wallet.address
        name = self.office.issue(bank, attributes, until)
        return key_from(self.parties.vault, Identity(secret("bank")).envelope, name, self.address, bank)

    def policy(self) -> PolicyKey:
        return PolicyKey.of(self.parties.vault, self.address, POLICY)

    def put(self, policy: PolicyKey) -> int:
        return self.parties.customer.put(DATA, by_proxies=False, policy=policy)

    def open(self, number: int, key: AttributeKey) -> dict[Field, bytes]:
        return open_record(self.parties.vault, self.parties.customer.wallet.address, number, GRADE, key)


@pytest.fixture
def issuing(parties: Parties) -> Issuing:
    return Issuing(parties)


@pytest.mark.parametrize("held", [("role = bank", "region=Shandong"), ("auditor",)])
def test_open_record__attributes_that_satisfy__the_fields(issuing: Issuing, held: tuple[str, ...]) -> None:
    number = issuing.put(issuing.policy())
    assert issuing.open(number, issuing.key(*held)) == {Field.GRADE: DATA[Field.GRADE]}
    bank = issuing.parties.bank.wallet.address
    assert all(issuing.place.vault.holds(issuing.address, bank, short_text(one.replace(" ", ""))) for one in held)
    assert issuing.parties.customer.open(number) == DATA
    with pytest.raises(VaultError, match="do not satisfy"):
        issuing.open(number, issuing.key("role=bank", "region=Hebei"))


def test_open_record__by_proxies_and_by_policy__both_ways(issuing: Issuing) -> None:
    parties = issuing.parties
    number = parties.customer.put(DATA, policy=issuing.policy())
    assert parties.read(parties.grant(*GRADE), number, *GRADE) == issuing.open(number, issuing.key("auditor"))


def test_attributes__revoked__open_what_was_encrypted_before_and_nothing_after(issuing: Issuing) -> None:
    key, before = issuing.key("auditor"), issuing.policy()
    early = issuing.put(before)
    issuing.office.revoke(issuing.parties.bank.wallet.address, ["auditor"])
    assert issuing.open(issuing.put(before), key), "a customer that does not ask for the epoch"

    assert issuing.open(early, key)
    later = issuing.put(issuing.policy())
    with pytest.raises(VaultError, match="does not open"):
        issuing.open(later, key)
    assert issuing.open(later, issuing.key("auditor")), "issued again"


def test_authority__removed__nothing_is_encrypted_for_its_keys(issuing: Issuing) -> None:
    key, before = issuing.key("auditor"), issuing.policy()
    issuing.name(bytes(32))
    assert issuing.open(issuing.put(before), key), "a customer that does not ask the chain"

    with pytest.raises(VaultError, match="is no authority, or no longer"):
        issuing.policy()
    with pytest.raises(RevertError, match="VaultAttributes_NotAuthority"):
        issuing.key("auditor")
    issuing.name(issuing.office.publish())
    later = issuing.put(issuing.policy())
    with pytest.raises(VaultError, match="does not open"):
        issuing.open(later, key)


def test_key_from__another_holders__refused(issuing: Issuing) -> None:
    bank = issuing.parties.bank.wallet.address
    name = issuing.office.issue(bank, ["auditor"], 2**40 - 1)
    with pytest.raises(VaultError, match="does not open"):
        key_from(issuing.parties.vault, Identity(secret("thief")).envelope, name, issuing.address, bank)


def test_policy_key__wrong_policy_or_attribute__refused_before_anything_is_sent(issuing: Issuing) -> None:
    with pytest.raises(InputError, match="is one too many"):
        PolicyKey.of(issuing.parties.vault, issuing.address, "role = bank)")
    with pytest.raises(InputError, match="expected 1 to 32"):
        issuing.key("role = " + "b" * 30)
    with pytest.raises(VaultError, match="without a policy"):
        issuing.open(issuing.parties.customer.put(DATA), issuing.key("auditor"))
