"""One operator of several: it watches, judges by its own readings, attests, and submits when a quorum says the same and
it is its turn. There is no coordinator, and nothing is kept: the chain and the exchange are the state, so that it may
die at any point and be started anywhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from fairmeter.chain.compact import sign_compact, signer_of
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.attesting import AttestationDomain, verdict_commitment
from fairmeter.contracts.deploy import System
from fairmeter.contracts.governance import OperatorSet
from fairmeter.contracts.packing import Bytes2D, pack_verdicts
from fairmeter.contracts.session import Session
from fairmeter.errors import ChainError, InputError, RevertError
from fairmeter.oracle.exchange import Attestation, Exchange
from fairmeter.oracle.roster import Roster
from fairmeter.oracle.service import Judgement, Oracle

PATIENCE_SECONDS: Final = 30.0
"""For the one before in turn to submit: two of Ethereum's slots, and some."""


class Act(StrEnum):
    """What happened to a batch."""

    ATTESTED = "attested"
    SUBMITTED = "submitted"
    """This operator's transaction judged it."""
    JUDGED = "judged"
    """By another's transaction, as this operator says."""
    CONTRADICTED = "contradicted"
    """By a quorum that says otherwise than this operator."""
    WAITING = "waiting"
    """For more operators, or for the gate to take verdicts."""
    LEFT_OUT = "left out"
    """This operator says nothing of it."""
    TROUBLE = "trouble"
    """The chain or the exchange failed: tried again."""


@dataclass(frozen=True, slots=True)
class Done:
    """One line of an operator's log."""

    batch: int | None
    """None where it is of no batch."""
    act: Act
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """What `fairmeter operate --json` prints."""
        return {"batch": self.batch, "act": self.act.value, "note": self.note}

    def __str__(self) -> str:
        place = "" if self.batch is None else f"batch {self.batch}: "
        return f"{place}{self.act}" + (f": {self.note}" if self.note else "")


@dataclass(slots=True)
class _Open:
    """A batch that is not judged, and what this operator says of it."""

    version: int
    set: OperatorSet
    accounts: frozenset[int]
    words: Bytes2D
    verdicts: Bytes2D
    evidence_root: bytes
    commitment: bytes
    ready_since: float | None = None
    """By the service's clock: when a quorum was there."""
    told: str = ""
    """The last reason why nothing happens."""

    @property
    def content(self) -> tuple[bytes, bytes]:
        return self.evidence_root, self.commitment


