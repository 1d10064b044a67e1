"""What the compiler made of the contracts, as committed: ABI, bytecode, and the compiler's input."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any, Final

from fairmeter.chain.abi import Interface

CONTRACTS: Final = (
    "Governance",
    "DigitalCurrency",
    "FairClock",
    "AppealDesk",
    "PaymentLedger",
    "VerdictGate",
    "AppealRegistry",
    "Operators",
    "Challenges",
    "Meters",
    "ScreeningRules",
    "ArbiterPanel",
    "ReadingsArbiter",
)
"""In the order of their deployment."""
TRADE: Final = ("CreditStanding", "TradeRules", "TradeDesk")
"""What is deployed beside them where there is a trade desk, in their order."""
ARREARS: Final = ("ArrearsRegister",)
"""And where bills in arrears are scored."""
CREDIT: Final = ("CreditLine",)
"""And where suppliers' lines pay some of them."""
PAPERS: Final = ("BillTrace",)
"""And where bills have papers."""
REFUNDS: Final = ("RefundDesk",)
"""And where bills are refunded."""


@functools.cache
def artifact(contract: str) -> dict[str, Any]:
    """The artifact of a contract: contractName, abi, bytecode, deployedBytecode, compiler."""
    loaded: dict[str, Any] = json.loads(_folder().joinpath(f"{contract}.json").read_bytes())
    return loaded


@functools.cache
def interface(contract: str) -> Interface:
    """The contract's functions and events, and the errors of all of them: a call may be refused further down."""
    others = [artifact(other)["abi"] for other in CONTRACTS if other != contract]
    return Interface(contract, artifact(contract)["abi"], errors_of=others)


def compiler_input() -> bytes:
    """The standard JSON input that the artifacts were compiled from."""
    return bytes(_folder().joinpath("compiler-input.json").read_bytes())


def _folder() -> Any:
    return resources.files("fairmeter.contracts") / "artifacts"
