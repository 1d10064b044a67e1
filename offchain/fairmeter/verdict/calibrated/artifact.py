"""The fitted model as bytes: the same model gives the same bytes, and their SHA-256 names it.

A line that names the format, NumPy arrays one after the other, the SHA-256 of all before it. Arrays can hold no code,
as a pickle can; what is read back is checked so that no number in it leads the trees out of their arrays.
"""

from __future__ import annotations

import hashlib
import io
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fairmeter.errors import InputError
from fairmeter.verdict.calibrated.classes import BEHAVIOUR
from fairmeter.verdict.calibrated.forest import Forest
from fairmeter.verdict.calibrated.policy import FOLDS, CalibratedModel, Fold
from fairmeter.verdict.clusters import Clusters

_MAGIC: Final = b"fairmeter calibrated policy 4\n"
_FLOATS: Final = ("usual", "density", "residuals", "correct")
_CLASSES: Final = ("unknown", "middle", "spread")
_TREES: Final = ("location", "scale", "fault")
_DIGEST_BYTES: Final = 32


def write(model: CalibratedModel) -> bytes:
    """The canonical bytes."""
    out = io.BytesIO()
    out.write(_MAGIC)
    floats = [getattr(model, name) for name in _FLOATS]
    scales = [getattr(model.classes, name) for name in _CLASSES]
    for array in (np.array([model.until]), model.stratum, *floats, *scales, model.classes.centres.ravel()):
        np.lib.format.write_array(out, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    for fold in model.folds:
        for name in _TREES:
            getattr(fold, name).write(out)
    content = out.getvalue()
    return content + hashlib.sha256(content).digest()


def read(content: bytes) -> CalibratedModel:
    """What `write` wrote. Raises InputError for other bytes."""
    if not content.startswith(_MAGIC):
        raise InputError("model: these bytes are not a calibrated policy of this version of fairmeter")
    body, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != digest:
        raise InputError("model: the calibrated policy is damaged: its bytes are not those that were written")
    try:
        model = _parsed(io.BytesIO(body[len(_MAGIC) :]))
    except (ValueError, EOFError, IndexError) as error:
        raise InputError(f"model: the calibrated policy is damaged: {error}") from error
    if write(model) != content:
        raise InputError("model: the calibrated policy is damaged: its bytes are not canonical")
    return model


def digest(model: CalibratedModel) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(write(model)).hexdigest()


def _parsed(source: io.BytesIO) -> CalibratedModel:
    until, stratum = _array(source, np.dtype(np.int64)), _array(source, np.dtype(np.int64))
    floats = {name: _array(source, np.dtype(np.float64)) for name in _FLOATS}
    scales = {name: _array(source, np.dtype(np.float64)) for name in _CLASSES}
    centres = _array(source, np.dtype(np.float64)).reshape(-1, len(BEHAVIOUR))
    folds = tuple(Fold(*(Forest.read(source) for _ in _TREES)) for _ in range(FOLDS))
    found = Clusters(centres=centres, **scales)
    return CalibratedModel(folds=folds, classes=found, until=int(until[0]), stratum=stratum, **floats)


def _array(source: io.BytesIO, of: np.dtype[Any]) -> npt.NDArray[Any]:
    array = np.lib.format.read_array(source, allow_pickle=False)
    if array.dtype != of or array.ndim != 1:
        raise ValueError(f"an array of {array.dtype} stands where one of {of} belongs")
    return np.asarray(array)
