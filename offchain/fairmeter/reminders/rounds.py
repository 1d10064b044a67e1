"""One round: queue what is to be reminded of, and send what may be sent now."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from fairmeter.errors import NotTakenError
from fairmeter.reminders.channels import Channels, in_doubt
from fairmeter.reminders.decided import Due
from fairmeter.reminders.directory import Recipient
from fairmeter.reminders.message import Message
from fairmeter.reminders.outbox import CLAIMED, QUEUED, SENT, Outbox
from fairmeter.reminders.settings import Settings
from fairmeter.reminders.templates import write


@dataclass(slots=True)
class Reminded:
    """What a round did, in messages."""

    sent: int = 0
    quiet: int = 0
    """Wait for the end of quiet hours."""
    capped: int = 0
    """Wait, since their address had its share of the week."""
    refused: int = 0
    """Were not taken, and are tried again in the next round."""
    in_doubt: int = 0
    """May have been sent, and are not sent again."""
    withdrawn: int = 0
    """Were queued, and are owed no longer."""
    unknown: int = 0
    """Debts of accounts that the directory does not have, or has by a channel that there is not."""
    forbidden: int = 0
    """Debts of which the register would count no contact."""
    noted: int = 0
    """Contacts counted on chain, those of earlier rounds that ended before."""
    uncounted: int = 0
    """Contacts that were made, and are counted in the next round."""
    late: int = 0
    """Contacts of debts that were paid before they could be counted."""
    contacts: dict[str, int] = field(default_factory=dict)
    """By bill, how many the register has counted with those of this round."""
    problems: list[str] = field(default_factory=list)
    """The first of each kind, for people."""

    def tell(self, problem: str) -> None:
        """Each once."""
        line = " ".join(problem.split())
        if line not in self.problems:
            self.problems.append(line)

    def to_json(self) -> dict[str, Any]:
        """As it is."""
        return asdict(self)

    def __str__(self) -> str:
        counts = {name: value for name, value in asdict(self).items() if isinstance(value, int) and value}
        noted = [f"noted: bill {bill}, contact {count}" for bill, count in self.contacts.items()]
        told = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in counts.items()) or "nothing to do"
        return "\n".join([told, *noted, *self.problems])


def remind(
    due: Sequence[Due],
    directory: Mapping[int, Recipient],
    settings: Settings,
    channels: Channels,
    outbox: Outbox,
    register: bytes,
    now: datetime,
) -> Reminded:
    """One round at `now`, of the debts `due` of a register at an address. Raises InputError for a strategy without a
    wording; then nothing of it is queued."""
    done = Reminded()
    wanted = _wanted(due, directory, settings, channels, register, done)
    for message, _ in wanted.values():
        outbox.queue(message)
    stale = (message.key for message in outbox.messages(QUEUED) if message.key not in wanted)
    done.withdrawn = outbox.withdraw(stale)
    _recover(outbox, channels, done, now)
    for message, recipient in [wanted[one.key] for one in outbox.messages(QUEUED) if one.key in wanted]:
        if settings.is_quiet(now, recipient.timezone):
            done.quiet += 1
        elif outbox.sent_since(message.address, now) >= settings.most_a_week:
            done.capped += 1
        elif outbox.claim(message.key, now):
            _send(message, outbox, channels, done, now)
    return done


def _wanted(
    due: Sequence[Due],
    directory: Mapping[int, Recipient],
    settings: Settings,
    channels: Channels,
    register: bytes,
    done: Reminded,
) -> dict[str, tuple[Message, Recipient]]:
    """By key, what would be sent if it were its time."""
    wanted: dict[str, tuple[Message, Recipient]] = {}
    for debt in due:
        if debt.forbidden:
            done.forbidden += 1
            done.tell(debt.forbidden)
            continue
        recipient = directory.get(debt.account)
        if recipient is None or recipient.channel not in channels:
            done.unknown += 1
            continue
        message = _message(debt, recipient, settings, register)
        wanted[message.key] = message, recipient
    return wanted


def _recover(outbox: Outbox, channels: Channels, done: Reminded, now: datetime) -> None:
    """What a crash left claimed: sent again where the channel knows what it has, else left alone."""
    for message in outbox.messages(CLAIMED):
        if in_doubt_after(channels, message):
            done.in_doubt += 1
        else:
            _send(message, outbox, channels, done, now)


def _send(message: Message, outbox: Outbox, channels: Channels, done: Reminded, now: datetime) -> None:
    try:
        channels[message.channel].send(message)
    except NotTakenError as error:
        outbox.note(message.key, QUEUED, now)
        done.refused += 1
        done.tell(str(error))
        return
    except Exception as error:
        if not in_doubt(error):
            raise
        done.in_doubt += 1
        done.tell(f"{message.channel}: {error}")
        return
    outbox.note(message.key, SENT, now)
    done.sent += 1


def _message(debt: Due, recipient: Recipient, settings: Settings, register: bytes) -> Message:
    amount = f"{debt.owed // 100:,}.{debt.owed % 100:02}"
    reference = reference_of(debt.bill)
    subject, text = write(
        recipient.language, debt.strategy,
        name=recipient.name, amount=amount, reference=reference, supplier=settings.supplier,
    )  # fmt: skip
    said = f"{register.hex()} {debt.bill} {debt.contacts}".encode()
    key = hashlib.sha256(said).hexdigest()[:32]
    known = (key, debt.bill, debt.account, debt.class_, debt.contacts, recipient.channel)
    return Message(*known, recipient.address, subject, text)


def reference_of(bill: int) -> str:
    """As people have it: batch/index."""
    return f"{bill >> 16}/{bill & 0xFFFF}"


def in_doubt_after(channels: Channels, message: Message) -> bool:
    """Whether a claimed message, a round being over, may have been sent and will not be again."""
    channel = channels.get(message.channel)
    return channel is None or not channel.knows
