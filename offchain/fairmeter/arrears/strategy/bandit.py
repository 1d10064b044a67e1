"""Thompson sampling of strategies by what is known of a user: a test whose arms follow what it has learnt so far.

The reward is linear in the user's context, with an effect of its own for each strategy against the control, and is
learnt by the normal posterior's closed form (Agrawal and Goyal 2013), batch by batch as outcomes become known. An arm's
chance is the share of draws from the posterior in which it is the user's best, and never below a floor: the control is
always given to some, else no uplift could ever be known. Chances are whole numbers, so that the arm follows from them,
the account and a secret seed exactly; chances and arms are committed to before the batch's first contact. Since they
are recorded, what any other way of choosing would have earned can be estimated without bias, although the chances
followed the outcomes (Horvitz and Thompson 1952; Dudik et al. 2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Self

import numpy as np

from fairmeter.arrears.features import Floats, Ints
from fairmeter.arrears.quality import Interval
from fairmeter.arrears.strategy.experiment import CONTROL, LEVEL, commitment, mix
from fairmeter.errors import InputError
from fairmeter.units import PPM

DRAWS: Final = 100
"""From the posterior, whose shares are the chances of a batch."""
NOISE: Final = 0.25
"""Variance of a reward around what is expected: no outcome of nothing or all has more."""
BASE: Final = 1.0
EFFECT: Final = 0.1
"""Deviation of what is believed before any outcome of a coefficient of the control and of an effect: a reminder moves
few."""
_NORMAL: Final = NormalDist().inv_cdf(1 - LEVEL / 2)


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is believed of d = arms * k coefficients, k of a context: the control's, then each strategy's effects. Its
    sums are added up, so that the order of the batches changes nothing."""

    arms: int
    precision: Floats
    """(d, d)"""
    weighted: Floats
    """(d,) precision times mean."""

    @classmethod
    def prior(cls, arms: int, features: int) -> Self:
        """Before any outcome. Raises InputError for fewer than two arms, or no feature."""
        if arms < 2 or features < 1:
            raise InputError(
                f"{arms} arms, {features} features: a control, a strategy and a feature at least are needed"
            )
        widths = np.repeat([BASE, *[EFFECT] * (arms - 1)], features)
        return cls(arms, np.diag(widths**-2.0), np.zeros(len(widths)))

    def updated(self, context: Floats, arm: Ints, reward: Floats) -> Posterior:
        """With what became of n users: `context` (n, k), `arm` (n,), `reward` (n,). Raises InputError for a context or
        reward that is no number, of another shape than the prior's, or for an arm that there is not."""
        self._check(context)
        if arm.shape != (len(context),) or reward.shape != arm.shape or not np.isfinite(reward).all():
            raise InputError(f"rewards: a number is expected of each of {len(context):,} users")
        if len(arm) and not 0 <= int(arm.min()) <= int(arm.max()) < self.arms:
            raise InputError(f"arms: 0 to {self.arms - 1} are expected, found {int(arm.min())} to {int(arm.max())}")
        given = arm[:, None] == np.arange(1, self.arms)
        design = np.concatenate(
            (
                context,
                (given[:, :, None] * context[:, None]).reshape(len(context), len(self.weighted) - context.shape[1]),
            ),
            axis=1,
        )
        return Posterior(
            self.arms, self.precision + design.T @ design / NOISE, self.weighted + design.T @ reward / NOISE
        )

    @property
    def mean(self) -> Floats:
        """(arms, k) likeliest coefficients."""
        return np.asarray(np.linalg.solve(self.precision, self.weighted).reshape(self.arms, -1))

    def expected(self, context: Floats) -> Floats:
        """(n, arms) reward of each arm for users of `context` (n, k)."""
        self._check(context)
        base, *effects = self.mean
        gained = np.column_stack([np.zeros(len(context)), context @ np.array(effects).T])
        return np.asarray((context @ base)[:, None] + gained)

    def favoured(self, context: Floats, rng: np.random.Generator, draws: int = DRAWS) -> Floats:
        """(n, arms) share of `draws` in which each arm is the best for users of `context` (n, k)."""
        self._check(context)
        normal = rng.standard_normal((len(self.weighted), draws))
        upper = np.linalg.cholesky(self.precision).T
        drawn = np.linalg.solve(upper, normal) + self.mean.reshape(-1, 1)
        most, best = np.zeros((len(context), draws)), np.full((len(context), draws), CONTROL, np.int8)
        for arm, effect in enumerate(drawn.reshape(self.arms, -1, draws)):
            if arm != CONTROL:  # what all arms share decides nothing
                gained = context @ effect
                np.copyto(best, arm, where=gained > most)
                np.maximum(most, gained, out=most)
        return np.stack([np.count_nonzero(best == arm, axis=1) for arm in range(self.arms)], axis=1) / draws

    def _check(self, context: Floats) -> None:
        features = len(self.weighted) // self.arms
        if context.ndim != 2 or context.shape[1] != features or not np.isfinite(context).all():
            raise InputError(f"context: {features} numbers are expected of each user, found {context.shape}")


