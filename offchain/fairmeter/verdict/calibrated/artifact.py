"""The fitted model as bytes: the same model gives the same bytes, and their SHA-256 names it."""

from __future__ import annotations

import hashlib
import io
from typing import Final

import numpy as np

from fairmeter.errors import InputError
from fairmeter.verdict.calibrated.forest import Forest
from fairmeter.verdict.calibrated.policy import FOLDS, CalibratedModel, Fold

_MAGIC: Final = b"fairmeter calibrated policy 2\n"
_ARRAYS: Final = ("usual", "density", "residuals", "stratum", "correct")
_TREES: Final = ("location", "scale", "fault")


def write(model: CalibratedModel) -> bytes:
    """The canonical bytes."""
    out = io.BytesIO()
    out.write(_MAGIC)
    for name in _ARRAYS:
        array = getattr(model, name)
        np.lib.format.write_array(out, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    for fold in model.folds:
        for name in _TREES:
            getattr(fold, name).write(out)
    return out.getvalue()


def read(content: bytes) -> CalibratedModel:
    """What `write` wrote. Raises InputError for bytes that it did not write."""
    if not content.startswith(_MAGIC):
        raise InputError("model: these bytes are not a calibrated policy")
    source = io.BytesIO(content[len(_MAGIC) :])
    try:
        arrays = {name: np.lib.format.read_array(source, allow_pickle=False) for name in _ARRAYS}
        folds = tuple(Fold(*(Forest.read(source) for _ in _TREES)) for _ in range(FOLDS))
    except (ValueError, EOFError, IndexError) as error:
        raise InputError(f"model: the calibrated policy is damaged: {error}") from error
    model = CalibratedModel(folds=folds, **arrays)
    if write(model) != content:
        raise InputError("model: the calibrated policy is damaged: its bytes are not canonical")
    return model


def digest(model: CalibratedModel) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(write(model)).hexdigest()
