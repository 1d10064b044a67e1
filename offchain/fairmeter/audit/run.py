"""The audit, stage by stage: files, sources, replay, batches, rules and sums, anchors. It ends with the first stage
that finds a difference."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fairmeter.audit.ahead import ahead
from fairmeter.audit.anchor import check_anchors, check_operators, read_anchors
from fairmeter.audit.beside import MANY_BILLS, Beside
from fairmeter.audit.bytecode import check_deployments, check_sources
from fairmeter.audit.calls import check_calls
from fairmeter.audit.files import check_files, check_tables
from fairmeter.audit.findings import AuditResult, Check, Progress, family
from fairmeter.audit.governing import Governing
from fairmeter.audit.manifest import Manifest, read_manifest
from fairmeter.audit.money import Checkpoint
from fairmeter.audit.record import ChainRecord
from fairmeter.audit.recorded import Recorded, chain_record, read_recorded
from fairmeter.audit.referee import open_referee, recorded_implementation
from fairmeter.audit.replay import Replay, Watch
from fairmeter.audit.sample import JUDGING, Sample
from fairmeter.audit.source import Source
from fairmeter.audit.trade.check import TradeLooks, Trading
from fairmeter.audit.trade.sums import check_trade_sums
from fairmeter.bundle import Bundle
from fairmeter.chain.engine import Engine
from fairmeter.contracts.clients import DigitalCurrency, PaymentLedger
from fairmeter.errors import BundleError, InputError

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
            yield from self._rest(self._read(), None, ())
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
                with self._reading() as read:
                    yield from self._replay(engine, looks.judged, sample)
                    tables = read()
                yield from self._rest(tables, engine, looks.all())

    def _replay(self, engine: Engine, watch: Watch, sample: Sample | None) -> Generator[Check]:
        yield Replay(self.bundle, self.manifest, engine, watch, self.progress, sample).run()
        if sample is not None:
            self.sampled_on = sample.implementation
            yield sample.check()

    def _traded(self, engine: Engine, looks: TradeLooks) -> Generator[Check]:
        """Of a run at the trade desk, which no operator judged."""
        bundle, manifest = self.bundle, self.manifest
        record = chain_record(bundle, manifest)
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

    def _read(self) -> Recorded:
        return read_recorded(self.bundle, self.manifest, self.source, self.progress)

    @contextmanager
    def _reading(self) -> Iterator[Callable[[], Recorded]]:
        """Of many bills the tables are checked beside the replay, of few after it."""
        if self.manifest.rows["verdicts"] < MANY_BILLS:
            yield self._read
            return
        with Beside(self.bundle, self.manifest, self.source, self.progress) as beside:
            yield beside.recorded

    def _rest(self, tables: Recorded, engine: Engine | None, checkpoints: Sequence[Checkpoint]) -> Generator[Check]:
        """What rests on the chain's own word."""
        yield from tables.checks
        if tables.run is not None:
            yield from tables.run.checks(engine, checkpoints)
            yield from self._anchors(tables.run.rebuilt.record, engine)


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
