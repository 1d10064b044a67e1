"""Typed clients of what governs the others: who may change what with how much notice, the clock, the operators, and
their stakes."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairmeter.contracts.session import Call, Contract
from fairmeter.errors import RevertError


class Role(enum.IntEnum):
    """Roles of the access manager; the same numbers on chain (contracts/src/libraries/Roles.sol)."""

    ADMIN = 0
    GOVERNOR = 1
    CLASSIFIER = 2
    GUARDIAN = 3
    COLLECTOR = 4
    REFUNDER = 5
    LENDER = 6


class Governance(Contract):
    """Who may call what, and with how much notice."""

    name = "Governance"

    def set_target_function_role(self, target: bytes, selectors: Sequence[bytes], role: Role) -> Call:
        """Administrator only: functions of a contract that a role may call."""
        return self.write("setTargetFunctionRole", target, list(selectors), int(role))

    def grant_role(self, role: Role, account: bytes, notice: int) -> Call:
        """Administrator only: whoever has the role acts `notice` seconds after it has scheduled what it does."""
        return self.write("grantRole", int(role), account, notice)

    def renounce_role(self, role: Role, account: bytes) -> Call:
        """The sender, whose address `account` is, gives up a role."""
        return self.write("renounceRole", int(role), account)

    def schedule(self, call: Call) -> Call:
        """Announces a call of a role that has notice to give; it can be executed when the notice is over."""
        assert call.to is not None
        return self.write("schedule", call.to, call.data, 0)

    def execute(self, call: Call) -> Call:
        """Makes a call whose notice is over."""
        assert call.to is not None
        return self.write("execute", call.to, call.data)


class FairClock(Contract):
    """What windows and deadlines run by: the block's time less all that was paused."""

    name = "FairClock"

    def pause(self) -> Call:
        """Guardian only: until `resume`, or until the allowance is used up."""
        return self.write("pause")

    def resume(self) -> Call:
        """Guardian only."""
        return self.write("resume")

    def time(self) -> int:
        """Seconds of fair time."""
        return int(self.read("time"))

    def is_paused(self) -> bool:
        """Whether there is a pause now."""
        return bool(self.read("isPaused"))


LATEST: Final = 2**32 - 1
"""The version of which the parameters are those of batches posted now."""


@dataclass(frozen=True, slots=True)
class Stakes:
    """What operators and challengers have at stake (types/Verdicts.sol); money in minor units."""

    bond: int
    slash: int
    challenger_share: int
    """Ppm."""
    demand_bond: int
    demand_period: int
    """Seconds."""


@dataclass(frozen=True, slots=True)
class OperatorSet:
    """Who judges the batches of a version."""

    quorum: int
    members: frozenset[int]
    """Numbers."""


class Operators(Contract):
    """Who may judge, how many of them it takes, and what they lose."""

    name = "Operators"

    def set_operator(self, operator: bytes, *, active: bool) -> Call:
        """Governor only: name an operator that has posted its bond, or give it notice."""
        return self.write("setOperator", operator, active)

    def set_quorum(self, quorum: int) -> Call:
        """Governor only: how many operators judge batches posted from now on."""
        return self.write("setQuorum", quorum)

    def slash_equivocation(
        self, operator: bytes, batch: int, one: Mapping[str, bytes], other: Mapping[str, bytes]
    ) -> Call:
        """Anyone's: two attestations (evidenceRoot, verdictCommitment, signature) of one operator over one batch."""
        return self.write("slashEquivocation", operator, batch, dict(one), dict(other))

    def set_at(self, version: int) -> OperatorSet:
        """The set of a version."""
        quorum, bits = self.read("setAt", version)
        return OperatorSet(quorum, frozenset(number for number in range(bits.bit_length()) if bits >> number & 1))

    def is_signer(self, version: int, operator: bytes) -> bool:
        """Whether an address may sign now for batches of a version."""
        return bool(self.read("isSigner", version, operator))

    def signer_index(self, version: int, operator: bytes) -> int | None:
        """The number of an operator that may sign now for batches of a version; None for any other address."""
        try:
            return int(self.read("signerIndex", version, operator))
        except RevertError:
            return None
