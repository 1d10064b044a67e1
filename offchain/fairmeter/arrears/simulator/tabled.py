"""What was learnt of customers in arrears, as whole numbers in a file: scores from it are the same everywhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self

import numpy as np

from fairmeter.arrears.features import Floats, Ints
from fairmeter.arrears.simulator.learning import Learned
from fairmeter.units import PPM


@dataclass(frozen=True, slots=True)
class Tabled:
    """Probabilities of paying within a window, ppm; g standings, s segments, c channels."""

    natural: Ints
    """(WINDOWS, g, s) without a contact."""
    contacted: Ints
    """(WINDOWS, g, s, c, MAX_CONTACTS + 1) after a contact by each channel, by the contacts before."""
    best: Ints
    """(s,) the channel, 1 to c, that works best."""

    @classmethod
    def of(cls, learned: Learned) -> Self:
        """Rounded."""
        hazard, ratio = learned.hazard, learned.ratio[:, 1:]
        return cls(_ppm(hazard), _ppm(hazard[:, :, :, None, None] * ratio), learned.best)

    def content(self) -> bytes:
        """The file's bytes: JSON with sorted keys."""
        fields = {name: getattr(self, name).tolist() for name in self.__slots__}
        return (json.dumps(fields, sort_keys=True, separators=(",", ":")) + "\n").encode()

    def scores(self, window: Ints, standing: Ints, segment: Ints, channel: Ints, contacts: Ints) -> tuple[Ints, Ints]:
        """(n,) probabilities with a contact by `channel`, by the best one where that is 0, and without one."""
        by = np.where(channel > 0, channel, self.best[segment]) - 1
        return self.contacted[window, standing, segment, by, contacts], self.natural[window, standing, segment]


def _ppm(hazard: Floats) -> Ints:
    return np.asarray(np.rint(-np.expm1(-hazard) * PPM), np.int64)
