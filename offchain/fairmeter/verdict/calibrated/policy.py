"""The calibrated policy: the odds that a bill carries a meter-reading fault, at a set rate of false appeals.

Three steps, each of gradient-boosted trees. The first predicts the correct use of a period from the meter's own past
and from the movement of other bills of the same days; the second how far that may be off; the third ranks bills, by
what the first two say and by the likelihood of each kind of fault. It learns from the readings alone: the sum of a past
period's readings is a correct bill, and faults are made on it (`faults`).

Customers are divided by their names into FOLDS parts. A customer's bills are judged by trees that never saw a reading
of any customer in the same part, so that a model may be fitted on the very readings that it later judges.

The scores of the correct bills, each by trees that did not see its customer, are kept: the share of them that reaches a
bill's score is the rate of false appeals at which it is appealed (split conformal prediction, by strata: Vovk et al.,
Algorithmic Learning in a Random World, 2005, chapter 4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.errors import InputError
from fairmeter.model import Bills, Bools, Decision, Int64s, UInt8s, Usage
from fairmeter.verdict.calibrated.classes import classes, find_classes, names
from fairmeter.verdict.calibrated.context import Context, context
from fairmeter.verdict.calibrated.examples import Examples, examples
from fairmeter.verdict.calibrated.features import log_use
from fairmeter.verdict.calibrated.forest import Forest, fit_classes, fit_regression
from fairmeter.verdict.calibrated.history import Floats, Histories
from fairmeter.verdict.calibrated.likelihood import Prediction, residual_density
from fairmeter.verdict.calibrated.parallel import chunks, in_threads
from fairmeter.verdict.clusters import Clusters
from fairmeter.verdict.policies import Progress

FOLDS: Final = 3
COVERAGE: Final = 0.9
"""Of correct bills, the share that lies between low and high."""
_LEAST_STRATUM: Final = 200
"""Correct bills below which a stratum is judged by all of them."""
_SOFT: Final = 0.15
"""Log use up to which an error counts fully in the fit; beyond, its logarithm does (inverse hyperbolic sine)."""
_LEAST_ERROR: Final = 0.01
_SCALE: Final = 1.6
_FAULT_WEIGHT: Final = 0.45
"""Of all faults made on a correct bill, against the bill."""
_MONEY_WEIGHT: Final = 0.1
"""Log odds for each e-fold of the quantity charged too much. Found by made faults: 1.5 points more of
the overbilled money are appealed than with 0, at the same recall; from 0.2 on recall falls."""
_LEAST_EXCESS: Final = 1e-3
_CHUNK_ROWS: Final = 16_384
"""Rows whose matrix lies in a processor's cache while the trees go over it."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Trees for the customers of one part, fitted to those of the others."""

    location: Forest
    scale: Forest
    fault: Forest


@dataclass(frozen=True, slots=True)
class CalibratedModel:
    """All that `score` needs besides readings and bills; `artifact` writes it as bytes."""

    folds: tuple[Fold, ...]
    density: Floats
    """Log density of the residuals, `likelihood.residual_density`."""
    residuals: Floats
    """(2,) quantiles of the residuals between which COVERAGE of them lie."""
    usual: Floats
    """(u,) log base units a day: the middle of each utility, by `Utility`."""
    classes: Clusters
    """Of meters, by `classes.behaviour`."""
    stratum: Int64s
    """(c,) of each correct bill kept, `_strata`; ascending."""
    correct: Floats
    """(c,) its score, ascending within a stratum."""
    until: int
    """Day before which all readings lie that it was fitted to, days since 1970-01-01."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The policy's view of n bills."""

    score: Floats
    """(n,) log odds of a fault, raised a little with what the bill charges too much; higher is more anomalous.
    Comparable between bills and customers."""
    false_rate: Floats
    """(n,) share of correct bills of the same stratum that score as high: APPEAL at any set rate from this up."""
    expected: Int64s
    """(n,) base units: the correct quantity, as predicted."""
    low: Int64s
    """(n,) base units."""
    high: Int64s
    """(n,) base units: COVERAGE of correct quantities lie between low and high."""
    ratios: Floats
    """(n, h) log likelihood of each of `likelihood.HYPOTHESES` less that of a correct reading."""
    context: Context
    """What the bill was compared with, for its reasons."""

    def __len__(self) -> int:
        return len(self.score)


