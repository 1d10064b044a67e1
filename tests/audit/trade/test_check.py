"""Each check of a run at the trade desk finds what it is there for."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairmeter.audit import audit, referee
from fairmeter.audit.manifest import TRADE_SUMS, read_manifest
from fairmeter.audit.trade.check import CHECKS
from fairmeter.audit.trade.events import Happened
from fairmeter.audit.trade.refusals import Refusals
from fairmeter.audit.trade.sums import check_trade_sums
from fairmeter.bundle import MANIFEST, file_hash, manifest_text
from fairmeter.errors import BundleError, InputError
from fairmeter.risk.terms import PartState

if TYPE_CHECKING:
    from tests.audit.trade.conftest import Replayed


def _more(value: int) -> int:
    return value + 1


def _fewer(value: int) -> int:
    return value - 1


def _other(value: int) -> int:
    return 1 - value


def test_checks__honest_run__nothing_differs_and_each_check_has_work(replayed: Replayed) -> None:
    assert replayed.found(replayed.rows) is None
    sums = replayed.bundle.manifest["sums"]
    seen = ("warned", "purchases", "amount_direct", "amount_instalments", "amount_released", "amount_returned")
    assert all(sums[name] for name in (*seen, "suspended", "rewarded", "flagged", "refused")), sums
    counts = {check.name: check.count for check in replayed.trading(replayed.rows).checks()}
    assert list(counts) == list(CHECKS)
    assert all(counts.values()), counts


@pytest.mark.parametrize(
    ("event", "name", "change", "check"),
    [
        ("OfferPublished", "warned", _other, "prices"),
        ("OfferPublished", "unitPrice", lambda price: price * 1_000, "offers"),
        ("OfferPublished", "deliveryDays", lambda days: days + 100, "offers"),
        ("Bought", "total", _more, "splits"),
        ("Bought", "parts", _more, "splits"),
        ("Bought", "last", _fewer, "splits"),
        ("Bought", "payBy", _more, "deadlines"),
        ("Bought", "warned", _other, "prices"),
        ("PartPaid", "amount", _more, "payments"),
        ("PartPaid", "payerFee", _fewer, "TRADE-01"),
        ("PartPaid", "warned", _other, "prices"),
        ("PartInInstalments", "instalments", lambda count: count + 7, "payments"),
        ("PartInInstalments", "first", _more, "deadlines"),
        ("InstalmentOverdue", "owed", _more, "payments"),
        ("InstalmentOverdue", "dueAt", _fewer, "payments"),
        ("PartFunded", "locked", _fewer, "TRADE-01"),
        ("PartFunded", "deadline", _fewer, "deadlines"),
        ("PartDelivered", "deadline", _more, "deadlines"),
        ("AppealRuled", "due", _more, "TRADE-01"),
        ("PartClosed", "due", _more, "TRADE-01"),
        ("PartClosed", "supplierFee", _more, "TRADE-01"),
        ("Deposited", "amount", _more, "TRADE-01"),
        ("Withdrawn", "amount", _fewer, "TRADE-01"),
    ],
)
def test_checks__one_value_of_the_desk_changed__found(
    replayed: Replayed, event: str, name: str, change: Callable[[int], int], check: str
) -> None:
    found = replayed.found(replayed.with_word(replayed.places(event)[0], event, name, change, "TradeDesk"))
    assert found is not None
    assert found.check == check, found


@pytest.mark.parametrize(
    ("event", "name", "change"),
    [
        ("StandingChanged", "points", _more),
        ("StandingChanged", "value", _more),
        ("StandingChanged", "conduct", _more),
        ("StandingChanged", "version", _more),
        ("StandingSuspended", "until", _fewer),
        ("StandingSuspended", "count", _more),
        ("StandingSuspended", "banned", _other),
        ("PenaltyRuled", "kept", _more),
        ("PenaltyRuled", "value", _more),
        ("RulesSet", "rules", _more),
    ],
)
def test_checks__one_value_of_a_standing_changed__found(
    replayed: Replayed, event: str, name: str, change: Callable[[int], int]
) -> None:
    contract = "CreditStanding"
    place = replayed.places(event, contract)[-1]
    found = replayed.found(replayed.with_word(place, event, name, change, contract))
    assert found is not None
    assert found.check == "TRADE-04", found


@pytest.mark.parametrize("name", ["capPerBill", "capPerMonth"])
def test_checks__a_mandate_above_what_a_standing_allows__found(replayed: Replayed, name: str) -> None:
    place = replayed.places("MandateGranted", "PaymentLedger")[0]
    found = replayed.found(replayed.with_word(place, "MandateGranted", name, _more, "PaymentLedger"))
    assert found is not None
    assert found.check == "TRADE-05", found


def test_checks__mandates_refused_while_nothing_bounds_them__found(replayed: Replayed) -> None:
    found = replayed.found(replayed.without(replayed.places("StandingSet", "PaymentLedger")[0]))
    assert found is not None
    assert found.check == "TRADE-05", found


@pytest.mark.parametrize("event", ["StandingChanged", "StandingSuspended", "StandingRestored", "PenaltyRuled"])
def test_checks__an_event_of_a_standing_left_out_or_told_twice__found(replayed: Replayed, event: str) -> None:
    places = replayed.places(event, "CreditStanding")
    assert places
    again = [*replayed.rows[: places[0] + 1], {**replayed.rows[places[0]], "log": 90}, *replayed.rows[places[0] + 1 :]]
    for rows in (replayed.without(places[0]), again):
        found = replayed.found(rows)
        assert found is not None
        assert found.check in {"TRADE-02", "TRADE-04"}


def test_checks__a_suspension_left_out__what_it_stopped_was_stopped_without_a_reason(replayed: Replayed) -> None:
    """And a suspended party that buys all the same is found by the same check."""
    suspended = replayed.rows[replayed.places("StandingSuspended", "CreditStanding")[0]]
    bought = replayed.places("Bought")
    later = next(place for place in bought if replayed.rows[place]["transaction"] > suspended["transaction"])
    party = suspended["topics"][32:64]
    row = replayed.rows[later]
    forged = {**row, "topics": row["topics"][:96] + party}
    found = replayed.found([*replayed.rows[:later], forged, *replayed.rows[later + 1 :]])
    assert found is not None
    assert found.check == "TRADE-02", found


@pytest.mark.parametrize("name", ["low", "high", "inputsHash"])
def test_checks__another_range_than_its_prices_give__found(replayed: Replayed, name: str) -> None:
    place = replayed.places("RangeSet", "TradeRules")[0]
    found = replayed.found(replayed.with_word(place, "RangeSet", name, _more, "TradeRules"))
    assert found is not None
    assert found.check == "prices", found


@pytest.mark.parametrize(
    ("name", "check"),
    [("publish", "TRADE-02"), ("buy", "TRADE-02"), ("payInstalments", "TRADE-03"), ("withdraw", "TRADE-03")],
)
def test_refusals__a_step_that_nothing_stood_against__found(replayed: Replayed, name: str, check: str) -> None:
    trading = replayed.trading(replayed.rows)
    assert all(one.passed for one in trading.checks())
    desk, now = trading.desk, int(trading.record.times[-1])
    standings, money = desk.standings, desk.money
    rich = next(one for one in money.balances if standings.may_trade(one, now) and one not in desk.owners.values())
    offers = ((id_, one) for id_, one in desk.offers.items() if one.left)
    id_, offer = next((id_, one) for id_, one in offers if standings.may_trade(desk.owners[one.supplier], now))
    part_id, part = next((id_, one) for id_, one in desk.parts.items() if one.instalments)
    part.state, part.paid = PartState.OVERDUE, part.instalments - 1
    money.balances[rich] += 10**9
    request = {"supplier": offer.supplier, "category": 1, "unitPrice": 50_000, "quantity": 1, "deliveryDays": 5}
    steps: dict[str, tuple[bytes, dict[str, Any]]] = {
        "publish": (desk.owners[offer.supplier], {"request": {**request, "instalments": 0}}),
        "buy": (rich, {"offer": id_, "quantity": 1}),
        "payInstalments": (rich, {"part": part_id, "count": 1}),
        "withdraw": (rich, {"amount": 1, "to": rich}),
    }
    who, arguments = steps[name]
    refusals = Refusals(desk, trading.record)
    one = Happened(len(trading.record.times) << 24, "TradeDesk", name, arguments, who)
    found = refusals.check(one, now)
    assert found is not None
    assert found.check == check
    stranger = dataclasses.replace(one, refused_to=b"\x01" * 20)
    if name in {"publish", "payInstalments", "withdraw"}:
        assert refusals.check(stranger, now) is None


def test_checks__currency_taken_out_of_the_desk__found(replayed: Replayed) -> None:
    desk = bytes.fromhex(replayed.bundle.manifest["contracts"]["TradeDesk"][2:])
    transfers = replayed.places("Transfer", "DigitalCurrency")
    inward = next(place for place in transfers if replayed.rows[place]["topics"][-20:] == desk)
    found = replayed.found(replayed.without(inward))
    assert found is not None
    assert found.check == "TRADE-01", found


@pytest.mark.usefixtures("no_compiler")
def test_audit__whole_bundle__green_with_every_check(tiny: Path) -> None:
    result = audit(tiny)
    assert result.passed, result.findings
    assert [check.name for check in result.checks if check.name in CHECKS] == list(CHECKS)


@pytest.mark.parametrize("name", TRADE_SUMS)
def test_check_trade_sums__one_changed__found(replayed: Replayed, name: str) -> None:
    manifest = read_manifest(replayed.bundle)
    trading = replayed.trading(replayed.rows)
    assert check_trade_sums(replayed.bundle, manifest, trading).passed
    forged = dataclasses.replace(manifest, sums={**manifest.sums, name: manifest.sums[name] + 1})
    (finding,) = check_trade_sums(replayed.bundle, forged, trading).findings
    assert finding.where == f"manifest.json, sums.{name}"


def test_audit__with_readings_or_without_its_beginning__refused(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no readings"):
        audit(tiny, usage=tmp_path / "usage.parquet")
    forged = tmp_path / "run"
    shutil.copytree(tiny, forged)
    path = forged / "bundle" / MANIFEST
    manifest = json.loads(path.read_bytes())
    manifest["chain"]["genesis"] = None
    path.write_text(manifest_text(manifest))
    with pytest.raises(BundleError, match="beginning"):
        audit(forged)


@pytest.mark.usefixtures("no_compiler")
def test_audit__a_long_run__replayed_on_its_own_evm_and_a_sample_of_its_steps_on_py_evm(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, fastest: str
) -> None:
    if fastest != "revm":
        pytest.skip("NOT TESTED: eth-wake is not installed")
    monkeypatch.setattr(referee, "LITTLE_GAS", 10)
    result = audit(tiny, seed=1)
    assert result.passed, result.findings
    assert result.sampled_on is not None
    assert {check.name: check.count for check in result.checks}["sample"] > 0


@pytest.mark.usefixtures("no_compiler")
def test_audit__a_log_changed_and_its_hash_with_it__found_by_the_replay(tiny: Path, tmp_path: Path) -> None:
    """Whoever changes a bundle's events must change the chain that gave them."""
    forged = tmp_path / "run"
    shutil.copytree(tiny, forged)
    path = forged / "bundle" / "logs.parquet"
    logs = pq.read_table(path)
    data = logs["data"].to_pylist()
    data[10] = data[10][:-1] + bytes([data[10][-1] ^ 1])
    place = logs.schema.get_field_index("data")
    pq.write_table(logs.set_column(place, logs.schema.field(place), pa.array(data, pa.binary())), path)
    manifest = json.loads((forged / "bundle" / MANIFEST).read_bytes())
    manifest["files"]["logs.parquet"]["sha256"] = file_hash(path)
    (forged / "bundle" / MANIFEST).write_text(manifest_text(manifest))
    assert audit(forged).findings[0].check == "replay"
