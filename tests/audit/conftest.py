"""One small honest run, and the means to forge it: whatever is changed, every hash of the manifest is made anew."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from eth_account import Account
from tests.conftest import fastest_engine

from fairmeter import bundle
from fairmeter.audit import Finding, audit
from fairmeter.audit.batches import Batches, Judging, read_batches
from fairmeter.audit.corrections import Corrected
from fairmeter.audit.invariants import Books, check_invariants
from fairmeter.audit.judgements import Judgements
from fairmeter.audit.manifest import read_manifest
from fairmeter.audit.meters import MeterKeys
from fairmeter.audit.modelled import Modelled
from fairmeter.audit.money import Rebuilt
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.record import ChainRecord
from fairmeter.audit.rules import Rules
from fairmeter.audit.screening import Screened
from fairmeter.audit.signed import Signed
from fairmeter.audit.slashing import Corrections
from fairmeter.audit.verified import Verified
from fairmeter.bundle import SCHEMAS, Bundle, file_hash, manifest_text
from fairmeter.chain.engine import Receipt
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.history import history_digest
from fairmeter.chain.opening import open_engine
from fairmeter.chain.transaction import decode_transaction
from fairmeter.chain.wallet import FUNDER_KEY, Wallet, derive_key
from fairmeter.contracts.artifacts import interface
from fairmeter.simulation.run import run
from fairmeter.simulation.scenario import Scenario, Screening
from fairmeter.units import MAX_TRANSACTION_GAS

Row = dict[str, Any]

SEED = 7
CUSTOMERS = ("bakery", "farm", "home", "shop")
ROLES = (
    *("governor", "operator 0", "keeper", "agent", "supplier grid", "supplier works"),
    *(f"customer {name}" for name in CUSTOMERS),
)
FIRST_DAY = dt.date(2015, 1, 1)
HABITS = {
    # customer, utility: base units a day, and how much of it in March and later
    ("home", "electricity"): (9_000, 1.0),
    ("bakery", "electricity"): (60_000, 1.0),
    ("farm", "electricity"): (20_000, 2.4),
    ("shop", "electricity"): (15_000, 1.0),
    ("home", "water"): (330, 1.0),
}
BILLED = [
    # customer, utility, month of 2016, what the bill says beside what the meter says, kind of fault
    *(("home", "electricity", month, 1.0, None) for month in (1, 2, 3)),
    *(("farm", "electricity", month, 1.0, None) for month in (1, 2, 3)),
    ("bakery", "electricity", 1, 1.0, None),
    ("bakery", "electricity", 2, 10.0, "digit"),
    ("bakery", "electricity", 3, 1.0, None),
    ("shop", "electricity", 1, 1.0, None),
    ("home", "water", 1, 1.0, None),
    ("home", "water", 2, 1.0, None),
]
PRICES = {"electricity": ("grid", 60), "water": ("works", 300)}


def _usage() -> pl.DataFrame:
    """Two years of readings. The shop's meter was silent in half of January 2015; the home's water doubles in 2016."""
    rows = []
    for (customer, utility), (base, spring) in HABITS.items():
        for day in range(456):
            date = FIRST_DAY + dt.timedelta(days=day)
            if customer == "shop" and date.year == 2015 and date.day % 2:
                continue
            level = (
                base * (spring if date.month >= 3 else 1.0) * (2.1 if utility == "water" and date.year > 2015 else 1.0)
            )
            rows.append((customer, utility, date, int(level + day * 7_919 % (base // 20))))
    return pl.DataFrame(rows, schema=["customer_id", "utility", "date", "quantity"], orient="row")


def _bills(usage: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for number, (customer, utility, month, factor, fault) in enumerate(BILLED):
        supplier, price = PRICES[utility]
        start = dt.date(2016, month, 1)
        end = dt.date(2016, month + 1, 1) - dt.timedelta(days=1)
        metered = usage.filter(
            (pl.col("customer_id") == customer) & (pl.col("utility") == utility) & pl.col("date").is_between(start, end)
        )
        true = int(metered["quantity"].sum())
        quantity = int(true * factor)
        amount = round(quantity * price / 1_000)
        rows.append((f"b{number}", customer, utility, supplier, start, end, quantity, amount, true, fault))
    names = ["bill_id", "customer_id", "utility", "supplier", "period_start", "period_end", "quantity", "amount"]
    return pl.DataFrame(rows, schema=[*names, "true_quantity", "fault"], orient="row")


def simulate(folder: Path, seed: int, screening: tuple[Screening, ...] = ()) -> Path:
    """An honest run of twelve bills: paid, in arrears, adjusted, withdrawn, confirmed. Returns its folder."""
    folder.mkdir(exist_ok=True)
    usage = _usage()
    usage.write_parquet(folder / "usage.parquet")
    _bills(usage).write_parquet(folder / "bills.parquet")
    scenario = Scenario(seed=seed, budget_ppm=800_000, screening=screening)
    with pytest.MonkeyPatch.context() as patch:
        # tables of several row groups, as those of many bills have
        patch.setattr(bundle, "BYTES_A_GROUP", 2 * bundle.BYTES_A_PART)
        run(folder / "usage.parquet", folder / "bills.parquet", folder / "run", scenario=scenario)
    return folder / "run"


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest run's folder: bundle, run.json, anchors.json; the usage lies beside it."""
    return simulate(tmp_path_factory.mktemp("honest"), SEED)


