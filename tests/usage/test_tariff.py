from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fairmeter.errors import InputError, OutOfBoundsError
from fairmeter.model import Bills, Tariff, TariffBlock, Utility
from fairmeter.units import MAX_AMOUNT, MAX_QUANTITY, Money, day_of
from fairmeter.usage import amount, check_amounts, infer_tariffs, load_bills, load_tariffs
from fairmeter.usage.tariff import MAX_PRICE, MAX_STANDING, flat

DATA = Path(__file__).parents[2].parent / "shared" / "data"

QUANTITIES = st.one_of(st.integers(0, 10_000), st.integers(0, MAX_QUANTITY))


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    bounds = sorted(draw(st.sets(st.integers(1, MAX_QUANTITY - 1), max_size=7)))
    prices = st.one_of(st.integers(1, 2000), st.integers(1, MAX_PRICE))
    blocks = tuple(TariffBlock(bound, Money(draw(prices))) for bound in [*bounds, MAX_QUANTITY])
    standing = draw(st.one_of(st.integers(0, 100), st.integers(0, MAX_STANDING)))
    return Tariff("grid", Utility.ELECTRICITY, 0, Money(standing), blocks)


def _exact(tariff: Tariff, quantity: int) -> int:
    """The amount by plain rationals; Python rounds a half to the even integer."""
    low, numerator = 0, 0
    for block in tariff.blocks:
        numerator += max(0, min(quantity, block.up_to) - low) * block.price
        low = block.up_to
    return max(1, round(tariff.standing + Fraction(numerator, 1000)))


def _bills(quantity: list[int], amounts: list[int], end: list[int] | None = None) -> Bills:
    zeros = np.zeros(len(quantity), dtype=np.int32)
    days = np.array(end or [17_000] * len(quantity), dtype=np.int32)
    return Bills(
        bill_id=np.arange(len(quantity)) + 100,
        customer=zeros,
        supplier=zeros,
        utility=np.full(len(quantity), Utility.ELECTRICITY, dtype=np.uint8),
        start=days,
        end=days,
        quantity=np.array(quantity, dtype=np.int64),
        amount=np.array(amounts, dtype=np.int64),
        customers=("home",),
        suppliers=("grid",),
    )


@given(tariffs(), st.lists(QUANTITIES, min_size=1, max_size=8))
def test_amount__any_tariff_and_quantity__equals_the_rational(tariff: Tariff, quantity: list[int]) -> None:
    expected = [_exact(tariff, value) for value in quantity]
    if max(expected) > MAX_AMOUNT:
        with pytest.raises(OutOfBoundsError):
            amount(tariff, np.array(quantity, dtype=np.int64))
    else:
        assert amount(tariff, np.array(quantity, dtype=np.int64)).tolist() == expected


@pytest.mark.parametrize(
    ("price", "quantity", "expected"),
    [(60, 220_075, 13_204), (60, 247_925, 14_876), (60, 8, 1), (60, 0, 1), (1, MAX_QUANTITY, 102_254_581_383)],
)
def test_amount__ties_smallest_and_largest__are_as_stated(price: int, quantity: int, expected: int) -> None:
    tariff = flat("grid", Utility.ELECTRICITY, price)
    assert amount(tariff, np.array([quantity], dtype=np.int64)).tolist() == [expected]


def test_amount__tie_with_an_odd_standing_charge__is_the_even_amount() -> None:
    tariff = Tariff("grid", Utility.ELECTRICITY, 0, Money(7), (TariffBlock(MAX_QUANTITY, Money(1)),))
    assert amount(tariff, np.array([500, 1500], dtype=np.int64)).tolist() == [8, 8]


