"""The audit, stage by stage: files, sources, replay, batches, rules and sums, anchors. It ends with the first stage
that finds a difference."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fairmeter.audit.ahead import ahead
from fairmeter.audit.anchor import check_anchors, check_operators, read_anchors
from fairmeter.audit.batches import read_batches
from fairmeter.audit.bytecode import check_deployments, check_sources
from fairmeter.audit.calls import check_calls
from fairmeter.audit.collecting import REGISTER, Collecting
from fairmeter.audit.corrections import Corrected
from fairmeter.audit.crediting import LINE, check_credit
from fairmeter.audit.files import check_files, check_tables
from fairmeter.audit.findings import AuditResult, Check, Finding, Progress, family
from fairmeter.audit.governing import Governing
from fairmeter.audit.invariants import Books, check_invariants
from fairmeter.audit.judgements import Judgements
from fairmeter.audit.manifest import Manifest, read_manifest
from fairmeter.audit.meters import MeterKeys
from fairmeter.audit.money import Checkpoint, Rebuilt
from fairmeter.audit.papers import Papers
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.record import ChainRecord
from fairmeter.audit.referee import open_referee, recorded_implementation
from fairmeter.audit.refunds import check_refunds
from fairmeter.audit.replay import Replay, Watch
from fairmeter.audit.rules import Rules
from fairmeter.audit.sample import JUDGING, Sample
from fairmeter.audit.screening import Screened
from fairmeter.audit.signed import Signed
from fairmeter.audit.slashing import Corrections
from fairmeter.audit.source import Source
from fairmeter.audit.sums import check_sums
from fairmeter.audit.trade.check import TradeLooks, Trading
from fairmeter.audit.trade.sums import check_trade_sums
from fairmeter.audit.verified import Verified
from fairmeter.bundle import Bundle
from fairmeter.chain.engine import Engine
from fairmeter.contracts.clients import DigitalCurrency, PaymentLedger, VerdictGate
from fairmeter.contracts.crediting import CreditLine
from fairmeter.contracts.papering import NAME as PAPERS
from fairmeter.contracts.papering import BillTrace
from fairmeter.contracts.refunding import RefundDesk
from fairmeter.errors import BundleError, InputError
from fairmeter.verdict.needed import calibrated_policy

if TYPE_CHECKING:
    from fairmeter.audit.modelled import Modelled

LONG_RUN: Final = 500_000_000
"""Gas: a replay that takes as long as compiling, which then goes on beside it; of a shorter run it comes last, for a
difference found before spares it."""
WITNESS: Final = "py-evm"
"""The EVM of samples."""


def audit(
    directory: Path,
    *,
    expect: Path | None = None,
    usage: Path | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> AuditResult:
    """Audit the bundle in `directory` (or in its folder "bundle"): replay every transaction on another EVM where one is
    installed, recompute every verdict, or follow every purchase and standing of a run at the trade desk, and check
    every invariant. `expect` is a file of anchors (`anchor.read_anchors`), `usage` the source of the readings. A run
    too long for another EVM is replayed on its own, and a sample of its batches or steps on the other; `seed` draws the
    sample, and is drawn itself if it is None.

    What differs comes back as findings. Raises BundleError for a folder that is no bundle of this format or has damaged
    tables, InputError for an `expect` or `usage` that is wrong, ChainError if the replaying chain dies.
    """
    bundle = Bundle(directory)
    manifest = read_manifest(bundle)
    anchors = None if expect is None else read_anchors(expect)
    if anchors is not None and manifest.genesis is None:
        raise InputError(f"{expect}: the run was on a foreign chain, which cannot be replayed: nothing to anchor to")
    if bundle.of_trade and usage is not None:
        raise InputError(f"{usage}: the run was at the trade desk, which has no readings: leave it out")
    if bundle.of_trade and manifest.genesis is None:
        raise BundleError(f"{bundle.folder}: a run at the trade desk whose beginning is not in the bundle")
    work = _Audit(bundle, manifest, None if usage is None else Source(usage), anchors, progress or _silent, seed)
    checks: list[Check] = []
    with closing(work.checks()) as stages:
        for check in stages:
            checks.append(check)
            if check.findings:
                break
    return AuditResult(
        checks=tuple(checks),
        replayed_on=work.replayed_on,
        sampled_on=work.sampled_on,
        recorded_implementation=recorded_implementation(bundle.folder),
        compiled=work.compiled,
        anchored=work.anchored,
        source_compared=any(check.name == "source" for check in checks),
    )


@dataclass(slots=True)
class _Audit:
    """One audit on its way; `checks` gives them one by one, and does no more than is asked for."""

    bundle: Bundle
    manifest: Manifest
    source: Source | None
    anchors: Mapping[str, Any] | None
    progress: Progress
    seed: int | None
    replayed_on: str | None = None
    sampled_on: str | None = None
    compiled: bool = False
    anchored: bool = False

    def checks(self) -> Generator[Check]:
        """Every stage in its order. To be closed: a chain may be open."""
        bundle, manifest = self.bundle, self.manifest
        long = manifest.sums["gas_used"] >= LONG_RUN
        compiled = ahead(lambda: check_sources(bundle, manifest)) if long else None
        yield check_files(bundle)
        yield check_tables(bundle, manifest, self.progress)
        yield check_deployments(bundle, manifest)
        yield check_calls(bundle, manifest)
        yield from self._chain()
        # last, since it takes longer than all the rest of a small bundle
        sources, self.compiled = check_sources(bundle, manifest) if compiled is None else compiled.result()
        yield sources

    def _chain(self) -> Generator[Check]:
        """The replay, and what rests on it."""
        bundle, manifest = self.bundle, self.manifest
        if manifest.genesis is None:
            yield Check("replay", "a foreign chain's beginning is not in the bundle: not replayed", 0)
            yield from self._recorded(self._record(), None, ())
            return
        recorded = recorded_implementation(bundle.folder)
        with open_referee(recorded, manifest.genesis, manifest.sums["gas_used"]) as engine:
            self.replayed_on = engine.implementation
            sample = None
            if recorded is not None and family(recorded) == family(engine.implementation) != WITNESS:
                sample = Sample(bundle, engine, manifest.genesis, self.seed)
            if bundle.of_trade:
                traded = TradeLooks(engine, manifest.contracts)
                yield from self._replay(engine, traded.look, sample)
                yield from self._traded(engine, traded)
            else:
                looks = Looks(engine, manifest)
                yield from self._replay(engine, looks.judged, sample)
                yield from self._recorded(self._record(), engine, looks.all())

    def _replay(self, engine: Engine, watch: Watch, sample: Sample | None) -> Generator[Check]:
        yield Replay(self.bundle, self.manifest, engine, watch, self.progress, sample).run()
        if sample is not None:
            self.sampled_on = sample.implementation
            yield sample.check()

    def _traded(self, engine: Engine, looks: TradeLooks) -> Generator[Check]:
        """Of a run at the trade desk, which no operator judged."""
        bundle, manifest = self.bundle, self.manifest
        record = self._record()
        yield check_operators(manifest, record)
        yield Governing(record).check()
        trading = Trading(record, bundle, looks, engine)
        yield from trading.checks()
        yield check_trade_sums(bundle, manifest, trading)
        yield from self._anchors(record, engine)

    def _anchors(self, record: ChainRecord, engine: Engine | None) -> Generator[Check]:
        if self.anchors is not None and engine is not None:
            self.anchored = True
            yield check_anchors(self.anchors, self.manifest, record, engine)

    def _record(self) -> ChainRecord:
        """Of the bundle's logs: those of the replay, where there was one, or it would have found a difference."""
        times = [group["timestamp"].to_numpy() for group in self.bundle.row_groups("transactions")]
        logs = self.bundle.row_groups("logs")
        return ChainRecord(logs, self.manifest.contracts, np.concatenate([np.zeros(0, np.int64), *times]))

    def _modelled(self, parameters: Parameters) -> Modelled | None:
        """None where no model judged: then nothing of it is needed. Raises ToolMissingError without scikit-learn."""
        content = self.bundle.model()
        if content is None:
            return None
        calibrated_policy()
        from fairmeter.audit.modelled import Modelled  # noqa: PLC0415

        return Modelled(self.bundle, content, parameters, self.source)

    def _beside(self, rebuilt: Rebuilt, engine: Engine | None, ledger: PaymentLedger | None) -> Generator[Check]:
        """Of a run whose arrears are scored, or whose bills are refunded or have papers."""
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

    def _recorded(
        self, record: ChainRecord, engine: Engine | None, checkpoints: Sequence[Checkpoint]
    ) -> Generator[Check]:
        """What rests on the chain's own word."""
        manifest, contracts = self.manifest, self.manifest.contracts
        parameters, corrections = Parameters(record), Corrections(record)
        keys = MeterKeys(record, manifest)
        batches = read_batches(self.bundle, record, parameters.presets)
        if isinstance(batches, Finding):
            yield Check("calls", "transactions behind the batches' events", 0, (batches,))
            return
        yield check_operators(manifest, record)
        corrected = Corrected(self.bundle, record, batches, keys, parameters)
        screened = Screened(record, batches, parameters)
        yield from Judgements(
            self.bundle,
            manifest,
            batches,
            parameters,
            record.suppliers(),
            corrections,
            Verified(record, keys, parameters),
            Signed(self.bundle, record, keys, parameters, corrected),
            corrected,
            screened,
            self._modelled(parameters),
            self.source,
            self.progress,
        ).run()
        yield corrected.check()
        yield corrections.check(batches)
        gate = None if engine is None else VerdictGate(engine, contracts["VerdictGate"])
        yield parameters.check(manifest.scenario, gate)
        yield Governing(record).check()
        yield screened.check(manifest.scenario)
        rebuilt = Rebuilt.of(record, batches)
        ledger = None if engine is None else PaymentLedger(engine, contracts["PaymentLedger"])
        yield from self._beside(rebuilt, engine, ledger)
        yield from check_invariants(Books(rebuilt, Rules(rebuilt, parameters, screened), tuple(checkpoints), ledger))
        yield check_sums(self.bundle, manifest, rebuilt, screened)
        yield from self._anchors(record, engine)


class Looks:
    """Looks at the replayed chain's state after every batch that was judged, and at its end."""

    def __init__(self, engine: Engine, manifest: Manifest) -> None:
        self._ledger = PaymentLedger(engine, manifest.contracts["PaymentLedger"])
        self._currency = DigitalCurrency(engine, manifest.contracts["DigitalCurrency"])
        self._transactions = 0
        self._checkpoints: list[Checkpoint] = []

    def judged(self, transactions: int, labels: Sequence[str]) -> None:
        """So many transactions have been executed, the last of them with these labels."""
        self._transactions = transactions
        if JUDGING in labels:
            self._look()

    def all(self) -> Sequence[Checkpoint]:
        """Every look, a last one at the end included."""
        self._look()
        return self._checkpoints

    def _look(self) -> None:
        held = self._currency.balance_of(self._ledger.address)
        self._checkpoints.append(Checkpoint(self._transactions, self._ledger.totals(), held))


def _silent(_phase: str, _done: int, _total: int) -> None:
    pass
