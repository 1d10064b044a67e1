"""Deploys the contracts at consecutive nonces, so that every address is known before and every
reference is immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from fairmeter.chain.engine import Engine
from fairmeter.chain.wallet import Wallet, created_address
from fairmeter.contracts.artifacts import CONTRACTS, artifact, interface
from fairmeter.contracts.challenging import Challenges, Meters
from fairmeter.contracts.clients import AppealRegistry, DigitalCurrency, PaymentLedger, VerdictGate
from fairmeter.contracts.governance import LATEST, FairClock, Operators
from fairmeter.contracts.session import Call, Session
from fairmeter.errors import ChainError, InputError

DEPLOYMENT_GAS: Final = 14_000_000
"""Above what the largest contract takes, the ledger with its desk: twice 24,576 bytes of code at 200 gas each, calldata
and constructor."""

ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Governance": ("deployer",),
    "DigitalCurrency": ("deployer", "PaymentLedger"),
    "FairClock": ("Governance",),
    "PaymentLedger": ("DigitalCurrency", "FairClock", "VerdictGate", "AppealRegistry", "Governance"),
    "VerdictGate": (
        "Governance",
        "FairClock",
        "PaymentLedger",
        "AppealRegistry",
        "Operators",
        "Challenges",
        "Meters",
    ),
    "AppealRegistry": ("FairClock", "PaymentLedger", "VerdictGate"),
    "Operators": ("Governance", "FairClock", "PaymentLedger", "VerdictGate", "Challenges"),
    "Challenges": ("FairClock", "PaymentLedger", "VerdictGate", "AppealRegistry", "Operators", "Meters"),
    "Meters": ("Governance", "VerdictGate"),
}
"""What each constructor takes: addresses, by contract name."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the contracts are."""

    chain_id: int
    addresses: Mapping[str, bytes]
    """By contract name, 20 bytes each."""

    def to_json(self) -> dict[str, object]:
        """Addresses as hexadecimal text."""
        return {"chain_id": self.chain_id, "contracts": {n: "0x" + a.hex() for n, a in self.addresses.items()}}

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> Self:
        """The reverse of `to_json`; raises InputError if a contract is missing."""
        contracts = fields.get("contracts")
        if not isinstance(contracts, Mapping) or set(CONTRACTS) - set(contracts):
            raise InputError(f"a deployment names the contracts {', '.join(CONTRACTS)}")
        addresses = {name: bytes.fromhex(str(contracts[name]).removeprefix("0x")) for name in CONTRACTS}
        return cls(int(str(fields["chain_id"])), addresses)


class System:
    """The deployed contracts on an engine, with a typed client each."""

    def __init__(self, engine: Engine, deployment: Deployment) -> None:
        self.engine, self.deployment = engine, deployment
        self.currency = DigitalCurrency(engine, deployment.addresses["DigitalCurrency"])
        self.clock = FairClock(engine, deployment.addresses["FairClock"])
        self.ledger = PaymentLedger(engine, deployment.addresses["PaymentLedger"])
        self.gate = VerdictGate(engine, deployment.addresses["VerdictGate"])
        self.registry = AppealRegistry(engine, deployment.addresses["AppealRegistry"])
        self.operators = Operators(engine, deployment.addresses["Operators"])
        self.challenges = Challenges(engine, deployment.addresses["Challenges"])
        self.meters = Meters(engine, deployment.addresses["Meters"])

    def name_operator(self, governor: bytes, operator: bytes) -> list[Call]:
        """The calls of a governor that also issues the currency, by which it posts an operator's bond and names it."""
        bond = self.operators.stakes_at(LATEST).bond
        return [
            self.currency.mint(governor, bond),
            self.currency.approve(self.ledger.address, bond),
            self.ledger.deposit_bond(operator, bond),
            self.operators.set_operator(operator, active=True),
        ]


def predict(deployer: bytes, nonce: int) -> dict[str, bytes]:
    """The addresses that a deployer's next contracts get, by name."""
    return {name: created_address(deployer, nonce + i) for i, name in enumerate(CONTRACTS)}


def deployment_calls(deployer: bytes, nonce: int) -> list[Call]:
    """The creations; the deployer becomes the governor and the currency's issuer."""
    at = {"deployer": deployer, **predict(deployer, nonce)}
    return [
        Call(
            name,
            "constructor",
            None,
            creation_code(name) + interface(name).encode_constructor(*(at[argument] for argument in ARGUMENTS[name])),
            DEPLOYMENT_GAS,
        )
        for name in CONTRACTS
    ]


def creation_code(contract: str) -> bytes:
    """The creation bytecode of the committed artifact."""
    return bytes.fromhex(str(artifact(contract)["bytecode"]).removeprefix("0x"))


def deploy(session: Session, deployer: Wallet, timestamp: int | None = None) -> System:
    """Deploy all of them, the first at `timestamp`. Raises ChainError if an address is not the predicted one."""
    addresses = predict(deployer.address, deployer.nonce)
    receipts = session.transact(deployer, *deployment_calls(deployer.address, deployer.nonce), timestamp=timestamp)
    for (name, address), receipt in zip(addresses.items(), receipts, strict=True):
        if receipt.contract_address != address:
            raise ChainError(f"{name} was not created at its predicted address 0x{address.hex()}")
    return System(session.engine, Deployment(session.engine.chain_id, addresses))
