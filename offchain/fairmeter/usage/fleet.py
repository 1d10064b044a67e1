"""A seeded synthetic fleet: customers with one meter each, daily readings, and monthly bills once there is a year of
history. What the meters do is drawn from `measured`; the same arguments give the same bytes
(with the same NumPy and processor: exponentials may differ in the last bit between processors).

Customers are made in chunks of CHUNK, each from its own child of the seed, so a fleet of any size streams through the
memory of one chunk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fairmeter.errors import InputError
from fairmeter.model import Bills, Bools, Int32s, Int64s, UInt8s, Usage, Utility
from fairmeter.usage.faults import FAULTS, MonthlyTotals, inject
from fairmeter.usage.load import BILL_COLUMNS, LABEL_COLUMNS, USAGE_COLUMNS
from fairmeter.usage.measured import KINDS, OVERLAP_DAYS, PRICES
from fairmeter.usage.meters import draw_readings
from fairmeter.usage.tariff import amount, flat

CHUNK: Final = 4096
"""Customers made at a time. Part of what a seed means: another value makes another fleet."""
FIRST_MONTH: Final = np.datetime64("2023-01", "M")
HISTORY: Final = 12
"""Months of readings before the first bill."""
MAX_MONTHS: Final = 120
MAX_CUSTOMERS: Final = 99_999_999

SUPPLIERS: Final = tuple(sorted(name for prices in PRICES.values() for name in prices))

_REGISTER_MONTHS: Final = 120
"""A meter has run for up to ten years of its use when the fleet begins."""

Progress = Callable[[int], None]

_COLUMNS: Final = {
    "customer_id": pa.string(),
    "utility": pa.string(),
    "supplier": pa.string(),
    "date": pa.date32(),
    "period_start": pa.date32(),
    "period_end": pa.date32(),
    "bill_id": pa.int64(),
    "quantity": pa.int64(),
    "amount": pa.int64(),
    "true_quantity": pa.int64(),
    "fault": pa.string(),
}
_USAGE_SCHEMA: Final = pa.schema([(name, _COLUMNS[name]) for name in USAGE_COLUMNS])
_BILLS_SCHEMA: Final = pa.schema([(name, _COLUMNS[name]) for name in (*BILL_COLUMNS, *LABEL_COLUMNS)])
_UTILITY_NAMES: Final = tuple(utility.label for utility in Utility)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The n meters of a chunk: what they measured on each of d days, and which readings arrived."""

    first: int
    kind: Int64s
    """(n,) index into KINDS."""
    utility: UInt8s
    """(n,) `Utility`."""
    reading: Int64s
    """(n, d) base units."""
    present: Bools
    """(n, d)"""


def fleet(customers: int, months: int, seed: int, progress: Progress | None = None) -> tuple[Usage, Bills]:
    """Readings of `months` months from January 2023 of as many customers, and bills of the months from the 13th on,
    about 7.6 % of them with a labelled reading fault. `progress` is called with the number of customers made so far.

    Raises InputError unless 1 <= customers <= MAX_CUSTOMERS, 13 <= months <= MAX_MONTHS and seed >= 0.
    """
    _check(customers, months, seed)
    usages, bills = zip(*_chunks(customers, months, seed, progress), strict=True)
    return _join_usage(usages), _join_bills(bills)


def write_fleet(
    folder: str | os.PathLike[str], customers: int, months: int, seed: int, progress: Progress | None = None
) -> tuple[Path, Path]:
    """Writes what `fleet` gives to usage.parquet and bills.parquet in `folder`, made if it is missing:
    readings with a row group a chunk and month, bills with one a chunk. Returns their paths; if anything fails neither
    file is left behind.

    Raises InputError as `fleet` does.
    """
    _check(customers, months, seed)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    usage_path, bills_path = target / "usage.parquet", target / "bills.parquet"
    usage_part, bills_part = usage_path.with_suffix(".part"), bills_path.with_suffix(".part")
    try:
        with _writer(usage_part, _USAGE_SCHEMA) as usage_file, _writer(bills_part, _BILLS_SCHEMA) as bills_file:
            for usage, bills in _chunks(customers, months, seed, progress):
                for part in _by_month(usage, months):
                    usage_file.write_table(_usage_table(part))
                bills_file.write_table(_bills_table(bills))
        usage_part.replace(usage_path)
        bills_part.replace(bills_path)
    finally:
        usage_part.unlink(missing_ok=True)
        bills_part.unlink(missing_ok=True)
    return usage_path, bills_path


