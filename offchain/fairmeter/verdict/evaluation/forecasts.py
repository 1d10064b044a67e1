"""Forecasts of a bill's use by packages made for that, from the months before it: peers that take minutes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl

from fairmeter.errors import ToolMissingError
from fairmeter.model import Bills, Usage
from fairmeter.verdict.calibrated.features import log_use
from fairmeter.verdict.calibrated.history import Floats, Histories, Meters
from fairmeter.verdict.policies import Progress

_MONTHS: Final = 96
"""As far back as a forecast looks."""
_LEAST_MONTHS: Final = 4
"""With fewer nothing is forecast."""
_SEASON: Final = 12
_LEVEL: Final = 68
"""Percent of an interval that is a standard deviation to either side."""
_LEAST_DEVIATION: Final = 0.02
"""Log; a past that never varies makes no deviation infinite."""
_AT_ONCE: Final = 500
"""Bills between two words on the progress."""

Forecast = Callable[[list[Floats], list[int]], tuple[Floats, Floats]]
"""From k series of monthly logs, each the earliest first, and the months since January 1970 of the last ones, to the
mean and the deviation of what comes next, (k,) each."""


def forecast_score(usage: Usage, bills: Bills, forecast: Forecast, progress: Progress) -> Floats:
    """(n,) log of the daily use billed over that forecast from the calendar months before the bill, in deviations of
    the forecast; NaN for a bill with fewer than four months before it."""
    months, last = _months_before(usage, bills)
    series = [one[np.argmax(~np.isnan(one)) :] if not np.isnan(one).all() else one[:0] for one in months]
    long = np.flatnonzero([len(one) >= _LEAST_MONTHS for one in series])
    score = np.full(len(bills), np.nan)
    billed = log_use(bills.quantity.astype(np.float64), bills.days.astype(np.float64))
    for begin in range(0, len(long), _AT_ONCE):
        rows = long[begin : begin + _AT_ONCE]
        mean, deviation = forecast([_filled(series[row]) for row in rows], last[rows].tolist())
        score[rows] = (billed[rows] - mean) / np.maximum(deviation, _LEAST_DEVIATION)
        progress((begin + len(rows)) / len(long))
    return score


def _months_before(usage: Usage, bills: Bills) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """(n, _MONTHS) log of the mean daily use of each whole calendar month before the bill, the last one last, NaN where
    less than half of its days have a reading; and that last month, counted from January 1970."""
    histories = Histories.of(usage)
    meters = histories.meters_of(bills)
    month = meters.start.astype("datetime64[D]").astype("datetime64[M]")
    begins = (month[:, None] + np.arange(-_MONTHS, 1)).astype("datetime64[D]").astype(np.int64)
    wide = Meters(meters.row[:, None], meters.utility[:, None], meters.start[:, None], meters.days[:, None])
    total, count = histories.window(wide, begins[:, :-1], begins[:, 1:])
    enough = 2 * count >= np.diff(begins, axis=1)
    mean = log_use(total.astype(np.float64), np.maximum(count, 1).astype(np.float64))
    return np.where(enough, mean, np.nan), month.astype(np.int64) - 1


def _filled(series: Floats) -> Floats:
    """A month without readings repeats the one before."""
    seen = np.maximum.accumulate(np.where(np.isnan(series), 0, np.arange(len(series))))
    return np.asarray(series[seen])


def _statsforecast(name: str, **parameters: object) -> Forecast:
    def forecast(series: list[Floats], _: list[int]) -> tuple[Floats, Floats]:
        try:
            from statsforecast import StatsForecast, models  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise ToolMissingError(f"{name} needs statsforecast: pip install 'fairmeter[peers]'") from error
        lengths = [len(one) for one in series]
        frame = pl.DataFrame(
            {
                "unique_id": np.repeat(np.arange(len(series)), lengths),
                "ds": np.concatenate([np.arange(length) for length in lengths]),
                "y": np.concatenate(series),
            }
        )
        model = getattr(models, name)(season_length=_SEASON, alias="model", **parameters)
        runner = StatsForecast([model], freq=1, n_jobs=2, fallback_model=models.Naive())
        told = runner.forecast(df=frame, h=1, level=[_LEVEL]).sort("unique_id")
        low, high = (told[f"model-{side}-{_LEVEL}"].to_numpy() for side in ("lo", "hi"))
        return told["model"].to_numpy(), (high - low) / 2

    return forecast


def _prophet(series: list[Floats], last: list[int]) -> tuple[Floats, Floats]:
    try:
        import pandas as pd  # noqa: PLC0415
        from prophet import Prophet  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ToolMissingError("Prophet needs prophet: pip install 'fairmeter[peers]'") from error
    # it reports every fit
    logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
    logging.getLogger("prophet").setLevel(logging.ERROR)

    def one(values: Floats, month: int) -> Any:
        days = (month - np.arange(len(values))[::-1]).astype("datetime64[M]").astype("datetime64[ns]")
        seasonal = len(values) >= 2 * _SEASON
        model = Prophet(
            interval_width=_LEVEL / 100,
            yearly_seasonality=seasonal,
            weekly_seasonality=False,
            daily_seasonality=False,
            uncertainty_samples=300,
        )
        model.fit(pd.DataFrame({"ds": days, "y": values}))
        following = np.array([month + 1]).astype("datetime64[M]").astype("datetime64[ns]")
        return model.predict(pd.DataFrame({"ds": following})).iloc[0]

    told = [one(values, month) for values, month in zip(series, last, strict=True)]
    mean, low, high = (np.array([row[name] for row in told]) for name in ("yhat", "yhat_lower", "yhat_upper"))
    return mean, (high - low) / 2


FORECASTS: Final[dict[str, Forecast]] = {
    "auto-ets": _statsforecast("AutoETS"),
    "mstl": _statsforecast("MSTL"),
    "auto-arima": _statsforecast("AutoARIMA", approximation=True),
    "prophet": _prophet,
}
"""Those that need a package of the extra `peers`, and minutes."""