@pytest.fixture(scope="session")
def honest_usage(honest: Path) -> Path:
    return honest.parent / "usage.parquet"


@pytest.fixture(scope="session")
def another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the same bills with another seed: other keys, other operator."""
    return simulate(tmp_path_factory.mktemp("another"), SEED + 1)


@dataclass(frozen=True, slots=True)
class Step:
    """A transaction of the run before it is signed."""

    key: bytes
    to: bytes | None
    data: bytes
    value: int
    timestamp: int
    label: str


class Forger:
    """A copy of a bundle that can be changed; `seal` makes the manifest agree with the files again."""

    def __init__(self, run_folder: Path) -> None:
        self.run_folder, self.folder = run_folder, run_folder / "bundle"
        self.manifest: dict[str, Any] = json.loads((self.folder / "manifest.json").read_bytes())

    def groups(self, table: str) -> list[pa.Table]:
        return list(Bundle(self.folder).row_groups(table))

    def write(self, table: str, groups: Sequence[pa.Table]) -> None:
        with pq.ParquetWriter(self.folder / f"{table}.parquet", SCHEMAS[table], compression="zstd") as writer:
            for group in groups:
                writer.write_table(group, row_group_size=max(len(group), 1))
        self.manifest["files"][f"{table}.parquet"]["rows"] = sum(map(len, groups))

    def edit(self, table: str, row: int, change: Callable[[dict[str, Any]], object]) -> None:
        """Change one row in place; rows are counted over the whole table, from its end if negative."""
        groups = self.groups(table)
        place = row % sum(map(len, groups))
        for number, group in enumerate(groups):
            if place < len(group):
                rows = group.to_pylist()
                change(rows[place])
                groups[number] = pa.Table.from_pylist(rows, schema=SCHEMAS[table])
                break
            place -= len(group)
        self.write(table, groups)

    def rewrite(self, table: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        """Change the list of all rows; they become one row group."""
        rows = change([row for group in self.groups(table) for row in group.to_pylist()])
        self.write(table, [pa.Table.from_pylist(rows, schema=SCHEMAS[table])])

    def seal(self) -> None:
        for name, described in self.manifest["files"].items():
            described["sha256"] = file_hash(self.folder / name)
        (self.folder / "manifest.json").write_text(manifest_text(self.manifest))

    def steps(self) -> list[Step]:
        """The run's transactions with their signers' keys: whoever holds the seed has them all."""
        keys = [FUNDER_KEY, *(derive_key(SEED, role) for role in ROLES)]
        by_address = {Wallet(key, 0).address: key for key in keys}
        steps = []
        for row in (row for group in self.groups("transactions") for row in group.to_pylist()):
            sender = bytes.fromhex(Account.recover_transaction(row["raw"])[2:])
            raw = decode_transaction(row["raw"])
            steps.append(Step(by_address[sender], raw.to, raw.data, raw.value, row["timestamp"], row["label"]))
        return steps

    def execute(self, steps: Sequence[Step]) -> None:
        """Sign and execute other transactions, and write what came of them: the chain's part of a consistent bundle."""
        chain = self.manifest["chain"]
        fields = chain["genesis"]
        genesis = Genesis(
            timestamp=fields["timestamp"],
            chain_id=chain["chain_id"],
            gas_limit=fields["gas_limit"],
            base_fee=fields["base_fee"],
        )
        wallets = {step.key: Wallet(step.key, genesis.chain_id) for step in steps}
        with open_engine(fastest_engine(), genesis=genesis) as engine:
            sent = []
            for step in steps:
                raw = wallets[step.key].sign(step.to, step.data, step.value, gas=MAX_TRANSACTION_GAS).raw
                sent.append((step, raw, engine.send([raw], step.timestamp)[0]))
            self._write_chain(sent)
            head = engine.block(engine.head())
            history = history_digest(engine, 1, head.number)
        self.manifest["head"] = {"block": head.number, "timestamp": head.timestamp, "history": f"0x{history.hex()}"}
        self.manifest["sums"]["transactions"] = len(sent)
        self.manifest["sums"]["gas_used"] = sum(receipt.gas_used for _, _, receipt in sent)

    def _write_chain(self, sent: Sequence[tuple[Step, bytes, Receipt]]) -> None:
        transactions, receipts, logs = [], [], []
        for number, (step, raw, receipt) in enumerate(sent):
            place = {"transaction": number, "block": receipt.block_number, "timestamp": receipt.timestamp}
            transactions.append({**place, "label": step.label, "hash": receipt.tx_hash, "raw": raw})
            outcome = {"status": receipt.status, "gas_used": receipt.gas_used, "contract": receipt.contract_address}
            receipts.append({"transaction": number, **outcome, "logs": len(receipt.logs)})
            for position, log in enumerate(receipt.logs):
                event = {"address": log.address, "topics": b"".join(log.topics), "data": log.data}
                logs.append({"transaction": number, "log": position, **event})
        for table, rows in (("transactions", transactions), ("receipts", receipts), ("logs", logs)):
            self.write(table, [pa.Table.from_pylist(rows, schema=SCHEMAS[table])])

    def found(self, *, expect: Path | None = None, usage: Path | None = None) -> Finding | None:
        """Seal, audit, and give the first finding."""
        self.seal()
        result = audit(self.run_folder, expect=expect, usage=usage)
        assert result.passed == (not result.findings)
        return result.findings[0] if result.findings else None


