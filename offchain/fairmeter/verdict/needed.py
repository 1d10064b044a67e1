"""The calibrated policy where its library is installed: the trend verdict needs none."""

from __future__ import annotations

from types import ModuleType

from fairmeter.errors import ToolMissingError


def calibrated_policy() -> ModuleType:
    """The package `verdict.calibrated`. Raises ToolMissingError without scikit-learn."""
    try:
        from fairmeter.verdict import calibrated  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ToolMissingError(
            "the calibrated policy needs scikit-learn: pip install 'fairmeter[calibrated]'"
        ) from error
    return calibrated
