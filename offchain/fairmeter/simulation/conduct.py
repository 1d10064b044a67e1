"""What dishonest operators say of a batch: verdicts as columns in, other verdicts out, each of a form that the ledger
accepts and with growth figures that its decision follows from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from fairmeter.contracts.packing import READING_BYTES, Evidence
from fairmeter.model import Bools, Decision, Int64s, Reference, UInt8s, Verdicts
from fairmeter.simulation.scenario import Conduct
from fairmeter.units import MAX_INT40, MAX_READING, MIN_INT40, PPM

FALSE_VERDICTS: Final = frozenset({Conduct.ALWAYS_PAY, Conduct.ALWAYS_APPEAL, Conduct.FLIP, Conduct.EQUIVOCATE})
"""Who signs other verdicts over the true evidence."""


def lied(
    conduct: Conduct,
    verdicts: Verdicts,
    first: Int64s,
    second: Int64s,
    *,
    share: int,
    generator: np.random.Generator,
) -> Verdicts:
    """The verdicts that operators of `conduct`, one of FALSE_VERDICTS, sign instead of the true `verdicts`.

    `first`, `second`: (n,) presets, ppm. `share` ppm of the bills are turned around by a flip, drawn from `generator`:
    PAY and INSUFFICIENT become APPEAL, APPEAL becomes PAY. Who equivocates signs a PAY of every bill beside the truth.
    """
    decision = _LIES[conduct](verdicts.decision)
    if conduct is Conduct.FLIP:
        kept = generator.integers(PPM, size=len(verdicts)) >= share
        decision = np.where(kept, verdicts.decision, decision).astype(np.uint8)
    return _claimed(verdicts, decision, first, second)


def forged(reference: Reference, quantity: Int64s, days: Int64s) -> Reference:
    """Readings whose trend makes a PAY of every bill: the bill's own `quantity` (n,), base units, spread evenly over
    the reference period as it would be over its own `days` (n,), rounded up, every day present."""
    daily = np.minimum(-(-quantity // np.maximum(days, 1)), MAX_READING)
    inside: Bools = np.arange(reference.readings.shape[1]) < reference.days[:, None]
    return Reference(reference.start, reference.days, np.where(inside, daily[:, None], 0), inside)


def forged_evidence(evidence: Evidence, quantity: Int64s, days: Int64s) -> tuple[Reference, Evidence]:
    """`forged` readings for the same reference periods, and as evidence under the same salts."""
    shape = (len(evidence.days), evidence.readings.shape[1] // READING_BYTES)
    none = np.zeros(shape, np.int64)
    reference = forged(Reference(evidence.start, evidence.days, none, none > 0), quantity, days)
    return reference, Evidence.of(reference, evidence.salts)


def _claimed(verdicts: Verdicts, decision: UInt8s, first: Int64s, second: Int64s) -> Verdicts:
    """`verdicts` with another decision, and where it differs growths that it follows from."""
    changed = decision != verdicts.decision
    appeal = changed & (decision == Decision.APPEAL)
    pay = changed & (decision == Decision.PAY)
    actual, expected = verdicts.actual_ppm.copy(), verdicts.expected_ppm.copy()
    actual[appeal] = np.minimum(np.maximum(actual[appeal], second[appeal]) + PPM, MAX_INT40)
    expected[appeal] = np.maximum(actual[appeal] - first[appeal] - PPM, MIN_INT40)
    actual[pay] = np.minimum(actual[pay], second[pay] - 1)
    expected[pay] = 0
    return Verdicts(
        decision=decision,
        actual_ppm=actual,
        expected_ppm=expected,
        has_actual=verdicts.has_actual | changed,
        has_expected=(verdicts.has_expected | appeal) & ~pay,
        exact=verdicts.exact,
    )


def _all(decision: Decision) -> Callable[[UInt8s], UInt8s]:
    return lambda decisions: np.full_like(decisions, decision)


def _turned(decisions: UInt8s) -> UInt8s:
    return np.where(decisions == Decision.APPEAL, Decision.PAY, Decision.APPEAL).astype(np.uint8)


_LIES: Final[Mapping[Conduct, Callable[[UInt8s], UInt8s]]] = {
    Conduct.ALWAYS_PAY: _all(Decision.PAY),
    Conduct.ALWAYS_APPEAL: _all(Decision.APPEAL),
    Conduct.FLIP: _turned,
    Conduct.EQUIVOCATE: _all(Decision.PAY),
}
