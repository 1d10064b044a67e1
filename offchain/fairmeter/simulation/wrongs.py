"""The verdicts of a run that the true readings do not give: what money each moved, and what put it right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from fairmeter.chain.engine import Receipts
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.deploy import System
from fairmeter.contracts.events import event_columns
from fairmeter.model import AppealState, Bills, Decision
from fairmeter.simulation.watching import Wrong

MOVES: Final = {"paid": ("BillPending", "amount"), "held": ("BillHeld", "held"), "owed": ("ArrearsOpened", "owed")}
"""What a wrong verdict does with an amount, and the ledger's event and parameter that tell it."""
CUSTOMER: Final = "customer's answer"
"""A wrong appeal ends as its customer wants it to."""
ANSWERED: Final = (AppealState.ACCEPTED, AppealState.WITHDRAWN)


def note_money(wrongs: Mapping[int, Wrong], receipts: Receipts, system: System) -> None:
    """Write down what the judging moved for each of the wrong verdicts, minor units."""
    if not wrongs:
        return
    ledger = system.ledger
    for move, (event, parameter) in MOVES.items():
        columns = event_columns(receipts.logs, ledger.address, ledger.interface, event)
        known = np.isin(columns["bill"], np.fromiter(wrongs, np.int64))
        for bill, amount in zip(columns["bill"][known].tolist(), columns[parameter][known].tolist(), strict=True):
            if wrongs[bill].committed is not wrongs[bill].right:
                wrongs[bill].moved = (move, amount)


def wrong_table(wrongs: Sequence[Wrong], bills: Bills, operators: Sequence[Wallet], system: System) -> pl.DataFrame:
    """A row a wrong verdict: batch, index, bill_id, committed and right decision, the money in minor units by each of
    MOVES, mechanism (null where it stands) and who used it, signers (addresses)."""
    rows = [
        {
            "batch": one.bill >> 16,
            "index": one.bill & 0xFFFF,
            "bill_id": str(bills.bill_id[one.row]),
            "committed": one.committed.name,
            "right": one.right.name,
            **{move: one.moved[1] if one.moved[0] == move else 0 for move in MOVES},
            "mechanism": _mechanism(one, system),
            "challenger": None if one.challenger is None else one.challenger.value,
            "signers": ["0x" + operators[number].address.hex() for number in one.signers],
        }
        for one in wrongs
    ]
    texts = ("bill_id", "committed", "right")
    schema: dict[str, pl.DataType | type[pl.DataType]] = {"batch": pl.Int64, "index": pl.Int64}
    schema |= dict.fromkeys(texts, pl.String) | dict.fromkeys(MOVES, pl.Int64)
    schema |= {"mechanism": pl.String, "challenger": pl.String, "signers": pl.List(pl.String)}
    return pl.DataFrame(rows, schema)


def _mechanism(one: Wrong, system: System) -> str | None:
    if one.mechanism is not None:
        return one.mechanism.value
    if one.right is not one.committed is Decision.APPEAL and system.registry.appeal_of(one.bill).state in ANSWERED:
        return CUSTOMER
    return None
