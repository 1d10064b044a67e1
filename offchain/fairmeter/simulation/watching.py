"""What is done about wrong verdicts: every verdict is computed again by the true readings, and while the window is open
the wrong ones are challenged, each by the shortest way that there is, by whoever can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from fairmeter.chain.engine import Receipts
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.challenging import Committed, announcement, leaf_shown
from fairmeter.contracts.deploy import System
from fairmeter.contracts.governance import LATEST, Stakes
from fairmeter.contracts.packing import Bytes2D, evidence_leaves, evidence_prefix, pack_verdicts
from fairmeter.contracts.session import Call, Session
from fairmeter.model import Bools, Decision, Int64s
from fairmeter.oracle import Judgement
from fairmeter.simulation.answers import MARGIN, Later
from fairmeter.simulation.challengers import Challenger, Challengers
from fairmeter.simulation.metering import MeterOperators
from fairmeter.simulation.panel import Contradiction, Said
from fairmeter.simulation.scenario import Challenging, Scenario
from fairmeter.units import SECONDS_A_DAY

ANSWER_AFTER = SECONDS_A_DAY
"""From a demand to its answer, seconds."""

Reversed = Callable[[Receipts], None]
"""Told of what a challenge did."""


class Mechanism(StrEnum):
    """By what a wrong verdict was put right."""

    COMPUTATION = "computation"
    """From the evidence that its signers had committed to."""
    READINGS = "signed readings"
    DEMAND = "demand"
    """Nobody showed the evidence."""


@dataclass(slots=True)
class Wrong:
    """A verdict that the true readings do not give; where `committed` is `right`, its growth figures are wrong."""

    bill: int
    row: int
    """In the file."""
    committed: Decision
    right: Decision
    signers: tuple[int, ...]
    mechanism: Mechanism | None = None
    """None while it stands."""
    challenger: Challenging | None = None
    """Who had it put right."""
    moved: tuple[str, int] = ("nothing", 0)
    """What the judging did with how much, minor units: paid, held, owed or nothing."""


@dataclass(frozen=True, slots=True)
class _Demanded:
    """What was said of a batch, and by whom one of its leaves can be shown."""

    committed: Committed
    said: Said
    opens: bool
    """Its signers show their leaves, which carry a verdict."""


@dataclass(slots=True)
class Watchers:
    """`disclosing` (n,) says of each bill in the file whether its customer lets others show readings."""

    challengers: Challengers
    wallets: Sequence[Wallet]
    scenario: Scenario
    system: System
    session: Session
    meters: MeterOperators | None
    accounts: Int64s
    """(n,) index of each bill's account."""
    disclosing: Bools
    demanding: Bools
    """(n,) of which bills only readings count that the meter operator signed."""
    later: Later
    reversed: Reversed
    wrongs: dict[int, Wrong] = field(default_factory=dict)
    """By bill id."""
    _openers: set[tuple[int, ...]] = field(default_factory=set)
    """Signers who have shown forged evidence: to ask them again costs a bond each time."""

    def endow(self, funder: Wallet) -> None:
        """Give each what it puts on its demands."""
        bond, ledger, currency = self.scenario.watchers.bond, self.system.ledger, self.system.currency
        purse = bond * len(self.wallets)
        if purse:
            money = [currency.mint(funder.address, purse), currency.approve(ledger.address, purse)]
            bonds = [ledger.deposit_bond(wallet.address, bond) for wallet in self.wallets]
            self.session.transact(funder, *money, *bonds)

    def look(self, true: Judgement, said: Said, rows: Int64s, at: int) -> bool:
        """Note every wrong verdict of a judged batch, and challenge what can be; whether a demand is open now."""
        if said.judgement.verdicts is true.verdicts:
            return False
        committed = Committed(true.posted.batch, true.posted.words, pack_verdicts(said.judgement.verdicts))
        differ = np.flatnonzero((committed.verdicts != pack_verdicts(true.verdicts)).any(axis=1))
        decided, right = said.judgement.verdicts.decision, true.verdicts.decision
        first = true.posted.batch << 16
        for index in differ.tolist():
            bill, row = first + index, int(rows[index])
            decisions = Decision(int(decided[index])), Decision(int(right[index]))
            self.wrongs[bill] = Wrong(bill, row, *decisions, said.signers)
        if not len(differ) or not self.scenario.periods.window:
            return False
        signed = self.demanding[rows[differ]] & (self.meters is not None)
        if said.judgement.evidence_root == true.evidence_root and not signed.any():
            self._by_computation(committed, true, rows, differ.tolist(), at)
        elif self.meters is not None:
            self._by_readings(committed, true, rows, differ.tolist(), at)
        elif self.scenario.watchers.demands:
            # what follows from a demand is an appeal: nobody asks for one where the right decision stands
            asked = differ[(decided != right)[differ] & self.disclosing[rows[differ]]]
            unsigned = bool(self.demanding[rows[asked]].any())
            if unsigned or said.signers not in self._openers:
                opens = said.conduct.shows and not unsigned
                return self._demand(_Demanded(committed, said, opens), asked.tolist(), at)
        return False

    @property
    def demand_time(self) -> int:
        """Seconds after which a demand is over, whatever comes of it, less the usual margin."""
        return self._stakes().demand_period + MARGIN

    def report(self, contradictions: list[Contradiction], at: int) -> None:
        """Have whoever signed two things of one batch slashed."""
        if not self.wallets:
            return
        names = ("evidenceRoot", "verdictCommitment", "signature")
        for found in contradictions:
            one, other = (dict(zip(names, said, strict=True)) for said in found.said)
            call = self.system.operators.slash_equivocation(found.operator.address, found.batch, one, other)
            self.session.transact(self._watcher(found.batch), call, timestamp=at)
        contradictions.clear()

    def _by_computation(self, committed: Committed, true: Judgement, rows: Int64s, indices: list[int], at: int) -> None:
        leaves = self._leaves(committed, true)

        def made(index: int, nonce: bytes) -> Call:
            leaf = leaf_shown(true.evidence, leaves, index)
            return self.system.challenges.challenge(committed.shown(index), leaf, nonce)

        self._challenge(committed.batch, rows, indices, made, Mechanism.COMPUTATION, at)

    def _by_readings(self, committed: Committed, true: Judgement, rows: Int64s, indices: list[int], at: int) -> None:
        assert self.meters is not None
        meters, evidence = self.meters, true.evidence

        def made(index: int, nonce: bytes) -> Call:
            account = int(self.accounts[rows[index]])
            snapshots = meters.shown(account, int(evidence.start[index]), int(evidence.days[index]))
            return self.system.challenges.challenge_by_readings(committed.shown(index), snapshots, nonce)

        self._challenge(committed.batch, rows, indices, made, Mechanism.READINGS, at)

    def _challenge(
        self,
        batch: int,
        rows: Int64s,
        indices: list[int],
        made: Callable[[int, bytes], Call],
        mechanism: Mechanism,
        at: int,
    ) -> None:
        """Each challenger announces one at a time, and brings it once that stands in a block: who copies it from the
        mempool has announced nothing."""
        rounds: list[list[tuple[Challenger, int, bytes]]] = []
        turns: Counter[bytes] = Counter()
        for index in indices:
            bill = batch << 16 | index
            one = self.challengers.of(bill, int(rows[index]), signed=mechanism is Mechanism.READINGS)
            if one is None:
                continue
            if turns[one.address] == len(rounds):
                rounds.append([])
            rounds[turns[one.address]].append((one, index, keccak256(b"nonce" + bill.to_bytes(8, "big"))))
            turns[one.address] += 1
            self.wrongs[bill].mechanism, self.wrongs[bill].challenger = mechanism, one.role
        for turn in rounds:
            said = [announcement(one.address, batch << 16 | index, nonce) for one, index, nonce in turn]
            announced = [(one, self.system.ledger.announce(words)) for (one, *_), words in zip(turn, said, strict=True)]
            self.challengers.send(announced, at)
            self.reversed(self.challengers.send([(one, made(index, nonce)) for one, index, nonce in turn], at))

    def _demand(self, one: _Demanded, indices: list[int], at: int) -> bool:
        demands = [
            (self._watcher(one.committed.batch), self.system.challenges.demand(one.committed.shown(index)))
            for index in indices[: self._affordable(one.committed.batch)]
        ]
        if not demands:
            return False
        asked = indices[: len(demands)]
        self.session.send(demands, at)
        if one.opens:
            # the first answer tells that the others would come as well
            self._openers.add(one.said.signers)
            self.later(at + ANSWER_AFTER, lambda when: self._answer(one, asked, when))
        else:
            due = at + self._stakes().demand_period + MARGIN
            self.later(due, lambda when: self._enforce(one, asked, when))
        return True

    def _answer(self, one: _Demanded, indices: list[int], at: int) -> None:
        """The signers show the leaves that they committed to."""
        judgement = one.said.judgement
        leaves = self._leaves(one.committed, judgement)
        answer = self.system.challenges.answer
        calls = [answer(one.committed.shown(i), leaf_shown(judgement.evidence, leaves, i)) for i in indices]
        self.reversed(self.session.transact(one.said.sender, *calls, timestamp=at))

    def _enforce(self, one: _Demanded, indices: list[int], at: int) -> None:
        calls = [self.system.challenges.enforce(one.committed.shown(index)) for index in indices]
        self.reversed(self.session.transact(self._watcher(one.committed.batch), *calls, timestamp=at))
        for index in indices:
            wrong = self.wrongs[one.committed.batch << 16 | index]
            wrong.mechanism, wrong.challenger = Mechanism.DEMAND, Challenging.WATCHERS

    def _affordable(self, batch: int) -> int:
        """Demands that the watcher's bond still carries."""
        if not self.wallets:
            return 0
        bond = int(self.system.ledger.read("bondOf", self._watcher(batch).address))
        return bond // max(self._stakes().demand_bond, 1)

    def _stakes(self) -> Stakes:
        return self.system.gate.stakes_of(LATEST)

    def _leaves(self, committed: Committed, judgement: Judgement) -> Bytes2D:
        prefix = evidence_prefix(self.system.engine.chain_id, self.system.gate.address)
        ids = (committed.batch << 16) + np.arange(len(committed.words))
        return evidence_leaves(prefix, ids, committed.words, judgement.evidence)

    def _watcher(self, number: int) -> Wallet:
        """They take turns."""
        return self.wallets[number % len(self.wallets)]
