"""The same work for every contestant, as arrays: n bills, one a customer, with the readings that judge them.

Peers read it in environments of their own, so nothing but NumPy is needed here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

PAY, APPEAL, INSUFFICIENT = 1, 2, 3


@dataclass(frozen=True, slots=True)
class _Arrays:
    """Arrays that are kept in one file."""

    def save(self, path: Path) -> None:
        """Write all of them."""
        np.savez(path, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path) as arrays:
            return cls(**arrays)


@dataclass(frozen=True, slots=True)
class Work(_Arrays):
    """n bills."""

    readings: Array
    """(n, w) of the same days one year earlier, base units."""
    present: Array
    """(n, w)."""
    referred: Array
    """(n,) days of the reference period."""
    first_day: Array
    """(n,) of the billing period, since 1970-01-01."""
    days: Array
    """(n,) of the billing period."""
    quantity: Array
    """(n,) base units."""
    amount: Array
    """(n,) minor units."""
    supplier: Array
    """(n,) row in `suppliers`."""
    customers: Array
    """(n, 20) addresses."""
    suppliers: Array
    """(k, 20) addresses."""

    def __len__(self) -> int:
        return len(self.amount)

    def take(self, rows: Array) -> Self:
        """Some of the bills."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return type(self)(**{name: column if name == "suppliers" else column[rows] for name, column in columns.items()})

    @property
    def endowment(self) -> Array:
        """(n,) what each customer has at first, minor units."""
        return 2 * self.amount


@dataclass(frozen=True, slots=True)
class Outcome(_Arrays):
    """What has become of the work: read from the chain by a contestant, or expected of it."""

    decision: Array
    """(n,)."""
    balance: Array
    """(n,) minor units that each customer has left."""
    held: Array
    """(n,) minor units set aside of each customer's."""
    credit: Array
    """(k,) minor units of each supplier's."""


def expected(work: Work, decision: Array) -> Outcome:
    """Where the money is after every verdict was carried out."""
    paid = np.where(decision == PAY, work.amount, 0)
    held = np.where(decision == APPEAL, work.amount, 0)
    credit = np.bincount(work.supplier, weights=paid, minlength=len(work.suppliers)).astype(np.int64)
    return Outcome(decision=decision, balance=work.endowment - paid - held, held=held, credit=credit)


def difference(want: Outcome, found: Outcome) -> str | None:
    """The first column that differs and in how many rows; None if all is as it should be."""
    for field in fields(Outcome):
        ours, theirs = getattr(want, field.name), getattr(found, field.name)
        if len(ours) != len(theirs):
            return f"{field.name}: {len(theirs)} rows, expected {len(ours)}"
        if wrong := int((ours != theirs).sum()):
            return f"{field.name}: {wrong} of {len(ours)} rows are wrong"
    return None
