"""The papers of a run: suppliers' offices that file, check, approve and record what the ledger has paid, and whoever
tries what it must not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.bundle import table_of
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.deploy import Deployment, System
from fairmeter.contracts.papering import NAME, BillTrace, deploy_papers
from fairmeter.contracts.session import Call, Session
from fairmeter.model import BillState, Bools, Int64s, UInt8s
from fairmeter.papers.kinds import Defect, Kind
from fairmeter.simulation.answers import Later
from fairmeter.simulation.papers import Papers
from fairmeter.simulation.people import People
from fairmeter.simulation.plan import Plan
from fairmeter.simulation.record import Recorder
from fairmeter.simulation.scenario import Scenario
from fairmeter.units import PPM, SECONDS_A_DAY

STEP: Final = SECONDS_A_DAY
"""From a batch's release to its papers, seconds."""
CLERK, CHECKER, CASHIER = "clerk", "checker", "cashier"
FIRST, SECOND, THIRD = "first approver", "second approver", "third approver"
OWN_KEY, OTHERS_KEY = "second key of the first approver", "key in another's name"
DUTIES: Final[Mapping[str, tuple[Kind, ...]]] = {
    CLERK: (Kind.ARCHIVE, Kind.PAYABLE, Kind.INVOICE, Kind.VOUCHER, Kind.DETAIL, Kind.APPLICATION),
    CHECKER: (Kind.TAX_CHECK, Kind.VERIFICATION),
    FIRST: (Kind.FIRST_APPROVAL,),
    SECOND: (Kind.SECOND_APPROVAL,),
    THIRD: (Kind.THIRD_APPROVAL,),
    CASHIER: (Kind.PAYMENT,),
    OWN_KEY: (Kind.SECOND_APPROVAL,),
    OTHERS_KEY: (Kind.SECOND_APPROVAL,),
}
"""A supplier's people, by key, and what each may write."""
PEOPLE: Final[Mapping[str, str]] = {OWN_KEY: FIRST, OTHERS_KEY: "a person that there is not"}
"""Who keys are declared to be, where that is not their own name."""


@dataclass(frozen=True, slots=True)
class Filed:
    """Bills of one batch."""

    supplier: int
    """In the plan's order."""
    bills: Int64s
    """(n,) ids."""
    rows: Int64s
    """(n,) in the file."""

    def part(self, which: Bools) -> Filed:
        """Some of them."""
        return Filed(self.supplier, self.bills[which], self.rows[which])