class OperatorService:
    """The service behind one wallet. Everything that others hand in is checked before it is used."""

    def __init__(
        self,
        system: System,
        oracle: Oracle,
        wallet: Wallet,
        exchange: Exchange,
        *,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._system, self._oracle, self._wallet, self._exchange = system, oracle, wallet, exchange
        self._patience, self._clock = patience, clock
        self._session, self._roster = Session(system.engine), Roster(system)
        self._domain = AttestationDomain(system.engine.chain_id, system.gate.address)
        self._open: dict[int, _Open] = {}
        self._fresh: list[Judgement] = []
        self._refused: set[int] = set()

    def step(self) -> list[Done]:
        """Do all that can be done now. Raises ChainError if the chain fails and InputError if the exchange does; either
        may be followed by another step."""
        done: list[Done] = []
        self._fresh += self._oracle.watch()
        while self._fresh:
            self._open[self._fresh[0].posted.batch] = self._opened(self._fresh[0])
            # not before: the chain may fail in between
            del self._fresh[0]
        for batch in self._oracle.refused.keys() - self._refused:
            self._refused.add(batch)
            done.append(Done(batch, Act.LEFT_OUT, self._oracle.refused[batch]))
        return done + [one for batch in self._in_order() for one in self._advance(batch, self._open[batch])]

    def _in_order(self) -> list[int]:
        """The open batches that have no account in common with an earlier one: a bill that is judged after a later one
        of its account is void, and whoever gets hold of a quorum's signatures may submit them."""
        claimed: set[int] = set()
        free = []
        for batch, one in sorted(self._open.items()):
            if claimed.isdisjoint(one.accounts):
                free.append(batch)
            claimed |= one.accounts
        return free

    def steps(self, pause: float) -> Iterator[Done]:
        """Step after step for ever, `pause` seconds apart; what fails is told and tried again."""
        while True:
            try:
                yield from self.step()
            except (ChainError, InputError) as error:
                yield Done(None, Act.TROUBLE, str(error))
            time.sleep(pause)

    def _opened(self, judgement: Judgement) -> _Open:
        version = judgement.posted.version
        verdicts = pack_verdicts(judgement.verdicts)
        commitment = verdict_commitment(verdicts)
        members = self._system.operators.set_at(version)
        accounts = frozenset(judgement.accounts.tolist())
        return _Open(version, members, accounts, judgement.posted.words, verdicts, judgement.evidence_root, commitment)

    def _advance(self, batch: int, one: _Open) -> Iterator[Done]:
        if self._system.gate.is_judged(batch):
            yield self._judged(batch, one)
            return
        number = self._system.operators.signer_index(one.version, self._wallet.address)
        if number is None:
            yield from self._tell(batch, one, Act.LEFT_OUT, "this operator may not sign for it")
            return
        said = [found for found in self._exchange.read(batch) if self._is_said(one, found)]
        own = [found for found in said if found.operator == number]
        if any(found.content != one.content for found in own):
            # two things said of one batch cost the bond
            yield from self._tell(batch, one, Act.LEFT_OUT, "this operator has said otherwise of it before")
            return
        if not own:
            yield from self._attest(batch, number, one)
        agreed = {found.operator: found for found in said if found.content == one.content}
        yield from self._try_to_submit(batch, number, one, agreed)

    def _judged(self, batch: int, one: _Open) -> Done:
        del self._open[batch]
        record = self._system.gate.read("verdictRecordOf", batch)
        same = (record["evidenceRoot"], record["verdictCommitment"]) == one.content
        if same:
            return Done(batch, Act.JUDGED)
        return Done(batch, Act.CONTRADICTED, "other verdicts, or other readings, than this operator's")

    def _is_said(self, one: _Open, found: Attestation) -> bool:
        """Whether a member of the batch's set has said this: by its signature, or to the gate."""
        address = self._roster.address_of(found.operator)
        if address is None or found.operator not in one.set.members:
            return False
        if not found.signature:
            return bool(self._system.gate.read("hasAttested", found.batch, *found.content, found.operator))
        return signer_of(self._domain.digest(found.batch, *found.content), found.signature) == address

    def _attest(self, batch: int, number: int, one: _Open) -> Iterator[Done]:
        signature = sign_compact(self._wallet, self._domain.digest(batch, *one.content))
        try:
            self._exchange.publish(Attestation(batch, number, *one.content, signature))
        except RevertError:
            # judged in the meantime: the next step sees it
            return
        yield Done(batch, Act.ATTESTED)

    def _try_to_submit(self, batch: int, number: int, one: _Open, agreed: dict[int, Attestation]) -> Iterator[Done]:
        others = [found for member, found in sorted(agreed.items()) if member != number and self._signs(one, member)]
        count = len(others) + 1
        if count < one.set.quorum:
            one.ready_since = None
            yield from self._tell(batch, one, Act.WAITING, f"{count} of {one.set.quorum} operators say the same")
            return
        if not self._is_turn(batch, number, one, [found.operator for found in others]):
            return
        call = self._system.gate.submit_verdicts(
            batch, one.evidence_root, one.words, one.verdicts, _signatures(others, one.set.quorum - 1)
        )
        try:
            # tried before it is paid for: another may have been faster, or the gate be paused
            self._system.gate.attempt(call, self._wallet.address)
            self._wallet.nonce = self._system.engine.nonce(self._wallet.address)
            self._session.transact(self._wallet, call)
        except RevertError as error:
            if not self._system.gate.is_judged(batch):
                yield from self._tell(batch, one, Act.WAITING, str(error))
            return
        del self._open[batch]
        yield Done(batch, Act.SUBMITTED)

    def _signs(self, one: _Open, member: int) -> bool:
        address = self._roster.address_of(member)
        return address is not None and self._system.operators.is_signer(one.version, address)

    def _is_turn(self, batch: int, number: int, one: _Open, others: list[int]) -> bool:
        """Whether it is this operator's turn among those who say the same: in the order of their numbers, beginning
        with another at each batch, the next one after a patience."""
        now = self._clock()
        if one.ready_since is None:
            one.ready_since = now
        order = sorted([number, *others])
        place = (order.index(number) - batch) % len(order)
        return now - one.ready_since >= place * self._patience

    def _tell(self, batch: int, one: _Open, act: Act, reason: str) -> Iterator[Done]:
        """Why nothing happens, once."""
        if one.told != reason:
            one.told = reason
            yield Done(batch, act, reason)


def _signatures(others: list[Attestation], needed: int) -> bytes:
    """What is missing to `needed` beside those whom the gate has heard itself: number ‖ r ‖ vs, ascending."""
    missing = max(0, needed - sum(not found.signature for found in others))
    signed = [found for found in others if found.signature][:missing]
    return b"".join(bytes([found.operator]) + found.signature for found in signed)