def _by_month(usage: Usage, months: int) -> Iterator[Usage]:
    """A part a month, so that who wants a month's readings need not read the others."""
    bounds = np.searchsorted(_bounds(months), usage.day, side="right")
    for month in range(1, months + 1):
        rows = np.flatnonzero(bounds == month)
        if len(rows):
            yield Usage(
                usage.customer[rows], usage.utility[rows], usage.day[rows], usage.quantity[rows], usage.customers
            )


def _bounds(months: int) -> Int32s:
    """The months' first days since 1970-01-01, and the day after the last."""
    return (FIRST_MONTH + np.arange(months + 1)).astype("datetime64[D]").astype(np.int32)


def _check(customers: int, months: int, seed: int) -> None:
    if not 1 <= customers <= MAX_CUSTOMERS:
        raise InputError(f"customers is {customers}, expected 1 to {MAX_CUSTOMERS}")
    if months <= HISTORY:
        raise InputError(
            f"months is {months}, expected at least {HISTORY + 1}: bills need a year of readings before them"
        )
    if months > MAX_MONTHS:
        raise InputError(f"months is {months}, expected at most {MAX_MONTHS}")
    if seed < 0:
        raise InputError(f"seed is {seed}, expected 0 or more")


def _chunks(customers: int, months: int, seed: int, progress: Progress | None) -> Iterator[tuple[Usage, Bills]]:
    starts = range(0, customers, CHUNK)
    for first, child in zip(starts, np.random.SeedSequence(seed).spawn(len(starts)), strict=True):
        count = min(CHUNK, customers - first)
        rng = np.random.Generator(np.random.PCG64(child))
        yield _make(first, count, months, rng)
        if progress is not None:
            progress(first + count)


def _make(first: int, count: int, months: int, rng: np.random.Generator) -> tuple[Usage, Bills]:
    bounds = _bounds(months)
    day = np.arange(bounds[0], bounds[-1], dtype=np.int32)
    kind = rng.choice(len(KINDS), count, p=[kind.share for kind in KINDS])
    utility = np.array([kind.utility for kind in KINDS], dtype=np.uint8)[kind]
    reading = np.zeros((count, len(day)), dtype=np.int64)
    present = np.zeros((count, len(day)), dtype=np.bool_)
    for index, drawn in enumerate(KINDS):
        rows = np.flatnonzero(kind == index)
        made, arrived = draw_readings(drawn, rng, day, len(rows))
        reading[rows], present[rows] = made.T, arrived.T
    chunk = _Chunk(first, kind, utility, reading, present)
    return _usage(chunk, day), _bills(chunk, bounds, rng)


def _usage(chunk: _Chunk, day: Int32s) -> Usage:
    row, column = np.nonzero(chunk.present)
    return Usage(row.astype(np.int32), chunk.utility[row], day[column], chunk.reading[chunk.present], _names(chunk))


def _names(chunk: _Chunk) -> tuple[str, ...]:
    """Of equal length, so that they sort by number."""
    return tuple(np.char.mod("c%08d", chunk.first + np.arange(len(chunk.kind))).tolist())


def _bills(chunk: _Chunk, bounds: Int32s, rng: np.random.Generator) -> Bills:
    """A bill a meter and month; a day whose reading did not arrive is billed all the same, for the meter ran on."""
    count, months = len(chunk.kind), len(bounds) - 1 - HISTORY
    true, billed = np.zeros((count, months), dtype=np.int64), np.zeros((count, months), dtype=np.int64)
    fault = np.full((count, months), -1, dtype=np.int64)
    for index, kind in enumerate(KINDS):
        rows = np.flatnonzero(chunk.kind == index)
        if len(rows):
            totals = _totals(kind.utility, chunk.reading[rows], bounds - bounds[0], rng)
            true[rows] = totals.true
            billed[rows], fault[rows] = inject(totals, rng)
    supplier = _suppliers(chunk.utility, rng).repeat(months)
    quantity, customer = billed.ravel(), np.arange(count, dtype=np.int32).repeat(months)
    labels = np.array([*FAULTS, None], dtype=object)
    return Bills(
        bill_id=chunk.first * months + 1 + np.arange(count * months, dtype=np.int64),
        customer=customer,
        supplier=supplier,
        utility=chunk.utility[customer],
        start=np.tile(bounds[HISTORY:-1], count),
        end=np.tile(bounds[HISTORY + 1 :] - np.int32(1), count),
        quantity=quantity,
        amount=_amounts(supplier, chunk.utility[customer], quantity),
        customers=_names(chunk),
        suppliers=SUPPLIERS,
        true_quantity=true.ravel(),
        fault=tuple(labels[fault.ravel()].tolist()),
    )


