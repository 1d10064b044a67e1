"""What `fairmeter privacy` does: keys, sealed files, and who read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairmeter.errors import InputError
from fairmeter.outputs import Done

if TYPE_CHECKING:
    from fairmeter.privacy import Custody

# Each function imports what it needs: the other commands load no ciphers.

SQLITE = b"SQLite format 3\0"


def make_key(out: Path) -> Done:
    """A new key in the new file `out`, which its owner alone may read. Raises InputError where there is a file."""
    from fairmeter import privacy  # noqa: PLC0415

    key = privacy.make_key(out)
    told = f"key {key.id}: {out}; without it nothing that it seals opens again: keep a copy elsewhere"
    return Done(told, {"key": key.id, "file": str(out)})


def seal(files: Sequence[Path], kind: str, custody: Custody) -> list[Done]:
    """Seal tables beside themselves, in place of what was sealed before. Raises InputError for a kind or a table that
    is none."""
    from fairmeter.privacy import Kind  # noqa: PLC0415

    if kind not in (known := [Kind.FEATURES.value, Kind.SCORES.value, Kind.CONTACTS.value]):
        raise InputError(f"--kind {kind}: expected {', '.join(known)}")
    done = []
    for path in files:
        out = custody.seal(path, Kind(kind))
        told = f"{out}; {path} is still there in the clear: delete it, and its copies"
        done.append(Done(told, {"sealed": str(out), "clear": str(path)}))
    return done


def unseal(path: Path, out: Path, custody: Custody) -> Done:
    """What is in a sealed file, in the clear, into the new file `out`. Raises PrivacyError where it does not open; then
    nothing is written."""
    if out.exists():
        raise InputError(f"{out} exists: choose another --out, or delete it")
    contents = custody.unseal(path, out)
    figures = {"rows": contents.rows, "columns": list(contents.columns), "out": str(out)}
    return Done(f"{contents.rows:,} rows in the clear: {out}", figures)


def rotate(files: Sequence[Path], new: Path, custody: Custody) -> list[Done]:
    """Seal files and outboxes again with the key of the file `new`, each whole in its place; killed in the middle, the
    same call goes on. Raises PrivacyError for one that opens with neither key."""
    from fairmeter import privacy  # noqa: PLC0415

    key = privacy.read_key(new)
    assert key is not None
    return [_rotate(path, key, custody) for path in files]


def _rotate(path: Path, key: Any, custody: Custody) -> Done:
    from fairmeter.privacy import Act, Kind  # noqa: PLC0415
    from fairmeter.reminders import PERSONAL, Outbox, alone, key_of  # noqa: PLC0415

    if not _is_outbox(path):
        turned = custody.rotate(path, key)
    elif turned := key_of(path) != key.id:
        with alone(path), Outbox.open(path, custody.needed_for(path)) as box:
            custody.note(path, Kind.MESSAGES, len(box), PERSONAL)
            box.rotate(key)
            custody.note(path, Kind.MESSAGES, len(box), PERSONAL, Act.ROTATED)
    how = "sealed again with" if turned else "was sealed before with"
    return Done(f"{path}: {how} {key.id}", {"file": str(path), "key": key.id, "turned": turned})


def accesses(log: Path, expect: str | None) -> list[dict[str, Any]]:
    """All lines of an access log, checked. Raises PrivacyError where one does not follow from the line before it, or
    where no line has the hash `expect`, which somebody noted: its end was cut off, or all of it written anew."""
    from fairmeter.errors import PrivacyError  # noqa: PLC0415
    from fairmeter.privacy import AccessLog  # noqa: PLC0415

    if not log.is_file():
        raise InputError(f"{log}: there is no such access log")
    found = AccessLog(log).entries()
    if expect is not None and all(one["line"] != expect for one in found):
        raise PrivacyError(f"{log}: no line has the hash {expect}: lines were cut off, or written anew")
    return found


def _is_outbox(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
