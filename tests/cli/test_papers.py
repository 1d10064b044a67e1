"""fairmeter index, trace and papers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fairmeter.chain.anvil import AnvilEngine
from fairmeter.chain.opening import open_engine
from fairmeter.chain.wallet import FUNDER_KEY, Wallet
from fairmeter.contracts.deploy import deploy
from fairmeter.contracts.session import Session
from fairmeter.errors import ToolMissingError

if TYPE_CHECKING:
    from tests.cli.conftest import Finished, Invoke, JsonOf, Refused


@pytest.fixture(scope="module")
def indexed(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The index of a run without papers."""
    from fairmeter.tracings import index_run  # noqa: PLC0415

    return index_run(finished[0], str(tmp_path_factory.mktemp("index") / "index.sqlite")).index


def test_trace__a_runs_bill__money_in_order_and_papers_missing(
    json_of: JsonOf, invoke: Invoke, indexed: str, tmp_path: Path
) -> None:
    found = json_of("trace", "1/0", "--index", indexed, "--html", tmp_path / "page.html")
    assert found["moves"][0]["event"] == "BillsPosted"
    assert found["documents"] == []
    assert [move["at"] for move in found["moves"]] == sorted(move["at"] for move in found["moves"])
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "http" not in page.replace("http://www.w3.org", "")
    told = invoke("trace", "1/0", "--index", indexed)
    assert told.exit_code == 0
    assert "BillsPosted" in told.stdout


def test_trace__a_runs_folder__by_the_id_of_its_file_too(
    json_of: JsonOf, refused: Refused, finished: Finished, indexed: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    shutil.copytree(finished[0], folder)
    shutil.copy(indexed, folder / "index.sqlite")
    rows = pl.read_parquet(folder / "bundle" / "bills.parquet").rows(named=True)
    for row in rows[:: len(rows) // 5]:
        told = json_of("trace", row["bill_id"], "--index", folder)
        assert told["bill"] == f"{row['batch']}/{row['index']}"
    assert "expected a bill as batch/index" in refused(2, "trace", "nobodys", "--index", folder)


def test_papers__a_run_without__all_bills_lack_an_invoice(
    json_of: JsonOf, invoke: Invoke, indexed: str, finished: Finished
) -> None:
    found = json_of("papers", "without-invoice", "--index", indexed)
    assert found["count"] == len(found["bills"]) == finished[1]["bills"]
    month, supplier = found["bills"][0]["month"], found["bills"][0]["supplier"]
    some = json_of("papers", "without-invoice", "--index", indexed, "--month", month, "--supplier", supplier)
    assert some["bills"] == [one for one in found["bills"] if (one["month"], one["supplier"]) == (month, supplier)]
    assert "Payments without a paid voucher" in invoke("papers", "without-voucher", "--index", indexed).stdout


def test_index__again__changes_nothing(json_of: JsonOf, finished: Finished, indexed: str) -> None:
    before = Path(indexed).read_bytes()
    json_of("index", finished[0], "--url", indexed)
    assert Path(indexed).read_bytes() == before


def test_index__a_node__as_far_as_it_is(json_of: JsonOf, tmp_path: Path) -> None:
    try:
        engine = open_engine("anvil")
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    assert isinstance(engine, AnvilEngine)
    with engine:
        system = deploy(Session(engine), Wallet.on(engine, FUNDER_KEY))
        deployment = tmp_path / "deployment.json"
        deployment.write_text(json.dumps(system.deployment.to_json()))
        found = json_of("index", deployment, "--rpc-url", engine._rpc._url, "--url", tmp_path / "index")
        assert found["block"] == engine.head()


def test_papers__wrong_input__one_line(refused: Refused, indexed: str, tmp_path: Path) -> None:
    assert "there is no index" in refused(2, "trace", "1/0", "--index", tmp_path / "none")
    assert "expected without-invoice" in refused(2, "papers", "without-a-name", "--index", indexed)
    assert "expected a month" in refused(2, "papers", "two-levels", "--index", indexed, "--month", "March")
    people = tmp_path / "people.csv"
    people.write_text("key,person\nnobody,one\n")
    assert "people.csv" in refused(2, "papers", "two-levels", "--index", indexed, "--people", people)
    assert "give --rpc-url" in refused(2, "index", tmp_path, "--follow")
    assert "deploy" in refused(2, "index", people, "--rpc-url", "http://127.0.0.1:1")
