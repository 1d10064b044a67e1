"""A test of several strategies on users in arrears: who gets which, committed to beforehand, and what may be said when.

Assignment is a function of a secret seed and the account alone: sticky, and the same in whatever order accounts come.
The hash of all of it is published before the first contact, so that nobody can pick winners afterwards. The analysis
may be looked at after every payment: its intervals hold at all times at once (the mixture martingale's boundary,
Robbins 1970, Howard et al. 2021), for all arms at once (Bonferroni).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.arrears.features import Floats, Ints
from fairmeter.errors import InputError
from fairmeter.model import Bools

CONTROL: Final = 0
"""The arm that is not contacted."""
LEVEL: Final = 0.05
UInts = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Arm:
    """One strategy against the control, now."""

    arm: int
    users: int
    paid: float
    """Share that paid."""
    effect: float
    """Less the control's share."""
    low: float
    high: float
    """Where the effect is, at all times and for all arms with 95 %."""

    @property
    def works(self) -> bool:
        """Whether an effect is claimed: its interval does not contain zero."""
        return self.low > 0 or self.high < 0


def assign(account: Ints, arms: int, seed: int) -> Ints:
    """(n,) the arm, 0 to `arms` - 1, of each account: a mix of both numbers (splitmix64, Steele et al. 2014)."""
    return (mix(account, seed) % np.uint64(arms)).astype(np.int64)


def mix(account: Ints, seed: int) -> UInts:
    """(n,) a mix of each account and the seed, even over 64 bits."""
    return _mixed(account.astype(np.uint64) ^ _mixed(np.array([seed % 2**64], dtype=np.uint64)))


def commitment(account: Ints, arm: Ints, salt: bytes) -> str:
    """SHA-256 of the assignment, `arm` (n,) or (n, k) with more columns of whole numbers, in the order of the accounts,
    with a secret salt of 32 bytes: what is published before. Raises InputError for an account that has two arms, or
    another salt."""
    if len(salt) != 32:
        raise InputError(f"salt: 32 bytes are expected, found {len(salt)}")
    order = np.argsort(account, kind="stable")
    if (np.diff(account[order]) == 0).any():
        raise InputError("an account is assigned twice")
    table = np.column_stack([account[order], arm[order]]).astype(">i8")
    return hashlib.sha256(salt + table.tobytes()).hexdigest()


def needed(base: float, effect: float, arms: int, power: float = 0.8) -> int:
    """Users an arm so that an `effect` on a `base` rate is found with `power` by a fixed test, for all arms but the
    control at once (Fleiss et al. 2003). Looking all the time, as `analyse` allows, costs about twice as many. Raises
    InputError for rates outside 0..1 or no effect."""
    if not (0 < base < 1 and 0 < base + effect < 1) or effect == 0:
        raise InputError(f"rates {base} and {base + effect}: two different ones between 0 and 1 are expected")
    if arms < 2:
        raise InputError(f"{arms} arms: a control and one strategy at least are expected")
    normal, mean = NormalDist(), base + effect / 2
    sure = normal.inv_cdf(1 - LEVEL / 2 / (arms - 1)) * np.sqrt(2 * mean * (1 - mean))
    found = normal.inv_cdf(power) * np.sqrt(base * (1 - base) + (base + effect) * (1 - base - effect))
    return int(np.ceil(((sure + found) / effect) ** 2))


def analyse(arm: Ints, paid: Bools, arms: int, planned: int) -> tuple[Arm, ...]:
    """Each strategy against the control, of the users so far; `planned` users an arm is where the intervals are
    narrowest. Raises InputError for an arm without users: nothing can be known of it."""
    users = np.bincount(arm, minlength=arms)
    if (users == 0).any():
        empty = ", ".join(str(number) for number in np.flatnonzero(users == 0))
        raise InputError(f"no users in arm {empty}: no effect can be known")
    rate = np.bincount(arm, paid, arms) / users
    # Shrunk, so that a rate of 0 or 1 so far is not taken for one without spread.
    spread = (rate * users + 1) / (users + 2) * (1 - (rate * users + 1) / (users + 2))
    return tuple(_against(number, users, rate, spread, arms, planned) for number in range(1, arms))


def _against(arm: int, users: Ints, rate: Floats, spread: Floats, arms: int, planned: int) -> Arm:
    effect = float(rate[arm] - rate[CONTROL])
    variance = float(spread[arm] / users[arm] + spread[CONTROL] / users[CONTROL])
    width = _boundary(variance, float(spread[arm] + spread[CONTROL]) / planned, LEVEL / (arms - 1))
    return Arm(arm, int(users[arm]), float(rate[arm]), effect, effect - width, effect + width)


def _boundary(variance: float, best: float, level: float) -> float:
    """Half the width, at an estimate's `variance`, of intervals that hold at all times; narrowest near `best`."""
    information, tuned = 1 / variance, 1 / best / (-2 * np.log(level) + np.log(-2 * np.log(level) + 1))
    return float(np.sqrt((information + tuned) * np.log((information + tuned) / tuned / level**2)) / information)


def _mixed(value: UInts) -> UInts:
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
