"""The oracle: watches for posted bills, judges them by the readings it holds, and submits the verdicts, alone or as one
operator of several."""

from __future__ import annotations

from fairmeter.oracle.directory import load_meters, write_meters
from fairmeter.oracle.exchange import Attestation, Exchange, FolderExchange
from fairmeter.oracle.loading import fit_model, load_model
from fairmeter.oracle.onchain import ChainExchange
from fairmeter.oracle.operator import Act, Done, OperatorService
from fairmeter.oracle.service import BATCHES_AT_ONCE, Judgement, Meters, Oracle, PostedBatch, Readings

__all__ = [
    "BATCHES_AT_ONCE",
    "Act",
    "Attestation",
    "ChainExchange",
    "Done",
    "Exchange",
    "FolderExchange",
    "Judgement",
    "Meters",
    "OperatorService",
    "Oracle",
    "PostedBatch",
    "Readings",
    "fit_model",
    "load_meters",
    "load_model",
    "write_meters",
]
