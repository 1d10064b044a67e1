"""Typed clients of the trade desk, its rules and the credit standing, and their deployment beside a system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from fairmeter.chain.wallet import Wallet, created_address
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.deploy import DEPLOYMENT_GAS, System, creation_code
from fairmeter.contracts.governance import Role
from fairmeter.contracts.session import Call, Contract, Session
from fairmeter.errors import ChainError

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

    def set_category(
        self, category: int, *, min_price: int, max_price: int, max_quantity: int, max_delivery_days: int
    ) -> Call:
        """Governor only: what offers in a category must keep to; prices in minor units a piece, both ends included."""
        parameters = {
            "minPrice": min_price,
            "maxPrice": max_price,
            "maxQuantity": max_quantity,
            "maxDeliveryDays": max_delivery_days,
            "open": True,
        }
        return self.write("setCategory", category, parameters)


class TradeDesk(Contract):
    """Purchases from the ledger's suppliers under a risk control."""

    name = "TradeDesk"

    def deposit(self, party: bytes, amount: int) -> Call:
        """Pays minor units of the sender's currency into a party's balance."""
        return self.write("deposit", party, amount)

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

    def pay_directly(self, trade: int) -> Call:
        """The buyer's: the next part of a purchase, at once."""
        return self.write("pay", trade, 0, 0)

    def balance_of(self, party: bytes) -> int:
        """Minor units."""
        return int(self.read("balanceOf", party))


class CreditStanding(Contract):
    """Credit values from what ledger, registry and desk record."""

    name = "CreditStanding"

    def report(self, source: int, ids: Sequence[int]) -> Call:
        """Anyone's: counts events of a source (types/Standing.sol), each once."""
        return self.write("report", source, list(ids))

    def value_of(self, party: bytes) -> int:
        """Points."""
        return int(self.read("valueOf", party))


class TradeSystem:
    """The desk with what belongs to it, beside the system that it was deployed for."""

    def __init__(self, system: System, addresses: Mapping[str, bytes]) -> None:
        self.system, self.addresses = system, addresses
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
