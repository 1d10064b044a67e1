from __future__ import annotations

from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from fairmeter.errors import InputError
from fairmeter.model import Bills, Usage, Utility
from fairmeter.units import MAX_READING, date_of
from fairmeter.usage import (
    amount,
    check_amounts,
    check_customers,
    fleet,
    infer_tariffs,
    load_bills,
    load_usage,
    reference_readings,
    write_fleet,
)
from fairmeter.usage.faults import FAULTS, MonthlyTotals, inject
from fairmeter.usage.fleet import CHUNK, SUPPLIERS
from fairmeter.usage.measured import ENTERPRISE, FAULT_COUNTS, FAULT_SHARE, HOME, KINDS, PRICES, QUANTILES, MeterKind
from fairmeter.usage.meters import draw_readings
from fairmeter.usage.tariff import flat

CUSTOMERS, MONTHS = 3000, 15


@pytest.fixture(scope="module")
def made() -> tuple[Usage, Bills]:
    return fleet(CUSTOMERS, MONTHS, seed=7)


def _assert_equal(left: Usage | Bills, right: Usage | Bills) -> None:
    for field in fields(left):
        one, other = getattr(left, field.name), getattr(right, field.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, other, err_msg=field.name)
        else:
            assert one == other, field.name


def test_fleet__same_arguments__give_the_same_and_another_seed_does_not(made: tuple[Usage, Bills]) -> None:
    again = fleet(CUSTOMERS, MONTHS, seed=7)
    _assert_equal(made[0], again[0])
    _assert_equal(made[1], again[1])
    assert not np.array_equal(fleet(CUSTOMERS, MONTHS, seed=8)[1].quantity, made[1].quantity)


def test_write_fleet__the_files__load_as_what_fleet_gives_and_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    customers = CHUNK + 10
    usage, bills = fleet(customers, 13, seed=3)
    written = write_fleet(tmp_path / "one", customers, 13, seed=3)
    _assert_equal(load_usage(written[0]), usage)
    loaded = load_bills(written[1])
    np.testing.assert_array_equal(loaded.quantity, bills.quantity)
    np.testing.assert_array_equal(loaded.bill_id, bills.bill_id)
    assert loaded.fault == bills.fault
    assert [loaded.suppliers[index] for index in loaded.supplier] == [SUPPLIERS[index] for index in bills.supplier]
    assert loaded.customers == bills.customers
    again = write_fleet(tmp_path / "two", customers, 13, seed=3)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["bills.parquet", "usage.parquet"]


def test_fleet__any_chunk__is_sorted_complete_and_within_bounds(made: tuple[Usage, Bills]) -> None:
    usage, bills = made
    key = (usage.customer.astype(np.int64) * 8 + usage.utility) * 2**17 + usage.day
    assert (np.diff(key) > 0).all()
    assert usage.quantity.min() >= 0
    assert usage.quantity.max() <= MAX_READING
    assert set(np.unique(usage.utility)) == set(Utility)
    assert len(bills) == CUSTOMERS * (MONTHS - 12)
    assert len(set(bills.bill_id.tolist())) == len(bills)
    assert (date_of(int(bills.start.min())).isoformat(), date_of(int(bills.end.max())).isoformat()) == (
        "2024-01-01",
        "2024-03-31",
    )
    check_customers(bills, usage)


def test_fleet__every_bill__has_a_year_of_history_behind_it(made: tuple[Usage, Bills]) -> None:
    usage, bills = made
    reference = reference_readings(usage, bills)
    assert reference.start.min() == usage.day.min()
    assert reference.present.sum() / reference.days.sum() > 0.9


def test_fleet__correct_bills__charge_the_sum_of_the_readings_where_none_is_missing(made: tuple[Usage, Bills]) -> None:
    usage, bills = made
    code = bills.customer.astype(np.int64) * 2**17
    run = np.concatenate(([0], np.cumsum(usage.quantity)))
    key = usage.customer.astype(np.int64) * 2**17 + usage.day
    first, last = np.searchsorted(key, code + bills.start), np.searchsorted(key, code + bills.end, side="right")
    complete = last - first == bills.days
    assert complete.mean() > 0.8
    assert bills.true_quantity is not None
    np.testing.assert_array_equal((run[last] - run[first])[complete], bills.true_quantity[complete])
    faulty = np.array([fault is not None for fault in bills.fault or ()])
    np.testing.assert_array_equal(bills.quantity[~faulty], bills.true_quantity[~faulty])
    assert (bills.quantity[faulty] >= 1.15 * bills.true_quantity[faulty]).all()


def test_fleet__amounts__are_what_one_flat_price_a_supplier_gives(made: tuple[Usage, Bills]) -> None:
    found = {(tariff.utility, tariff.supplier): tariff.blocks[0].price for tariff in infer_tariffs(made[1])}
    assert found == {(utility, name): price for utility, own in PRICES.items() for name, price in own.items()}
    check_amounts(made[1], [flat(name, utility, price) for (utility, name), price in found.items()])


def test_fleet__faults__come_in_the_measured_share_and_kinds() -> None:
    _, bills = fleet(4000, 24, seed=11)
    counted = Counter(fault for fault in bills.fault or () if fault is not None)
    total = sum(counted.values())
    assert total / len(bills) == pytest.approx(FAULT_SHARE, rel=0.06)
    for name, expected in FAULT_COUNTS.items():
        assert counted[name] / total == pytest.approx(expected / sum(FAULT_COUNTS.values()), abs=0.025)


