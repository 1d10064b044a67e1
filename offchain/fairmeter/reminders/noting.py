"""Contacts that were made, counted on chain, each once: the transaction lies signed in the outbox before it is sent,
and is the only one that counts its messages until it is mined or never can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from fairmeter.chain.engine import Receipt
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.collecting import ArrearsRegister, Scores, Stage, Step, check_alone, pack_scores, unpack_told
from fairmeter.contracts.packing import Bytes2D
from fairmeter.errors import NonceTakenError
from fairmeter.reminders.channels import Channels
from fairmeter.reminders.decided import words_of
from fairmeter.reminders.message import Message
from fairmeter.reminders.outbox import CLAIMED, LATE, NOTED, NOTING, SENT, Outbox
from fairmeter.reminders.rounds import Reminded, in_doubt_after, reference_of

AT_ONCE: Final = 500
"""Contacts a transaction: 3.7 million gas."""


class Notary:
    """One operator whose word is enough."""

    def __init__(self, register: ArrearsRegister, wallet: Wallet, outbox: Outbox) -> None:
        """Raises InputError where the wallet is no operator's, or more than one has to say what it says."""
        self._register, self._wallet, self._outbox = register, wallet, outbox
        check_alone(register, wallet.address)

    def finish(self, done: Reminded) -> None:
        """Send once more what a crash left on its way. Raises ChainError where the node does not answer for it."""
        raw = self._outbox.transaction()
        if raw is not None:
            self._deliver(raw, done)

    def note(self, channels: Channels, done: Reminded) -> None:
        """Count every contact that was made, or may have been, and is not counted yet. Raises RevertError where the
        register refuses, ChainError where the node fails; what is not counted then is in the next round."""
        claimed = [one for one in self._outbox.messages(CLAIMED) if in_doubt_after(channels, one)]
        made = self._countable([*self._outbox.messages(SENT), *claimed], done)
        for start in range(0, len(made), AT_ONCE):
            some = made[start : start + AT_ONCE]
            call = self._register.record_contacts(_words(some))
            self._register.attempt(call, self._wallet.address)
            self._wallet.nonce = self._register.engine.nonce(self._wallet.address)
            signed = self._wallet.sign(call.to, call.data, gas=call.gas)
            self._outbox.sign(signed.raw, [one.key for one in some])
            self._deliver(signed.raw, done)

    def left(self, channels: Channels) -> int:
        """Contacts that were made, or may have been, and are neither counted nor known to be late."""
        claimed = [one for one in self._outbox.messages(CLAIMED) if in_doubt_after(channels, one)]
        return len(self._outbox.messages(SENT)) + len(self._outbox.messages(NOTING)) + len(claimed)

    def _countable(self, made: Sequence[Message], done: Reminded) -> list[Message]:
        """By bill, those that the register would count now."""
        found: dict[int, Message] = {}
        for message in sorted(made, key=lambda one: (one.bill, one.contacts)):
            debt = self._register.debt_of(message.bill)
            if debt.contacts > message.contacts:
                self._outbox.turn([message.key], NOTED)
            elif debt.stage is Stage.NONE:
                self._outbox.turn([message.key], LATE)
                done.late += 1
            elif debt.step is Step.REMIND:
                found.setdefault(message.bill, message)
        return list(found.values())

    def _deliver(self, raw: bytes, done: Reminded) -> None:
        try:
            (receipt,) = self._register.engine.send([raw])
        except NonceTakenError as error:
            self._outbox.settle([])
            done.tell(str(error))
            return
        told = self._told(receipt)
        counted = [one for one in self._outbox.messages(NOTING) if one.bill in told]
        self._outbox.settle([one.key for one in counted])
        done.noted += len(counted)
        done.contacts |= {reference_of(one.bill): told[one.bill] for one in counted}
        if not receipt.status:
            raise self._register.interface.decode_error(receipt.revert_data, "ArrearsRegister.recordContacts")

    def _told(self, receipt: Receipt) -> dict[int, int]:
        """Contacts by bill, as the register has counted them."""
        found: dict[int, int] = {}
        for log in receipt.logs:
            if log.address == self._register.address:
                told = unpack_told(words_of(self._register.interface.decode_log(log).arguments["contacts"]))
                found |= dict(zip(told.scores.bill.tolist(), told.contacts.tolist(), strict=True))
        return found


def _words(messages: Sequence[Message]) -> Bytes2D:
    bill, class_ = (np.array([getattr(one, name) for one in messages], np.int64) for name in ("bill", "class_"))
    nothing = np.zeros(len(messages), np.int64)
    return pack_scores(Scores(bill, nothing, nothing, class_, nothing))
