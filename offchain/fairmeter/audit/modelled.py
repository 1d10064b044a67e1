"""Verdicts that a model made: its bytes against the hash on chain, each bill's figures against its leaf, what the model
says of them computed again, and with the source of the readings the figures themselves.

How figures become a score is the code that judges, for there is no other; the trees are walked by code of the audit's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.audit.batches import Judging
from fairmeter.audit.compare import Rows, shown, shown_beside
from fairmeter.audit.evidence import Evidence
from fairmeter.audit.findings import Finding
from fairmeter.audit.parameters import Parameters
from fairmeter.bundle import MODEL, Bundle
from fairmeter.chain.keccak import keccak_rows
from fairmeter.contracts.events import fixed_rows
from fairmeter.contracts.packing import Bytes2D
from fairmeter.contracts.statements import Statements
from fairmeter.errors import BundleError, InputError
from fairmeter.model import Bools
from fairmeter.verdict.calibrated.artifact import read
from fairmeter.verdict.calibrated.batch import (
    FEATURE_BYTES,
    FEATURES,
    BatchBills,
    BatchJudge,
    Opinions,
    agrees,
    decode,
    opinions,
    same_features,
)
from fairmeter.verdict.calibrated.forest import Forest

if TYPE_CHECKING:
    from fairmeter.audit.source import Source
    from fairmeter.verdict.calibrated.history import Floats
    from fairmeter.verdict.calibrated.policy import CalibratedModel

NAME: Final = "model"


class Modelled:
    """Of one run, batch by batch in the order of judging. Raises BundleError for a model file that is none."""

    def __init__(self, bundle: Bundle, content: bytes, parameters: Parameters, source: Source | None) -> None:
        try:
            judging = read(content)
        except InputError as error:
            raise BundleError(f"{bundle.folder / MODEL}: {error}") from error
        self._model, self._hash = _walked(judging), hashlib.sha256(content).digest()
        self._parameters, self._figures = parameters, Rows(bundle, "features")
        self._source = source
        if source is not None:
            self._judge = BatchJudge(judging, source.usage, (*source.usage.customers, ""))

    def finding(self, judging: Judging, rows: Bools, evidence: Evidence, bills: pa.Table) -> Finding | None:
        """What differs of the bills of `rows` (n,) in a batch; `evidence` is the bundle's, whose root is the one on
        chain, `bills` the batch's rows of the bills table."""
        where = f"batch {judging.posting.batch}, bill"
        named = self._parameters.model(judging.posting, rows)
        if named != {self._hash}:
            wanted = ", ".join(sorted(shown(one) for one in named))
            return Finding(NAME, f"{where}s' class, {MODEL}", f"{wanted} on chain", shown(self._hash))
        places = np.flatnonzero(rows)
        table = self._figures.take(len(places))
        problem = _table_problem(table, judging.posting.batch, places)
        if problem is not None:
            return Finding(NAME, f"features.parquet, batch {judging.posting.batch}", *problem)
        figures = fixed_rows(table["figures"].cast(pa.binary(FEATURE_BYTES)), FEATURE_BYTES)
        said = Statements.unpack(evidence.packed[rows])
        found = (
            _unlike(said.model, np.broadcast_to(np.frombuffer(self._hash, np.uint8), said.model.shape), "its model")
            or _unlike(keccak_rows(np.concatenate([evidence.salts[rows], figures], axis=1)), said.features, "features")
            or self._opinions(judging, rows, figures, said, bills)
            or self._readings(judging, rows, figures, bills)
        )
        if found is None:
            return None
        place, what, *differ = found
        return Finding(NAME, f"{where} {places[place]}, {what}", *differ)

    def rest(self) -> int:
        """Rows of figures of no bill."""
        return self._figures.rest()

    def _opinions(
        self, judging: Judging, rows: Bools, figures: Bytes2D, said: Statements, bills: pa.Table
    ) -> tuple[int, str, str, str] | None:
        names = tuple(bills["customer_id"].filter(pa.array(rows)).to_pylist())
        posted = _posted(judging, rows, np.arange(len(names)))
        claimed = Opinions(said.score, said.expected, said.highest)
        same = agrees(self._model, decode(figures), posted, names, claimed)
        if same.all():
            return None
        place = int(np.argmin(same))
        right = opinions(self._model, decode(figures), posted, names)
        return place, "what the model says", _text(right, place), _text(claimed, place)

    def _readings(
        self, judging: Judging, rows: Bools, figures: Bytes2D, bills: pa.Table
    ) -> tuple[int, str, str, str] | None:
        if self._source is None:
            return None
        usage = self._source.usage
        customer = pc.index_in(bills["customer_id"], pa.array(usage.customers, pa.string()))
        places = customer.fill_null(len(usage.customers)).to_numpy().astype(np.int64)
        # the others of the batch move with the bill, whoever judges them
        right = self._judge.features(_posted(judging, np.ones(len(rows), np.bool_), places))[rows]
        theirs = decode(figures)
        same = same_features(right, theirs)
        if same.all():
            return None
        place = int(np.argmin(same))
        column = int(np.argmin(same_features(right[place][:, None], theirs[place][:, None])))
        ours, found = (f"{values[place, column]:.9g}" for values in (right, theirs))
        return place, f"{self._source.path}, {FEATURES[column]}", ours, found


