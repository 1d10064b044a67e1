"""What the commands on customers do, as functions: classes of accounts, payments that are not as usual."""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairmeter.errors import InputError
from fairmeter.judging import calibrated_policy
from fairmeter.model import Payments, Utility
from fairmeter.outputs import check_output, replacing

if TYPE_CHECKING:
    from fairmeter.model import Int64s
    from fairmeter.simulation import RulesFile
    from fairmeter.verdict.accounts import AccountClasses
    from fairmeter.verdict.payments import Expected, PaymentModel, Threshold
    from fairmeter.verdict.screening import FittedRules


def find_classes(
    usage: Path, bills: Path, *, payments: Path | None = None, out: Path | None = None, seed: int = 0
) -> AccountClasses:
    """Classes of the billed accounts by how they use and how they pay: `verdict.accounts.account_classes`. With `out`,
    a Parquet file of customer_id, utility and class, a row an account.

    Raises InputError for anything wrong in the files or with `out`; ToolMissingError without scikit-learn.
    """
    import numpy as np  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    from fairmeter.usage import load_bills, load_payments, load_usage  # noqa: PLC0415

    calibrated_policy()
    from fairmeter.verdict.accounts import account_classes  # noqa: PLC0415

    if out is not None:
        check_output(out, ".parquet")
    billed, readings = load_bills(bills), load_usage(usage)
    found = account_classes(readings, billed, None if payments is None else load_payments(payments), seed)
    if out is not None:
        labels = np.array(["", *(utility.label for utility in Utility)])
        columns = [
            pl.Series("customer_id", np.array(billed.customers)[found.customer]),
            pl.Series("utility", labels[found.utility]),
            pl.Series("class", np.array(found.names)[found.of]),
        ]
        with replacing(out) as part:
            pl.DataFrame(columns).write_parquet(part)
    return found


@dataclass(frozen=True, slots=True)
class MadeRules:
    """What `make_rules` wrote."""

    fitted: tuple[FittedRules, ...]
    file: RulesFile
    out: Path

    def to_json(self) -> dict[str, Any]:
        """What `fairmeter rules --json` prints."""
        each = [{**asdict(one), "utility": one.utility.label} for one in self.fitted]
        return {"rules": each, "classes": list(self.file.classes), "out": str(self.out)}

    def __str__(self) -> str:
        lines = [f"{sum(one.bills for one in self.fitted):,} bills; written to {self.out}"]
        for one in self.fitted:
            name, source = self.file.classes[one.class_ - 1], "known" if one.labelled else "made"
            lines.append(
                f"{one.utility.label}, class {name}, {one.bills:,} bills: {one.rules}: finds {one.found:.0%} of the "
                f"{source} faults at {one.false:.1%} false"
            )
        return "\n".join(lines)


def make_rules(
    usage: Path,
    bills: Path,
    out: Path,
    payments: Path | None = None,
    before: datetime | None = None,
    rate: float = 0.01,
    seed: int = 0,
) -> MadeRules:
    """Classes of the accounts that were billed before a day (all, if None), as `find_classes` finds them, and for the
    bills of each utility and class the largest amount and the bounds of the interval (`verdict.screening.fit_rules`):
    to the JSON file `out`, for `fairmeter run --rules`.

    Raises InputError for anything wrong in the files or with `out`; ToolMissingError without scikit-learn.
    """
    import numpy as np  # noqa: PLC0415

    from fairmeter.bundle import file_hash  # noqa: PLC0415
    from fairmeter.simulation import RulesFile, Screening  # noqa: PLC0415
    from fairmeter.usage import load_bills, load_payments, load_usage  # noqa: PLC0415

    calibrated_policy()
    from fairmeter.verdict.accounts import account_classes  # noqa: PLC0415
    from fairmeter.verdict.screening import fit_rules  # noqa: PLC0415

    check_output(out, ".json")
    billed, readings = load_bills(bills), load_usage(usage)
    if before is not None:
        billed = billed.take(np.flatnonzero(billed.end < (before.date() - date(1970, 1, 1)).days))
    if not len(billed):
        raise InputError(f"{bills}: no bill ends before {before:%Y-%m-%d}")
    found = account_classes(readings, billed, None if payments is None else load_payments(payments), seed)
    names = np.array(billed.customers)[found.customer]
    accounts = {
        utility.label: dict(zip(names[rows].tolist(), (found.of[rows] + 1).tolist(), strict=True))
        for utility in Utility
        if (rows := found.utility == utility).any()
    }
    sources = {"usage": usage, "bills": bills, "payments": payments}
    hashes = {name: file_hash(path) for name, path in sources.items() if path is not None}
    empty = RulesFile(found.names, accounts, (), hashes, seed, rate)
    fitted = fit_rules(billed, empty.of(billed), rate, seed)
    file = replace(empty, rules=tuple(Screening(one.utility.label, one.class_, *astuple(one.rules)) for one in fitted))
    with replacing(out) as part:
        part.write_text(json.dumps(file.to_json(), indent=1) + "\n", encoding="utf-8")
    return MadeRules(fitted, file, out)


