"""What `fairmeter arrears remind` does, as a function."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fairmeter.errors import ChainError, InputError

if TYPE_CHECKING:
    from fairmeter.privacy import Custody
    from fairmeter.reminders import Reminded


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
    """Send what the register at the address `register`, on the chain at `rpc_url`, says to remind of.

    `directory` says who is reached where (reminders/directory.py), `settings` when and through what
    (reminders/settings.py), `outbox` is the SQLite file that keeps anything from being sent twice, sealed with the key
    of `custody`. Raises InputError for anything wrong in these, PrivacyError for what does not open, ChainError where
    the node fails or has no register there; then nothing is sent.
    """
    from fairmeter import reminders  # noqa: PLC0415
    from fairmeter.chain.opening import open_engine  # noqa: PLC0415
    from fairmeter.contracts.clients import PaymentLedger  # noqa: PLC0415
    from fairmeter.contracts.collecting import ArrearsRegister  # noqa: PLC0415
    from fairmeter.privacy import Kind  # noqa: PLC0415
    from fairmeter.simulation.scenario import read_toml  # noqa: PLC0415

    rules = read_toml(settings, reminders.Settings)
    key = custody.needed_for(outbox)
    people = reminders.load_directory(directory, custody)
    channels = reminders.channels_of(rules)
    address = _address(register)
    with open_engine("rpc", rpc_url) as engine:
        if not engine.code(address):
            raise ChainError(f"the chain has no contract at {register}")
        known = ArrearsRegister(engine, address)
        ledger = PaymentLedger(engine, known.read("ledger"))
        due = reminders.due_reminders(known, ledger, from_block)
    with reminders.Outbox.open(outbox, key) as box:
        custody.note(outbox, Kind.MESSAGES, len(box), reminders.PERSONAL)
        return reminders.remind(due, people, rules, channels, box, address, datetime.now(UTC))


def _address(text: str) -> bytes:
    try:
        address = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        address = b""
    if len(address) != 20:
        raise InputError(f"--register {text}: expected an address of 20 bytes in hexadecimal")
    return address
