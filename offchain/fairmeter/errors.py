"""Every error that Fairmeter raises, in one tree.

FairmeterError                exit code 1
├── InputError                exit code 2   a file, a row or an option is wrong
├── ToolMissingError          exit code 3   a compiler, a node or an extra is not installed
├── ChainError                exit code 4   a chain cannot be reached, died, or answered nonsense
│   ├── RevertError           exit code 5   a contract refused; the contract's own errors become subclasses
│   └── NonceTakenError       exit code 4   a transaction can never be mined: another one has its nonce
├── OutOfBoundsError          exit code 2   a number lies outside the bounds of VERDICT.md or of a packed field
├── BundleError               exit code 6   a bundle is incomplete, altered or of another format
├── VaultError                exit code 7   a vault's object is missing or altered, does not open, or may not be opened
├── NotTakenError             exit code 8   a reminder that its channel surely did not take
└── PrivacyError              exit code 9   a sealed file or an access log is altered, or does not open with this key
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_ROWS_SHOWN = 10


class FairmeterError(Exception):
    """The root: one clear line as its text, and the exit code that the command line returns. Goes to another process
    whole."""

    exit_code = 1

    def __reduce__(self) -> tuple[object, ...]:
        # otherwise it would be made anew from its text alone, which is not what its class takes
        return _again, (type(self), self.args, vars(self))


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that was refused: its 1-based number in the file (the header is not counted), and what is wrong."""

    row: int
    column: str
    problem: str


class InputError(FairmeterError):
    """What was read is wrong: says what, where, and what was expected; lists up to ten rows and counts the rest."""

    exit_code = 2

    def __init__(self, message: str, rows: Sequence[BadRow] = (), total: int | None = None) -> None:
        self.rows = tuple(rows[:MAX_ROWS_SHOWN])
        self.total = len(rows) if total is None else total
        parts = [f"row {bad.row}, column {bad.column}: {bad.problem}" for bad in self.rows]
        if self.total > len(self.rows):
            parts.append(f"and {self.total - len(self.rows)} more")
        super().__init__(f"{message}: {'; '.join(parts)}" if parts else message)


class OutOfBoundsError(FairmeterError):
    """A value lies outside its bound; names both."""

    exit_code = 2

    def __init__(self, name: str, value: object, low: int, high: int) -> None:
        self.name, self.value, self.low, self.high = name, value, low, high
        super().__init__(f"{name} is {value}, outside {low}..{high}")


class ToolMissingError(FairmeterError):
    """Something that the command needs is not installed; says what, and how to get it."""

    exit_code = 3


class ChainError(FairmeterError):
    """A chain cannot be reached, died in the middle, or answered something that the protocol does not allow."""

    exit_code = 4


class RevertError(ChainError):
    """A contract refused a transaction or a call: `error` is the custom error, `arguments` its values by name."""

    exit_code = 5

    def __init__(self, error: str, arguments: dict[str, object], where: str, data: bytes = b"") -> None:
        self.error, self.arguments, self.where, self.data = error, arguments, where, data
        values = ", ".join(f"{name}={_shown(value)}" for name, value in arguments.items())
        super().__init__(f"{where} refused: {error}({values})")


class NonceTakenError(ChainError):
    """Another transaction of the sender has the nonce, and is mined: this one never will be."""


def _again(kind: type[FairmeterError], args: tuple[object, ...], values: dict[str, object]) -> FairmeterError:
    error = kind.__new__(kind, *args)
    vars(error).update(values)
    return error


def _shown(value: object) -> object:
    """Addresses and hashes as people write them."""
    return f"0x{value.hex()}" if isinstance(value, bytes) else value


class BundleError(FairmeterError):
    """A bundle is incomplete, altered or of another format; names the file."""

    exit_code = 6


class VaultError(FairmeterError):
    """Something of the vault is missing or altered, does not open with this key, or may not be opened now."""

    exit_code = 7


class NotTakenError(FairmeterError):
    """A channel did not take a reminder, and says or shows so: it can be sent again."""

    exit_code = 8


class PrivacyError(FairmeterError):
    """A sealed file is altered, older than the newest of its name, or of another key; or an access log is broken."""

    exit_code = 9
