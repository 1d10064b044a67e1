"""What an audit found: values, in the order in which they were found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Progress = Callable[[str, int, int], None]
"""Told the phase, how much of it is done, and of how much."""

MAX_FINDINGS: Final = 10
"""A check stops looking once it found so many differences: the first is the one that matters."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between what a bundle says and what is."""

    check: str
    """files, manifest, bytecode, replay, sample, bills, verdicts, evidence, verified, model, recompute, corrections,
    slashing, parameters, source, INV-nn, sums or anchor."""
    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.check}: {self.where}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked."""

    name: str
    detail: str
    """What was compared with what."""
    count: int
    """How many were compared."""
    findings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class AuditResult:
    """The whole audit. It ends with the first check that found something, since what follows rests on it."""

    checks: tuple[Check, ...]
    replayed_on: str | None
    """The EVM that executed the transactions again; None where they were not: a foreign chain, or a finding before."""
    sampled_on: str | None
    """The EVM that executed a sample of the batches a second time; None where the whole replay was on another EVM than
    the run, or the run's own is not known."""
    recorded_implementation: str | None
    """The EVM that the run says it used; None where nothing beside the bundle says so."""
    compiled: bool
    """Whether the bundle's sources were compiled again, and not only compared with the installed package's."""
    anchored: bool
    """Whether anchors from outside were compared; otherwise the bundle agrees with itself, and no more is known."""
    source_compared: bool
    """Whether the evidence was compared with the source of the readings."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All differences, the first one first."""
        return tuple(finding for check in self.checks for finding in check.findings)

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return not self.findings

    @property
    def standing(self) -> str:
        """What a passed audit proves, in a few words."""
        return "anchored" if self.anchored else "self-consistent, not anchored"

    @property
    def other_implementation(self) -> bool | None:
        """Whether the replay ran on another EVM than the run; None where either is unknown."""
        if self.replayed_on is None or self.recorded_implementation is None:
            return None
        return family(self.replayed_on) != family(self.recorded_implementation)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a machine."""
        return {
            "passed": self.passed,
            "standing": self.standing,
            "replayed_on": self.replayed_on,
            "sampled_on": self.sampled_on,
            "recorded_implementation": self.recorded_implementation,
            "other_implementation": self.other_implementation,
            "compiled": self.compiled,
            "anchored": self.anchored,
            "source_compared": self.source_compared,
            "checks": [
                {"name": check.name, "detail": check.detail, "count": check.count, "passed": check.passed}
                for check in self.checks
            ],
            "findings": [
                {"check": one.check, "where": one.where, "expected": one.expected, "found": one.found}
                for one in self.findings
            ],
        }


def family(implementation: str) -> str:
    """The EVM itself, of an engine's `implementation`: two nodes that run revm are one witness."""
    known = ("revm", "py-evm", "EELS", "geth", "besu")
    named = [name for name in known if name.lower() in implementation.lower()]
    return named[0] if named else implementation