def _totals(utility: Utility, reading: Int64s, bounds: Int32s, rng: np.random.Generator) -> MonthlyTotals:
    """`bounds`: the months' first days, counted from the fleet's first, and the day after the last."""
    run = np.zeros((len(reading), reading.shape[1] + 1), dtype=np.int64)
    np.cumsum(reading, axis=1, out=run[:, 1:])
    begin = bounds[HISTORY:-1]
    use = np.maximum(run[:, -1] // (len(bounds) - 1), 1)
    register = run[:, begin] + (rng.random(len(reading)) * _REGISTER_MONTHS * use).astype(np.int64)[:, None]
    back = begin[:, None] - np.arange(1, OVERLAP_DAYS[1] + 1)
    true = run[:, bounds[HISTORY + 1 :]] - run[:, begin]
    return MonthlyTotals(utility, true, register, run[:, begin, None] - run[:, back])


def _suppliers(utility: UInt8s, rng: np.random.Generator) -> Int32s:
    """(n,) index into SUPPLIERS, any of those of each meter's utility."""
    supplier = np.zeros(len(utility), dtype=np.int32)
    for own, prices in PRICES.items():
        places = np.array([SUPPLIERS.index(name) for name in prices], dtype=np.int32)
        rows = utility == own
        supplier[rows] = rng.choice(places, int(rows.sum()))
    return supplier


def _amounts(supplier: Int32s, utility: UInt8s, quantity: Int64s) -> Int64s:
    result = np.zeros(len(quantity), dtype=np.int64)
    for own, prices in PRICES.items():
        for name, price in prices.items():
            rows = (supplier == SUPPLIERS.index(name)) & (utility == own)
            result[rows] = amount(flat(name, own, price), quantity[rows])
    return result


def _join_usage(parts: Sequence[Usage]) -> Usage:
    return Usage(
        customer=_joined_customers([(part.customer, part.customers) for part in parts]),
        utility=np.concatenate([part.utility for part in parts]),
        day=np.concatenate([part.day for part in parts]),
        quantity=np.concatenate([part.quantity for part in parts]),
        customers=tuple(name for part in parts for name in part.customers),
    )


def _join_bills(parts: Sequence[Bills]) -> Bills:
    columns = ("bill_id", "supplier", "utility", "start", "end", "quantity", "amount", "true_quantity")
    return Bills(
        **{column: np.concatenate([getattr(part, column) for part in parts]) for column in columns},
        customer=_joined_customers([(part.customer, part.customers) for part in parts]),
        customers=tuple(name for part in parts for name in part.customers),
        suppliers=SUPPLIERS,
        fault=tuple(label for part in parts for label in part.fault or ()),
    )


def _joined_customers(parts: Sequence[tuple[Int32s, tuple[str, ...]]]) -> Int32s:
    offsets = np.cumsum([0, *(len(names) for _, names in parts)])
    return np.concatenate([index + np.int32(offset) for (index, _), offset in zip(parts, offsets, strict=False)])


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    texts = [name for name in schema.names if schema.field(name).type == pa.string()]
    # Without Arrow's own schema the text columns are plain text to every reader, whatever arrays they came from.
    return pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=texts, store_schema=False)


def _usage_table(usage: Usage) -> pa.Table:
    columns = [
        _text(usage.customer, usage.customers),
        _text(usage.utility - 1, _UTILITY_NAMES),
        pa.array(usage.day, pa.date32()),
        pa.array(usage.quantity),
    ]
    return pa.table(columns, schema=_USAGE_SCHEMA)


def _bills_table(bills: Bills) -> pa.Table:
    columns = [
        pa.array(bills.bill_id),
        _text(bills.customer, bills.customers),
        _text(bills.utility - 1, _UTILITY_NAMES),
        _text(bills.supplier, bills.suppliers),
        pa.array(bills.start, pa.date32()),
        pa.array(bills.end, pa.date32()),
        pa.array(bills.quantity),
        pa.array(bills.amount),
        pa.array(bills.true_quantity),
        pa.array(bills.fault, pa.string()),
    ]
    return pa.table(columns, schema=_BILLS_SCHEMA)


def _text(index: Int32s | UInt8s, names: Sequence[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(index), pa.array(names)).cast(pa.string())
