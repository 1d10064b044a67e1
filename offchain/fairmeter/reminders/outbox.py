"""The messages on disk: each is claimed before it is sent and noted after, so that a crash in the middle sends nothing
twice. What was claimed and not noted is sent again only by a channel that knows it has it already. What was sent is
counted on chain by a transaction that lies here, signed, before it is sent: a crash sends the same one again.

Address, subject and text lie sealed by AES-256-GCM, each bound to its message; an address is found again by its HMAC.
"""

from __future__ import annotations

import fcntl
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

from fairmeter.errors import InputError, PrivacyError
from fairmeter.privacy import DataKey
from fairmeter.reminders.message import Message, Seal

QUEUED: Final = "queued"
CLAIMED: Final = "claimed"
SENT: Final = "sent"
NOTING: Final = "noting"
"""Sent, and in the transaction that is on its way to the chain."""
NOTED: Final = "noted"
"""Counted on chain."""
LATE: Final = "late"
"""Sent, and paid before it could be counted."""
_TABLES: Final = (
    """
CREATE TABLE IF NOT EXISTS messages (
    key TEXT PRIMARY KEY, bill INTEGER NOT NULL, account INTEGER NOT NULL, class INTEGER NOT NULL,
    contacts INTEGER NOT NULL, channel TEXT NOT NULL,
    recipient BLOB NOT NULL, sealed BLOB NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, at TEXT
) STRICT
""",
    "CREATE TABLE IF NOT EXISTS seal (one INTEGER PRIMARY KEY CHECK (one = 1), key TEXT, salt BLOB) STRICT",
    "CREATE TABLE IF NOT EXISTS home (one INTEGER PRIMARY KEY CHECK (one = 1), chain INTEGER, register BLOB) STRICT",
    "CREATE TABLE IF NOT EXISTS transactions (one INTEGER PRIMARY KEY CHECK (one = 1), raw BLOB NOT NULL) STRICT",
)
_FIELDS: Final = "key, bill, account, class, contacts, channel, sealed"


class Outbox:
    """A SQLite file, which nobody but its owner may read. To be closed."""

    def __init__(self, path: Path, key: DataKey) -> None:
        """Raises InputError for a file that is something else, PrivacyError for one that is sealed with another key."""
        path.touch(mode=0o600)
        # Every statement is its own transaction, and on disk when it returns.
        self._database = sqlite3.connect(path, isolation_level=None, timeout=30.0)
        try:
            self._database.execute("PRAGMA synchronous = FULL")
            _refuse_older(path, self._database)
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

    def settle_at(self, chain_id: int, register: bytes) -> None:
        """Of this register from now on. Raises InputError where it is another's: contacts would be counted there."""
        self._database.execute("INSERT OR IGNORE INTO home VALUES (1, ?, ?)", (chain_id, register))
        home = self._database.execute("SELECT chain, register FROM home").fetchone()
        if home != (chain_id, register):
            raise InputError(f"the outbox is of the register 0x{home[1].hex()} on chain {home[0]}: take another one")

    def rotate(self, new: DataKey) -> None:
        """Seal all messages again with another key: all of them, or none where it is killed."""
        seal = Seal(new, secrets.token_bytes(32))
        with self._at_once():
            for (row,) in self._database.execute("SELECT rowid FROM messages").fetchall():
                found = self._database.execute(f"SELECT {_FIELDS} FROM messages WHERE rowid = ?", (row,))  # noqa: S608
                message = self._opened(found.fetchone())
                self._database.execute(
                    "UPDATE messages SET recipient = ?, sealed = ? WHERE rowid = ?",
                    (seal.recipient(message.address), seal.close(message), row),
                )
            self._database.execute("UPDATE seal SET key = ?, salt = ?", (new.id, seal.salt))
        self._seal = seal

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """All of it, or none."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def __len__(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM messages").fetchone()
        return int(count)

    def queue(self, message: Message) -> bool:
        """Keep it; False if it was there before, in whatever state."""
        done = self._database.execute(
            f"INSERT OR IGNORE INTO messages ({_FIELDS}, recipient, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (*message.known, self._seal.close(message), self._seal.recipient(message.address), QUEUED),
        )
        return done.rowcount == 1

    def messages(self, state: str) -> list[Message]:
        """Those in a state, in the order in which they were queued. Raises PrivacyError for one that is altered."""
        found = self._database.execute(
            f"SELECT {_FIELDS} FROM messages WHERE state = ? ORDER BY rowid",  # noqa: S608
            (state,),
        )
        return [self._opened(row) for row in found]

    def _opened(self, row: tuple[Any, ...]) -> Message:
        key, bill, account, class_, contacts, channel, sealed = row
        known = (key, bill, account, class_, contacts, channel)
        return Message(*known, *self._seal.open(known, sealed))

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

    def transaction(self) -> bytes | None:
        """The one that counts messages of NOTING, as it was signed; None where none is on its way."""
        found = self._database.execute("SELECT raw FROM transactions").fetchone()
        return None if found is None else bytes(found[0])

    def sign(self, raw: bytes, keys: Sequence[str]) -> None:
        """From here on this transaction alone counts these messages, whatever happens to the process."""
        with self._at_once():
            self._database.execute("INSERT INTO transactions VALUES (1, ?)", (raw,))
            self._turn(keys, NOTING)

    def settle(self, noted: Sequence[str]) -> None:
        """The transaction is mined, or never will be: these messages are counted, the others of it are not."""
        with self._at_once():
            self._turn(noted, NOTED)
            self._database.execute("UPDATE messages SET state = ? WHERE state = ?", (SENT, NOTING))
            self._database.execute("DELETE FROM transactions")

    def turn(self, keys: Sequence[str], state: str) -> None:
        """What is known of sent messages now; when they were sent stays."""
        with self._at_once():
            self._turn(keys, state)

    def _turn(self, keys: Sequence[str], state: str) -> None:
        self._database.executemany("UPDATE messages SET state = ? WHERE key = ?", ((state, key) for key in keys))

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


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else sends from an outbox, or seals it anew. Raises InputError where somebody does."""
    with path.with_name(f"{path.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{path}: another command is at work with it") from None
        yield


def _refuse_older(path: Path, database: sqlite3.Connection) -> None:
    columns = {name for _, name, *_ in database.execute("PRAGMA table_info(messages)")}
    if columns and "contacts" not in columns:
        raise InputError(f"{path}: is an outbox of an earlier version: end it with that one")


def key_of(path: Path) -> str:
    """The name of the key that an outbox is sealed with. Raises InputError where it is none."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return str(database.execute("SELECT key FROM seal").fetchone()[0])
    except (sqlite3.DatabaseError, TypeError) as error:
        raise InputError(f"{path}: is no outbox: {error}") from error
