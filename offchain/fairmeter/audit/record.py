"""What the replayed chain says happened: its logs by contract and event, as columns or one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.chain.engine import Log
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns

Columns = Mapping[str, npt.NDArray[Any]]
LOG_BITS: Final = 24
"""More logs than fit into any transaction's gas."""


@dataclass(frozen=True, slots=True)
class ChainRecord:
    """The logs of a run; `times` has each transaction's block time."""

    logs: pa.Table
    """A bundle's logs columns."""
    contracts: Mapping[str, bytes]
    times: npt.NDArray[np.int64]
    """(transactions,) Unix seconds."""
    _columns: dict[tuple[str, str], Columns] = field(default_factory=dict, repr=False)

    def columns(self, contract: str, event: str) -> Columns:
        """Events whose parameters are static, as `event_columns` gives them; decoded once."""
        key = (contract, event)
        if key not in self._columns:
            self._columns[key] = event_columns(self.logs, self.contracts[contract], interface(contract), event)
        return self._columns[key]

    def ledger(self, event: str) -> Columns:
        """The payment ledger's."""
        return self.columns("PaymentLedger", event)

    def decoded(self, contract: str, event: str) -> list[tuple[int, dict[str, Any]]]:
        """Few events, of any shape: each one's place in the run, as `order_of` counts, and its arguments by name."""
        topic = interface(contract).topic(event)
        here = pc.equal(self.logs["address"], pa.scalar(self.contracts[contract], pa.binary(20)))
        named = pc.equal(pc.binary_slice(self.logs["topics"], 0, 32), pa.scalar(topic, pa.binary()))
        return [
            (row["transaction"] << LOG_BITS | row["log"], interface(contract).decode_log(_log(row)).arguments)
            for row in self.logs.filter(pc.and_(here, named)).to_pylist()
        ]

    def suppliers(self) -> dict[int, str]:
        """The registered name of each supplier."""
        return {args["supplier"]: args["name"] for _, args in self.decoded("PaymentLedger", "SupplierRegistered")}


def _log(row: Mapping[str, Any]) -> Log:
    topics = tuple(row["topics"][at : at + 32] for at in range(0, len(row["topics"]), 32))
    return Log(row["address"], topics, row["data"], 0, 0, row["log"])


def order_of(events: Columns) -> npt.NDArray[np.int64]:
    """(k,) one number for a log's place in the run: transaction, then log."""
    return (events["transaction"] << LOG_BITS) | events["log"]
