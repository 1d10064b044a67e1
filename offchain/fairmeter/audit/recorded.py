"""A run as a bundle's tables tell it: first what is checked on them alone, then what is compared with the replayed
chain."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fairmeter.audit.anchor import check_operators
from fairmeter.audit.batches import read_batches
from fairmeter.audit.collecting import REGISTER, Collecting
from fairmeter.audit.corrections import Corrected
from fairmeter.audit.crediting import LINE, check_credit
from fairmeter.audit.findings import Check, Finding, Progress
from fairmeter.audit.governing import Governing
from fairmeter.audit.invariants import Books, check_invariants
from fairmeter.audit.judgements import Judgements
from fairmeter.audit.manifest import Manifest
from fairmeter.audit.meters import MeterKeys
from fairmeter.audit.money import Checkpoint, Rebuilt
from fairmeter.audit.papers import Papers
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.record import ChainRecord
from fairmeter.audit.refunds import check_refunds
from fairmeter.audit.rules import Rules
from fairmeter.audit.screening import Screened
from fairmeter.audit.signed import Signed
from fairmeter.audit.slashing import Corrections
from fairmeter.audit.source import Source
from fairmeter.audit.sums import check_sums
from fairmeter.audit.verified import Verified
from fairmeter.bundle import Bundle
from fairmeter.chain.engine import Engine
from fairmeter.contracts.clients import PaymentLedger, VerdictGate
from fairmeter.contracts.crediting import CreditLine
from fairmeter.contracts.papering import NAME as PAPERS
from fairmeter.contracts.papering import BillTrace
from fairmeter.contracts.refunding import RefundDesk
from fairmeter.verdict.needed import calibrated_policy

if TYPE_CHECKING:
    from fairmeter.audit.modelled import Modelled


@dataclass(frozen=True, slots=True)
class Run:
    """What the rest of the audit is checked on, of a run whose tables have no difference."""

    bundle: Bundle
    manifest: Manifest
    parameters: Parameters
    screened: Screened
    rebuilt: Rebuilt
    rules: Rules

    def checks(self, engine: Engine | None, checkpoints: Sequence[Checkpoint]) -> Generator[Check]:
        """With the replayed chain at its end, and what was seen of it on the way; without it where it is None."""
        manifest, rebuilt = self.manifest, self.rebuilt
        gate = None if engine is None else VerdictGate(engine, manifest.contracts["VerdictGate"])
        yield self.parameters.check(manifest.scenario, gate)
        yield Governing(rebuilt.record).check()
        yield self.screened.check(manifest.scenario)
        ledger = None if engine is None else PaymentLedger(engine, manifest.contracts["PaymentLedger"])
        yield from self._beside(engine, ledger)
        yield from check_invariants(Books(rebuilt, self.rules, tuple(checkpoints), ledger))
        yield check_sums(self.bundle, manifest, rebuilt, self.screened)

    def _beside(self, engine: Engine | None, ledger: PaymentLedger | None) -> Iterator[Check]:
        """Of a run whose arrears are scored, or whose bills are refunded or have papers."""
        rebuilt = self.rebuilt
        if REGISTER in self.manifest.contracts:
            yield Collecting(self.bundle, rebuilt.record, rebuilt).check()
        address = self.manifest.contracts.get(LINE)
        if address is not None:
            yield from check_credit(rebuilt, None if engine is None else CreditLine(engine, address))
        address = self.manifest.contracts.get("RefundDesk")
        if address is not None:
            yield from check_refunds(rebuilt, None if engine is None else RefundDesk(engine, address), ledger)
        address = self.manifest.contracts.get(PAPERS)
        if address is not None:
            papers = Papers(self.bundle, rebuilt, self.manifest.chain_id)
            yield from papers.checks(None if engine is None else BillTrace(engine, address))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the tables alone came to."""

    checks: tuple[Check, ...]
    """Up to the first that found a difference."""
    run: Run | None
    """None where one did."""


def chain_record(bundle: Bundle, manifest: Manifest) -> ChainRecord:
    """Of the bundle's logs: those of the replay, where there is one, or it finds a difference."""
    times = [group["timestamp"].to_numpy() for group in bundle.row_groups("transactions")]
    return ChainRecord(bundle.row_groups("logs"), manifest.contracts, np.concatenate([np.zeros(0, np.int64), *times]))


def read_recorded(bundle: Bundle, manifest: Manifest, source: Source | None, progress: Progress) -> Recorded:
    """Check the tables alone, and rebuild what the rest is checked on.

    Raises ToolMissingError if a model judged and scikit-learn is not installed, ChainError for events that no such run
    has."""
    record = chain_record(bundle, manifest)
    parameters, corrections, keys = Parameters(record), Corrections(record), MeterKeys(record, manifest)
    batches = read_batches(bundle, record, parameters.presets)
    if isinstance(batches, Finding):
        return Recorded((Check("calls", "transactions behind the batches' events", 0, (batches,)),), None)
    corrected = Corrected(bundle, record, batches, keys, parameters)
    screened = Screened(record, batches, parameters)
    judgements = Judgements(
        bundle,
        manifest,
        batches,
        parameters,
        record.suppliers(),
        corrections,
        Verified(record, keys, parameters),
        Signed(bundle, record, keys, parameters, corrected),
        corrected,
        screened,
        _modelled(bundle, parameters, source),
        source,
        progress,
    )

    def stages() -> Iterator[Check]:
        yield check_operators(manifest, record)
        yield from judgements.run()
        yield corrected.check()
        yield corrections.check(batches)

    checks: list[Check] = []
    for check in stages():
        checks.append(check)
        if check.findings:
            return Recorded(tuple(checks), None)
    rebuilt = Rebuilt.of(record, batches)
    run = Run(bundle, manifest, parameters, screened, rebuilt, Rules(rebuilt, parameters, screened))
    return Recorded(tuple(checks), run)


def _modelled(bundle: Bundle, parameters: Parameters, source: Source | None) -> Modelled | None:
    """None where no model judged: then nothing of it is needed."""
    content = bundle.model()
    if content is None:
        return None
    calibrated_policy()
    from fairmeter.audit.modelled import Modelled  # noqa: PLC0415

    return Modelled(bundle, content, parameters, source)
