"""What the commands on verdicts do without a chain, as functions: judge bills, fit a policy, compare policies."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from fairmeter.errors import InputError
from fairmeter.model import Bills, Decision, Presets, Utility
from fairmeter.outputs import Tell, check_output, replacing

if TYPE_CHECKING:
    from fairmeter.model import Bools, Usage
    from fairmeter.verdict import Judgements
    from fairmeter.verdict.evaluation import Compared

# Each function imports what it needs: the trend verdict loads no scikit-learn.

_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class JudgedBills:
    """What `judge_bills` wrote, counted."""

    bills: int
    pay: int
    appeal: int
    insufficient: int
    exact: int
    """Bills whose verdict floating point could not prove, so that exact integers gave it."""
    seconds: float
    out: Path

    def to_json(self) -> dict[str, Any]:
        """What `fairmeter verdict --json` prints."""
        counts = {name: getattr(self, name) for name in ("bills", "pay", "appeal", "insufficient", "exact")}
        return {**counts, "seconds": round(self.seconds, 3), "out": str(self.out)}

    def __str__(self) -> str:
        return (
            f"{self.bills:,} bills: {self.pay:,} PAY, {self.appeal:,} APPEAL, {self.insufficient:,} INSUFFICIENT\n"
            f"{self.exact:,} needed exact integers; {self.seconds:.2f} s; written to {self.out}"
        )


def judge_bills(usage: Path, bills: Path, out: Path, *, presets: Presets | None = None) -> JudgedBills:
    """Judge the bills of a file by the readings of another, without a chain, and write the verdicts to the Parquet file
    `out`, one row a bill in the bills' order: bill_id, decision (PAY, APPEAL, INSUFFICIENT), actual_ppm, expected_ppm
    (int64, null where not computed). A file that is there is replaced once the new one is whole.

    Raises InputError for anything wrong in the files or with `out`; then nothing is written.
    """
    import numpy as np  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    from fairmeter.usage import check_customers, load_bills, load_usage, reference_readings  # noqa: PLC0415
    from fairmeter.verdict import judge  # noqa: PLC0415

    started = time.perf_counter()
    presets = Presets() if presets is None else presets
    check_output(out, ".parquet")
    billed = load_bills(bills)
    readings = load_usage(usage)
    check_customers(billed, readings)
    verdicts = judge(
        reference_readings(readings, billed),
        billed.quantity,
        billed.days,
        first_preset=presets.first,
        second_preset=presets.second,
        degree=presets.degree,
    )
    names = np.array(["", *(decision.name for decision in Decision)])
    columns = [
        pl.Series("bill_id", billed.bill_id),
        pl.Series("decision", names[verdicts.decision]),
        pl.Series("actual_ppm", verdicts.actual_ppm).set(pl.Series(~verdicts.has_actual), None),
        pl.Series("expected_ppm", verdicts.expected_ppm).set(pl.Series(~verdicts.has_expected), None),
    ]
    with replacing(out) as part:
        pl.DataFrame(columns).write_parquet(part)
    counts = np.bincount(verdicts.decision, minlength=4)
    return JudgedBills(
        bills=len(billed),
        pay=int(counts[Decision.PAY]),
        appeal=int(counts[Decision.APPEAL]),
        insufficient=int(counts[Decision.INSUFFICIENT]),
        exact=int(verdicts.exact.sum()),
        seconds=time.perf_counter() - started,
        out=out,
    )


@dataclass(frozen=True, slots=True)
class FittedModel:
    """What `fit_calibrated` wrote."""

    customers: int
    readings: int
    until: date
    """Day before which all these readings lie."""
    model: str
    """SHA-256 of the file."""
    seconds: float
    out: Path

    def to_json(self) -> dict[str, Any]:
        """What `fairmeter fit --json` prints."""
        fields = {"customers": self.customers, "readings": self.readings, "until": self.until.isoformat()}
        return {**fields, "model": self.model, "seconds": round(self.seconds, 3), "out": str(self.out)}

    def __str__(self) -> str:
        return (
            f"fitted to {self.readings:,} readings of {self.customers:,} customers before {self.until}\n"
            f"model {self.model}; {self.seconds:.2f} s; written to {self.out}"
        )


def fit_calibrated(
    usage: Path, out: Path, *, before: date | None = None, seed: int = 0, tell: Tell | None = None
) -> FittedModel:
    """Fit the calibrated policy to the readings of a file before the day `before` (all, if None), and write the model
    to the file `out`, whose name ends in .model: plain arrays, the same bytes for the same readings and seed.

    Raises InputError for anything wrong in the file, for readings too few to fit to, or with `out`; then nothing is
    written; ToolMissingError without scikit-learn.
    """
    import numpy as np  # noqa: PLC0415

    from fairmeter.usage import load_usage  # noqa: PLC0415

    calibrated = calibrated_policy()
    started = time.perf_counter()
    check_output(out, ".model")
    readings = load_usage(usage)
    last = None if before is None else (before - _EPOCH).days
    model = calibrated.fit(readings, seed, last, _percent(tell, "fitting"))
    content = calibrated.write(model)
    with replacing(out) as part:
        part.write_bytes(content)
    seen = readings.day < model.until
    return FittedModel(
        customers=len(np.unique(readings.customer[seen])),
        readings=int(seen.sum()),
        until=_EPOCH + timedelta(model.until),
        model=calibrated.digest(model),
        seconds=time.perf_counter() - started,
        out=out,
    )


@dataclass(frozen=True, slots=True)
class CalibratedBills:
    """What `judge_calibrated` wrote, counted."""

    bills: int
    pay: int
    appeal: int
    unread: int
    """Bills of a meter that has no reading at all; judged by other bills."""
    earlier: int
    """Bills that begin before `until`: the model has seen later readings, though never of the bill's customer."""
    until: date
    """Day before which all readings lie that the model was fitted to."""
    rate: float
    """Share of the correct bills that may be appealed."""
    model: str
    """SHA-256 of the fitted model's bytes."""
    seconds: float
    out: Path

    def to_json(self) -> dict[str, Any]:
        """What `fairmeter verdict --policy calibrated --json` prints."""
        counts = {name: getattr(self, name) for name in ("bills", "pay", "appeal", "unread", "earlier")}
        fields = {"until": self.until.isoformat(), "rate": self.rate, "model": self.model}
        return {**counts, **fields, "seconds": round(self.seconds, 3), "out": str(self.out)}

    def __str__(self) -> str:
        return (
            f"{self.bills:,} bills: {self.pay:,} PAY, {self.appeal:,} APPEAL; {self.unread:,} of no known meter\n"
            f"{self.earlier:,} begin before {self.until}, the day after the last reading that the model has seen\n"
            f"model {self.model}; {self.seconds:.2f} s; written to {self.out}"
        )


