"""What a customer's next payment is expected to be, how far that may be off, and how likely a payment is abnormal.

Amounts are compared in logarithms; when it is paid, by the days from the due date where the file has one, else by the
logarithm of the days since the payment before. Either is normal about the customer's own mean, with the customer's own
variance, and customers differ as normal and inverse gamma (Gelman et al., Bayesian Data Analysis, 3rd edition, 2013,
section 3.3): with few payments behind them the others' speak, with many their own. Nothing is used of a payment but
what was paid before.

A payment's place in what was expected, as a standard normal, is of an ordinary payment or of a wider normal, abnormal;
how wide, and how many are, is found by expectation and maximisation over all payments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.model import Bools, Int64s, Payments

Floats = npt.NDArray[np.float64]

COVERAGE: Final = 0.9
"""Of ordinary payments, the share between the bounds."""
LEAST_LABELS: Final = 20
"""Abnormal and ordinary payments of a class from which thresholds are taken."""
_PRIOR_COUNT: Final = 4.0
"""Payments that the others' variance weighs as much as."""
_LEAST_VARIANCE: Final = 1e-4
_NARROWEST: Final = 2.0
"""Times as wide as ordinary, at least, is abnormal."""
_LEAST_SHARE: Final = 1e-6
"""Of abnormal payments, so that what lies farther out is always likelier to be one."""
_STEPS: Final = 100
_GRID: Final = 40
_NEVER: Final = 2.0
"""A threshold that no probability reaches."""


@dataclass(frozen=True, slots=True)
class Habit:
    """One figure of all customers' payments."""

    mean: float
    variance: float
    """Within a customer."""
    weight: float
    """Payments of a customer that the mean of all weighs as much as."""
    share: float
    """Of payments that are abnormal."""
    width: float
    """Of those, in standard deviations of ordinary ones."""

    def abnormal(self, place: Floats) -> Floats:
        """(n,) probability; NaN for NaN."""
        wide = self.share * np.exp(-0.5 * (place / self.width) ** 2) / self.width
        narrow = (1 - self.share) * np.exp(-0.5 * place**2)
        return np.asarray(wide / (wide + narrow))


@dataclass(frozen=True, slots=True)
class Foretold:
    """A figure of n payments: Student's t; NaN where nothing is foretold."""

    middle: Floats
    scale: Floats
    freedom: Floats

    def bounds(self) -> tuple[Floats, Floats, Floats]:
        """(n,) median, low and high: COVERAGE of ordinary figures lie between low and high."""
        from scipy.special import stdtrit  # noqa: PLC0415

        reach = self.scale * stdtrit(self.freedom, (1 + COVERAGE) / 2)
        return self.middle, self.middle - reach, self.middle + reach

    def place(self, values: Floats) -> Floats:
        """(n,) where a value lies in what was foretold, as a standard normal."""
        from scipy.special import ndtri, stdtr  # noqa: PLC0415

        below = stdtr(self.freedom, -np.abs(values - self.middle) / self.scale)
        return np.asarray(np.sign(values - self.middle) * -ndtri(np.maximum(below, np.finfo(np.float64).tiny)))


@dataclass(frozen=True, slots=True)
class PaymentModel:
    """What is common to all customers."""

    amount: Habit
    interval: Habit


@dataclass(frozen=True, slots=True)
class Expected:
    """Of n payments, from those before each."""

    amount: Floats
    """(n,) minor units: the median."""
    amount_low: Floats
    amount_high: Floats
    day: Floats
    """(n,) days since 1970-01-01: the median; NaN for a customer's first payment without a due date."""
    earliest: Floats
    latest: Floats
    amount_abnormal: Floats
    """(n,) probability that the amount is abnormal, 0 to 1."""
    interval_abnormal: Floats
    """(n,) that it comes too late or, without a due date, too early; NaN as `day`."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Of one class: a payment is abnormal whose amount's or interval's probability is as high."""

    amount: float
    interval: float
    found: float
    """Share of the known abnormal payments."""
    false: float
    """Share of the others."""

    def __str__(self) -> str:
        each = {"amount": self.amount, "interval": self.interval}
        said = [f"an {name} abnormal at {value:.2g} or more" for name, value in each.items() if value < _NEVER]
        return f"{' or '.join(said) or 'no threshold helps'}: finds {self.found:.0%} at {self.false:.0%} false"

    def fires(self, expected: Expected) -> Bools:
        """(n,)."""
        late = np.nan_to_num(expected.interval_abnormal) >= self.interval
        return np.asarray((expected.amount_abnormal >= self.amount) | late)