@pytest.mark.parametrize("quantity", range(MAX_QUANTITY // 16, MAX_QUANTITY + 1, MAX_QUANTITY // 16))
def test_amount__products_beyond_int64__are_refused(quantity: int) -> None:
    with pytest.raises(OutOfBoundsError, match="amount of quantity"):
        amount(flat("grid", Utility.GAS, MAX_PRICE), np.array([5, quantity], dtype=np.int64))


@pytest.mark.parametrize("quantity", [-1, MAX_QUANTITY + 1])
def test_amount__quantity_out_of_bounds__is_refused(quantity: int) -> None:
    with pytest.raises(OutOfBoundsError, match=f"quantity is {quantity}"):
        amount(flat("grid", Utility.GAS, 1), np.array([5, quantity], dtype=np.int64))


@given(st.integers(1, MAX_PRICE), st.lists(QUANTITIES, min_size=1, max_size=20))
def test_infer_tariffs__bills_of_one_price__finds_the_lowest_that_fits(price: int, quantity: list[int]) -> None:
    exact = [_exact(flat("grid", Utility.ELECTRICITY, price), value) for value in quantity]
    assume(max(exact) <= MAX_AMOUNT)
    bills = _bills(quantity, exact)
    (tariff,) = infer_tariffs(bills)
    check_amounts(bills, (tariff,))
    assert tariff.blocks[0].price <= price
    # Beyond 1,000 base units neighbouring prices differ by more than one minor unit.
    if max(quantity) > 1000:
        assert tariff.blocks[0].price == price


def test_infer_tariffs__one_bill_of_another_price__is_named() -> None:
    bills = _bills([100_000, 200_000, 300_000], [6_000, 12_000, 18_001])
    with pytest.raises(InputError) as refused:
        infer_tariffs(bills)
    assert str(refused.value) == (
        "no single price explains all bills of a supplier and utility: row 3, column amount: "
        "bill 102 has 18001, grid's tariff for electricity gives 18000"
    )


def test_infer_tariffs__each_supplier_and_utility__has_its_own_price() -> None:
    bills = _bills([100_000, 100_000, 50_000], [6_000, 30_000, 4_000])
    bills = replace(
        bills,
        supplier=np.array([1, 0, 1], dtype=np.int32),
        utility=np.array([Utility.ELECTRICITY, Utility.WATER, Utility.GAS], dtype=np.uint8),
        suppliers=("works", "grid"),
    )
    found = [(tariff.supplier, tariff.utility, tariff.blocks[0].price) for tariff in infer_tariffs(bills)]
    assert found == [("works", Utility.WATER, 300), ("grid", Utility.ELECTRICITY, 60), ("grid", Utility.GAS, 80)]


def test_infer_tariffs__real_bills__are_explained_by_one_price_a_utility() -> None:
    if not DATA.exists():
        pytest.skip(f"{DATA} is not there: no real bill was priced")
    bills = load_bills(DATA / "bills/bills.open.parquet")
    found = infer_tariffs(bills)
    assert {tariff.utility: tariff.blocks[0].price for tariff in found} == {Utility.ELECTRICITY: 60, Utility.WATER: 300}
    check_amounts(bills, found)


@given(tariffs(), QUANTITIES, st.integers(-2, 2))
def test_check_amounts__amounts_around_the_price__pass_exactly_if_nearest(
    tariff: Tariff, quantity: int, off: int
) -> None:
    asked = _exact(tariff, quantity) + off
    assume(1 <= asked <= MAX_AMOUNT)
    # Nearest with a standing charge of nothing and one unlimited block is the plain statement of the rule.
    low, numerator = 0, 1000 * tariff.standing
    for block in tariff.blocks:
        numerator += max(0, min(quantity, block.up_to) - low) * block.price
        low = block.up_to
    nearest = abs(1000 * asked - numerator) <= 500 or (asked == 1 and numerator <= 1500)
    if nearest:
        check_amounts(_bills([quantity], [asked]), (tariff,))
    else:
        with pytest.raises(InputError, match=f"bill 100 has {asked}"):
            check_amounts(_bills([quantity], [asked]), (tariff,))


def test_check_amounts__a_tie__may_be_rounded_either_way() -> None:
    tariff = flat("grid", Utility.ELECTRICITY, 60)
    check_amounts(_bills([220_075, 220_075], [13_204, 13_205]), (tariff,))


def test_check_amounts__versions__the_one_in_force_at_the_end_of_the_period_holds() -> None:
    old = replace(flat("grid", Utility.ELECTRICITY, 60), from_day=100)
    new = replace(flat("grid", Utility.ELECTRICITY, 70), from_day=200)
    check_amounts(_bills([1000, 1000, 1000], [60, 60, 70], [100, 199, 200]), (new, old))
    with pytest.raises(InputError) as refused:
        check_amounts(_bills([1000, 1000], [60, 60], [99, 200]), (new, old))
    assert str(refused.value) == (
        "amounts must be what the tariff gives: row 1, column amount: bill 100 has 60, grid has no tariff for "
        "electricity in force at the period's end; row 2, column amount: bill 101 has 60, grid's tariff for "
        "electricity gives 70"
    )


ENTRY = """
[[tariff]]
supplier = "grid"
utility = "electricity"
from = 2016-01-01
standing = 5
blocks = [{ up_to = 100_000, price = 55 }, { price = 60 }]
"""


def _load(folder: Path, text: str) -> tuple[Tariff, ...]:
    path = folder / "tariffs.toml"
    path.write_text(text)
    return load_tariffs(path)


def test_load_tariffs__the_documented_format__is_read(tmp_path: Path) -> None:
    blocks = (TariffBlock(100_000, Money(55)), TariffBlock(MAX_QUANTITY, Money(60)))
    expected = Tariff("grid", Utility.ELECTRICITY, day_of(dt.date(2016, 1, 1)), Money(5), blocks)
    assert _load(tmp_path, ENTRY) == (expected,)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('supplier = "grid"', 'suplier = "grid"', "tariff 2: expected the keys supplier, utility, from, standing"),
        ('supplier = "grid"', 'supplier = ""', "tariff 2: supplier must be a name, found ''"),
        ('"electricity"', '"steam"', "tariff 2: utility must be one of electricity, water, gas, phone, found 'steam'"),
        ("2016-01-01", "2016-01-01T00:00:00", "tariff 2: from must be a date"),
        ("2016-01-01", "1969-12-31", "tariff 2: from must be a date"),
        ("standing = 5", "standing = -1", "tariff 2: standing must be an integer from 0"),
        ("standing = 5", "standing = true", "tariff 2: standing must be an integer from 0"),
        ("price = 60", "price = 0", "tariff 2: block 2: price must be an integer from 1"),
        ("price = 60", "price = 6.5", "tariff 2: block 2: price must be an integer from 1"),
        ("price = 55", "price = 4_294_967_296", "tariff 2: block 1: price must be an integer from 1"),
        ("{ price = 60 }", "{ up_to = 5, price = 60 }", "tariff 2: block 2: expected price alone, as the last block"),
        ("{ price = 60 }", "{ up_to = 100_000, price = 1 }, { price = 60 }", "tariff 2: block 2: up_to must be an int"),
        ("up_to = 100_000, ", "", "tariff 2: block 1: expected up_to and price"),
        ("{ up_to = 100_000, price = 55 }, { price = 60 }", "", "tariff 2: blocks must be a list of one to 8"),
        ("2016-01-01", "2015-01-01", "tariff 2: same supplier, utility and from as tariff 1"),
        ("[[tariff]]", "[[tarif]]", "expected one or more [[tariff]] and no other key; found tariff, tarif"),
        ("standing = 5", "standing 5", "is not TOML"),
    ],
)
def test_load_tariffs__a_wrong_entry__is_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in ENTRY
    with pytest.raises(InputError) as refused:
        _load(tmp_path, ENTRY.replace("2016", "2015") + ENTRY.replace(old, new))
    assert str(refused.value).startswith(f"{tmp_path / 'tariffs.toml'}: {expected}")


def test_load_tariffs__no_file_or_nothing_in_it__is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load_tariffs(tmp_path / "absent.toml")
    with pytest.raises(InputError, match="found nothing"):
        _load(tmp_path, "")
