"""What `fairmeter arrears remind` does, as a function."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fairmeter.errors import ChainError

if TYPE_CHECKING:
    from fairmeter.contracts.collecting import ArrearsRegister
    from fairmeter.privacy import Custody
    from fairmeter.reminders import Channels, Notary, Outbox, Recipient, Reminded, Settings


def remind(
    rpc_url: str,
    register: str,
    directory: Path,
    settings: Path,
    outbox: Path,
    custody: Custody,
    *,
    from_block: int = 0,
) -> Reminded:
    """Send what the register at `register` (an address, or its file), on the chain at `rpc_url`, says to remind of, and
    count on chain what was sent, as the operator whose key is in FAIRMETER_PRIVATE_KEY.

    `directory` says who is reached where (reminders/directory.py), `settings` when and through what
    (reminders/settings.py), `outbox` is the SQLite file that keeps anything from being sent twice, sealed with the key
    of `custody`. Raises InputError for anything wrong in these, PrivacyError for what does not open, ChainError where
    the node fails or has no register there; then nothing is sent.
    """
    from fairmeter import reminders  # noqa: PLC0415
    from fairmeter.chain.opening import open_engine  # noqa: PLC0415
    from fairmeter.chain.wallet import Wallet, funder_key  # noqa: PLC0415
    from fairmeter.contracts.collecting import register_at  # noqa: PLC0415
    from fairmeter.privacy import Kind  # noqa: PLC0415
    from fairmeter.simulation.scenario import read_toml  # noqa: PLC0415

    rules = read_toml(settings, reminders.Settings)
    key = custody.needed_for(outbox)
    people = reminders.load_directory(directory, custody)
    channels = reminders.channels_of(rules)
    with open_engine("rpc", rpc_url) as engine:
        known, wallet = register_at(engine, register), Wallet.on(engine, funder_key(engine))
        with reminders.alone(outbox), reminders.Outbox.open(outbox, key) as box:
            box.settle_at(engine.chain_id, known.address)
            notary = reminders.Notary(known, wallet, box)
            custody.note(outbox, Kind.MESSAGES, len(box), reminders.PERSONAL)
            return _round(known, notary, people, rules, channels, box, from_block)


def _round(
    register: ArrearsRegister,
    notary: Notary,
    people: Mapping[int, Recipient],
    rules: Settings,
    channels: Channels,
    box: Outbox,
    from_block: int,
) -> Reminded:
    """What is on its way is finished first: what is due follows from what is counted."""
    from fairmeter import reminders  # noqa: PLC0415
    from fairmeter.contracts.clients import PaymentLedger  # noqa: PLC0415

    before = reminders.Reminded()
    notary.finish(before)
    ledger = PaymentLedger(register.engine, register.read("ledger"))
    due = reminders.due_reminders(register, ledger, from_block)
    done = reminders.remind(due, people, rules, channels, box, register.address, datetime.now(UTC))
    done.noted, done.contacts = before.noted, before.contacts
    done.problems[:0] = before.problems
    try:
        notary.note(channels, done)
    except ChainError as error:
        # sent is sent: what was done is told, and what is left is for the next round
        done.tell(f"not counted yet: {error}")
    done.uncounted = notary.left(channels)
    return done
