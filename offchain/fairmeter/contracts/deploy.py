"""Deploys the contracts at consecutive nonces, so that every address is known before and every
reference is immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from fairmeter.chain.engine import Engine
from fairmeter.chain.wallet import Wallet, created_address
from fairmeter.contracts.appeals import AppealRegistry, ArbiterPanel, ReadingsArbiter
from fairmeter.contracts.artifacts import CONTRACTS, artifact, interface
from fairmeter.contracts.challenging import Challenges, Meters
from fairmeter.contracts.clients import DigitalCurrency, PaymentLedger, VerdictGate
from fairmeter.contracts.governance import LATEST, FairClock, Governance, Operators, Role
from fairmeter.contracts.screening import ScreeningRules
from fairmeter.contracts.session import Call, Session
from fairmeter.errors import ChainError, InputError
from fairmeter.units import SECONDS_A_DAY

DEPLOYMENT_GAS: Final = 14_000_000
"""Above what the largest contract takes, the ledger with its desk: twice 24,576 bytes of code at 200 gas each, calldata
and constructor."""

KNOWN: Final = ("DigitalCurrency", "FairClock", "VerdictGate", "AppealRegistry")
"""What the ledger and its desks know."""
ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Governance": ("deployer",),
    "DigitalCurrency": ("deployer", "PaymentLedger"),
    "FairClock": ("Governance",),
    "AppealDesk": KNOWN,
    "PaymentLedger": (*KNOWN, "Governance", "AppealDesk"),
    "VerdictGate": (
        "Governance",
        "FairClock",
        "PaymentLedger",
        "AppealRegistry",
        "Operators",
        "Challenges",
        "Meters",
        "ScreeningRules",
    ),
    "AppealRegistry": ("Governance", "FairClock", "PaymentLedger", "VerdictGate"),
    "Operators": ("Governance", "FairClock", "PaymentLedger", "VerdictGate", "Challenges"),
    "Challenges": ("FairClock", "PaymentLedger", "VerdictGate", "AppealRegistry", "Operators", "Meters"),
    "Meters": ("Governance", "VerdictGate"),
    "ScreeningRules": ("Governance", "PaymentLedger", "VerdictGate"),
    "ArbiterPanel": ("AppealRegistry",),
    "ReadingsArbiter": ("AppealRegistry", "PaymentLedger", "Meters"),
}
"""What each constructor takes first: addresses, by contract name. The panel takes its members besides."""
NOTICE: Final = 7 * SECONDS_A_DAY
"""What the governor gives of every change, seconds."""
RESTRICTED: Final = (
    (Role.GOVERNOR, "VerdictGate", ("setPresets", "setPeriods", "setStakes")),
    (Role.GOVERNOR, "Operators", ("setOperator", "setQuorum")),
    (Role.GOVERNOR, "Meters", ("setMeter",)),
    (Role.GOVERNOR, "ScreeningRules", ("setRules",)),
    (Role.GOVERNOR, "AppealRegistry", ("setArbiter",)),
    (Role.GOVERNOR, "PaymentLedger", ("setStanding",)),
    (Role.CLASSIFIER, "PaymentLedger", ("setClass",)),
    (Role.GUARDIAN, "FairClock", ("pause", "resume")),
)
"""Functions that a role may call, by contract."""


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
        self.governance = Governance(engine, deployment.addresses["Governance"])
        self.currency = DigitalCurrency(engine, deployment.addresses["DigitalCurrency"])
        self.clock = FairClock(engine, deployment.addresses["FairClock"])
        self.ledger = PaymentLedger(engine, deployment.addresses["PaymentLedger"])
        self.gate = VerdictGate(engine, deployment.addresses["VerdictGate"])
        self.registry = AppealRegistry(engine, deployment.addresses["AppealRegistry"])
        self.panel = ArbiterPanel(engine, deployment.addresses["ArbiterPanel"])
        self.readings_arbiter = ReadingsArbiter(engine, deployment.addresses["ReadingsArbiter"])
        self.operators = Operators(engine, deployment.addresses["Operators"])
        self.challenges = Challenges(engine, deployment.addresses["Challenges"])
        self.meters = Meters(engine, deployment.addresses["Meters"])
        self.rules = ScreeningRules(engine, deployment.addresses["ScreeningRules"])

    def name_operator(self, governor: bytes, operator: bytes) -> list[Call]:
        """The calls of a governor that also issues the currency, by which it posts an operator's bond and names it."""
        bond = self.gate.stakes_of(LATEST).bond
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
    """The creations; the deployer becomes the administrator, the currency's issuer and the only arbiter."""
    at = {"deployer": deployer, **predict(deployer, nonce)}
    arguments: dict[str, list[object]] = {name: [at[other] for other in ARGUMENTS[name]] for name in CONTRACTS}
    arguments["ArbiterPanel"] += [[deployer], 1]
    return [
        Call(
            name,
            "constructor",
            None,
            creation_code(name) + interface(name).encode_constructor(*arguments[name]),
            DEPLOYMENT_GAS,
        )
        for name in CONTRACTS
    ]


def creation_code(contract: str) -> bytes:
    """The creation bytecode of the committed artifact."""
    return bytes.fromhex(str(artifact(contract)["bytecode"]).removeprefix("0x"))


def deploy(session: Session, deployer: Wallet, timestamp: int | None = None) -> System:
    """Deploy all of them, the first at `timestamp`, and give the deployer every role, without notice: what is set first
    is set before `hand_over_calls`. Raises ChainError if an address is not the predicted one."""
    addresses = predict(deployer.address, deployer.nonce)
    receipts = session.transact(deployer, *deployment_calls(deployer.address, deployer.nonce), timestamp=timestamp)
    for (name, address), receipt in zip(addresses.items(), receipts, strict=True):
        if receipt.contract_address != address:
            raise ChainError(f"{name} was not created at its predicted address 0x{address.hex()}")
    system = System(session.engine, Deployment(session.engine.chain_id, addresses))
    session.transact(deployer, *wiring_calls(system, deployer.address))
    return system


def wiring_calls(system: System, governor: bytes) -> list[Call]:
    """Which role may call what; all roles for `governor`; the panel as the arbiter of all suppliers."""
    governance = system.governance
    calls = [
        governance.set_target_function_role(
            system.deployment.addresses[contract], [interface(contract).selector(one) for one in functions], role
        )
        for role, contract, functions in RESTRICTED
    ]
    grants = [governance.grant_role(role, governor, 0) for role in (Role.GOVERNOR, Role.CLASSIFIER, Role.GUARDIAN)]
    return [*calls, *grants, system.registry.set_arbiter(0, system.panel.address)]


def hand_over_calls(system: System, deployer: bytes, governor: bytes, notice: int = NOTICE) -> list[Call]:
    """The deployer's last calls as administrator: from then on `governor` changes nothing but `notice` seconds after it
    has said so on chain, that notice itself included. Classes, which hold for later bills only, and pauses, which are
    bounded, need none and stay with whoever has these roles."""
    governance = system.governance
    given = [governance.grant_role(role, governor, notice) for role in (Role.GOVERNOR, Role.ADMIN)]
    if deployer == governor:
        return given
    return [*given, *(governance.renounce_role(role, deployer) for role in (Role.GOVERNOR, Role.ADMIN))]