def fit(usage: Usage, seed: int, before: int | None = None, progress: Progress | None = None) -> CalibratedModel:
    """A model of the readings before day `before` (all, if None); the same readings and seed give the same model.

    Raises InputError where they do not hold a month of complete readings for each part of the customers.
    """
    known = _until(usage, before)
    if len(known) == 0:
        raise InputError("usage: there is no reading to fit the calibrated policy to")
    histories = Histories.of(known)
    made = examples(histories, np.random.default_rng(seed))
    told = progress or _ignore
    told(0.1)
    part = _part_of(histories, made)
    if len(np.unique(part)) < FOLDS:
        raise InputError(f"usage: too few customers to divide into {FOLDS} parts; the calibrated policy needs more")
    first = _fit_first(made, part, seed)
    told(0.4)
    prediction = _predict(made.context, first, part)
    residual = (_log_true(made) - prediction.location) / prediction.scale
    density = residual_density(residual)
    folds = []
    fitted = in_threads(lambda fold: _fit_fault(made, prediction, density, part != fold, seed), list(range(FOLDS)))
    for fold, fault in enumerate(fitted):
        folds.append(Fold(*first[fold], fault))
        told(0.4 + 0.6 * (fold + 1) / FOLDS)
    tail = (1 - COVERAGE) / 2
    quantiles = np.quantile(residual, [tail, 1 - tail])
    none, until = np.zeros(0), int(known.day.max()) + 1
    found = find_classes(made.context, seed)
    model = CalibratedModel(tuple(folds), density, quantiles, made.usual, found, none.astype(np.int64), none, until)
    return _calibrated(model, made, part)


def recalibrate(model: CalibratedModel, usage: Usage, seed: int, before: int, window: int) -> CalibratedModel:
    """The same trees, with false-appeal rates from the periods that begin at most `window` days before day `before` and
    end before it: what the past months have shown since the fit. The scores of bills stay as they are.

    Raises InputError where that time holds no month of complete readings.
    """
    known = _until(usage, before)
    histories = Histories.of(known)
    made = examples(histories, np.random.default_rng(seed), before - window)
    later = replace(model, until=max(model.until, int(known.day.max()) + 1))
    return _calibrated(later, made, _part_of(histories, made))


def score(model: CalibratedModel, usage: Usage, bills: Bills, progress: Progress | None = None) -> Scores:
    """Scores n bills from the readings before each bill's first day and from the other bills of the same utility and
    days; no later reading or bill is looked at, nor the readings of the billed period."""
    histories = Histories.of(usage)
    meters = histories.meters_of(bills)
    told = progress or _ignore
    quantity = bills.quantity.astype(np.float64)
    known = context(histories, meters, log_use(quantity, meters.days.astype(np.float64)), model.usual)
    told(0.5)
    part = parts(bills.customers)[bills.customer]
    return score_context(model, known, quantity, part, lambda done: told(0.5 + 0.5 * done))


def score_context(
    model: CalibratedModel, known: Context, quantity: Floats, part: Int64s, told: Progress | None = None
) -> Scores:
    """Of n bills of `quantity` (n,) base units by what is known of each, and by the trees of their parts (n,)."""
    odds, ratios, log = _scored(model, known, quantity, part, told or _ignore)
    expected, low, high = np.rint(np.exp(log) * known.days[:, None]).astype(np.int64).T
    return Scores(odds, false_rate(model, known, odds), expected, low, high, ratios, known)