def logs_of(bundle: Bundle) -> list[Row]:
    """The run's logs, to be changed."""
    return [row for group in bundle.row_groups("logs") for row in group.to_pylist()]


def named(rows: Sequence[Row], contract: str, event: str) -> Iterator[int]:
    """The places of an event among the logs."""
    topic = interface(contract).topic(event)
    return (place for place, row in enumerate(rows) if row["topics"][:32] == topic)


def word_of(contract: str, event: str, parameter: str) -> int:
    """Which word of the event's data a parameter is."""
    plain = [one["name"] for one in interface(contract).event(event)["inputs"] if not one["indexed"]]
    return plain.index(parameter)


def with_word(rows: Sequence[Row], place: int, word: int, change: Callable[[int], int]) -> list[Row]:
    """The logs with one word of one log's data changed."""
    data, start = rows[place]["data"], 32 * word
    value = change(int.from_bytes(data[start : start + 32], "big")) % 2**256
    row = {**rows[place], "data": data[:start] + value.to_bytes(32, "big") + data[start + 32 :]}
    return [*rows[:place], row, *rows[place + 1 :]]


def record_of(bundle: Bundle, rows: Sequence[Row] | None = None, shift: Mapping[int, int] | None = None) -> ChainRecord:
    """The run's events; with `rows`, as if these had been its logs. `shift` moves transactions' times, seconds."""
    times = bundle.table("transactions", ["timestamp"])["timestamp"].to_numpy().copy()
    for transaction, seconds in (shift or {}).items():
        times[transaction] += seconds
    logs = bundle.row_groups("logs") if rows is None else [pa.Table.from_pylist([*rows], schema=SCHEMAS["logs"])]
    return ChainRecord(logs, read_manifest(bundle).contracts, times)


