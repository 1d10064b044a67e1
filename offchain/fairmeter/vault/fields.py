"""What a record's fields are called, and the bits that stand for them on chain; short text in a word."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Final

from fairmeter.errors import InputError

WORD: Final = 32


class Field(enum.IntEnum):
    """A field of a customer's credit data: its bit's place on chain."""

    GRADE = 0
    REASONS = 1
    PAYMENTS = 2
    READINGS = 3


def bits_of(fields: Iterable[Field]) -> int:
    """A bit a field."""
    return sum({1 << field for field in fields})


def fields_of(bits: int) -> tuple[Field, ...]:
    """The reverse of `bits_of`. Raises InputError for a bit that no field has."""
    if bits >> len(Field):
        raise InputError(f"the fields {bits:#x} are not all known: expected some of {', '.join(names(Field))}")
    return tuple(field for field in Field if bits >> field & 1)


def names(fields: Iterable[Field]) -> list[str]:
    """As people write them."""
    return [field.name.lower() for field in fields]


def parse_fields(text: str) -> tuple[Field, ...]:
    """Of names with commas between them. Raises InputError for a name that no field has, or for none."""
    wanted = {name.strip().upper() for name in text.split(",")}
    if not wanted or wanted - set(Field.__members__):
        raise InputError(f"fields {text!r}: expected some of {', '.join(names(Field))}, with commas between them")
    return tuple(field for field in Field if field.name in wanted)


def short_text(text: str) -> bytes:
    """Text in 32 bytes, zeros behind it. Raises InputError if it is empty or longer."""
    encoded = text.encode()
    if not encoded or len(encoded) > WORD or b"\0" in encoded:
        raise InputError(f"{text!r} has {len(encoded)} bytes: expected 1 to {WORD}")
    return encoded.ljust(WORD, b"\0")


def text_of(word: bytes) -> str:
    """The reverse of `short_text`; what is no text stands with replacement characters."""
    return word.rstrip(b"\0").decode(errors="replace")
