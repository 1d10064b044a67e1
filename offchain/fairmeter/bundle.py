"""The bundle: a folder with all that an auditor needs to replay a run, and nothing that changes from run to run.

    manifest.json             format, chain, contracts, operators, scenario, sums; SHA-256 and rows of every other file,
                              and of itself
    compiler-input.json       the compiler's standard JSON input, sources included
    transactions.parquet      signed raw transactions in order, with block number and time
    receipts.parquet          status, gas, created contract, number of logs
    logs.parquet              every event as it was emitted
    bills.parquet             the posted bills: batch, index, the file's bill_id and customer_id, the packed word
    verdicts.parquet          decision and growth of every judged bill
    evidence.parquet          the evidence leaves' contents: reference period, readings or the model's statement,
                              missing days, salt
    snapshots.parquet         what the meter operator signed for bills for which nothing else counts, a row a snapshot
    features.parquet          what a model judged bills from, a row of figures a bill; empty where none did
    calibrated.model          the model's bytes; not there where none judged
    scores.parquet            what bills in arrears were scored by, a row a score; empty where none was
    documents.parquet         the papers of bills whose hashes the chain has; empty where nobody writes any
    arrears.json              the table that scores were looked up in; not there where nobody scored

The bundle of a run at the trade desk has, in place of the tables about bills:

    prices.parquet            the reference prices that the normal price ranges follow from

Tables are Parquet, written in a stream. A row group has whatever was appended until it came to ROWS_A_GROUP rows or
BYTES_A_GROUP: what a file says of each stays in memory until the file is closed, and a group a batch would be
50 MB of every million bills. Seconds, engine and machine lie outside, in run.json beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from fairmeter.errors import BundleError

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
COMPILER_INPUT: Final = "compiler-input.json"

SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "transactions": pa.schema(
        [
            ("transaction", pa.int64()),  # 0, 1, 2 … in the order sent
            ("block", pa.int64()),
            ("timestamp", pa.int64()),  # of the block, Unix seconds
            ("label", pa.string()),  # contract.function, for people
            ("hash", pa.binary(32)),
            ("raw", pa.binary()),  # signed, EIP-2718
        ]
    ),
    "receipts": pa.schema(
        [
            ("transaction", pa.int64()),
            ("status", pa.bool_()),
            ("gas_used", pa.int64()),
            ("contract", pa.binary(20)),  # created; null for none
            ("logs", pa.int32()),  # how many
        ]
    ),
    "logs": pa.schema(
        [
            ("transaction", pa.int64()),
            ("log", pa.int32()),  # within the transaction
            ("address", pa.binary(20)),
            ("topics", pa.binary()),  # 32 bytes each, one after another
            ("data", pa.binary()),
        ]
    ),
    "bills": pa.schema(
        [
            ("batch", pa.int64()),
            ("index", pa.int32()),
            ("bill_id", pa.string()),
            ("customer_id", pa.string()),
            ("utility", pa.string()),
            ("supplier", pa.string()),
            ("account", pa.uint64()),
            ("start", pa.int32()),  # days since 1970-01-01
            ("days", pa.int32()),
            ("quantity", pa.int64()),  # base units
            ("amount", pa.int64()),  # minor units
            ("replaces", pa.uint64()),
            ("word", pa.binary(32)),
        ]
    ),
    "verdicts": pa.schema(
        [
            ("batch", pa.int64()),
            ("index", pa.int32()),
            ("decision", pa.int8()),
            ("decided", pa.int8()),  # the decision, or what screening rules made of it
            ("actual_ppm", pa.int64()),  # null where not computed
            ("expected_ppm", pa.int64()),
        ]
    ),
    "evidence": pa.schema(
        [
            ("batch", pa.int64()),
            ("index", pa.int32()),
            ("reference_start", pa.int32()),  # days since 1970-01-01
            ("reference_days", pa.int32()),
            # 5 bytes a day, big-endian, base units, 0 where missing; or what a model says of the bill, 80 bytes
            ("readings", pa.binary()),
            ("missing", pa.binary(12)),  # bit x: day x has no reading
            ("salt", pa.binary(32)),
        ]
    ),
    "snapshots": pa.schema(
        [
            ("batch", pa.int64()),
            ("index", pa.int32()),
            ("first_day", pa.int32()),  # days since 1970-01-01
            ("issued_at", pa.int64()),  # Unix seconds
            ("readings", pa.binary()),  # 5 bytes a day, big-endian, base units, 0 where missing
            ("missing", pa.binary(32)),  # bit x: day x has no reading
            ("salt", pa.binary(32)),
            ("place", pa.int64()),  # among `count` snapshots under the root that is signed
            ("count", pa.int64()),
            ("proof", pa.binary()),  # its path, 32 bytes each
            ("signature", pa.binary(64)),  # r, vs
        ]
    ),
    "features": pa.schema(
        [
            ("batch", pa.int64()),
            ("index", pa.int32()),
            ("figures", pa.binary()),  # 8 bytes each, big-endian IEEE 754
        ]
    ),
    "documents": pa.schema(
        [
            ("bill", pa.int64()),
            ("kind", pa.int8()),
            ("content", pa.binary(32)),  # Keccak-256 of the text, in UTF-8
            ("text", pa.string()),
        ]
    ),
    "scores": pa.schema(
        [
            ("round", pa.int64()),  # of the register
            ("bill", pa.uint64()),
            ("standing", pa.int8()),  # a code of what is known of the customer, as the table counts
            ("segment", pa.int8()),
            ("window", pa.int8()),  # how many times the debt was scored before
        ]
    ),
    "prices": pa.schema(
        [
            ("category", pa.int32()),
            ("round", pa.int32()),  # how often the category's range was set by then
            ("price", pa.int64()),  # minor units a piece, in the order in which they are hashed
        ]
    ),
}

CHAIN_TABLES: Final = ("transactions", "receipts", "logs")
BILL_TABLES: Final = (*CHAIN_TABLES, "bills", "verdicts", "evidence", "snapshots", "features", "scores", "documents")
TRADE_TABLES: Final = (*CHAIN_TABLES, "prices")
ROWS_A_GROUP: Final = 1 << 16
BYTES_A_GROUP: Final = 1 << 21
"""In memory, before they are written: what waits of all tables, and is being written, is some ten times as much."""
BYTES_A_PART: Final = 1 << 12
"""What few rows take in memory that are appended by themselves."""
PENDING_GROUPS: Final = 2
"""Written later: more would cost memory and gain no time."""
MODEL: Final = "calibrated.model"
SCORES: Final = "arrears.json"
MODELS: Final = (MODEL, SCORES)
"""Files that only some bundles have: what operators judged or scored by."""
PRICES: Final = "prices.parquet"
"""The file that only a run at the trade desk leaves."""


def table_of(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """Rows of the table `name` from arrays or lists of one length, named as in SCHEMAS."""
    schema = SCHEMAS[name]
    return pa.table([pa.array(columns[field.name], type=field.type) for field in schema], schema=schema)


class _Group:
    """Rows of a table that become one row group."""

    def __init__(self) -> None:
        self._parts: list[pa.Table] = []
        self.rows = 0
        self.bytes = 0

    def add(self, rows: pa.Table) -> None:
        self._parts.append(rows)
        self.rows += len(rows)
        self.bytes += BYTES_A_PART + rows.nbytes

    def write(self, writer: pq.ParquetWriter) -> None:
        # one chunk, so that its pages are the same however many parts it came in
        writer.write_table(pa.concat_tables(self._parts).combine_chunks(), row_group_size=self.rows)


class BundleWriter:
    """Writes a bundle into a new folder; nothing there looks like a bundle before `finish`, which writes the manifest.

    A thread of its own compresses and writes, so that whoever appends goes on; what it raises comes with a later call.
    Raises BundleError if the folder exists and is not empty.
    """

    def __init__(self, folder: Path, compiler_input: bytes, tables: Sequence[str] = BILL_TABLES) -> None:
        self.folder = folder
        if folder.exists() and any(folder.iterdir()):
            raise BundleError(f"{folder} exists and is not empty: choose another --out, or delete it")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / COMPILER_INPUT).write_bytes(compiler_input)
        self._files = files_of(tables)
        self._rows = dict.fromkeys(tables, 0)
        self._writers = {
            table: pq.ParquetWriter(folder / f"{table}.parquet", SCHEMAS[table], compression="zstd") for table in tables
        }
        self._waiting: dict[str, _Group] = {table: _Group() for table in tables}
        self._thread = ThreadPoolExecutor(1)
        self._pending: deque[Future[None]] = deque()

    def keep(self, name: str, content: bytes) -> None:
        """Write one of MODELS."""
        (self.folder / name).write_bytes(content)
        self._files = (*self._files, name)

    def append(self, table: str, rows: pa.Table) -> None:
        """Write `rows`, made by `table_of`: in one row group, with what comes before and after them."""
        if not len(rows):
            return
        self._rows[table] += len(rows)
        group = self._waiting[table]
        group.add(rows)
        if group.rows >= ROWS_A_GROUP or group.bytes >= BYTES_A_GROUP:
            self._write(table)
            while len(self._pending) > PENDING_GROUPS:
                self._pending.popleft().result()

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Close the tables and write the manifest: `manifest` with the format and each file's hash and rows."""
        self.close()
        whole = {**manifest, "format": FORMAT, "files": {name: self._describe(name) for name in self._files}}
        (self.folder / MANIFEST).write_text(manifest_text(whole))

    def close(self) -> None:
        """Close the tables; twice does no harm."""
        for table, group in self._waiting.items():
            if group.rows:
                self._write(table)
        self._thread.shutdown()
        while self._pending:
            self._pending.popleft().result()
        for writer in self._writers.values():
            writer.close()

    def _write(self, table: str) -> None:
        group, self._waiting[table] = self._waiting[table], _Group()
        self._pending.append(self._thread.submit(group.write, self._writers[table]))

    def _describe(self, name: str) -> dict[str, Any]:
        described: dict[str, Any] = {"sha256": file_hash(self.folder / name)}
        if name.endswith(".parquet"):
            described["rows"] = self._rows[name.removesuffix(".parquet")]
        return described

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Bundle:
    """Reads a bundle. `check_files` compares every file with the manifest; tables come whole or row group by row group.

    Raises BundleError, naming the file, if the folder holds no bundle, another format, or a damaged table.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bundle" if (folder / "bundle" / MANIFEST).is_file() else folder
        path = self.folder / MANIFEST
        if not path.is_file():
            raise BundleError(f"{folder} holds no bundle: {MANIFEST} is missing")
        try:
            self.manifest: dict[str, Any] = json.loads(path.read_bytes())
        except ValueError as error:
            raise BundleError(f"{path} is not JSON: {error}") from error
        found = self.manifest.get("format") if isinstance(self.manifest, dict) else None
        if found != FORMAT:
            raise BundleError(f"{path} has format {found!r}, expected {FORMAT}")

    @property
    def of_trade(self) -> bool:
        """Whether it is of a run at the trade desk."""
        return PRICES in self.manifest.get("files", {})

    @property
    def tables(self) -> tuple[str, ...]:
        """Those of its kind of run."""
        return TRADE_TABLES if self.of_trade else BILL_TABLES

    @property
    def files(self) -> tuple[str, ...]:
        """Those that it must have besides its manifest."""
        listed = self.manifest.get("files", {})
        return (*files_of(self.tables), *(name for name in MODELS if name in listed))

    def check_files(self) -> list[str]:
        """What does not agree with the manifest, one line a file: altered, missing, added."""
        described, files = self.manifest.get("files", {}), self.files
        present = {p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if not p.is_dir()} - {MANIFEST}
        problems = [f"{name}: missing" for name in files if name not in present]
        problems += [f"{name}: not part of a bundle" for name in sorted(present - set(files))]
        problems += [f"{name}: not in the manifest" for name in files if name not in described]
        for name in files:
            if name in present and name in described and file_hash(self.folder / name) != described[name].get("sha256"):
                problems.append(f"{name}: SHA-256 differs from the manifest's")
        return problems

    def compiler_input(self) -> dict[str, Any]:
        """The compiler's standard JSON input."""
        try:
            loaded: dict[str, Any] = json.loads((self.folder / COMPILER_INPUT).read_bytes())
        except (OSError, ValueError) as error:
            raise BundleError(f"{self.folder / COMPILER_INPUT}: {error}") from error
        return loaded

    def model(self, name: str = MODEL) -> bytes | None:
        """The bytes of one of MODELS; None where the run had none."""
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """One whole table, or some columns of it."""
        empty = SCHEMAS[name].empty_table()
        first = empty if columns is None else empty.select(columns)
        return pa.concat_tables([first, *self.row_groups(name, columns)])

    def row_groups(
        self, name: str, columns: list[str] | None = None, batches: Collection[int] | None = None
    ) -> Iterator[pa.Table]:
        """The table's row groups in order, one in memory at a time, or some columns of them; of a table that has them,
        those that by its own statistics may hold rows of these `batches`."""
        path = self.folder / f"{name}.parquet"
        try:
            with pq.ParquetFile(path) as file:
                if not file.schema_arrow.equals(SCHEMAS[name]):
                    raise BundleError(f"{path} has other columns than a bundle's")
                for group in range(file.num_row_groups):
                    if batches is None or _may_hold(file.metadata.row_group(group), batches):
                        yield file.read_row_group(group, columns)
        except (OSError, pa.ArrowException) as error:
            raise BundleError(f"{path} cannot be read: {error}") from error


def _may_hold(group: pq.RowGroupMetaData, batches: Collection[int]) -> bool:
    found = group.column(0).statistics
    if found is None or not found.has_min_max:
        return True
    return any(found.min <= batch <= found.max for batch in batches)


def files_of(tables: Sequence[str]) -> tuple[str, ...]:
    """The files of a bundle with these tables, besides its manifest and a model."""
    return (COMPILER_INPUT, *(f"{table}.parquet" for table in tables))


def manifest_text(fields: Mapping[str, Any]) -> str:
    """The manifest's one form: JSON indented by 2, keys sorted, with the SHA-256 of all the rest in `digest`."""
    rest = {name: value for name, value in fields.items() if name != "digest"}
    digest = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
    return json.dumps({**rest, "digest": digest}, indent=2, sort_keys=True) + "\n"


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
