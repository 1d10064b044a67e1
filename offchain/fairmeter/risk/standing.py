"""Credit standings by their rules, in the plainest form: what CreditStanding.sol must do, event by event.

A value is start + bonuses with a fee + min(other bonuses, free_cap) - penalties, by the rules in force now; each event
counts by those in force when it happened. So many penalties suspend, so many suspensions ban.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairmeter.risk.terms import Conduct, Rules, Source

Event = tuple[str, Mapping[str, Any]]
"""What the contract emits, by name and arguments."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What someone did."""

    party: bytes
    conduct: Conduct
    fee: int
    """Of a bonus that comes with one: the party's, minor units, before any discount."""
    at: int
    """Seconds of fair time."""


@dataclass(slots=True)
class Change:
    """A fact that counted."""

    party: bytes
    conduct: Conduct
    points: int
    at: int
    """When it counted, seconds of fair time."""
    rules: Rules
    """Of when it happened."""
    appealed_until: int = 0
    """When its appeal ends; 0 for none."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """One that stands."""

    length: int
    """Seconds."""
    penalties: int
    """That it took."""
    banned: bool


@dataclass(slots=True)
class Standing:
    """Someone's: points, penalties since the last suspension, and what followed from them."""

    backed: int = 0
    free: int = 0
    lost: int = 0
    penalties: int = 0
    until: int = 0
    """Seconds of fair time up to which it is suspended."""
    banned: bool = False
    abnormal: bool = False
    rewarded: bool = False
    reward: int = 0
    """Fees let off in all, minor units."""
    suspensions: list[Suspension] = field(default_factory=list)
    counts: Counter[Conduct] = field(default_factory=Counter)