def fit_payments(payments: Payments) -> PaymentModel:
    """From payments, labels not looked at; those without a past tell nothing of intervals."""
    interval, known = _intervals(payments)
    amount = _habit(_log(payments.amount), payments.customer.astype(np.int64))
    return PaymentModel(amount, _habit(interval[known], payments.customer[known].astype(np.int64)))


def foretell(model: PaymentModel, payments: Payments) -> tuple[Foretold, Foretold]:
    """The figures `figures` of each payment, from those of the same customer before it."""
    customer = payments.customer.astype(np.int64)
    amounts, (interval, known) = _log(payments.amount), _intervals(payments)
    when = _foretold(model.interval, interval[known], customer[known])
    filled = np.full((3, len(payments)), np.nan)
    filled[:, known] = when.middle, when.scale, when.freedom
    return _foretold(model.amount, amounts, customer), Foretold(*filled)


def figures(payments: Payments) -> tuple[Floats, Floats]:
    """(n,) log amounts, and days after the due date or log days since the payment before."""
    return _log(payments.amount), _intervals(payments)[0]


def expect(model: PaymentModel, payments: Payments) -> Expected:
    """Each payment against those of the same customer before it."""
    (amount, when), (amounts, interval) = foretell(model, payments), figures(payments)
    days = [_day(payments, bound) for bound in when.bounds()]
    # Before the due date nothing is early: whoever pays sooner than they use to harms nobody.
    place = when.place(interval) if payments.due is None else np.maximum(when.place(interval), 0.0)
    medians = [np.exp(bound) for bound in amount.bounds()]
    return Expected(
        medians[0], medians[1], medians[2], days[0], days[1], days[2],
        model.amount.abnormal(amount.place(amounts)), model.interval.abnormal(place),
    )  # fmt: skip


def with_next(payments: Payments) -> tuple[Payments, Int64s]:
    """The payments and after each customer's last one more, whose own figures mean nothing, and the rows of those: to
    `expect` what comes next. Due dates are left out, for the next one is not known."""
    last = np.flatnonzero(np.append(payments.customer[1:] != payments.customer[:-1], True))
    row = np.insert(np.arange(len(payments)), last + 1, last)
    more = Payments(payments.customer[row], payments.day[row], payments.amount[row], payments.customers)
    return more, last + 1 + np.arange(len(last))


def thresholds(expected: Expected, abnormal: Bools, of: Int64s, classes: int) -> tuple[Threshold | None, ...]:
    """Of each class, the two thresholds for which the share found less the share falsely found (Youden's J) is
    largest among the classes' own payments; None for a class of fewer than LEAST_LABELS of either kind.

    abnormal: (n,) labels; of: (n,) class, 0 to classes - 1."""
    return tuple(_threshold(expected, abnormal, of == number) for number in range(classes))


def _threshold(expected: Expected, abnormal: Bools, rows: Bools) -> Threshold | None:
    labels = abnormal[rows]
    if min(np.count_nonzero(labels), np.count_nonzero(~labels)) < LEAST_LABELS:
        return None
    late = np.nan_to_num(expected.interval_abnormal[rows])
    each = [(values, _candidates(values)) for values in (expected.amount_abnormal[rows], late)]
    amount, interval = ((values >= candidates[:, None]).astype(np.float64) for values, candidates in each)
    # (amounts, intervals) payments that neither threshold reaches, ordinary and abnormal
    missed = [(1 - amount[:, kind]) @ (1 - interval[:, kind]).T / float(kind.sum()) for kind in (~labels, labels)]
    best = np.unravel_index((missed[0] - missed[1]).argmax(), missed[0].shape)
    (_, amounts), (_, intervals) = each
    return Threshold(
        float(amounts[best[0]]), float(intervals[best[1]]), float(1 - missed[1][best]), float(1 - missed[0][best])
    )