@dataclass(frozen=True, slots=True)
class WalkedForest(Forest):
    """Trees walked node by node, by nothing but arrays."""

    def __call__(self, matrix: Floats) -> Floats:
        """As `Forest` has it."""
        total, every = np.full(len(matrix), self.baseline), np.arange(len(matrix))
        for nodes in np.split(self.nodes, np.cumsum(self.sizes)[:-1]):
            place = np.zeros(len(matrix), np.int64)
            while (inner := nodes["is_leaf"][place] == 0).any():
                here = nodes[place]
                value = matrix[every, np.where(inner, here["feature_idx"], 0)]
                left = np.where(np.isnan(value), here["missing_go_to_left"] == 1, value <= here["num_threshold"])
                place = np.where(inner, np.where(left, here["left"], here["right"]), place).astype(np.int64)
            total += nodes["value"][place]
        return total


def _walked(model: CalibratedModel) -> CalibratedModel:
    """The same model, its trees walked by the audit's code."""

    def walked(forest: Forest) -> WalkedForest:
        return WalkedForest(*(getattr(forest, field.name) for field in fields(forest)))

    return replace(
        model, folds=tuple(type(one)(walked(one.location), walked(one.scale), walked(one.fault)) for one in model.folds)
    )


def _posted(judging: Judging, rows: Bools, customer: np.ndarray) -> BatchBills:
    bills = judging.posting.bills
    utility = np.full(int(rows.sum()), judging.posting.utility, np.uint8)
    return BatchBills(customer, utility, bills.start[rows], bills.days[rows], bills.quantity[rows])


def _table_problem(table: pa.Table, batch: int, places: np.ndarray) -> tuple[str, str] | None:
    if table["batch"].to_pylist() != [batch] * len(places) or table["index"].to_pylist() != places.tolist():
        return "a row for each of its bills that a model judged, in order", "other rows"
    lengths = set(pc.binary_length(table["figures"]).to_pylist())
    if lengths - {FEATURE_BYTES}:
        return f"{FEATURE_BYTES} bytes of figures", f"{min(lengths - {FEATURE_BYTES})} bytes"
    return None


def _unlike(ours: Bytes2D, theirs: Bytes2D, what: str) -> tuple[int, str, str, str] | None:
    same = (ours == theirs).all(axis=1)
    if same.all():
        return None
    place = int(np.argmin(same))
    return place, what, *shown_beside(ours[place].tobytes(), theirs[place].tobytes())


def _text(said: Opinions, place: int) -> str:
    return f"score {said.score[place]} ppm, {said.expected[place]} expected, up to {said.highest[place]} no surprise"
