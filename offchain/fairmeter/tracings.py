"""What `fairmeter index`, `trace` and `papers` do: an index filled, and asked."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from fairmeter.errors import InputError, ToolMissingError

if TYPE_CHECKING:
    from fairmeter.tracing.lineage import Lineage
    from fairmeter.tracing.questions import Found, Question
    from fairmeter.tracing.store import Store

INDEX: Final = "index.sqlite"
"""Beside a run's bundle, unless another is named."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """An index that was brought up to its source."""

    index: str
    block: int
    """The last."""

    def __str__(self) -> str:
        return f"{self.index}: up to block {self.block:,}"

    def to_json(self) -> dict[str, Any]:
        """By name."""
        return dataclasses.asdict(self)


def needed() -> ModuleType:
    """The package `sqlalchemy`. Raises ToolMissingError without the extra."""
    try:
        import alembic  # noqa: F401, PLC0415
        import sqlalchemy  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ToolMissingError(
            "the index of papers needs SQLAlchemy and Alembic: pip install 'fairmeter[papers]'"
        ) from error
    return sqlalchemy


def index_run(directory: Path, url: str | None) -> Indexed:
    """Fill the index at `url`, or in the run's folder, from its bundle."""
    needed()
    from fairmeter.bundle import Bundle  # noqa: PLC0415
    from fairmeter.tracing.filling import catch_up  # noqa: PLC0415
    from fairmeter.tracing.sources import BundleSource  # noqa: PLC0415

    target = url or str(directory / INDEX)
    with opened(target) as store:
        return Indexed(target, catch_up(store, BundleSource(Bundle(directory))))


def index_chain(deployment: Path, rpc_url: str, url: str, *, confirmations: int, follow: bool, pause: float) -> Indexed:
    """Fill the index at `url` from the chain behind `rpc_url`; with `follow` go on until interrupted."""
    needed()
    from fairmeter.chain.opening import open_engine  # noqa: PLC0415
    from fairmeter.tracing.filling import catch_up  # noqa: PLC0415
    from fairmeter.tracing.sources import ChainSource  # noqa: PLC0415

    try:
        contracts = json.loads(deployment.read_bytes())["contracts"]
        addresses = {name: bytes.fromhex(str(at).removeprefix("0x")) for name, at in contracts.items()}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{deployment}: is not what `fairmeter deploy` writes: {error}") from error
    with open_engine("rpc", rpc_url) as engine, opened(url) as store:
        source = ChainSource(engine, addresses, confirmations)
        last = catch_up(store, source)
        while follow:
            time.sleep(pause)
            last = catch_up(store, source)
        return Indexed(url, last)


def trace(bill: str, url: str) -> Lineage:
    """A bill's lineage from an index; of the index in a run's folder also by the id that the run's file gave it, before
    its number on chain. Of a bill that was posted again, the last one's."""
    needed()
    from fairmeter.tracing.lineage import bill_of, lineage  # noqa: PLC0415

    with existing(url) as store:
        return lineage(store, _posted_as(bill, url) or bill_of(bill))


def _posted_as(bill: str, url: str) -> int | None:
    """The number on chain of a bill of a run's file; None where that is not known."""
    if "://" in url or "/" in bill or not Path(url).is_dir():
        return None
    import pyarrow.compute as pc  # noqa: PLC0415

    from fairmeter.bundle import Bundle  # noqa: PLC0415

    bills = Bundle(Path(url)).table("bills", ["batch", "index", "bill_id"])
    rows = bills.filter(pc.equal(bills["bill_id"], bill)).to_pylist()
    return (rows[-1]["batch"] << 16) | rows[-1]["index"] if rows else None


def ask(question: Question, url: str, supplier: str | None, month: str | None, people: Path | None) -> list[Found]:
    """The bills that answer an auditor's question."""
    needed()
    from fairmeter.tracing import questions  # noqa: PLC0415

    with existing(url) as store:
        wanted = None if month is None else _month(month)
        names = None if people is None else _people(people)
        return questions.ask(store, question, supplier=supplier, month=wanted, people=names)


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """An index, made if it is not there."""
    from fairmeter.tracing.store import Store  # noqa: PLC0415

    with Store(url) as store:
        yield store


@contextmanager
def existing(url: str) -> Iterator[Store]:
    """An index that is there; a run's folder stands for the one in it."""
    path = Path(url) / INDEX if "://" not in url and Path(url).is_dir() else Path(url)
    if "://" not in url and not path.is_file():
        raise InputError(f"{path}: there is no index: fairmeter index makes one")
    with opened(url if "://" in url else str(path)) as store:
        if store.cursor() is None:
            raise InputError(f"{url}: the index is empty: fairmeter index fills it")
        yield store


def _month(text: str) -> int:
    year, _, month = text.partition("-")
    if not (year.isdecimal() and month.isdecimal() and len(year) == 4 and 1 <= int(month) <= 12):
        raise InputError(f"{text}: expected a month, for instance 2017-03")
    return (int(year) - 1970) * 12 + int(month) - 1


def _people(path: Path) -> Mapping[bytes, str]:
    """The person behind each key, of a CSV file with `key` and `person`."""
    import polars as pl  # noqa: PLC0415

    try:
        rows = pl.read_csv(path, schema_overrides={"key": pl.String, "person": pl.String}).select("key", "person")
        return {bytes.fromhex(key.removeprefix("0x")): person for key, person in rows.iter_rows()}
    except (OSError, ValueError, AttributeError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{path}: expected a CSV file with the columns key (an address) and person: {error}"
        ) from error
