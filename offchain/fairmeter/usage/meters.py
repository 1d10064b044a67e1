"""Daily readings of synthetic meters, drawn from the figures of `measured`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.model import Bools, Int32s, Int64s
from fairmeter.usage.measured import LARGEST_READING, NOISE_Z, QUANTILES, MeterKind, PhoneKind

Floats = npt.NDArray[np.float64]

_YEAR: Final = 365.25


def draw_readings(
    kind: MeterKind | PhoneKind, rng: np.random.Generator, day: Int32s, count: int
) -> tuple[Int64s, Bools]:
    """What `count` meters of a kind measure on each `day` (days since 1970-01-01, consecutive), and whether a reading
    of it arrives. Both (len(day), count); base units, 0 to LARGEST_READING."""
    if isinstance(kind, PhoneKind):
        return _phone(kind, rng, len(day), count), np.ones((len(day), count), dtype=np.bool_)
    log_reading = _design(day) @ _coefficients(kind, rng, count)
    log_reading += _quantile(rng, kind.deviation, count) * _noise(kind, rng, len(day), count)
    reading = np.rint(np.exp(np.minimum(log_reading, np.log(LARGEST_READING)))).astype(np.int64)
    np.maximum(reading, kind.idle_reading, out=reading)
    reading[_runs(rng, _quantile(rng, kind.idle, count), kind.idle_run, len(day))] = kind.idle_reading
    return reading, ~_runs(rng, _quantile(rng, kind.missing, count), kind.missing_run, len(day))


def _quantile(rng: np.random.Generator, quantiles: Sequence[float], count: int) -> Floats:
    """(count,) draws from the distribution with these values at QUANTILES; the outermost stand for what lies beyond."""
    return np.interp(rng.random(count), QUANTILES, quantiles)


def _design(day: Int32s) -> Floats:
    """(len(day), 8) the regressors by which `measured` was fitted: 1, years, two harmonics, Saturday, Sunday.

    Years count from the middle and stop a year away from it: growth was measured over about two years and cannot be
    drawn out for ten.
    """
    date = day.astype(np.float64)
    years = np.clip((date - date.mean()) / _YEAR, -1.0, 1.0)
    angle = 2 * np.pi * date / _YEAR
    weekday = (day + 3) % 7
    harmonics = [np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)]
    return np.stack([np.ones_like(date), years, *harmonics, weekday == 5, weekday == 6], axis=1)


def _coefficients(kind: MeterKind, rng: np.random.Generator, count: int) -> Floats:
    """(8, count) of `_design`. Saturday and Sunday share a draw: their effects go together (correlation 0.6 to 0.9)."""
    level, growth = _quantile(rng, kind.level, count), _quantile(rng, kind.growth, count)
    yearly, half_yearly = _quantile(rng, kind.yearly, count), _quantile(rng, kind.half_yearly, count)
    eighths = np.arange(len(kind.peak) + 1) / len(kind.peak)
    peak = 2 * np.pi * np.interp(rng.random(count), (0.0, *kind.peak), eighths)
    half_peak = 2 * np.pi * rng.random(count)
    weekend = rng.random(count)
    return np.stack(
        [
            level,
            growth,
            yearly * np.cos(peak),
            yearly * np.sin(peak),
            half_yearly * np.cos(half_peak),
            half_yearly * np.sin(half_peak),
            np.interp(weekend, QUANTILES, kind.saturday),
            np.interp(weekend, QUANTILES, kind.sunday),
        ]
    )


def _noise(kind: MeterKind, rng: np.random.Generator, days: int, count: int) -> Floats:
    """(days, count) of deviation 1: a lasting part, autoregressive of order one, and a part that is new every day,
    brought to the measured distribution. A recurrence runs day by day, each step over all meters."""
    lasting = rng.standard_normal((days, count))
    lasting[1:] *= np.sqrt(1 - kind.persistence**2)
    for today in range(1, days):
        lasting[today] += kind.persistence * lasting[today - 1]
    normal = np.sqrt(kind.lasting) * lasting
    normal += np.sqrt(1 - kind.lasting) * rng.standard_normal((days, count))
    noise: Floats = np.interp(normal, NOISE_Z, kind.noise)
    return noise


def _runs(rng: np.random.Generator, share: Floats, length: float, days: int) -> Bools:
    """(days, len(share)) a two-state Markov chain a meter, true on `share` of the days, in runs of `length` on average
    (longer where the share asks for it)."""
    result = np.zeros((days, len(share)), dtype=np.bool_)
    some = share > 0
    part = share[some]
    leave = np.minimum(1 / length, (1 - part) / part)
    enter = np.divide(leave * part, 1 - part, out=np.ones_like(part), where=part < 1)
    chance = rng.random((days, len(part)))
    state = chance < part
    for today in range(1, days):
        state[today] = chance[today] < np.where(state[today - 1], 1 - leave, enter)
    result[:, some] = state
    return result


def _phone(kind: PhoneKind, rng: np.random.Generator, days: int, count: int) -> Int64s:
    """(days, count) seconds: a Poisson number of calls, each of exponential length, so their sum is a gamma draw."""
    calls = np.exp(_quantile(rng, kind.calls, count)) / _YEAR
    calls[rng.random(count) < kind.idle] = 0
    seconds = np.exp(_quantile(rng, kind.seconds, count))
    made = rng.poisson(calls, (days, count))
    talked = np.zeros((days, count))
    talked[made > 0] = rng.standard_gamma(made[made > 0])
    return np.rint(talked * seconds).astype(np.int64)