class Standings:
    """Everybody's."""

    def __init__(self, rules: Rules) -> None:
        """`rules` hold from the beginning."""
        self._versions = [(1, rules)]
        self.parties: dict[bytes, Standing] = {}
        self.changes: list[Change] = []
        """Numbered from 1."""
        self._causes: set[tuple[Source, int]] = set()

    def set_rules(self, rules: Rules, at: int) -> None:
        """Rules of what happens from `at` on, which is not before that of the last ones."""
        self._versions.append((at, rules))

    def version_at(self, at: int) -> int:
        """Of the rules in force, from 1; the later ones of two that begin at once."""
        return max(number for number, (begins, _) in enumerate(self._versions, 1) if begins <= at)

    def rules_at(self, at: int) -> Rules:
        """The rules in force."""
        return self._versions[self.version_at(at) - 1][1]

    def of(self, party: bytes) -> Standing:
        """Someone's standing, the first one of whoever has done nothing."""
        return self.parties.setdefault(party, Standing())

    def value(self, party: bytes, now: int) -> int:
        """Points."""
        one, rules = self.of(party), self.rules_at(now)
        return rules.start + one.backed + min(one.free, rules.free_cap) - one.lost

    def may_trade(self, party: bytes, now: int) -> bool:
        """Whether it is neither suspended nor banned."""
        one = self.of(party)
        return not one.banned and now >= one.until

    def may_pay_later(self, party: bytes, now: int) -> bool:
        """Whether it may pay in instalments."""
        return self.may_trade(party, now) and self.value(party, now) >= self.rules_at(now).later_from

    def mandate_cap(self, party: bytes, now: int) -> int:
        """Up to where a mandate's caps may be raised, minor units."""
        if not self.may_trade(party, now):
            return 0
        rules = self.rules_at(now)
        return rules.rewarded_cap if self.of(party).rewarded else rules.mandate_cap

    def count(self, fact: Fact | None, source: Source, id_: int, now: int) -> list[Event]:
        """What follows from an event that is reported now; nothing where it counts already, or not at all."""
        if fact is None or (source, id_) in self._causes:
            return []
        rules = self.rules_at(fact.at)
        if fact.conduct.backed and fact.fee < rules.min_fee:
            return []
        self._causes.add((source, id_))
        one = self.of(fact.party)
        one.counts[fact.conduct] += 1
        index = fact.conduct - 1
        points = rules.points[index] if one.counts[fact.conduct] % rules.every[index] == 0 else 0
        self.changes.append(Change(fact.party, fact.conduct, points, now, rules))
        if fact.conduct.is_penalty:
            one.lost += points
        elif fact.conduct.backed:
            one.backed += points
        else:
            one.free += points
        change = len(self.changes)
        changed = {
            "change": change,
            "party": fact.party,
            "source": source,
            "id": id_,
            "conduct": fact.conduct,
            "points": points,
            "value": self.value(fact.party, now),
            "version": self.version_at(fact.at),
        }
        penalized = self._penalize(fact.party, rules, change, now) if fact.conduct.is_penalty else []
        return [("StandingChanged", changed), *penalized, *self._review(fact.party, change, now)]

    def appeal(self, change: int, party: bytes, now: int) -> int | None:
        """Until when the arbiter may rule; None where the appeal is refused."""
        if not 0 < change <= len(self.changes):
            return None
        one = self.changes[change - 1]
        open_ = one.party == party and one.conduct.is_penalty and one.appealed_until == 0
        if not open_ or now >= one.at + one.rules.appeal_period:
            return None
        one.appealed_until = now + one.rules.ruling_period
        return one.appealed_until

    def rule(self, change: int, kept: int, now: int) -> list[Event]:
        """What follows from a ruling of the arbiter's that leaves so many points of a penalty; nothing where it is
        refused."""
        one = self.changes[change - 1]
        if now >= one.appealed_until or kept > one.points:
            return []
        one.appealed_until = now
        standing = self.of(one.party)
        standing.lost -= one.points - kept
        one.points = kept
        ruled = {"change": change, "party": one.party, "kept": kept, "value": self.value(one.party, now)}
        restored = self._undo(one, change) if kept == 0 else []
        return [("PenaltyRuled", ruled), *restored, *self._review(one.party, change, now)]

    def _penalize(self, party: bytes, rules: Rules, change: int, now: int) -> list[Event]:
        one = self.of(party)
        one.penalties += 1
        if one.penalties < rules.penalties:
            return []
        one.banned = one.banned or len(one.suspensions) + 1 >= rules.suspensions
        one.suspensions.append(Suspension(rules.suspension, one.penalties, one.banned))
        one.until = max(one.until, now) + rules.suspension
        one.penalties = 0
        return [("StandingSuspended", self._stands(party, change))]

    def _undo(self, penalty: Change, change: int) -> list[Event]:
        """It never was: without it the last suspension may have had too few."""
        one = self.of(penalty.party)
        one.counts[penalty.conduct] -= 1
        if one.penalties:
            one.penalties -= 1
            return []
        last = one.suspensions.pop()
        one.until -= last.length
        one.penalties = last.penalties - 1
        one.banned = bool(one.suspensions) and one.suspensions[-1].banned
        return [("StandingRestored", self._stands(penalty.party, change))]

    def _stands(self, party: bytes, change: int) -> Mapping[str, Any]:
        one = self.of(party)
        count = len(one.suspensions)
        return {"party": party, "count": count, "until": one.until, "banned": one.banned, "change": change}

    def _review(self, party: bytes, change: int, now: int) -> list[Event]:
        one, rules, value = self.of(party), self.rules_at(now), self.value(party, now)
        events: list[Event] = []
        abnormal = not rules.low <= value <= rules.high
        if abnormal != one.abnormal:
            one.abnormal = abnormal
            bounds = {"low": rules.low, "high": rules.high, "version": self.version_at(now)}
            events.append(("StandingFlagged", {"party": party, "abnormal": abnormal, "value": value, **bounds}))
        if not one.rewarded and rules.reward and value >= rules.reward_from:
            one.rewarded, one.reward = True, rules.reward
            events.append(("StandingRewarded", {"party": party, "reward": rules.reward, "change": change}))
        return events
