from __future__ import annotations

import dataclasses
import hashlib
import pickle

import numpy as np
import pytest

from fairmeter.errors import InputError
from fairmeter.model import Bills, Usage
from fairmeter.usage import fleet
from fairmeter.verdict.calibrated import CalibratedModel, CalibratedPolicy, digest, fit, read, score, write
from fairmeter.verdict.calibrated.forest import Forest

Synthetic = tuple[Usage, Bills]


def _with_trees(model: CalibratedModel, forest: Forest) -> bytes:
    """What a forger writes: another forest, and the checksum that fits it."""
    return write(
        dataclasses.replace(model, folds=(dataclasses.replace(model.folds[0], fault=forest), *model.folds[1:]))
    )


def test_read__written_bytes__the_same_answers_to_the_bit(model: CalibratedModel, synthetic: Synthetic) -> None:
    again = read(write(model))
    assert (write(again), again.until) == (write(model), model.until)
    here, there = (CalibratedPolicy(each, 0.02).judge(*synthetic) for each in (model, again))
    for name in ("decision", "score", "expected", "low", "high"):
        assert np.array_equal(getattr(here, name), getattr(there, name))
    assert here.reasons == there.reasons


def test_digest__the_file__its_sha256(model: CalibratedModel) -> None:
    assert digest(model) == hashlib.sha256(write(model)).hexdigest()


def test_fit__before_a_day__says_which_readings_it_has_seen() -> None:
    usage, _ = fleet(8, 14, seed=7)
    day = int(np.median(usage.day))
    assert fit(usage, seed=1, before=day).until == day


@pytest.mark.parametrize(
    "foreign", [b"", b"fairmeter", b"fairmeter calibrated policy 2\nolder", pickle.dumps({"a": 1}), b"PK\x03\x04"]
)
def test_read__foreign_bytes__refused(foreign: bytes) -> None:
    with pytest.raises(InputError, match="not a calibrated policy"):
        read(foreign)


def test_read__any_byte_changed__refused(model: CalibratedModel) -> None:
    content = write(model)
    places = np.random.default_rng(0).integers(30, len(content), 40).tolist()
    changed = [content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in places]
    for damaged in (content[:-1], content + b"\0", content[:200], *changed):
        with pytest.raises(InputError, match="damaged"):
            read(damaged)


@pytest.mark.parametrize(("field", "wrong"), [("left", 10**6), ("right", 0), ("feature_idx", 500), ("feature_idx", -1)])
def test_read__nodes_that_lead_out_of_the_tree__refused(model: CalibratedModel, field: str, wrong: int) -> None:
    forest = model.folds[0].fault
    nodes = forest.nodes.copy()
    nodes[field][np.flatnonzero(nodes["is_leaf"] == 0)[7]] = wrong
    with pytest.raises(InputError, match="lead nowhere"):
        read(_with_trees(model, dataclasses.replace(forest, nodes=nodes)))


def test_score__a_model_of_other_figures__refused(model: CalibratedModel, synthetic: Synthetic) -> None:
    wider = dataclasses.replace(model.folds[0].fault, width=model.folds[0].fault.width + 1)
    with pytest.raises(InputError, match="other figures"):
        score(read(_with_trees(model, wider)), *synthetic)
