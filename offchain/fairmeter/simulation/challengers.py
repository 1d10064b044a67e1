"""Who brings a challenge in a run: watchers, honest operators, and customers whose own bill it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fairmeter.chain.engine import Receipts, SignedTransaction
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.session import Call, Session
from fairmeter.model import Bools, Int32s
from fairmeter.simulation.people import People
from fairmeter.simulation.scenario import Challenging, Conduct, Scenario


@dataclass(frozen=True, slots=True)
class Challenger:
    """Somebody who may show the readings of one bill."""

    role: Challenging
    address: bytes
    sign: Callable[[Call], SignedTransaction]
    customer: int | None = None
    """As the bills count them, where it is one."""


class Challengers:
    """`customer` (n,) of each bill in the file, `disclosing` (n,) whether that customer lets anyone show readings."""

    def __init__(
        self, people: People, scenario: Scenario, session: Session, customer: Int32s, disclosing: Bools
    ) -> None:
        self._people, self._session = people, session
        self._customer, self._disclosing = customer, disclosing
        roles, conducts = scenario.challengers, scenario.conducts()
        self._watchers = people.watchers if Challenging.WATCHERS in roles else []
        honest = [one for one, group in zip(people.operators, conducts, strict=True) if group.conduct is Conduct.HONEST]
        self._operators = honest if Challenging.OPERATORS in roles else []
        # what a leaf's neighbours are under the root, only operators know, and liars do not tell
        self._tell = bool(honest)
        self._customers = Challenging.CUSTOMERS in roles

    def of(self, bill: int, row: int, *, signed: bool) -> Challenger | None:
        """Who challenges the verdict of a bill, `row` in the file: a watcher, if the customer discloses its readings to
        all, else an operator, else the customer, who needs the meter operator's signature (`signed`) or an honest
        operator's word. None if nobody can."""
        if self._watchers and self._disclosing[row]:
            return _of_wallet(Challenging.WATCHERS, self._watchers[bill % len(self._watchers)])
        if self._operators:
            return _of_wallet(Challenging.OPERATORS, self._operators[bill % len(self._operators)])
        if not self._customers or not (signed or self._tell):
            return None
        customer, crowd = int(self._customer[row]), self._people.customers

        def sign(call: Call) -> SignedTransaction:
            return crowd.sign(np.array([customer]), [call])[0]

        return Challenger(Challenging.CUSTOMERS, crowd.addresses[customer].tobytes(), sign, customer)

    def send(self, calls: Sequence[tuple[Challenger, Call]], at: int) -> Receipts:
        """Sign and send in order; customers are given the gas that they need first."""
        customers = [one.customer for one, _ in calls if one.customer is not None]
        if customers:
            self._session.send(self._people.fund_customers(np.array(customers)), at)
        signed = [one.sign(call) for one, call in calls]
        return self._session.send_signed([call for _, call in calls], signed, at)


def _of_wallet(role: Challenging, wallet: Wallet) -> Challenger:
    return Challenger(role, wallet.address, lambda call: wallet.sign(call.to, call.data, call.value, gas=call.gas))
