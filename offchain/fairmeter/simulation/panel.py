"""The run's operators: who says what of a batch, and whose word reaches the gate.

Operators of one conduct act as one. Where the liars of one conduct are a quorum they are faster than the honest,
always: what a run shows of them is the worst that they can do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fairmeter.chain.compact import sign_compact
from fairmeter.chain.merkle import merkle_root
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.attesting import AttestationDomain, verdict_commitment
from fairmeter.contracts.deploy import System
from fairmeter.contracts.governance import LATEST
from fairmeter.contracts.packing import evidence_leaves, evidence_prefix, pack_verdicts
from fairmeter.contracts.session import Call, Session
from fairmeter.errors import RevertError
from fairmeter.oracle import Judgement
from fairmeter.simulation.conduct import FALSE_VERDICTS, forged_evidence, lied
from fairmeter.simulation.plan import Batch
from fairmeter.simulation.scenario import Conduct, OperatorGroup, Scenario
from fairmeter.verdict import judge

TRUTHFUL = frozenset({Conduct.HONEST, Conduct.EQUIVOCATE})
"""Who signs the true verdicts."""
HONEST = OperatorGroup(1, Conduct.HONEST)


@dataclass(frozen=True, slots=True)
class Said:
    """What a quorum said of a batch."""

    judgement: Judgement
    """What they committed to."""
    signers: tuple[int, ...]
    """Numbers."""
    sender: Wallet
    conduct: OperatorGroup


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two things that one operator signed of a batch, each evidence root, verdict commitment and signature."""

    operator: Wallet
    batch: int
    said: tuple[tuple[bytes, bytes, bytes], tuple[bytes, bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch with its true judgement and what a quorum said."""

    batch: Batch
    true: Judgement
    said: Said


class Panel:
    """The operators of a scenario, by number."""

    def __init__(self, wallets: Sequence[Wallet], keeper: Wallet, scenario: Scenario) -> None:
        self._wallets, self._keeper, self._scenario = wallets, keeper, scenario
        self._groups = scenario.conducts()
        self.honest = all(group.conduct is Conduct.HONEST for group in self._groups)
        self._quorums: dict[int, int] = {}
        """By version."""
        self._submitted: Call | None = None
        """The last that a quorum said."""
        self.contradictions: list[Contradiction] = []
        """That nobody has reported yet."""
        self.refused = 0
        """Submissions that the gate did not take: copied and replayed signatures, operators' verdicts where it computes
        them itself."""

    def name(self, system: System, session: Session, governor: Wallet) -> None:
        """Post every operator's bond, name them all, and set the quorum."""
        self._system, self._session = system, session
        self._domain = AttestationDomain(system.engine.chain_id, system.gate.address)
        self._prefix = evidence_prefix(system.engine.chain_id, system.gate.address)
        given, named = self._scenario.operators, len(self._wallets)
        currency, ledger = system.currency, system.ledger
        calls = [
            currency.mint(governor.address, given.bond * named),
            currency.approve(ledger.address, given.bond * named),
            *(ledger.deposit_bond(wallet.address, given.bond) for wallet in self._wallets),
            *(system.operators.set_operator(wallet.address, active=True) for wallet in self._wallets[: given.count]),
        ]
        if given.quorum > 1:
            calls.append(system.operators.set_quorum(given.quorum))
        session.transact(governor, *calls)

    def say(self, true: Judgement) -> Said | None:
        """What is submitted of a batch, given the true judgement: what a quorum says, None if no content finds one.
        What the gate computes by itself needs no operator, and anyone submits it."""
        if true.posted.shown is not None:
            return Said(true, (), self._keeper, HONEST)
        signing = self._signing(true)
        lie = self._said_by_liars(true, signing)
        if lie is not None:
            return lie
        members = [number for number in signing if self._groups[number].conduct in TRUTHFUL]
        if len(members) < self._quorum(true):
            return None
        return self._said(true, true, members, HONEST)

    def _said_by_liars(self, true: Judgement, signing: list[int]) -> Said | None:
        for group in dict.fromkeys(self._groups[number] for number in signing):
            if group.conduct not in TRUTHFUL and group.conduct not in (Conduct.COPY, Conduct.REPLAY):
                members = [n for n in signing if self._groups[n] == group or self._also_says(n, group)]
                if len(members) >= self._quorum(true):
                    return self._said(self._lie(group, true), true, members, group)
        return None

    def endorse(self, make: Callable[[bytes], Call], digest_of: Callable[[Call], bytes]) -> tuple[Wallet, Call]:
        """What honest operators say together beside verdicts: the call that `make` makes of the signatures of as many
        as the quorum needs beside the sender, and the sender."""
        quorum = self._system.operators.set_at(LATEST).quorum
        honest = [n for n in range(self._scenario.operators.count) if self._groups[n].conduct in TRUTHFUL]
        call, signers = make(b""), honest[1:quorum]
        if signers:
            digest = digest_of(call)
            call = make(b"".join(bytes([n]) + sign_compact(self._wallets[n], digest) for n in signers))
        return self._wallets[honest[0]], call

    def misbehave(self, true: Judgement, at: int) -> None:
        """Hand in what no gate takes, and sign what costs the bond."""
        if self.honest:
            return
        lie = self._said_by_liars(true, self._signing(true)) if true.posted.shown is not None else None
        if lie is not None:
            self._try(lie.sender, lie.judgement.call, at)
        for number, group in enumerate(self._groups):
            if group.conduct in (Conduct.COPY, Conduct.REPLAY):
                self._hand_in(number, group.conduct, true, at)
            elif group.conduct is Conduct.EQUIVOCATE:
                contents = [true, self._lie(group, true)]
                first, second = ((*_content(one), self._sign(number, one)) for one in contents)
                if first[:2] != second[:2]:
                    self.contradictions.append(Contradiction(self._wallets[number], true.posted.batch, (first, second)))

    def _signing(self, true: Judgement) -> list[int]:
        """Who may and does sign for the batch."""
        numbers = [n for n, group in enumerate(self._groups) if group.conduct is not Conduct.SILENT]
        if self.honest and not self._scenario.governance.changes:
            return numbers
        version, operators = true.posted.version, self._system.operators
        return [number for number in numbers if operators.is_signer(version, self._wallets[number].address)]

    def _quorum(self, true: Judgement) -> int:
        """Of the batch's version."""
        version = true.posted.version
        if version not in self._quorums:
            self._quorums[version] = self._system.operators.set_at(version).quorum
        return self._quorums[version]

    def _also_says(self, number: int, group: OperatorGroup) -> bool:
        """Who equivocates has signed a PAY of every bill as well."""
        return self._groups[number].conduct is Conduct.EQUIVOCATE and group.conduct is Conduct.ALWAYS_PAY

    def _lie(self, group: OperatorGroup, true: Judgement) -> Judgement:
        first, second, degree = true.posted.presets
        if group.conduct in FALSE_VERDICTS:
            generator = np.random.default_rng([self._scenario.seed, true.posted.batch])
            verdicts = lied(group.conduct, true.verdicts, first, second, share=group.share, generator=generator)
            return replace(true, verdicts=verdicts)
        reference, evidence = forged_evidence(true.evidence, true.bills.quantity, true.bills.days.astype(np.int64))
        verdicts = judge(
            reference,
            true.bills.quantity,
            true.bills.days,
            first_preset=first,
            second_preset=second,
            degree=degree,
        )
        ids = (true.posted.batch << 16) + np.arange(len(true.posted))
        root = merkle_root(evidence_leaves(self._prefix, ids, true.posted.words, evidence))
        return replace(true, verdicts=verdicts, evidence=evidence, evidence_root=root)

    def _said(self, judgement: Judgement, true: Judgement, members: list[int], group: OperatorGroup) -> Said:
        """The first `quorum` of the members in turn sign, and the first of these submits."""
        turn = judgement.posted.batch % len(members)
        signers = (members[turn:] + members[:turn])[: self._quorum(true)]
        sender, others = signers[0], sorted(signers[1:])
        signatures = b"".join(bytes([number]) + self._sign(number, judgement) for number in others)
        call = self._call(judgement, signatures) if others or judgement is not true else true.call
        self._submitted = call
        return Said(replace(judgement, call=call), tuple(sorted(signers)), self._wallets[sender], group)

    def _hand_in(self, number: int, conduct: Conduct, true: Judgement, at: int) -> None:
        """An operator's own number with a signature that is not its own over this batch; anyone may submit."""
        if conduct is Conduct.COPY:
            others = [n for n, group in enumerate(self._groups) if group.conduct in TRUTHFUL and n != number]
            if not others:
                return
            signature = self._sign(others[0], true)
        else:
            signature = sign_compact(self._wallets[number], self._domain.digest(true.posted.batch - 1, *_content(true)))
            if self._submitted is not None:
                self._try(self._keeper, self._submitted, at)
        self._try(self._keeper, self._call(true, bytes([number]) + signature), at)

    def _try(self, sender: Wallet, call: Call, at: int) -> None:
        try:
            self._session.transact(sender, call, timestamp=at)
        except RevertError:
            self.refused += 1

    def _call(self, judgement: Judgement, signatures: bytes) -> Call:
        posted = judgement.posted
        return self._system.gate.submit_verdicts(
            posted.batch, judgement.evidence_root, posted.words, pack_verdicts(judgement.verdicts), signatures
        )

    def _sign(self, number: int, judgement: Judgement) -> bytes:
        return sign_compact(self._wallets[number], self._domain.digest(judgement.posted.batch, *_content(judgement)))


def _content(judgement: Judgement) -> tuple[bytes, bytes]:
    return judgement.evidence_root, verdict_commitment(pack_verdicts(judgement.verdicts))