def judge_calibrated(
    usage: Path,
    bills: Path,
    out: Path,
    *,
    model: Path | None = None,
    rate: float = 0.01,
    seed: int = 0,
    tell: Tell | None = None,
) -> CalibratedBills:
    """Judge the bills of a file by the calibrated policy and the readings of another, and write the verdicts to the
    Parquet file `out`, one row a bill in the bills' order: bill_id, decision (PAY, APPEAL), score (higher is more
    anomalous), expected_quantity, low, high (int64, base units), reason (null unless APPEAL). The policy is that of
    the file `model`, as `fit_calibrated` wrote it, or fitted to the readings with `seed` if None. No trees that judge a
    bill have seen a reading of its customer.

    Raises InputError for anything wrong in the files, for readings too few to fit to, or with `out`; then nothing is
    written; ToolMissingError without scikit-learn.
    """
    from fairmeter.usage import load_bills, load_usage, unread_meters  # noqa: PLC0415

    calibrated = calibrated_policy()
    started = time.perf_counter()
    check_output(out, ".parquet")
    billed, readings = load_bills(bills), load_usage(usage)
    fitted = _model(readings, model, seed, tell)
    judged = calibrated.CalibratedPolicy(fitted, rate).judge(readings, billed, _percent(tell, "judging"))
    _write_judgements(billed, judged, out)
    appealed = judged.decision == Decision.APPEAL
    return CalibratedBills(
        bills=len(billed),
        pay=int((~appealed).sum()),
        appeal=int(appealed.sum()),
        unread=int(unread_meters(billed, readings).sum()),
        earlier=int((billed.start < fitted.until).sum()),
        until=_EPOCH + timedelta(fitted.until),
        rate=rate,
        model=calibrated.digest(fitted),
        seconds=time.perf_counter() - started,
        out=out,
    )


@dataclass(frozen=True, slots=True)
class ScreenedBills:
    """What `judge_screened` wrote, counted."""

    bills: int
    pay: int
    appeal: int
    insufficient: int
    beside: str
    """The policy that decides where no rule does."""
    seconds: float
    out: Path

    def to_json(self) -> dict[str, Any]:
        """What `fairmeter verdict --rules --json` prints."""
        counts = {name: getattr(self, name) for name in ("bills", "pay", "appeal", "insufficient", "beside")}
        return {**counts, "seconds": round(self.seconds, 3), "out": str(self.out)}

    def __str__(self) -> str:
        return (
            f"{self.bills:,} bills by rules and {self.beside}: {self.pay:,} PAY, {self.appeal:,} APPEAL, "
            f"{self.insufficient:,} INSUFFICIENT\n{self.seconds:.2f} s; written to {self.out}"
        )