@dataclass(frozen=True, slots=True)
class Batch:
    """n users who are given their arms together."""

    account: Ints
    context: Floats
    """(n, k)"""
    chance: Ints
    """(n, arms) of each arm, ppm."""
    arm: Ints
    """(n,)"""
    expected: Floats
    """(n, arms) reward of each arm, as it was believed then."""

    def commitment(self, salt: bytes) -> str:
        """SHA-256 of arms and chances in the order of the accounts, as `experiment.commitment`: what is published
        before the batch's first contact. Raises InputError as that does."""
        return commitment(self.account, np.column_stack([self.arm, self.chance]), salt)


def thompson(posterior: Posterior, account: Ints, context: Floats, floor: Ints, seed: int) -> Batch:
    """Arms for n users of `context` (n, k), none with a chance below its `floor` (arms,) in ppm. Same arguments, same
    batch. Raises InputError for a floor that leaves an arm no chance, or nothing to choose, and as Posterior does."""
    if floor.shape != (posterior.arms,) or floor.min() < 1 or floor.sum() >= PPM:
        raise InputError(
            f"floor {floor.tolist()}: above 0 for each of {posterior.arms} arms and less than {PPM:,} ppm together; "
            "without the untreated no uplift is ever known"
        )
    rng = np.random.Generator(np.random.Philox(seed % 2**64))
    chance = _whole(floor + (PPM - floor.sum()) * posterior.favoured(context, rng))
    return Batch(account, context, chance, drawn(account, chance, seed), posterior.expected(context))


def drawn(account: Ints, chance: Ints, seed: int) -> Ints:
    """(n,) the arm of each account from its chances (n, arms), ppm: as sticky as they are. Raises InputError where they
    are not 1,000,000 together."""
    if (chance < 0).any() or (chance.sum(axis=1) != PPM).any():
        raise InputError(f"chances: {PPM:,} ppm together are expected of each user, none below 0")
    place = (mix(account, seed) % np.uint64(PPM)).astype(np.int64)
    return np.asarray((place[:, None] >= np.cumsum(chance, axis=1)).sum(axis=1))


def off_policy(batch: Batch, reward: Floats, target: Floats) -> tuple[Interval, Interval]:
    """What users would have earned on average, had their arms been drawn by `target` (n, arms) instead: by inverse
    propensities, and doubly robust, by them and by what was believed before, which no outcome of the batch can have
    touched. A difference of two such ways is a target too. With intervals of 95 % by the central limit theorem. Raises
    InputError where the target gives what had no chance, or the shapes are not those of the batch."""
    count, arms = batch.chance.shape
    if target.shape != (count, arms) or reward.shape != (count,) or count < 2:
        raise InputError(f"target {target.shape}, rewards {reward.shape}: {(count, arms)} and {(count,)} are expected")
    if ((batch.chance == 0) & (target != 0)).any():
        raise InputError("target: an arm that had no chance; nothing can be known of it")
    rows = np.arange(count)
    weight = target[rows, batch.arm] * PPM / batch.chance[rows, batch.arm]
    believed = (target * batch.expected).sum(axis=1)
    inverse = weight * reward
    robust = believed + weight * (reward - batch.expected[rows, batch.arm])
    return _interval(inverse), _interval(robust)


def together(batches: tuple[Batch, ...]) -> Batch:
    """One after another."""
    columns = ("account", "context", "chance", "arm", "expected")
    return Batch(*(np.concatenate([getattr(one, name) for one in batches]) for name in columns))


def _whole(chance: Floats) -> Ints:
    """(n, arms) whole numbers of PPM together: rounded down, what is left to the likeliest."""
    whole = np.floor(chance).astype(np.int64)
    whole[np.arange(len(whole)), chance.argmax(axis=1)] += PPM - whole.sum(axis=1)
    return whole


def _interval(score: Floats) -> Interval:
    mean, half = float(score.mean()), _NORMAL * float(score.std(ddof=1) / np.sqrt(len(score)))
    return Interval(mean, mean - half, mean + half)
