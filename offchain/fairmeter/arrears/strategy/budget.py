"""Which contacts to make under a budget: those with the highest expected net recovery.

Every contact of a channel costs the same, and a further contact of a user is worth no more than the one before (what
it is worth is made so, by the running minimum). Then taking contacts by falling worth is the best plan there is, and
its expected net recovery is never below that of any other with as many contacts, the patent's rule included.
"""

from __future__ import annotations

import numpy as np

from fairmeter.arrears.features import Floats, Ints
from fairmeter.errors import InputError


def plan(gain: Floats, unit_cost: float, limit: Ints, budget: int) -> Ints:
    """(n,) contacts of each user: at most `budget` in all and `limit` (n,) of each. `gain` (n, k): expected recovery,
    in money, that the first to k-th contact adds; a contact that does not earn its `unit_cost` is not made, and equal
    ones go to the users that come first. Raises InputError for a budget, a limit or a cost below zero."""
    if budget < 0 or unit_cost < 0 or (limit < 0).any():
        raise InputError("budget, limits and the cost of a contact must be 0 or more")
    users, most = gain.shape
    worth = np.minimum.accumulate(gain, axis=1) - unit_cost
    allowed = (np.arange(most) < limit[:, None]) & (worth > 0)
    user = np.repeat(np.arange(users), most)[allowed.ravel()]
    best = np.argsort(-worth[allowed], kind="stable")[:budget]
    return np.bincount(user[best], minlength=users).astype(np.int64)
