from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fairmeter.errors import ChainError, InputError

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke, Refused

USAGE = "customer_id,utility,date,quantity\n" + "".join(
    f"home,{utility},2015-{month:02}-{day:02},{quantity}\n"
    for utility, quantity in (("electricity", 9_000), ("water", 300))
    for month, days in ((1, 31), (2, 28))
    for day in range(1, days + 1)
)
BILLS = (
    "bill_id,customer_id,utility,supplier,period_start,period_end,quantity,amount\n"
    "1,home,electricity,grid,2016-01-01,2016-01-31,280000,16800\n"
    "2,home,electricity,grid,2016-02-01,2016-02-29,262000,15720\n"
    "3,home,water,works,2016-01-01,2016-01-31,9400,2820\n"
)

BAD_BILLS = {
    "missing column": (("period_end,", ""), ("missing column period_end",)),
    "wrong type": ((",280000,", ",much,"), ("row 1, column quantity", "'much'")),
    "fraction": ((",280000,", ",280000.5,"), ("row 1, column quantity", "280000.5")),
    "negative": ((",280000,", ",-1,"), ("row 1, column quantity", "-1")),
    "too large": ((",280000,", ",102254782775297,"), ("row 1, column quantity", "102254782775297")),
    "no amount": ((",16800", ",0"), ("row 1, column amount",)),
    "reversed": (("2016-01-31,280000", "2015-12-31,280000"), ("row 1, column period_end", "before")),
    "unreadable date": (("2016-01-31,280000", "31.01.2016,280000"), ("row 1, column period_end", "31.01.2016")),
    "no such date": (("2016-02-29", "2016-02-30"), ("row 2, column period_end", "2016-02-30")),
    "duplicate": (("2,home", "1,home"), ("row 2, column bill_id", "row 1")),
    "unknown customer": (("3,home", "3,stranger"), ("row 3, column customer_id", "stranger")),
    "name over two lines": (("3,home", '3,"stran\nger"'), ("row 3, column customer_id", "stran ger")),
    "unknown utility": (("3,home,water", "3,home,steam"), ("row 3, column utility", "steam")),
    "utility without readings": (("3,home,water", "3,home,gas"), ("row 3, column utility", "gas")),
    "overlap": (("2016-02-01", "2016-01-31"), ("row 2, column period_start", "overlaps bill 1")),
    "empty": ((BILLS, ""), ("is empty",)),
    "no rows": ((BILLS.split("\n", 1)[1], ""), ("has no rows",)),
}
BAD_USAGE = {
    "missing column": (("date,", ""), ("missing column date",)),
    "wrong type": (("01-02,9000", "01-02,x"), ("row 2, column quantity", "'x'")),
    "negative": (("01-02,9000", "01-02,-5"), ("row 2, column quantity", "-5")),
    "too large": (("01-02,9000", "01-02,1099511627776"), ("row 2, column quantity",)),
    "unreadable date": (("2015-01-02,9000", "soon,9000"), ("row 2, column date", "soon")),
    "duplicate": (("2015-01-02,9000", "2015-01-01,9000"), ("row 2, column date", "row 1")),
    "unknown utility": (("home,water,2015-02-28", "home,steam,2015-02-28"), ("row 118, column utility",)),
    "empty": ((USAGE, ""), ("is empty",)),
}


def _files(folder: Path, usage: str, bills: str) -> tuple[object, ...]:
    (folder / "usage.csv").write_text(usage)
    (folder / "bills.csv").write_text(bills)
    return "--usage", folder / "usage.csv", "--bills", folder / "bills.csv"


@pytest.mark.parametrize("command", ["verdict", "run"])
@pytest.mark.parametrize(
    ("file", "edit", "named"),
    [
        *(pytest.param("bills.csv", *case, id=f"bills-{name}") for name, case in BAD_BILLS.items()),
        *(pytest.param("usage.csv", *case, id=f"usage-{name}") for name, case in BAD_USAGE.items()),
    ],
)
def test_input__wrong__one_line_and_nothing_written(
    refused: Refused, tmp_path: Path, command: str, file: str, edit: tuple[str, str], named: Sequence[str]
) -> None:
    texts = {"usage.csv": USAGE, "bills.csv": BILLS}
    texts[file] = texts[file].replace(*edit, 1)
    assert texts[file] not in (USAGE, BILLS)
    out = tmp_path / "out.parquet"
    line = refused(InputError.exit_code, command, *_files(tmp_path, *texts.values()), "--out", out)
    assert all(part in line for part in named), line
    assert {path.name for path in tmp_path.iterdir()} == {"usage.csv", "bills.csv"}


def test_input__right__judged(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("verdict", *_files(tmp_path, USAGE, BILLS), "--out", tmp_path / "v.parquet").exit_code == 0


def test_run__inferred_tariffs__noted_beside_the_json(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("run", *_files(tmp_path, USAGE, BILLS), "--out", tmp_path / "run", "--json")
    assert json.loads(result.stdout)["bills"] == 3
    assert "inferred tariff: grid, electricity: 60 minor units per 1,000 Wh" in result.stderr


def test_input__many_bad_rows__ten_and_the_count(refused: Refused, tmp_path: Path) -> None:
    files = _files(tmp_path, USAGE.replace(",9000", ",-1"), BILLS)
    assert "and 49 more" in refused(2, "verdict", *files, "--out", tmp_path / "v.parquet")


def test_run__an_amount_that_no_price_gives__refused_and_nothing_written(refused: Refused, tmp_path: Path) -> None:
    files = _files(tmp_path, USAGE, BILLS.replace(",16800", ",16900"))
    line = refused(2, "run", *files, "--out", tmp_path / "out")
    assert "row 1, column amount" in line
    assert "bill 1 has 16900" in line
    assert not (tmp_path / "out").exists()


def test_run__an_amount_that_the_tariffs_do_not_give__refused(refused: Refused, tmp_path: Path) -> None:
    tariffs = "".join(
        f'[[tariff]]\nsupplier = "{name}"\nutility = "{utility}"\nfrom = 2015-01-01\nstanding = 0\n'
        f"blocks = [{{ price = {price} }}]\n"
        for name, utility, price in (("grid", "electricity", 61), ("works", "water", 300))
    )
    (tmp_path / "tariffs.toml").write_text(tariffs)
    files = _files(tmp_path, USAGE, BILLS)
    line = refused(2, "run", *files, "--tariffs", tmp_path / "tariffs.toml", "--out", tmp_path / "out")
    assert "gives 17080" in line
    assert not (tmp_path / "out").exists()


def test_run__a_folder_that_is_not_empty__refused_and_left_alone(refused: Refused, fleet: Path) -> None:
    files = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet")
    before = sorted(fleet.iterdir())
    assert "not empty" in refused(2, "run", *files, "--out", fleet)
    assert sorted(fleet.iterdir()) == before


def test_run__nobody_at_the_address__refused_and_nothing_written(refused: Refused, fleet: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    files = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet")
    line = refused(ChainError.exit_code, "run", *files, "--out", tmp_path / "out", "--engine", "rpc", "--rpc-url", url)
    assert url in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fleet"]
