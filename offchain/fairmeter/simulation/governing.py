"""The run's governor: after the set-up everything that it changes is announced on chain, and waits for its notice."""

from __future__ import annotations

from collections.abc import Sequence

from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.deploy import System, hand_over_calls
from fairmeter.contracts.session import Call, Session
from fairmeter.simulation.answers import MARGIN, Later
from fairmeter.simulation.people import People
from fairmeter.simulation.scenario import Change, Scenario
from fairmeter.simulation.setup import preset_calls
from fairmeter.units import SECONDS_A_DAY


class Governor:
    """Acts by a wallet of its own, which nobody but the deployer had before."""

    def __init__(self, people: People, scenario: Scenario, system: System, session: Session) -> None:
        self._wallet, self._deployer, self._operators = people.governor, people.funder, people.operators
        self._scenario, self._system, self._session = scenario, system, session

    def take_over(self) -> None:
        """The deployer gives its roles up: the last that is done without notice."""
        notice = self._scenario.governance.notice
        calls = hand_over_calls(self._system, self._deployer.address, self._wallet.address, notice)
        self._session.transact(self._deployer, *calls)

    def plan(self, first: int, later: Later) -> None:
        """Ask for every change of the scenario; `first` is when the first bills are posted, Unix seconds."""
        named = self._scenario.operators.count
        for change in self._scenario.governance.changes:
            joining = self._operators[named : named + change.operators]
            named += change.operators
            self._ask(change, joining, first + change.after * SECONDS_A_DAY, later)

    def _ask(self, change: Change, joining: Sequence[Wallet], at: int, later: Later) -> None:
        calls = self._calls(change, joining)
        schedule, execute = self._system.governance.schedule, self._system.governance.execute
        notice = self._scenario.governance.notice

        def announce(when: int) -> None:
            self._session.transact(self._wallet, *(schedule(call) for call in calls), timestamp=when)
            later(when + notice + MARGIN, act)

        def act(when: int) -> None:
            self._session.transact(self._wallet, *(execute(call) for call in calls), timestamp=when)

        later(at, announce)

    def _calls(self, change: Change, joining: Sequence[Wallet]) -> list[Call]:
        operators = self._system.operators
        calls = [operators.set_operator(wallet.address, active=True) for wallet in joining]
        if change.quorum is not None:
            calls.append(operators.set_quorum(change.quorum))
        if change.presets is not None:
            calls += preset_calls(self._system.gate, self._scenario, change.presets)
        return calls