@pytest.mark.parametrize(
    ("customers", "months", "seed", "expected"),
    [
        (0, 13, 1, "customers is 0, expected 1 to 99999999"),
        (1, 12, 1, "months is 12, expected at least 13: bills need a year of readings before them"),
        (1, 121, 1, "months is 121, expected at most 120"),
        (1, 13, -1, "seed is -1, expected 0 or more"),
    ],
)
def test_write_fleet__arguments_out_of_bounds__are_refused_and_nothing_is_written(
    tmp_path: Path, customers: int, months: int, seed: int, expected: str
) -> None:
    with pytest.raises(InputError) as refused:
        write_fleet(tmp_path / "fleet", customers, months, seed)
    assert str(refused.value) == expected
    assert not (tmp_path / "fleet").exists()


def test_write_fleet__interrupted__leaves_no_file_behind(tmp_path: Path) -> None:
    def stop(done: int) -> None:
        raise KeyboardInterrupt(done)

    with pytest.raises(KeyboardInterrupt):
        write_fleet(tmp_path, 20, 13, seed=1, progress=stop)
    assert not list(tmp_path.iterdir())


def test_fleet__progress__counts_the_customers_made() -> None:
    seen: list[int] = []
    fleet(CHUNK + 5, 13, seed=1, progress=seen.append)
    assert seen == [CHUNK, CHUNK + 5]


def test_fleet__one_customer_and_the_longest_time__are_possible() -> None:
    usage, bills = fleet(1, 120, seed=1)
    assert len(bills) == 108
    assert date_of(int(usage.day.max())).isoformat() == "2032-12-31"


@pytest.mark.parametrize("kind", [ENTERPRISE, HOME], ids=lambda kind: kind.name)
def test_draw_readings__many_meters__have_the_measured_level_weekend_idleness_and_gaps(
    kind: MeterKind,
) -> None:
    day = np.arange(19_358, 19_358 + 730, dtype=np.int32)
    reading, present = draw_readings(kind, np.random.default_rng(5), day, 2000)
    used = np.where(reading > kind.idle_reading, reading, 1)
    active = (reading > kind.idle_reading).mean(axis=0) > 0.95
    logs = np.log(used[:, active])
    assert np.median(logs.mean(axis=0)) == pytest.approx(kind.level[4], abs=0.15)
    weekday = (day + 3) % 7
    sunday = logs[weekday == 6].mean(axis=0) - logs[weekday < 5].mean(axis=0)
    assert np.median(sunday) == pytest.approx(kind.sunday[4], abs=0.05)
    grid = np.linspace(0, 1, 1001)
    idle = np.interp(grid, QUANTILES, kind.idle).mean()
    assert (reading == kind.idle_reading).mean() == pytest.approx(idle, abs=0.02)
    missing = np.interp(grid, QUANTILES, kind.missing).mean()
    assert 1 - present.mean() == pytest.approx(missing, abs=0.01)


def test_inject__each_kind_of_fault__is_what_its_name_says() -> None:
    rng = np.random.default_rng(2)
    true = rng.integers(200_000, 900_000, (4000, 3))
    register = rng.integers(10**7, 10**8, (4000, 3))
    before = np.cumsum(rng.integers(5_000, 30_000, (4000, 3, 30)), axis=2)
    billed, fault = inject(MonthlyTotals(Utility.ELECTRICITY, true, register, before), rng)
    np.testing.assert_array_equal(billed[fault < 0], true[fault < 0])
    kinds = {name: np.nonzero(fault == index) for index, name in enumerate(FAULTS)}
    assert all(len(meter) for meter, _ in kinds.values())
    meter, month = kinds["swap"]
    assert all(billed[i, j] in true[:, j] for i, j in zip(meter, month, strict=True))
    assert set(np.unique(billed[kinds["multiplier"]] / true[kinds["multiplier"]])) == {2, 5, 10}
    meter, month = kinds["overlap"]
    again = (billed - true)[meter, month]
    assert (again[:, None] == before[meter, month]).any(axis=1).all()
    for name, changed in (("digit", 1), ("transposition", 2)):
        meter, month = kinds[name]
        begin = register[meter, month] // 1000
        end = (register[meter, month] + true[meter, month]) // 1000
        shown = begin + billed[meter, month] // 1000
        for right, wrong in zip(end.tolist(), shown.tolist(), strict=True):
            different = [(one, other) for one, other in zip(f"{right:09}", f"{wrong:09}", strict=True) if one != other]
            assert len(different) == changed
            if name == "transposition":
                assert different[0] == different[1][::-1]


def test_measured__quantiles_and_shares__ascend_and_sum_to_one() -> None:
    assert sum(kind.share for kind in KINDS) == pytest.approx(1)
    for kind in KINDS:
        values = [getattr(kind, field.name) for field in fields(kind)]
        assert all(list(value) == sorted(value) for value in values if isinstance(value, tuple))


def test_amount__prices_of_the_fleet__stay_far_from_the_bound() -> None:
    largest = np.array([31 * 2**30 * 27], dtype=np.int64)
    assert all(
        amount(flat(name, utility, price), largest)[0] < 2**44
        for utility, own in PRICES.items()
        for name, price in own.items()
    )
