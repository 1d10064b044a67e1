"""What was done about bills in arrears, followed again from the events alone: every decision of the register from what
was owed, the contacts, the days and the class's curve; every score from the table in the bundle; every strategy from
the seed that was committed to; and every debt that was given up from a decision that says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fairmeter.audit.findings import MAX_FINDINGS, Check, Finding
from fairmeter.audit.money import Rebuilt
from fairmeter.audit.places import sums_before
from fairmeter.audit.record import LOG_BITS, ChainRecord, order_of
from fairmeter.bundle import SCORES, Bundle
from fairmeter.chain.keccak import keccak256
from fairmeter.contracts.collecting import Step, unpack_told
from fairmeter.contracts.packing import get
from fairmeter.model import BillState, Bools, Int64s, Reason
from fairmeter.units import PPM, SECONDS_A_DAY

REGISTER: Final = "ArrearsRegister"
WORD: Final = 32
MASK: Final = 2**64 - 1
CODES: Final = ("standing", "segment", "window")
"""What a debt was scored by, a byte each."""

Lines = Iterator[tuple[str, object, object]]
"""Where, what was expected, what was found."""


@dataclass(frozen=True, slots=True)
class Told:
    """k words of the register's events, sorted by bill, then by time."""

    order: Int64s
    round: Int64s
    bill: Int64s
    class_: Int64s
    strategy: Int64s
    probability: Int64s
    natural: Int64s
    step: Int64s
    contacts: Int64s
    owed: Int64s
    scored: Bools
    """Whether it is a score; else a contact."""

    @classmethod
    def of(cls, record: ChainRecord) -> Told:
        """Both events'."""
        parts = []
        for event, words in (("ArrearsScored", "scores"), ("ContactsRecorded", "contacts")):
            columns = record.columns(REGISTER, event)
            told, scores = unpack_told(columns[words]), unpack_told(columns[words]).scores
            is_score = np.full(len(told.step), event == "ArrearsScored")
            kinds = (scores.bill, scores.class_, scores.strategy, scores.probability, scores.natural)
            parts.append((order_of(columns), columns["round"], *kinds, told.step, told.contacts, told.owed, is_score))
        joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
        sequence = np.lexsort((joined[0], joined[2]))
        return cls(*(column[sequence] for column in joined))

    def where(self, row: int) -> str:
        """For people."""
        bill = int(self.bill[row])
        return f"bill {bill >> 16}/{bill & 0xFFFF}, transaction {int(self.order[row]) >> LOG_BITS}"