class Papering:
    """The offices of all suppliers."""

    def __init__(
        self,
        scenario: Papers,
        seed: int,
        plan: Plan,
        people: People,
        session: Session,
        recorder: Recorder,
        later: Later,
    ) -> None:
        self._scenario, self._plan, self._people, self._session = scenario, plan, people, session
        self._recorder, self._later = recorder, later
        drawn = np.random.default_rng([seed, 102]).integers(PPM, size=(5, len(plan.bills)))
        shares = (scenario.unfiled, scenario.uninvoiced, scenario.wrong_tax, scenario.duplicates, scenario.two_levels)
        self._unfiled, self._uninvoiced, self._wrong, self._duplicate, self._twice = (
            row < share for row, share in zip(drawn, shares, strict=True)
        )
        self._staff = [
            {name: people.wallet(f"{name} for papers of {one}") for name in DUTIES} for one in plan.bills.suppliers
        ]
        self._approved: list[Filed] = []
        self._system: System
        self._papers: BillTrace

    def set_up(self, system: System) -> None:
        """Deploy, and have every supplier appoint its people."""
        self._system = system
        self._papers = deploy_papers(self._session, system, self._people.funder)
        self._session.send(self._people.fund([wallet for own in self._staff for wallet in own.values()]))
        for number, (own, wallet) in enumerate(zip(self._staff, self._people.suppliers, strict=True), 1):
            limits = self._papers.set_limits(number, self._scenario.second, self._scenario.third)
            appointed = [
                self._papers.appoint(number, own[name].address, _identity(name), sum(1 << kind for kind in kinds))
                for name, kinds in DUTIES.items()
            ]
            self._session.transact(wallet, limits, *appointed)

    @property
    def deployment(self) -> Deployment:
        """The system's with the papers."""
        known = self._system.deployment
        return Deployment(known.chain_id, {**known.addresses, NAME: self._papers.address})

    def people(self) -> list[tuple[str, str]]:
        """Who is behind each key, as nobody on the chain can see: address and person."""
        behind = {OWN_KEY: FIRST, OTHERS_KEY: FIRST}
        return [
            (f"0x{wallet.address.hex()}", f"{behind.get(name, name)} of {supplier}")
            for supplier, own in zip(self._plan.bills.suppliers, self._staff, strict=True)
            for name, wallet in own.items()
        ]

    def released(self, batch: int, rows: Int64s, words: UInt8s, at: int) -> None:
        """A batch's money is its supplier's: its papers follow, of `rows` (n,) in the file and `words` (n, 32) as
        posted."""
        bills = (np.int64(batch) << 16) + np.arange(len(rows))
        filed = Filed(int(self._plan.bills.supplier[rows[0]]), bills, rows)
        self._later(at + STEP, lambda when: self._file(batch, filed, words, when))

    def finish(self) -> None:
        """What was settled or otherwise settled after its batch's release."""
        for filed in self._approved:
            standing = [int(self._papers.papers_of(bill)["standing"]) for bill in filed.bills.tolist()]
            self._pay(filed.part(np.array([not one >> Kind.PAYMENT & 1 for one in standing])), None)
            own = self._staff[filed.supplier][CASHIER]
            self._attempt(own, self._papers.vouch(filed.bills))

    # one batch

    def _file(self, batch: int, filed: Filed, words: UInt8s, at: int) -> None:
        known = filed.part(~self._unfiled[filed.rows])
        contents = self._contents(Kind.ARCHIVE, filed, known=~self._unfiled[filed.rows])
        self._send(filed, CLERK, self._papers.archive(batch, words, contents), at)
        self._check_tax(known)
        invoiced = known.part(~self._uninvoiced[known.rows])
        self._collect(invoiced)
        for kind in (Kind.VERIFICATION, Kind.VOUCHER, Kind.DETAIL, Kind.APPLICATION):
            self._write(kind, invoiced, CHECKER if kind is Kind.VERIFICATION else CLERK)
        self._approve(invoiced)
        self._pay(invoiced, None)
        self._approved.append(invoiced)

    def _check_tax(self, filed: Filed) -> None:
        """A payable with a wrong rate is returned, and pushed again with the right one."""
        wrong = self._wrong[filed.rows]
        taxes = np.where(wrong, self._scenario.tax // 2, self._scenario.tax)
        self._write(Kind.PAYABLE, filed, CLERK, taxes)
        self._give_back(Kind.PAYABLE, filed.part(wrong), Defect.WRONG_TAX)
        self._write(Kind.PAYABLE, filed.part(wrong), CLERK)
        self._write(Kind.TAX_CHECK, filed, CHECKER)

    def _collect(self, filed: Filed) -> None:
        """An invoice that is another bill's is returned, and the right one collected."""
        copied = self._duplicate[filed.rows]
        if len(filed.bills) == 1:
            copied = np.zeros(1, np.bool_)
        source = np.where(copied, np.roll(np.arange(len(copied)), 1), np.arange(len(copied)))
        others = Filed(filed.supplier, filed.bills[source], filed.rows[source])
        self._write(Kind.INVOICE, filed, CLERK, said=others)
        self._give_back(Kind.INVOICE, filed.part(copied), Defect.DUPLICATE)
        self._write(Kind.INVOICE, filed.part(copied), CLERK)

    def _approve(self, filed: Filed) -> None:
        """As many levels as the amounts take; whoever means to be two people tries."""
        self._write(Kind.FIRST_APPROVAL, filed, FIRST)
        amounts = self._plan.bills.amount[filed.rows]
        large = filed.part(amounts > self._scenario.second)
        twice = self._twice[large.rows]
        for bill in np.flatnonzero(twice)[:1].tolist():
            one = np.arange(len(twice)) == bill
            self._attempt(self._staff[filed.supplier][OWN_KEY], self._call(Kind.SECOND_APPROVAL, large.part(one)))
        self._write(Kind.SECOND_APPROVAL, large.part(twice), OTHERS_KEY)
        self._write(Kind.SECOND_APPROVAL, large.part(~twice), SECOND)
        self._write(Kind.THIRD_APPROVAL, filed.part(amounts > self._scenario.third), THIRD)

    def _pay(self, filed: Filed, at: int | None) -> None:
        """Record what the ledger has settled, and have it vouched for."""
        states = [self._system.ledger.state_of(bill) for bill in filed.bills.tolist()]
        settled = filed.part(np.array([state == BillState.SETTLED for state in states], np.bool_))
        if len(settled.bills):
            self._write(Kind.PAYMENT, settled, CASHIER)
            self._session.transact(self._people.keeper, self._papers.vouch(settled.bills), timestamp=at)

    # documents

    def _write(self, kind: Kind, filed: Filed, by: str, taxes: Int64s | None = None, said: Filed | None = None) -> None:
        if len(filed.bills):
            self._send(filed, by, self._call(kind, filed, taxes, said))

    def _call(self, kind: Kind, filed: Filed, taxes: Int64s | None = None, said: Filed | None = None) -> Call:
        told = filed if said is None else said
        rates = np.full(len(filed.bills), self._scenario.tax) if taxes is None else taxes
        amounts = self._plan.bills.amount[told.rows if kind is Kind.INVOICE else filed.rows]
        contents = self._contents(kind, told, rates)
        return self._papers.write_documents(kind, filed.bills, amounts, rates, contents)

    def _give_back(self, kind: Kind, filed: Filed, defect: Defect) -> None:
        n = len(filed.bills)
        if n:
            contents = self._contents(kind, filed, defect=defect)
            call = self._papers.give_back(kind, filed.bills, np.full(n, int(defect)), contents)
            self._send(filed, CHECKER, call)

    def _contents(
        self,
        kind: Kind,
        filed: Filed,
        taxes: Int64s | None = None,
        known: Bools | None = None,
        defect: Defect = Defect.NONE,
    ) -> UInt8s:
        """(n, 32) the hashes of documents, which the bundle keeps; zero for bills that are not `known`."""
        bills, amounts = filed.bills.tolist(), self._plan.bills.amount[filed.rows].tolist()
        rates = [0] * len(bills) if taxes is None else taxes.tolist()
        supplier = self._plan.bills.suppliers[filed.supplier]
        texts = [
            _text(kind, bill, supplier, amount, rate, defect)
            for bill, amount, rate in zip(bills, amounts, rates, strict=True)
        ]
        hashes = [keccak256(text.encode()) for text in texts]
        chosen = np.ones(len(bills), np.bool_) if known is None else known
        self._recorder.documents(
            table_of(
                "documents",
                {
                    "bill": filed.bills[chosen],
                    "kind": np.full(int(chosen.sum()), int(kind), np.int8),
                    "content": [one for one, keep in zip(hashes, chosen, strict=True) if keep],
                    "text": [one for one, keep in zip(texts, chosen, strict=True) if keep],
                },
            )
        )
        joined = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32)
        return np.where(chosen[:, None], joined, 0).astype(np.uint8)

    def _send(self, filed: Filed, by: str, call: Call, at: int | None = None) -> None:
        self._session.transact(self._staff[filed.supplier][by], call, timestamp=at)

    def _attempt(self, wallet: Wallet, call: Call) -> None:
        """What the contract may refuse."""
        self._session.attempt([call], [wallet.sign(call.to, call.data, call.value, gas=call.gas)])


def begin(
    scenario: Scenario, plan: Plan, people: People, session: Session, system: System, recorder: Recorder, later: Later
) -> Papering | None:
    """Papers as the scenario has them, set up; None where it has none."""
    if scenario.papers is None:
        return None
    papering = Papering(scenario.papers, scenario.seed, plan, people, session, recorder, later)
    papering.set_up(system)
    return papering


def people_csv(people: Sequence[tuple[str, str]]) -> str:
    """As `fairmeter papers --people` reads it."""
    return "\n".join(["key,person", *(f"{key},{person}" for key, person in people)]) + "\n"


def _text(kind: Kind, bill: int, supplier: str, amount: int, tax: int, defect: Defect) -> str:
    fields: dict[str, object] = {"document": kind.label, "bill": f"{bill >> 16}/{bill & 0xFFFF}", "supplier": supplier}
    if defect is not Defect.NONE:
        return json.dumps({**fields, "returned": defect.label}, sort_keys=True)
    return json.dumps({**fields, "amount": amount, "tax_ppm": tax}, sort_keys=True)


def _identity(name: str) -> bytes:
    return keccak256(PEOPLE.get(name, name).encode())
