"""The messages on disk: each is claimed before it is sent and noted after, so that a crash in the middle sends nothing
twice. What was claimed and not noted is sent again only by a channel that knows it has it already."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from fairmeter.errors import InputError

QUEUED: Final = "queued"
CLAIMED: Final = "claimed"
SENT: Final = "sent"
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS messages (
    key TEXT PRIMARY KEY, bill INTEGER NOT NULL, account INTEGER NOT NULL, channel TEXT NOT NULL,
    address TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, at TEXT
) STRICT
"""
_FIELDS: Final = "key, bill, account, channel, address, subject, text"


@dataclass(frozen=True, slots=True)
class Message:
    """One reminder."""

    key: str
    """The same for the same contact of the same debt, for ever."""
    bill: int
    account: int
    channel: str
    address: str
    subject: str
    text: str


class Outbox:
    """A SQLite file, which nobody but its owner may read: it has customers' names and addresses. To be closed."""

    def __init__(self, path: Path) -> None:
        """Raises InputError for a file that is something else."""
        path.touch(mode=0o600)
        # Every statement is its own transaction, and on disk when it returns.
        self._database = sqlite3.connect(path, isolation_level=None, timeout=30.0)
        try:
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute(_TABLE)
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise InputError(f"{path}: is no outbox: {error}") from error

    def queue(self, message: Message) -> bool:
        """Keep it; False if it was there before, in whatever state."""
        values = (message.key, message.bill, message.account, message.channel, message.address)
        done = self._database.execute(
            f"INSERT OR IGNORE INTO messages ({_FIELDS}, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (*values, message.subject, message.text, QUEUED),
        )
        return done.rowcount == 1

    def messages(self, state: str) -> list[Message]:
        """Those in a state, in the order in which they were queued."""
        found = self._database.execute(
            f"SELECT {_FIELDS} FROM messages WHERE state = ? ORDER BY rowid",  # noqa: S608
            (state,),
        )
        return [Message(*row) for row in found]

    def claim(self, key: str, now: datetime) -> bool:
        """Take a queued message to send it; False if another process has."""
        done = self._database.execute(
            "UPDATE messages SET state = ?, attempts = attempts + 1, at = ? WHERE key = ? AND state = ?",
            (CLAIMED, now.isoformat(), key, QUEUED),
        )
        return done.rowcount == 1

    def note(self, key: str, state: str, now: datetime) -> None:
        """What became of a claimed message: SENT, or QUEUED where it surely was not taken."""
        self._database.execute("UPDATE messages SET state = ?, at = ? WHERE key = ?", (state, now.isoformat(), key))

    def withdraw(self, keys: Iterator[str]) -> int:
        """Forget queued messages that are not wanted any more; how many."""
        done = self._database.executemany(
            "DELETE FROM messages WHERE key = ? AND state = ?", ((key, QUEUED) for key in keys)
        )
        return max(done.rowcount, 0)

    def sent_since(self, address: str, now: datetime, days: int = 7) -> int:
        """Messages to an address in the last days, those of unknown fate included."""
        since = (now - timedelta(days=days)).isoformat()
        (count,) = self._database.execute(
            "SELECT count(*) FROM messages WHERE address = ? AND state != ? AND at > ?", (address, QUEUED, since)
        ).fetchone()
        return int(count)

    def close(self) -> None:
        """Twice does no harm."""
        self._database.close()

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Closed at the end."""
        outbox = cls(path)
        try:
            yield outbox
        finally:
            outbox.close()
