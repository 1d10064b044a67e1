"""Typed clients of the trade desk, its rules and the credit standing, and their deployment beside a system."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from fairmeter.chain.wallet import Wallet, created_address
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.deploy import DEPLOYMENT_GAS, Deployment, System, creation_code
from fairmeter.contracts.governance import Role
from fairmeter.contracts.session import Call, Contract, Session
from fairmeter.errors import ChainError
from fairmeter.risk.terms import Category, Payment, Rules, Source, Terms

R = TypeVar("R", Category, Terms, Rules)
ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "CreditStanding": ("Governance", "FairClock", "PaymentLedger", "AppealRegistry", "TradeDesk"),
    "TradeRules": ("Governance", "Operators"),
    "TradeDesk": ("FairClock", "PaymentLedger", "TradeRules", "CreditStanding", "treasurer"),
}
"""What each constructor takes: addresses, by contract name, in the order of deployment."""
RESTRICTED: Final = (
    ("TradeRules", ("setCategory", "setTerms", "setArbiter")),
    ("CreditStanding", ("setRules", "setArbiter")),
)
"""Functions of the governor, by contract."""


class TradeRules(Contract):
    """What governor and operators set for the trade desk."""

    name = "TradeRules"

    def set_category(self, category: int, parameters: Category) -> Call:
        """Governor only: what offers in a category must keep to."""
        return self.write("setCategory", category, {**struct_of(parameters), "open": True})

    def set_terms(self, terms: Terms) -> Call:
        """Governor only: of purchases from now on."""
        return self.write("setTerms", struct_of(terms))

    def set_arbiter(self, arbiter: bytes) -> Call:
        """Governor only: who rules on disputes of purchases from now on."""
        return self.write("setArbiter", arbiter)

    def propose_range(self, category: int, low: int, high: int, inputs_hash: bytes) -> Call:
        """An operator's: normal prices of a category, minor units a piece, and the hash of what they follow from."""
        return self.write("proposeRange", category, low, high, inputs_hash)

    def split_of(self, total: int) -> tuple[int, int]:
        """Into how many parts a total is split by the present terms, and what the last one comes to."""
        count, last = self.read("splitOf", total)
        return int(count), int(last)


class TradeDesk(Contract):
    """Purchases from the ledger's suppliers under a risk control."""

    name = "TradeDesk"

    def deposit(self, party: bytes, amount: int) -> Call:
        """Pays minor units of the sender's currency into a party's balance."""
        return self.write("deposit", party, amount)

    def withdraw(self, amount: int, to: bytes) -> Call:
        """Pays minor units of the sender's balance out."""
        return self.write("withdraw", amount, to)

    def publish(
        self, supplier: int, category: int, unit_price: int, quantity: int, delivery_days: int, instalments: int
    ) -> Call:
        """The supplier's: an offer, at minor units a piece."""
        request = {
            "supplier": supplier,
            "category": category,
            "unitPrice": unit_price,
            "quantity": quantity,
            "deliveryDays": delivery_days,
            "instalments": instalments,
        }
        return self.write("publish", request)

    def buy(self, offer: int, quantity: int) -> Call:
        """The buyer's: pieces of an offer, split into parts."""
        return self.write("buy", offer, quantity)

    def pay(self, trade: int, payment: Payment, instalments: int = 0) -> Call:
        """The buyer's: begins the next part of a purchase."""
        return self.write("pay", trade, int(payment), instalments)

    def pay_instalments(self, part: int, count: int) -> Call:
        """Anyone's: the next instalments of a part."""
        return self.write("payInstalments", part, count)

    def mark_overdue(self, part: int) -> Call:
        """Anyone's: an instalment is overdue."""
        return self.write("markOverdue", part)

    def mark_delivered(self, part: int) -> Call:
        """The supplier's: a part in escrow is delivered."""
        return self.write("markDelivered", part)

    def refund(self, part: int) -> Call:
        """The supplier's: gives a part in escrow back."""
        return self.write("refund", part)

    def confirm(self, part: int) -> Call:
        """The buyer's: a delivery is right."""
        return self.write("confirm", part)

    def dispute(self, part: int) -> Call:
        """The buyer's: a delivery is not."""
        return self.write("dispute", part)

    def rule(self, part: int, due: int) -> Call:
        """The arbiter's: minor units of a disputed part that the supplier gets."""
        return self.write("rule", part, due)

    def expire(self, part: int) -> Call:
        """Anyone's: ends what a deadline has ended."""
        return self.write("expire", part)

    def balance_of(self, party: bytes) -> int:
        """Minor units."""
        return int(self.read("balanceOf", party))

    def part_of(self, part: int) -> Mapping[str, Any]:
        """As types/Trade.sol has it, by field."""
        found: Mapping[str, Any] = self.read("partOf", part)
        return found

    def treasurer(self) -> bytes:
        """Who gets the fees."""
        return bytes(self.read("treasurer"))

    def totals(self) -> tuple[int, int]:
        """All balances and all escrows, minor units."""
        balances, escrowed = self.read("totals")
        return int(balances), int(escrowed)