class Collecting:
    """Of a run with a register; `check` says it all."""

    def __init__(self, bundle: Bundle, record: ChainRecord, rebuilt: Rebuilt) -> None:
        self._bundle, self._record, self._rebuilt = bundle, record, rebuilt
        self._told = Told.of(record)
        self._terms = [(order, one["terms"]) for order, one in record.decoded(REGISTER, "ArrearsTermsSet")]

    def check(self) -> Check:
        """Every word of the register's events."""
        findings: list[Finding] = []
        for where, expected, found in self._lines():
            findings.append(Finding("arrears", where, str(expected), str(found)))
            if len(findings) == MAX_FINDINGS:
                break
        text = "scores and contacts of debts: decisions, tables, strategies and give-ups"
        return Check("arrears", text, len(self._told.bill), tuple(findings))

    def _lines(self) -> Lines:
        yield from self._decisions()
        yield from self._horizons()
        yield from self._scores()
        yield from self._strategies()
        yield from self._given_up()

    # what the register said

    def _decisions(self) -> Lines:
        """Owed, contacts and step, whatever the register had to say."""
        told = self._told
        owed = self._owed()
        made = (
            sums_before(told.bill, told.order, 1 - told.scored.astype(np.int64), told.bill, told.order) + ~told.scored
        )
        expected = {"owed": owed, "contacts": made, "step": self._steps(owed, made)}
        for name, values in expected.items():
            for row in np.flatnonzero(values != getattr(told, name)).tolist():
                yield f"{told.where(row)}, {name}", int(values[row]), int(getattr(told, name)[row])
        first = {name["class"]: order for order, name in reversed(self._record.decoded(REGISTER, "TestCommitted"))}
        begun = np.array([first.get(one, 1 << 62) for one in told.class_.tolist()])
        for row in np.flatnonzero(~told.scored & (begun > told.order)).tolist():
            yield f"{told.where(row)}, contact", "a test committed to before", "none"

    def _steps(self, owed: Int64s, made: Int64s) -> Int64s:
        """The patent's rule over a score; of a contact whether it was the last."""
        told, most, unit, days = self._told, *self._terms_at(self._told.order)
        age, last = self._age(), self._horizon_at()
        contacts = made - ~told.scored
        # Python's integers: the product does not fit 64 bits
        worth = told.probability.astype(object) * owed.astype(object) >= (
            unit.astype(object) * np.maximum(contacts, 1).astype(object) * PPM
        )
        stock = ((age > days) & (self._reasons() != Reason.APPEAL_SHORTFALL)) | ((contacts > 0) & (contacts >= most))
        contactable = (told.strategy > 0) & (contacts < most)
        low = np.where(stock & (age > last), Step.GIVE_UP, Step.WAIT)
        scored = np.where(worth.astype(np.bool_), np.where(contactable, Step.REMIND, Step.WAIT), low)
        return np.where(told.scored, scored, np.where(made >= most, Step.WAIT, Step.REMIND)).astype(np.int64)

    def _owed(self) -> Int64s:
        moves, told = self._rebuilt.moves, self._told
        into, out = (state == BillState.ARREARS for state in (moves.target, moves.source))
        change = moves.amount * into.astype(np.int64) - moves.amount * out.astype(np.int64)
        return sums_before(self._rebuilt.posted.ids[moves.row], moves.order, change, told.bill, told.order)

    def _reasons(self) -> Int64s:
        """(k,) why each debt is one: as the last event said that made it one."""
        opened, reversed_ = self._record.ledger("ArrearsOpened"), self._record.ledger("BillReversed")
        into = reversed_["to"] == BillState.ARREARS
        bill = np.concatenate([opened["bill"], reversed_["bill"][into]])
        order = np.concatenate([order_of(opened), order_of(reversed_)[into]])
        reason = np.concatenate([opened["reason"], reversed_["reason"][into]])
        sequence = np.lexsort((order, bill))
        change = np.diff(reason[sequence], prepend=0)
        first = np.concatenate([[True], np.diff(bill[sequence]) != 0])[: len(bill)]
        change[first] = reason[sequence][first]
        return sums_before(bill[sequence], order[sequence], change, self._told.bill, self._told.order)

    def _age(self) -> Int64s:
        judged = {one.posting.batch: one.transaction for one in reversed(self._rebuilt.batches.judgings)}
        times = self._record.times
        since = times[[judged[batch] for batch in (self._told.bill >> 16).tolist()]]
        return np.asarray((times[self._told.order >> LOG_BITS] - since) // SECONDS_A_DAY)

    def _terms_at(self, order: Int64s) -> tuple[Int64s, Int64s, Int64s]:
        """(k,) each: most contacts, cost of one, days that arrears are incremental."""
        row = np.searchsorted([at for at, _ in self._terms], order) - 1
        columns = (np.array([terms[name] for _, terms in self._terms]) for name in TERMS)
        most, unit, days = (column[row] for column in columns)
        return most, unit, days

    def _horizon_at(self) -> Int64s:
        """(k,) days of each debt's class; more than any where no curve was known."""
        told, last = self._told, np.full(len(self._told.bill), 1 << 40)
        for order, one in self._record.decoded(REGISTER, "HorizonSet"):
            last[(told.class_ == one["class"]) & (told.order > order)] = one["horizon"]
        return last

    def _horizons(self) -> Lines:
        """Each class's, from its curve."""
        for order, one in self._record.decoded(REGISTER, "HorizonSet"):
            curve, unit = one["curve"], int(self._terms_at(np.array([order]))[1][0])
            points = zip(curve["contacted"], curve["natural"], curve["contacts"], strict=True)
            back = [(with_ - without) * curve["meanDebt"] - contacts * unit for with_, without, contacts in points]
            nearest = min(range(len(back)), key=lambda point: abs(back[point]))
            expected, found = (curve["day"][nearest], back[nearest]), (one["horizon"], one["returnThere"])
            if expected != found:
                yield f"class {one['class']}, transaction {order >> LOG_BITS}, horizon", expected, found

    # what operators said

    def _scores(self) -> Lines:
        """Probabilities and class, from the table and what the debts were scored by."""
        content, told = self._bundle.model(SCORES), self._told
        events = self._record.columns(REGISTER, "ArrearsScored")
        if content is None:
            yield f"bundle, {SCORES}", "the table of the scores", "none"
            return
        named = set(map(bytes, events["model"]))
        if named - {keccak256(content)}:
            yield f"bundle, {SCORES}", f"0x{min(named).hex()}", f"0x{keccak256(content).hex()}"
            return
        rows = {name: column.to_numpy() for name, column in _columns(self._bundle).items()}
        yield from _hashes(rows, events)
        place = {key: at for at, key in enumerate(zip(rows["round"].tolist(), rows["bill"].tolist(), strict=True))}
        own = np.flatnonzero(told.scored)
        at = [place.get(key, -1) for key in zip(told.round[own].tolist(), told.bill[own].tolist(), strict=True)]
        for row in own[np.array(at, np.int64) < 0]:
            yield f"{told.where(row)}, features", "what it was scored by", "nothing"
        known, at_known = own[np.array(at, np.int64) >= 0], [one for one in at if one >= 0]
        yield from self._looked_up(json.loads(content), {name: rows[name][at_known] for name in CODES}, known)

    def _looked_up(self, table: dict[str, Any], codes: dict[str, Int64s], own: Int64s) -> Lines:
        told, natural, contacted = self._told, np.array(table["natural"]), np.array(table["contacted"])
        standing, segment, window = (codes[name] for name in CODES)
        by = np.where(told.strategy[own] > 0, told.strategy[own], np.array(table["best"])[segment]) - 1
        expected = {
            "class_": segment.astype(np.int64) + 1,
            "natural": natural[window, standing, segment],
            "probability": contacted[window, standing, segment, by, told.contacts[own]],
        }
        for name, values in expected.items():
            for place in np.flatnonzero(values != getattr(told, name)[own]):
                found = int(getattr(told, name)[own[place]])
                yield f"{told.where(own[place])}, {name.strip('_')}", int(values[place]), found

    def _strategies(self) -> Lines:
        """Who got which, by the seeds that were revealed, and that these are what was committed to."""
        told, posted = self._told, self._rebuilt.posted
        committed = {(one["class"], one["test"]): one for _, one in self._record.decoded(REGISTER, "TestCommitted")}
        account = posted.accounts[posted.rows(told.bill)]
        for _, one in self._record.decoded(REGISTER, "TestRevealed"):
            test = committed[one["class"], one["test"]]
            numbers = (one["class"], one["test"], test["arms"], one["seed"])
            said = keccak256(b"".join(number.to_bytes(WORD, "big") for number in numbers) + one["salt"])
            if said != test["commitment"]:
                yield f"class {one['class']}, test {one['test']}", f"0x{test['commitment'].hex()}", f"0x{said.hex()}"
            own = np.flatnonzero(told.scored & (told.class_ == one["class"]))
            arms = [_arm(number, test["arms"], one["seed"]) for number in account[own].tolist()]
            for row in own[told.strategy[own] != arms]:
                yield f"{told.where(row)}, strategy", "that of its arm", int(told.strategy[row])

    def _given_up(self) -> Lines:
        """A debt is given up where a decision says so, and where it says so it is."""
        told, record = self._told, self._record
        given, reopened = record.ledger("ArrearsGivenUp"), record.ledger("ArrearsReopened")
        bill = get(given["debts"], 31, 8)
        decided = told.scored & (told.step == Step.GIVE_UP)
        said = set(zip(told.bill[decided].tolist(), (told.order[decided] >> LOG_BITS).tolist(), strict=True))
        for one, transaction in zip(bill.tolist(), given["transaction"].tolist(), strict=True):
            if (one, transaction) not in said:
                yield f"bill {one >> 16}/{one & 0xFFFF}, transaction {transaction}", "a decision to give up", "none"
        key, order = np.concatenate([bill, reopened["bill"]]), np.concatenate([order_of(given), order_of(reopened)])
        change = np.concatenate([np.ones(len(bill), np.int64), np.full(len(reopened["bill"]), -1)])
        after = ((told.order >> LOG_BITS) + 1) << LOG_BITS
        up = sums_before(key, order, change, told.bill, after)
        for row in np.flatnonzero(decided & (up != 1)).tolist():
            yield f"{told.where(row)}, given up", 1, int(up[row])


TERMS: Final = ("maxContacts", "unitCost", "incrementalDays")


def _columns(bundle: Bundle) -> dict[str, Any]:
    table = bundle.table("scores")
    return {name: table[name] for name in table.column_names}


def _hashes(rows: dict[str, npt.NDArray[Any]], events: Any) -> Lines:
    """The features of each round, as its event names them."""
    named = dict(zip(events["round"].tolist(), map(bytes, events["features"]), strict=True))
    codes = np.column_stack([rows[name] for name in CODES]).astype(np.uint8)
    packed = np.concatenate([rows["bill"].astype(">u8").view(np.uint8).reshape(-1, 8), codes], axis=1)
    for number, said in named.items():
        found = keccak256(packed[rows["round"] == number].tobytes())
        if found != said:
            yield f"scores.parquet, round {number}", f"0x{said.hex()}", f"0x{found.hex()}"


def _arm(account: int, arms: int, seed: int) -> int:
    return _mixed(account ^ _mixed(seed)) % arms


def _mixed(value: int) -> int:
    """splitmix64, in Python's integers."""
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)
