"""Compares tables, and says where two of them first differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.bundle import SCHEMAS, Bundle
from fairmeter.model import UInt8s

SHOWN_BYTES: Final = 40
"""Longer values are shown in part, with their length."""
PART: Final = 8
"""Bytes shown of a longer value: its first, or those from where it differs."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first cell that differs, by row, then by column; `row` counts from 0 within the two tables."""

    row: int
    column: str
    expected: str
    found: str


def first_difference(expected: pa.Table, found: pa.Table) -> Difference | None:
    """Compare the columns that `expected` has; None if all of them are equal. A table that ends too soon differs in its
    number of rows, if nothing before differs."""
    rows = min(len(expected), len(found))
    firsts: list[tuple[int, str]] = []
    for name in expected.column_names:
        ours, theirs = expected[name].slice(0, rows), found[name].slice(0, rows)
        if not ours.equals(theirs):
            firsts.append((_first_unequal(ours, theirs), name))
    if firsts:
        row, column = min(firsts, key=lambda first: first[0])
        return Difference(row, column, *shown_beside(expected[column][row].as_py(), found[column][row].as_py()))
    if len(expected) != len(found):
        return Difference(rows, "rows", str(len(expected)), str(len(found)))
    return None


def table_of(name: str, columns: dict[str, Any]) -> pa.Table:
    """A part of the bundle's table `name` with these columns, in the types of its schema."""
    types = SCHEMAS[name]
    return pa.table({column: pa.array(values, type=types.field(column).type) for column, values in columns.items()})


def fixed_binary(rows: UInt8s) -> pa.Array:
    """(n, k) bytes as a column of Arrow's."""
    count, width = rows.shape
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, pa.py_buffer(rows.tobytes())])


def shown(value: object, first: int = 0) -> str:
    """A cell for people: bytes in hexadecimal, of long ones a part from byte `first` on."""
    if not isinstance(value, bytes):
        return "nothing" if value is None else str(value)
    if len(value) <= SHOWN_BYTES:
        return f"0x{value.hex()}"
    part = value[first : first + PART].hex()
    return f"0x{part}… ({len(value)} bytes)" if first == 0 else f"…{part}… (from byte {first} of {len(value)})"


def shown_beside(expected: object, found: object) -> tuple[str, str]:
    """Two cells that differ: of long ones the bytes from the first that does."""
    first = 0
    if isinstance(expected, bytes) and isinstance(found, bytes):
        common = min(len(expected), len(found))
        first = next((at for at in range(common) if expected[at] != found[at]), max(common - PART, 0))
    return shown(expected, first), shown(found, first)


class Rows:
    """A table read in steps of any size, a row group in memory at a time."""

    def __init__(self, bundle: Bundle, table: str) -> None:
        self._groups: Iterator[pa.Table] = bundle.row_groups(table)
        self._ahead = SCHEMAS[table].empty_table()

    def take(self, count: int) -> pa.Table:
        """The next `count` rows, fewer at the table's end."""
        parts = [self._ahead]
        while sum(map(len, parts)) < count and (group := next(self._groups, None)) is not None:
            parts.append(group)
        whole = pa.concat_tables(parts)
        self._ahead = whole.slice(count)
        return whole.slice(0, count)

    def rest(self) -> int:
        """How many rows are left; reads them."""
        return len(self._ahead) + sum(map(len, self._groups))


def _first_unequal(ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> int:
    # two nulls are equal, a null and a value are not: Arrow's comparison gives null for both
    same = pc.fill_null(pc.equal(ours, theirs), False)
    both_null = pc.and_(pc.is_null(ours), pc.is_null(theirs))
    return int(pc.index(pc.or_(same, both_null), False).as_py())