def _candidates(values: Floats) -> Floats:
    return np.append(np.unique(np.quantile(values, np.linspace(0, 1, _GRID))), _NEVER)


def _log(amount: Int64s) -> Floats:
    return np.asarray(np.log(amount.astype(np.float64)))


def _intervals(payments: Payments) -> tuple[Floats, Bools]:
    """(n,) days after the due date, or log days since the payment before; and whether it is known."""
    if payments.due is not None:
        late: Floats = (payments.day - payments.due).astype(np.float64)
        return late, np.ones(len(payments), dtype=np.bool_)
    again = np.concatenate(([False], payments.customer[1:] == payments.customer[:-1]))
    return np.log(np.maximum(np.diff(payments.day, prepend=payments.day[:1]), 1).astype(np.float64)), again


def _day(payments: Payments, interval: Floats) -> Floats:
    if payments.due is not None:
        return np.asarray(payments.due + interval, dtype=np.float64)
    return np.concatenate((payments.day[:1], payments.day[:-1])).astype(np.float64) + np.exp(interval)


def _habit(values: Floats, customer: Int64s) -> Habit:
    """Moments within and between customers, then the mixture; `customer` ascending."""
    if len(values) == 0:
        return Habit(0.0, 1.0, 1.0, _LEAST_SHARE, _NARROWEST)
    number: Int64s = np.bincount(customer).astype(np.int64)
    own = np.bincount(customer, values) / np.maximum(number, 1)
    inside = float(((values - own[customer]) ** 2).sum()) / max(len(values) - int((number > 0).sum()), 1)
    within = max(inside, _LEAST_VARIANCE)
    means = own[number > 0]
    between = max(float(means.var()) - within * float(np.mean(1 / number[number > 0])), _LEAST_VARIANCE)
    plain = Habit(float(means.mean()), within, within / between, 0.0, _NARROWEST)
    return _mixture(plain, _foretold(plain, values, customer).place(values))


def _mixture(habit: Habit, place: Floats) -> Habit:
    share, width = 0.05, 3.0
    for _ in range(_STEPS):
        mixed = Habit(habit.mean, habit.variance, habit.weight, share, width)
        probability = mixed.abnormal(place)
        total = max(float(probability.sum()), np.finfo(np.float64).tiny)
        share = max(total / len(place), _LEAST_SHARE)
        width = max(float(np.sqrt((probability * place**2).sum() / total)), _NARROWEST)
    return Habit(habit.mean, habit.variance, habit.weight, share, width)


def _foretold(habit: Habit, values: Floats, customer: Int64s) -> Foretold:
    """Of each value from those of the same customer before it; `customer` ascending."""
    count, mean, square = _before(values - habit.mean, customer)
    weight, freedom = habit.weight + count, _PRIOR_COUNT + count
    pulled = habit.weight * count / weight * mean**2
    variance = (_PRIOR_COUNT * habit.variance + square + pulled) / freedom
    return Foretold(habit.mean + count * mean / weight, np.sqrt(variance * (1 + 1 / weight)), freedom)


def _before(values: Floats, customer: Int64s) -> tuple[Floats, Floats, Floats]:
    """(n,) number, mean and sum of squared deviations of the values before each of the same customer."""
    begin = np.flatnonzero(np.concatenate(([True], customer[1:] != customer[:-1])))
    first = np.repeat(begin, np.diff(np.append(begin, len(values))))
    count = (np.arange(len(values)) - first).astype(np.float64)
    sums = []
    for powers in (values, values**2):
        running = np.concatenate(([0.0], np.cumsum(powers)))[:-1]
        sums.append(running - running[first])
    mean = sums[0] / np.maximum(count, 1)
    return count, mean, np.maximum(sums[1] - count * mean**2, 0.0)
