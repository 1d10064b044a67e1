"""What the replayed chain says happened: its logs by contract and event, as columns or one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.bundle import SCHEMAS
from fairmeter.chain.engine import Log
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns
from fairmeter.errors import ChainError

Columns = Mapping[str, npt.NDArray[Any]]
RARE: Final = frozenset(
    {
        *("SupplierRegistered", "TariffSet", "OperatorSet", "PeriodsSet", "PresetsSet", "SetChanged", "StakesSet"),
        *("MeterSet", "ArbiterSet", "RoleGranted", "RoleRevoked", "OperationScheduled", "OperationExecuted"),
        *("CategorySet", "TermsSet", "TradeArbiterSet", "RulesSet", "StandingArbiterSet"),
        *("ArrearsTermsSet", "HorizonSet", "TestCommitted", "TestRevealed"),
        *("CreditTermsSet", "RefundTermsSet"),
    }
)
"""Events that the audit takes one by one: governance emits them, few, and with parameters of any size."""
WORD: Final = 32
LOG_BITS: Final = 24
"""More logs than fit into any transaction's gas."""


class ChainRecord:
    """The logs of a run by contract and event, as columns where their parameters are static; `times` has each
    transaction's block time. Of what others than the contracts emitted nothing is kept."""

    def __init__(self, logs: Iterable[pa.Table], contracts: Mapping[str, bytes], times: npt.NDArray[np.int64]) -> None:
        """`logs`: in order, with a bundle's logs columns; read once. `times`: (transactions,) Unix seconds."""
        self.contracts, self.times = contracts, times
        self._names = {
            (contracts[contract], topic): (contract, event)
            for contract in contracts
            for event, topic in interface(contract).topics().items()
        }
        self._kept: dict[tuple[str, str], list[Any]] = {name: [] for name in self._names.values()}
        for group in logs:
            self._keep(group)

    def columns(self, contract: str, event: str) -> Columns:
        """Events whose parameters are static, as `event_columns` gives them."""
        none = event_columns(SCHEMAS["logs"].empty_table(), self.contracts[contract], interface(contract), event)
        if None in self._kept[contract, event]:
            raise ChainError(f"{contract} emitted a {event} with a value that does not fit 64 bits")
        parts: list[Columns] = [none, *self._kept[contract, event]]
        if len(parts) > 2:
            parts = [{name: np.concatenate([part[name] for part in parts]) for name in none}]
            self._kept[contract, event] = parts
        return parts[-1]

    def ledger(self, event: str) -> Columns:
        """The payment ledger's."""
        return self.columns("PaymentLedger", event)

    def decoded(self, contract: str, event: str) -> list[tuple[int, dict[str, Any]]]:
        """Few events, with parameters of any size: each one's place in the run, as `order_of` counts, and its arguments
        by name."""
        return [
            (row["transaction"] << LOG_BITS | row["log"], interface(contract).decode_log(_log(row)).arguments)
            for table in self._kept[contract, event]
            for row in table.to_pylist()
        ]

    def _read(self, rows: pa.Table, contract: str, event: str) -> Columns | None:
        """None for an event that has no columns: whoever asks for them will be told why."""
        try:
            return event_columns(rows, self.contracts[contract], interface(contract), event)
        except ChainError:
            return None

    def _keep(self, logs: pa.Table) -> None:
        topics = pc.binary_slice(logs["topics"], 0, WORD)
        keys = pa.table({"address": logs["address"], "topic": topics}).group_by(["address", "topic"]).aggregate([])
        for key in keys.to_pylist():
            name = self._names.get((key["address"], key["topic"]))
            if name is None:
                continue
            contract, event = name
            here = pc.equal(logs["address"], pa.scalar(key["address"], pa.binary(20)))
            rows = logs.filter(pc.and_(here, pc.equal(topics, pa.scalar(key["topic"], pa.binary()))))
            self._kept[name].append(rows if event in RARE else self._read(rows, contract, event))

    def suppliers(self) -> dict[int, str]:
        """The registered name of each supplier."""
        return {args["supplier"]: args["name"] for _, args in self.decoded("PaymentLedger", "SupplierRegistered")}


def _log(row: Mapping[str, Any]) -> Log:
    topics = tuple(row["topics"][at : at + 32] for at in range(0, len(row["topics"]), 32))
    return Log(row["address"], topics, row["data"], 0, 0, row["log"])


def order_of(events: Columns) -> npt.NDArray[np.int64]:
    """(k,) one number for a log's place in the run: transaction, then log."""
    return (events["transaction"] << LOG_BITS) | events["log"]