@dataclass(frozen=True, slots=True)
class JudgedPayments:
    """What `judge_payments` wrote, summed up."""

    payments: int
    customers: int
    model: PaymentModel
    classes: tuple[str, ...]
    of_class: tuple[int, ...]
    """Payments of each class."""
    thresholds: tuple[Threshold, ...]
    """Of each class."""
    labelled: tuple[bool, ...]
    """Whether they come from payments known to be abnormal, or from faults that were made."""
    out: Path

    def to_json(self) -> dict[str, Any]:
        """What `fairmeter payments --json` prints."""
        each = zip(self.classes, self.of_class, self.thresholds, self.labelled, strict=True)
        classes = [
            {"name": name, "payments": count, "threshold": asdict(found), "labelled": labelled}
            for name, count, found, labelled in each
        ]
        counts = {"payments": self.payments, "customers": self.customers, "model": asdict(self.model)}
        return {**counts, "classes": classes, "out": str(self.out)}

    def __str__(self) -> str:
        lines = [f"{self.payments:,} payments of {self.customers:,} customers; written to {self.out}"]
        for name, count, found, labelled in zip(
            self.classes, self.of_class, self.thresholds, self.labelled, strict=True
        ):
            source = "payments known to be abnormal" if labelled else "faults made on its payments"
            lines.append(f"class {name}, {count:,} payments: {found}, by {source}")
        return "\n".join(lines)


def judge_payments(payments: Path, out: Path, *, rate: float = 0.01, seed: int = 0) -> JudgedPayments:
    """What each payment of a file was expected to be by those of the same customer before it, and how likely it is
    abnormal: to the Parquet file `out`, one row a payment in the order of customer and day, and one more for each
    customer's next payment where there are no due dates (its paid_on and amount are null). Columns: customer_id,
    paid_on, amount, class, expected_amount, amount_low, amount_high, expected_on, earliest, latest, amount_abnormal,
    interval_abnormal, fires (by the class's thresholds; null for the next ones). A class's thresholds come from the
    payments known to be abnormal, or where these are too few from faults made on its payments, of which as they are
    `rate` may fire.

    Raises InputError for anything wrong in the file or with `out`; ToolMissingError without scikit-learn.
    """
    import numpy as np  # noqa: PLC0415

    from fairmeter.usage import load_payments  # noqa: PLC0415

    calibrated_policy()
    from fairmeter.verdict import payments as room  # noqa: PLC0415
    from fairmeter.verdict import thresholds as made  # noqa: PLC0415
    from fairmeter.verdict.accounts import payer_classes  # noqa: PLC0415

    check_output(out, ".parquet")
    paid = load_payments(payments)
    model, (names, of_customer) = room.fit_payments(paid), payer_classes(paid, seed)
    expected, of = room.expect(model, paid), of_customer[paid.customer]
    abnormal = np.zeros(len(paid), dtype=np.bool_) if paid.abnormal is None else paid.abnormal
    known = room.thresholds(expected, abnormal, of, len(names))
    faults = made.make_faults(model, paid, of, len(names), seed)
    pairs = zip(known, made.by_made_faults(model, faults, rate), strict=True)
    found = tuple(second if first is None else first for first, second in pairs)
    more, places = room.with_next(paid) if paid.due is None else (paid, np.zeros(0, dtype=np.int64))
    _write_payments(more, room.expect(model, more), names, of_customer[more.customer], found, places, out)
    count = tuple(np.bincount(of, minlength=len(names)).tolist())
    labelled = tuple(threshold is not None for threshold in known)
    return JudgedPayments(len(paid), len(paid.customers), model, names, count, found, labelled, out)


def _write_payments(
    paid: Payments, expected: Expected, names: tuple[str, ...], of: Int64s,
    found: tuple[Threshold, ...], unpaid: Int64s, out: Path,
) -> None:  # fmt: skip
    import numpy as np  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    known = np.ones(len(paid), dtype=np.bool_)
    known[unpaid] = False
    fires = np.stack([threshold.fires(expected) for threshold in found])[of, np.arange(len(paid))]
    columns = [
        pl.Series("customer_id", np.array(paid.customers)[paid.customer]),
        pl.Series("paid_on", paid.day).cast(pl.Date).set(pl.Series(~known), None),
        pl.Series("amount", paid.amount).set(pl.Series(~known), None),
        pl.Series("class", np.array(names)[of]),
        *(pl.Series(name, np.rint(values).astype(np.int64)) for name, values in (
            ("expected_amount", expected.amount), ("amount_low", expected.amount_low),
            ("amount_high", expected.amount_high),
        )),
        *(pl.Series(name, np.floor(values)).fill_nan(None).cast(pl.Int32).cast(pl.Date) for name, values in (
            ("expected_on", expected.day), ("earliest", expected.earliest), ("latest", expected.latest),
        )),
        *(pl.Series(name, np.where(known, values, np.nan)).fill_nan(None) for name, values in (
            ("amount_abnormal", expected.amount_abnormal), ("interval_abnormal", expected.interval_abnormal),
        )),
        pl.Series("fires", fires).set(pl.Series(~known), None),
    ]  # fmt: skip
    with replacing(out) as part:
        pl.DataFrame(columns).write_parquet(part)
