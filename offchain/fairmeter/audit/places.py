"""What stood at a place of the run, for many keys (bills, accounts) at once."""

from __future__ import annotations

import numpy as np

from fairmeter.audit.record import ChainRecord, order_of
from fairmeter.model import Int64s


def sums_before(key: Int64s, order: Int64s, delta: Int64s, asked: Int64s, when: Int64s) -> Int64s:
    """(k,) the sum of what changed of each key in `asked` before `when`."""
    keys, orders = np.concatenate([key, asked]), np.concatenate([order, when])
    deltas = np.concatenate([delta, np.zeros(len(asked), np.int64)])
    later = np.concatenate([np.ones(len(key), np.int64), np.zeros(len(asked), np.int64)])
    sequence = np.lexsort((later, orders, keys))
    sums = np.cumsum(deltas[sequence])
    first = np.searchsorted(keys[sequence], keys[sequence])
    sums -= np.where(first > 0, sums[first - 1], 0)
    found = np.zeros(len(keys), np.int64)
    found[sequence] = sums
    return found[len(key) :]


def last_before(keys: Int64s, places: Int64s, sought: Int64s, before: Int64s) -> Int64s:
    """For each sought key, where the last of `places` below `before` stands; -1 where there is none. Keys and places
    are sorted by key, then place."""
    all_keys = np.concatenate([keys, sought])
    all_places = np.concatenate([places, before])
    is_sought = np.concatenate([np.zeros(len(keys), np.bool_), np.ones(len(sought), np.bool_)])
    sequence = np.lexsort((~is_sought, all_places, all_keys))
    count = np.cumsum(~is_sought[sequence])
    found = np.empty(len(all_keys), np.int64)
    found[sequence] = count - 1
    place = found[len(keys) :]
    good = (place >= 0) & (keys[np.maximum(place, 0)] == sought) if len(keys) else np.zeros(len(sought), np.bool_)
    return np.where(good, place, -1)


def fair_times(record: ChainRecord) -> Int64s:
    """(transactions,) of each one's block, Unix seconds less all that was paused before."""
    times = record.times
    paused, resumed = (record.columns("FairClock", name) for name in ("Paused", "Resumed"))
    begun, ended = order_of(paused), order_of(resumed)
    fair = times.copy()
    for place, order in enumerate(begun.tolist()):
        until = int(paused["until"][place])
        after = np.append(ended[ended > order], 1 << 62).min()
        if after < np.append(begun[place + 1 :], 1 << 62).min():
            until = min(until, int(times[resumed["transaction"][ended == after][0]]))
        begins = int(times[paused["transaction"][place]])
        fair -= np.clip(times, begins, until) - begins
    return fair