def false_rate(model: CalibratedModel, known: Context, odds: Floats) -> Floats:
    """(n,) the share of correct bills of the same stratum that score as high as `odds` (n,)."""
    return _false_rate(model, odds, _strata(known, model.classes))


def decide(scores: Scores, rate: float) -> UInt8s:
    """(n,) `Decision` such that correct bills are appealed at `rate`, a share from 0 to 1."""
    return np.where(scores.false_rate <= rate, Decision.APPEAL, Decision.PAY).astype(np.uint8)


def class_names(usage: Usage, bills: Bills, seed: int, before: int | None = None) -> npt.NDArray[np.str_]:
    """(n,) the class of each bill's meter, of those that `fit` finds with the same arguments."""
    made = examples(Histories.of(_until(usage, before)), np.random.default_rng(seed))
    histories = Histories.of(usage)
    meters = histories.meters_of(bills)
    billed = log_use(bills.quantity.astype(np.float64), meters.days.astype(np.float64))
    found = find_classes(made.context, seed)
    return np.array(names(found))[classes(context(histories, meters, billed, made.usual), found)]


def parts(customers: tuple[str, ...]) -> Int64s:
    """(len(customers),) the part, 0 to FOLDS - 1, that a customer's name falls into."""
    names = np.asarray(customers, dtype=np.str_)
    letters = names.view(np.uint32).reshape(len(names), -1).astype(np.uint64)
    # Polynomial hash; the zeros that pad shorter names add nothing. The multiplier is Knuth's for MMIX.
    powers = np.cumprod(np.full(letters.shape[1], 6364136223846793005, dtype=np.uint64))
    mixed = (letters * powers).sum(axis=1, dtype=np.uint64)
    return np.asarray((mixed >> np.uint64(32)) % np.uint64(FOLDS), dtype=np.int64)


def _until(usage: Usage, before: int | None) -> Usage:
    if before is None:
        return usage
    rows = usage.day < before
    return Usage(usage.customer[rows], usage.utility[rows], usage.day[rows], usage.quantity[rows], usage.customers)


def _log_true(made: Examples) -> Floats:
    return log_use(made.true.astype(np.float64), made.context.days)


def _fit_first(made: Examples, part: Int64s, seed: int) -> list[tuple[Forest, Forest]]:
    """Location and scale for each part, from the others; the scale from errors on customers that no tree had seen."""
    matrix, above = made.context.matrix(), _log_true(made) - made.context.anchor
    target = np.arcsinh(above / _SOFT)
    folds = list(range(FOLDS))
    places = list(
        in_threads(
            lambda k: fit_regression(matrix[part != k], target[part != k], trees=150, rate=0.08, seed=seed), folds
        )
    )
    location = _by_part(places, matrix, part)
    error = np.log(np.abs(above - np.sinh(location) * _SOFT) + _LEAST_ERROR)
    wide = np.column_stack([matrix, location])
    scales = in_threads(
        lambda k: fit_regression(wide[part != k], error[part != k], trees=60, rate=0.08, seed=seed), folds
    )
    return list(zip(places, scales, strict=True))


def _predict(context: Context, first: list[tuple[Forest, Forest]], part: Int64s) -> Prediction:
    matrix = context.matrix()
    location = _by_part([place for place, _ in first], matrix, part)
    scale = _by_part([scale for _, scale in first], np.column_stack([matrix, location]), part)
    return Prediction(context.anchor + np.sinh(location) * _SOFT, np.exp(scale) * _SCALE)


def _by_part(forests: list[Forest], matrix: Floats, part: Int64s) -> Floats:
    result = np.empty(len(matrix))
    for fold, forest in enumerate(forests):
        result[part == fold] = forest(matrix[part == fold])
    return result


def _rows(context: Context, quantity: Int64s, prediction: Prediction, density: Floats, rows: Bools) -> Floats:
    chosen = Prediction(prediction.location[rows], prediction.scale[rows])
    return context.take(rows).against(quantity[rows].astype(np.float64), chosen, density)[0]