class CreditStanding(Contract):
    """Credit values from what ledger, registry and desk record."""

    name = "CreditStanding"

    def report(self, source: Source, ids: Sequence[int]) -> Call:
        """Anyone's: counts events of a source, each once."""
        return self.write("report", int(source), list(ids))

    def appeal(self, change: int) -> Call:
        """The party's: a penalty of its own."""
        return self.write("appeal", change)

    def rule(self, change: int, kept: int) -> Call:
        """The arbiter's: points that are left of an appealed penalty."""
        return self.write("rule", change, kept)

    def set_rules(self, rules: Rules) -> Call:
        """Governor only: of events from now on."""
        return self.write("setRules", struct_of(rules))

    def set_arbiter(self, arbiter: bytes) -> Call:
        """Governor only: who rules on penalties that are appealed from now on."""
        return self.write("setArbiter", arbiter)

    def value_of(self, party: bytes) -> int:
        """Points."""
        return int(self.read("valueOf", party))

    def may_trade(self, party: bytes) -> bool:
        """Whether a party is neither suspended nor banned."""
        return bool(self.read("mayTrade", party))

    def may_pay_later(self, party: bytes) -> bool:
        """Whether it may pay in instalments."""
        return bool(self.read("mayPayLater", party))

    def mandate_cap_of(self, party: bytes) -> int:
        """Up to where a mandate's caps may be raised, minor units."""
        return int(self.read("mandateCapOf", party))

    def change_of(self, change: int) -> Mapping[str, Any]:
        """As types/Standing.sol has it, by field."""
        found: Mapping[str, Any] = self.read("changeOf", change)
        return found

    def standing_of(self, party: bytes) -> Mapping[str, Any]:
        """As types/Standing.sol has it, by field."""
        standing: Mapping[str, Any] = self.read("standingOf", party)
        return standing


def struct_of(record: Category | Terms | Rules) -> dict[str, Any]:
    """A record as the ABI names its fields."""
    return {
        name.split("_")[0] + "".join(word.capitalize() for word in name.split("_")[1:]): value
        for name, value in dataclasses.asdict(record).items()
    }


def record_of(kind: type[R], fields: Mapping[str, Any]) -> R:
    """The reverse of `struct_of`; fields that the record does not have are left out."""
    named = {"".join(f"_{c.lower()}" if c.isupper() else c for c in name): value for name, value in fields.items()}
    own = {field.name for field in dataclasses.fields(kind)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in named.items() if name in own
    }
    return kind(**values)


class TradeSystem:
    """The desk with what belongs to it, beside the system that it was deployed for."""

    def __init__(self, system: System, addresses: Mapping[str, bytes]) -> None:
        self.system = system
        self.deployment = Deployment(system.deployment.chain_id, {**system.deployment.addresses, **addresses})
        """Of all contracts."""
        self.rules = TradeRules(system.engine, addresses["TradeRules"])
        self.desk = TradeDesk(system.engine, addresses["TradeDesk"])
        self.standing = CreditStanding(system.engine, addresses["CreditStanding"])


def deploy_trade(session: Session, system: System, administrator: Wallet, treasurer: bytes) -> TradeSystem:
    """Deploy standing, rules and desk beside `system`, fees to `treasurer`, and give the governor its functions. Nobody
    rules on disputes until the governor names an arbiter. Raises ChainError if an address is not the predicted one."""
    names = {name: created_address(administrator.address, administrator.nonce + i) for i, name in enumerate(ARGUMENTS)}
    at = {**system.deployment.addresses, **names, "treasurer": treasurer}
    calls = [
        Call(name, "constructor", None, creation_code(name) + _constructor(name, at), DEPLOYMENT_GAS)
        for name in ARGUMENTS
    ]
    receipts = session.transact(administrator, *calls)
    for (name, address), receipt in zip(names.items(), receipts, strict=True):
        if receipt.contract_address != address:
            raise ChainError(f"{name} was not created at its predicted address 0x{address.hex()}")
    wiring = [
        system.governance.set_target_function_role(
            names[contract], [interface(contract).selector(one) for one in functions], Role.GOVERNOR
        )
        for contract, functions in RESTRICTED
    ]
    session.transact(administrator, *wiring)
    return TradeSystem(system, names)


def _constructor(name: str, at: Mapping[str, bytes]) -> bytes:
    return interface(name).encode_constructor(*(at[other] for other in ARGUMENTS[name]))