def rebuilt_of(bundle: Bundle, rows: Sequence[Row] | None = None) -> Rebuilt:
    """The run's bills and money, from its events; with `rows`, as if these had been its logs."""
    record = record_of(bundle, rows)
    batches = read_batches(bundle, record, Parameters(record).presets)
    assert isinstance(batches, Batches)
    return Rebuilt.of(record, batches)


def books_of(bundle: Bundle, rows: Sequence[Row] | None = None) -> Books:
    """What the run's invariants are asked of, by its events alone; with `rows`, as if these had been its logs."""
    rebuilt = rebuilt_of(bundle, rows)
    parameters = Parameters(rebuilt.record)
    rules = Rules(rebuilt, parameters, Screened(rebuilt.record, rebuilt.batches, parameters))
    return Books(rebuilt, rules, (), None)


def broken_invariants(bundle: Bundle, rows: Sequence[Row] | None = None) -> set[str]:
    return {check.name for check in check_invariants(books_of(bundle, rows)) if check.findings}


class Bench:
    """The parts of an audit of one bundle, to be run on other batches than the chain's."""

    def __init__(self, folder: Path) -> None:
        self.bundle = Bundle(folder)
        self.manifest = read_manifest(self.bundle)
        rebuilt = rebuilt_of(self.bundle)
        self.record, self.batches = rebuilt.record, rebuilt.batches
        self.parameters, self.keys = Parameters(self.record), MeterKeys(self.record, self.manifest)

    def place(self) -> int:
        """Of the batch that is another."""
        return 0

    def modelled(self) -> Modelled | None:
        """Anew, since it goes through the figures once."""
        content = self.bundle.model()
        return None if content is None else Modelled(self.bundle, content, self.parameters, None)

    def found(self, changed: Callable[[Judging], Judging]) -> Finding | None:
        """The first finding where the batch at `place` is another."""
        judgings = list(self.batches.judgings)
        judgings[self.place()] = changed(judgings[self.place()])
        corrected = Corrected(self.bundle, self.record, self.batches, self.keys, self.parameters)
        checks = Judgements(
            self.bundle,
            self.manifest,
            Batches(self.batches.postings, tuple(judgings)),
            self.parameters,
            self.record.suppliers(),
            Corrections(self.record),
            Verified(self.record, self.keys, self.parameters),
            Signed(self.bundle, self.record, self.keys, self.parameters, corrected),
            corrected,
            Screened(self.record, self.batches, self.parameters),
            self.modelled(),
            None,
            lambda *_: None,
        ).run()
        findings = [finding for check in checks for finding in check.findings]
        return findings[0] if findings else None


@pytest.fixture
def forger(tmp_path: Path, honest: Path, no_compiler: None) -> Forger:
    """A copy of the honest run to be forged."""
    del no_compiler
    shutil.copytree(honest, tmp_path / "run")
    return Forger(tmp_path / "run")