def _fit_fault(made: Examples, prediction: Prediction, density: Floats, rows: Bools, seed: int) -> Forest:
    matrices = [_rows(made.context, made.true, prediction, density, rows)]
    for quantity, kind in made.faulty:
        matrices.append(_rows(made.context, quantity, prediction, density, rows & (kind >= 0)))
    sizes = [len(matrix) for matrix in matrices]
    fault = np.repeat([0.0, *[1.0] * len(made.faulty)], sizes)
    weight = np.repeat([1.0, *[_FAULT_WEIGHT / len(made.faulty)] * len(made.faulty)], sizes)
    return fit_classes(np.concatenate(matrices), fault, weight, trees=150, rate=0.1, seed=seed)


def _calibrated(model: CalibratedModel, made: Examples, part: Int64s) -> CalibratedModel:
    """The model with the scores of correct periods, each by trees that did not see its customer."""
    correct = _scored(model, made.context, made.true.astype(np.float64), part, _ignore)[0]
    stratum = _strata(made.context, model.classes)
    order = np.lexsort((correct, stratum))
    return replace(model, stratum=stratum[order], correct=correct[order])


def _part_of(histories: Histories, made: Examples) -> Int64s:
    return parts(histories.customers)[histories.customer[made.context.meters.row]]


def _scored(
    model: CalibratedModel, known: Context, quantity: Floats, part: Int64s, told: Progress
) -> tuple[Floats, Floats, Floats]:
    """`_score` of any number of rows."""
    each = chunks(len(quantity), _CHUNK_ROWS)
    done = []
    for scored in in_threads(lambda rows: _score(model, known.take(rows), quantity[rows], part[rows]), each):
        done.append(scored)
        told(len(done) / len(each))
    score, ratios, log = (np.concatenate(columns) for columns in zip(*done, strict=True))
    return score, ratios, log


def _score(model: CalibratedModel, context: Context, quantity: Floats, part: Int64s) -> tuple[Floats, Floats, Floats]:
    """(n,) scores, (n, h) likelihood ratios, and (n, 3) log expected, low and high daily use."""
    prediction = _predict(context, [(fold.location, fold.scale) for fold in model.folds], part)
    matrix, ratios = context.against(quantity, prediction, model.density)
    odds = _by_part([fold.fault for fold in model.folds], matrix, part)
    bounds = prediction.location[:, None] + prediction.scale[:, None] * np.array([0.0, *model.residuals])
    return odds + _MONEY_WEIGHT * _log_excess(context, quantity, prediction), ratios, bounds


def _log_excess(context: Context, quantity: Floats, prediction: Prediction) -> Floats:
    """(n,) log of what is billed a day beyond what is expected, over the utility's usual use: where a wrong bill
    costs more, a smaller suspicion is worth an appeal."""
    excess = quantity / context.days - np.exp(prediction.location)
    return np.asarray(np.log(np.maximum(excess / np.exp(context.usual), _LEAST_EXCESS)))


def _strata(context: Context, found: Clusters) -> Int64s:
    """(n,) the kind of bill whose correct scores a bill's is compared with: its utility and the meter's class."""
    return context.meters.utility.astype(np.int64) * (len(found) + 1) + classes(context, found)


def _false_rate(model: CalibratedModel, odds: Floats, stratum: Int64s) -> Floats:
    """(n,) the share of correct bills that score as high, the bill itself counted as one of them."""
    rate = _share_above(np.sort(model.correct), odds)
    for own in np.unique(stratum):
        correct = model.correct[model.stratum == own]
        if len(correct) >= _LEAST_STRATUM:
            rate[stratum == own] = _share_above(correct, odds[stratum == own])
    return rate


def _share_above(correct: Floats, odds: Floats) -> Floats:
    above = len(correct) - np.searchsorted(correct, odds, side="left")
    return np.asarray((above + 1) / (len(correct) + 1))


def _ignore(_done: float) -> None:
    pass
