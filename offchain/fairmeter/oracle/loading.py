"""Takes a model from its file, or fits one, for whoever judges by it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairmeter.errors import InputError
from fairmeter.model import Usage
from fairmeter.verdict.needed import calibrated_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from fairmeter.oracle.modelled import Model


def load_model(path: Path, usage: Usage, customers: tuple[str, ...]) -> Model:
    """The model of a file that `fairmeter fit` wrote, with the readings that it is asked about; `customers` are the
    names that the meter directory counts by. Raises InputError for another file, ToolMissingError without scikit-learn.
    """
    calibrated = calibrated_policy()
    from fairmeter.oracle.modelled import Model  # noqa: PLC0415

    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return Model(calibrated.read(content), usage, customers)


def fit_model(
    usage: Usage, customers: tuple[str, ...], before: int, seed: int, progress: Callable[[float], None]
) -> Model:
    """A model fitted to the readings before day `before`. Raises InputError where they are too few, ToolMissingError
    without scikit-learn."""
    calibrated = calibrated_policy()
    from fairmeter.oracle.modelled import Model  # noqa: PLC0415

    return Model(calibrated.fit(usage, seed % 2**32, before, progress), usage, customers)