def judge_screened(
    usage: Path,
    bills: Path,
    out: Path,
    rules: Path | None,
    *,
    alone: bool,
    presets: Presets | None = None,
    model: Path | None = None,
    tell: Tell | None = None,
    rate: float | None = None,
    seed: int = 0,
) -> ScreenedBills:
    """Judge the bills of a file by screening rules, as `fairmeter rules` wrote them, and by the calibrated policy if a
    `rate` is given, else by the trend: the rules decide `alone` in the classes that have some, or appeal besides.
    Writes the columns of `judge_calibrated`. Days between bills are counted among the bills of the file.

    Raises InputError for anything wrong in the files or with `out`; then nothing is written; ToolMissingError without
    scikit-learn.
    """
    import numpy as np  # noqa: PLC0415

    from fairmeter.simulation import load_rules  # noqa: PLC0415
    from fairmeter.usage import check_customers, load_bills, load_usage, reference_readings  # noqa: PLC0415
    from fairmeter.verdict import TrendPolicy, VerdictPolicy  # noqa: PLC0415
    from fairmeter.verdict.screened import ScreeningPolicy  # noqa: PLC0415

    started = time.perf_counter()
    check_output(out, ".parquet")
    if rules is None:
        raise InputError("the policy is screening, and there are no rules: `fairmeter rules` writes some, for --rules")
    file, billed, readings = load_rules(rules), load_bills(bills), load_usage(usage)
    check_customers(billed, readings)
    beside: VerdictPolicy = TrendPolicy(Presets() if presets is None else presets, reference_readings)
    if rate is not None:
        beside = calibrated_policy().CalibratedPolicy(_model(readings, model, seed, tell), rate)
    utilities = {one.label: int(one) for one in Utility}
    own = {(utilities[one.utility], one.number): replace(one.rules, alone=alone) for one in file.rules}
    judged = ScreeningPolicy(own, file.of, beside).judge(readings, billed, _percent(tell, "judging"))
    _write_judgements(billed, judged, out)
    counts = np.bincount(judged.decision, minlength=4)
    pay, appeal, insufficient = counts[[Decision.PAY, Decision.APPEAL, Decision.INSUFFICIENT]].tolist()
    return ScreenedBills(len(billed), pay, appeal, insufficient, beside.name, time.perf_counter() - started, out)


def _model(readings: Usage, model: Path | None, seed: int, tell: Tell | None) -> Any:
    """Of the file, or fitted to the readings."""
    calibrated = calibrated_policy()
    if model is not None:
        return calibrated.read(_content(model))
    return calibrated.fit(readings, seed, progress=_percent(tell, "fitting"))


def _content(model: Path) -> bytes:
    try:
        return model.read_bytes()
    except OSError as error:
        raise InputError(f"{model}: cannot be read: {error.strerror}") from error


def _write_judgements(billed: Bills, judged: Judgements, out: Path) -> None:
    import numpy as np  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    reason = np.full(len(billed), None, dtype=np.object_)
    reason[judged.decision == Decision.APPEAL] = judged.reasons
    columns = [
        pl.Series("bill_id", billed.bill_id),
        pl.Series("decision", np.array(["", *(decision.name for decision in Decision)])[judged.decision]),
        pl.Series("score", judged.score),
        pl.Series("expected_quantity", judged.expected),
        pl.Series("low", judged.low),
        pl.Series("high", judged.high),
        pl.Series("reason", reason.tolist(), dtype=pl.String),
    ]
    with replacing(out) as part:
        pl.DataFrame(columns).write_parquet(part)


def evaluate_policies(
    usage: Path,
    bills: Path,
    *,
    policies: Sequence[str] = (),
    presets: Presets | None = None,
    one_in: int = 1,
    seed: int = 0,
    tell: Tell | None = None,
) -> list[Compared]:
    """How well verdict policies and simpler scores find the labelled faults of the bills: `verdict.evaluation.compare`
    with the named `policies`, or all, on the bills of one customer in `one_in`, whom SHA-256 of seed and name draws.

    Raises InputError for bills without labels, an unknown policy, or anything wrong in the files; ToolMissingError
    without scikit-learn.
    """
    from fairmeter.usage import load_bills, load_usage, reference_readings  # noqa: PLC0415
    from fairmeter.verdict import TrendPolicy  # noqa: PLC0415

    calibrated_policy()
    from fairmeter.verdict import evaluation  # noqa: PLC0415

    def told(policy: str, done: float) -> None:
        _percent(tell, policy)(done)

    billed, readings = load_bills(bills), load_usage(usage)
    billed = billed.take(_drawn(billed.customers, one_in, seed)[billed.customer].nonzero()[0])
    if len(billed) == 0:
        raise InputError(f"{bills}: one customer in {one_in} is none of its {len(billed.customers)}")
    trend = TrendPolicy(Presets() if presets is None else presets, reference_readings)
    return evaluation.compare(readings, billed, trend, policies or evaluation.policies(), seed, told)


def _drawn(customers: Sequence[str], one_in: int, seed: int) -> Bools:
    """(k,) whether each customer is of the one in `one_in`."""
    import numpy as np  # noqa: PLC0415

    digests = (hashlib.sha256(f"{seed} {name}".encode()).digest() for name in customers)
    return np.array([int.from_bytes(digest, "big") % one_in == 0 for digest in digests], np.bool_)


def calibrated_policy() -> ModuleType:
    """The room of the calibrated policy. Raises ToolMissingError without scikit-learn."""
    from fairmeter.verdict import needed  # noqa: PLC0415

    return needed.calibrated_policy()


def _percent(tell: Tell | None, phase: str) -> Callable[[float], None]:
    """A share that is done, told in percent."""
    return lambda done: None if tell is None else tell(phase, round(100 * done), 100)


def check_plot(out: Path) -> None:
    """Raise InputError if no plot can be written to `out`."""
    check_output(out, ".png", ".html")
