"""Which operators lost how much, from the ledger's events: one event tells what all the signers of a verdict lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fairmeter.model import Int64s

Columns = Mapping[str, npt.NDArray[Any]]


def losses(slashed: Columns, exhausted: Columns) -> tuple[Int64s, Int64s, Int64s]:
    """For each operator in each slash (k,): the slash's row, the operator's number, and what it lost, minor units.

    slashed, exhausted: columns of StakesSlashed and StakeExhausted (`events.event_columns`), in order.
    """
    signed = np.unpackbits(slashed["signers"], axis=1)[:, ::-1]
    lost = signed.astype(np.int64) * slashed["each"][:, None]
    # who had less is told just before the slash
    follows = np.searchsorted(_order(slashed), _order(exhausted))
    lost[follows, exhausted["number"]] -= exhausted["lacking"]
    row, number = (place.astype(np.int64) for place in np.nonzero(signed))
    return row, number, lost[row, number]


def _order(event: Columns) -> Int64s:
    """(k,) ascending by transaction, then by place in it."""
    order: Int64s = (event["transaction"].astype(np.int64) << 32) | event["log"]
    return order
