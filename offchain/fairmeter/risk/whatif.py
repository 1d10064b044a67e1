"""What rules of standings would have made of a history: whom they would have suspended, before they are set."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairmeter.errors import InputError
from fairmeter.risk.standing import Fact, Standings
from fairmeter.risk.terms import Conduct, Rules, Source

MOST_PENALTIES: Final = 255
"""As many as the rules have room for."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of some rules over a history: how many accounts, and how many of them were ever so."""

    accounts: int
    suspended: int
    banned: int
    flagged: int
    rewarded: int
    let_off: int
    """Minor units of fees."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Rules and what they make of a history, beside the ones in force where it has some."""

    rules: Rules
    outcome: Outcome
    present: Outcome | None


def simulate(history: Sequence[Fact], rules: Rules) -> Outcome:
    """Follow all facts in their order, each counted when it happened. What a suspended account did meanwhile counts as
    well: nobody knows what it would have done instead."""
    standings = Standings(rules)
    suspended: set[bytes] = set()
    flagged: set[bytes] = set()
    for number, fact in enumerate(sorted(history, key=lambda one: one.at)):
        standings.count(fact, Source.NONE, number, fact.at)
        one = standings.of(fact.party)
        if one.suspensions:
            suspended.add(fact.party)
        if one.abnormal:
            flagged.add(fact.party)
    parties = standings.parties.values()
    return Outcome(
        accounts=len({fact.party for fact in history}),
        suspended=len(suspended),
        banned=sum(one.banned for one in parties),
        flagged=len(flagged),
        rewarded=sum(one.rewarded for one in parties),
        let_off=sum(one.reward for one in parties),
    )


def fitted(history: Sequence[Fact], rules: Rules, share: float) -> Rules:
    """The rules with the fewest penalties and the highest bound of normal values with which at most a `share` (0 to 1)
    of the accounts is suspended, and flagged. Raises InputError where not even the widest are enough."""
    counts: dict[bytes, int] = {fact.party: 0 for fact in history}
    values = dict.fromkeys(counts, rules.start)
    lowest = dict(values)
    for fact in sorted(history, key=lambda one: one.at):
        points = rules.points[fact.conduct - 1]
        counts[fact.party] += fact.conduct.is_penalty
        values[fact.party] += -points if fact.conduct.is_penalty else 0
        lowest[fact.party] = min(lowest[fact.party], values[fact.party])
    allowed = int(share * len(counts))
    ranked = sorted(counts.values(), reverse=True)
    # one more than the worst account that may not be suspended has
    penalties = (ranked[allowed] if allowed < len(ranked) else 0) + 1
    if penalties > MOST_PENALTIES:
        raise InputError(f"no rules suspend {share:.1%} at most: the others have up to {penalties - 1} penalties")
    bounds = sorted(lowest.values())
    low = min(bounds[allowed] if allowed < len(bounds) else rules.start, rules.start)
    return dataclasses.replace(rules, penalties=penalties, low=max(low, -(2**15)))


def conduct_of(name: str) -> Conduct:
    """Of its name in words, as files have it. Raises InputError for any other."""
    known = {one.name.lower().replace("_", " "): one for one in Conduct if one}
    if name not in known:
        raise InputError(f"conduct {name!r}, expected one of {', '.join(known)}")
    return known[name]
