from __future__ import annotations

import dataclasses

import numpy as np

from fairmeter.model import Bills, Usage
from fairmeter.verdict.calibrated import CalibratedModel, class_names, score
from fairmeter.verdict.calibrated.classes import BEHAVIOUR, NEW, classes, find_classes, names
from fairmeter.verdict.calibrated.features import SHAPES
from fairmeter.verdict.clusters import Clusters

Synthetic = tuple[Usage, Bills]


def _named(**figures: float) -> str:
    plain = np.zeros(len(BEHAVIOUR))
    centre = np.array([figures.get(name, 0.0) for name in BEHAVIOUR])
    return names(Clusters(plain, plain, plain + 1, centre[None]))[1]


def test_names__a_class__by_what_stands_out_most() -> None:
    assert _named() == "1 usual"
    assert _named(idle_28=3.0, block_change=1.0) == "1 idle now, erratic"
    assert _named(block_change=-2.0, level=1.0, growth=0.9) == "1 steady, large"
    assert _named(idle_28=-0.8) == "1 usual"


def test_classes__a_young_meter__new_whatever_it_does(model: CalibratedModel, synthetic: Synthetic) -> None:
    known = score(model, *synthetic).context
    young = dataclasses.replace(known, shapes=known.shapes.copy())
    young.shapes[:, -4] = 100.0
    assert np.all(young.age == 100.0)
    assert set(classes(young, model.classes).tolist()) == {0}
    assert 0 not in classes(known, model.classes).tolist()


def test_find_classes__half_of_the_meters_idle__in_classes_of_their_own(
    model: CalibratedModel, synthetic: Synthetic
) -> None:
    known = score(model, *synthetic).context
    idle = known.meters.row % 2 == 0
    shapes = known.shapes.copy()
    for column, value in {"idle_28": 1.0, "idle_year": 1.0, "block_change": 9.0}.items():
        shapes[idle, SHAPES.index(column)] = value
    mixed = dataclasses.replace(known, shapes=shapes)
    found = find_classes(mixed, 0)
    of = classes(mixed, found)
    assert not set(of[idle].tolist()) & set(of[~idle].tolist())
    named = [names(found)[number] for number in set(of[idle].tolist())]
    assert all("idle" in name or "erratic" in name for name in named)


def test_class_names__bills__as_the_model_of_the_same_readings_has_them(
    model: CalibratedModel, synthetic: Synthetic
) -> None:
    named = class_names(*synthetic, 1)
    of = np.array(names(model.classes))[classes(score(model, *synthetic).context, model.classes)]
    assert named.tolist() == of.tolist()
    assert NEW not in named
