"""The messages on disk: each is claimed before it is sent and noted after, so that a crash in the middle sends nothing
twice. What was claimed and not noted is sent again only by a channel that knows it has it already.

Address, subject and text lie sealed by AES-256-GCM, each bound to its message; an address is found again by its HMAC.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from fairmeter.errors import InputError, PrivacyError
from fairmeter.privacy import DataKey
from fairmeter.reminders.message import Message, Seal

QUEUED: Final = "queued"
CLAIMED: Final = "claimed"
SENT: Final = "sent"
_TABLES: Final = (
    """
CREATE TABLE IF NOT EXISTS messages (
    key TEXT PRIMARY KEY, bill INTEGER NOT NULL, account INTEGER NOT NULL, channel TEXT NOT NULL,
    recipient BLOB NOT NULL, sealed BLOB NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, at TEXT
) STRICT
""",
    "CREATE TABLE IF NOT EXISTS seal (one INTEGER PRIMARY KEY CHECK (one = 1), key TEXT, salt BLOB) STRICT",
)
_FIELDS: Final = "key, bill, account, channel, sealed"


class Outbox:
    """A SQLite file, which nobody but its owner may read. To be closed."""

    def __init__(self, path: Path, key: DataKey) -> None:
        """Raises InputError for a file that is something else, PrivacyError for one that is sealed with another key."""
        path.touch(mode=0o600)
        # Every statement is its own transaction, and on disk when it returns.
        self._database = sqlite3.connect(path, isolation_level=None, timeout=30.0)
        try:
            self._database.execute("PRAGMA synchronous = FULL")
            _refuse_clear(path, self._database)
            for table in _TABLES:
                self._database.execute(table)
            self._seal = self._sealed_with(path, key)
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise InputError(f"{path}: is no outbox: {error}") from error
        except (InputError, PrivacyError):
            self._database.close()
            raise

    def _sealed_with(self, path: Path, key: DataKey) -> Seal:
        salt = secrets.token_bytes(32)
        self._database.execute("INSERT OR IGNORE INTO seal VALUES (1, ?, ?)", (key.id, salt))
        name, salt = self._database.execute("SELECT key, salt FROM seal").fetchone()
        if name != key.id:
            raise PrivacyError(f"{path} is sealed with the key {name}; this one is {key.id}")
        return Seal(key, salt)

    def rotate(self, new: DataKey) -> None:
        """Seal all messages again with another key: all of them, or none where it is killed."""
        seal = Seal(new, secrets.token_bytes(32))
        self._database.execute("BEGIN IMMEDIATE")
        try:
            for (row,) in self._database.execute("SELECT rowid FROM messages").fetchall():
                found = self._database.execute(f"SELECT {_FIELDS} FROM messages WHERE rowid = ?", (row,))  # noqa: S608
                message = self._opened(found.fetchone())
                self._database.execute(
                    "UPDATE messages SET recipient = ?, sealed = ? WHERE rowid = ?",
                    (seal.recipient(message.address), seal.close(message), row),
                )
            self._database.execute("UPDATE seal SET key = ?, salt = ?", (new.id, seal.salt))
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
        self._seal = seal

    def __len__(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM messages").fetchone()
        return int(count)

    def queue(self, message: Message) -> bool:
        """Keep it; False if it was there before, in whatever state."""
        values = (message.key, message.bill, message.account, message.channel)
        done = self._database.execute(
            f"INSERT OR IGNORE INTO messages ({_FIELDS}, recipient, state) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (*values, self._seal.close(message), self._seal.recipient(message.address), QUEUED),
        )
        return done.rowcount == 1

    def messages(self, state: str) -> list[Message]:
        """Those in a state, in the order in which they were queued. Raises PrivacyError for one that is altered."""
        found = self._database.execute(
            f"SELECT {_FIELDS} FROM messages WHERE state = ? ORDER BY rowid",  # noqa: S608
            (state,),
        )
        return [self._opened(row) for row in found]

    def _opened(self, row: tuple[str, int, int, str, bytes]) -> Message:
        key, bill, account, channel, sealed = row
        return Message(key, bill, account, channel, *self._seal.open(row[:4], sealed))

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
            "SELECT count(*) FROM messages WHERE recipient = ? AND state != ? AND at > ?",
            (self._seal.recipient(address), QUEUED, since),
        ).fetchone()
        return int(count)

    def close(self) -> None:
        """Twice does no harm."""
        self._database.close()

    @classmethod
    @contextmanager
    def open(cls, path: Path, key: DataKey) -> Iterator[Self]:
        """Closed at the end."""
        outbox = cls(path, key)
        try:
            yield outbox
        finally:
            outbox.close()


def _refuse_clear(path: Path, database: sqlite3.Connection) -> None:
    columns = {name for _, name, *_ in database.execute("PRAGMA table_info(messages)")}
    if "text" in columns:
        raise InputError(f"{path}: is an outbox in the clear, of an earlier version: end it with that one")


def key_of(path: Path) -> str:
    """The name of the key that an outbox is sealed with. Raises InputError where it is none."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return str(database.execute("SELECT key FROM seal").fetchone()[0])
    except (sqlite3.DatabaseError, TypeError) as error:
        raise InputError(f"{path}: is no outbox: {error}") from error
