"""Tariffs: what a bill's quantity costs, exactly as the ledger's contract computes it, and where tariffs come from.

amount = max(1, standing + Σ over blocks (part of the quantity in the block · price) / 1,000), the sum rounded to the
nearest minor unit. Prices are minor units per 1,000 base units. Exactly between two minor units both are nearest: a
bill may ask either (suppliers round differently there), and `amount` gives the even one.

A tariff file is TOML with one `[[tariff]]` an entry, and no other keys than these::

    [[tariff]]
    supplier = "grid"
    utility = "electricity"        # electricity, water, gas, phone
    from = 2016-01-01              # first day in force; compared with the last day of a bill's period
    standing = 0                   # minor units a bill, 0 to 2^48 - 1
    blocks = [                     # one to eight, up_to ascending, in base units a bill
        { up_to = 100_000, price = 55 },
        { price = 60 },            # the last block has no up_to; price 1 to 2^32 - 1
    ]
"""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.errors import MAX_ROWS_SHOWN, BadRow, InputError, OutOfBoundsError
from fairmeter.model import Bills, Int64s, Tariff, TariffBlock, Utility
from fairmeter.units import MAX_AMOUNT, MAX_QUANTITY, Money, day_of
from fairmeter.usage.table import MAX_DAY

MAX_PRICE: Final = 2**32 - 1
MAX_STANDING: Final = 2**48 - 1
MAX_BLOCKS: Final = 8

_TARIFF_KEYS: Final = frozenset({"supplier", "utility", "from", "standing", "blocks"})
_TOO_MUCH: Final = MAX_AMOUNT + 1


def amount(tariff: Tariff, quantity: Int64s) -> Int64s:
    """(n,) minor units that `tariff` gives for (n,) quantities in base units, 0 to MAX_QUANTITY each; exact.

    Raises OutOfBoundsError for a quantity outside its bounds or an amount beyond MAX_AMOUNT.
    """
    if len(quantity) and not 0 <= (worst := _farthest(quantity)) <= MAX_QUANTITY:
        raise OutOfBoundsError("quantity", worst, 0, MAX_QUANTITY)
    low, high = _nearest(tariff, quantity)
    given: Int64s = np.maximum(low + ((low < high) & (low % 2 == 1)), 1)
    if (given >= _TOO_MUCH).any():
        first = int(quantity[np.argmax(given >= _TOO_MUCH)])
        raise OutOfBoundsError(f"amount of quantity {first}", f"more than {MAX_AMOUNT}", 1, MAX_AMOUNT)
    return given


def amounts(tariffs: Sequence[Tariff], bills: Bills, rows: Int64s, quantity: Int64s) -> Int64s:
    """(k,) minor units that `quantity`, base units, would cost instead of that of the k bills in `rows`, by the tariffs
    in force at their periods' ends.

    Raises OutOfBoundsError as `amount` does, and InputError where no tariff is in force.
    """
    given = np.zeros(len(rows), np.int64)
    code = bills.supplier[rows].astype(np.int64) * 8 + bills.utility[rows]
    for one in np.unique(code).tolist():
        at = np.flatnonzero(code == one)
        own = _versions(tariffs, bills.suppliers[one >> 3], Utility(one & 7))
        version = np.searchsorted([tariff.from_day for tariff in own], bills.end[rows[at]], side="right") - 1
        for index in np.unique(version).tolist():
            if index < 0:
                raise InputError(f"{bills.suppliers[one >> 3]} has no tariff in force for {Utility(one & 7).label}")
            given[at[version == index]] = amount(own[index], quantity[at[version == index]])
    return given


def check_amounts(bills: Bills, tariffs: Sequence[Tariff]) -> None:
    """Raises InputError listing the bills whose amount is not what the tariff in force at their period's end gives, or
    for which no tariff is in force; rows are the bills' numbers in their file."""
    low, high = np.zeros(len(bills), dtype=np.int64), np.zeros(len(bills), dtype=np.int64)
    for supplier, utility, rows in _groups(bills):
        own = _versions(tariffs, supplier, utility)
        version = np.searchsorted([tariff.from_day for tariff in own], bills.end[rows], side="right") - 1
        for index, tariff in enumerate(own):
            at = rows[version == index]
            low[at], high[at] = _nearest(tariff, bills.quantity[at])
    _refuse(bills, low, high, "amounts must be what the tariff gives")


def infer_tariffs(bills: Bills) -> tuple[Tariff, ...]:
    """The flat tariff of each supplier and utility, ordered so: the one integer price that explains all its bills.

    Where tiny bills leave several prices possible, the lowest is taken. Raises InputError listing the bills that do not
    fit the price which explains the most bills of their supplier and utility.
    """
    tariffs = []
    low, high = np.zeros(len(bills), dtype=np.int64), np.zeros(len(bills), dtype=np.int64)
    for supplier, utility, rows in _groups(bills):
        tariff = flat(supplier, utility, _best_price(bills.quantity[rows], bills.amount[rows]))
        low[rows], high[rows] = _nearest(tariff, bills.quantity[rows])
        tariffs.append(tariff)
    _refuse(bills, low, high, "no single price explains all bills of a supplier and utility")
    return tuple(tariffs)


def flat(supplier: str, utility: Utility, price: int) -> Tariff:
    """One block at `price` minor units per 1,000 base units, no standing charge, in force from 1970-01-01."""
    return Tariff(supplier, utility, 0, Money(0), (TariffBlock(MAX_QUANTITY, Money(price)),))


def load_tariffs(path: str | os.PathLike[str]) -> tuple[Tariff, ...]:
    """The tariffs of a TOML file in the format of this module, in the file's order.

    Raises InputError, naming the entry, for anything the format does not allow and for a second entry of one supplier,
    utility and date.
    """
    name = os.fspath(path)
    try:
        document = tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{name}: is not TOML: {error}") from error
    entries = document.get("tariff")
    if set(document) != {"tariff"} or not isinstance(entries, list) or not entries:
        found = ", ".join(document) or "nothing"
        raise InputError(f"{name}: expected one or more [[tariff]] and no other key; found {found}")
    tariffs = tuple(_tariff(f"{name}: tariff {number}", entry) for number, entry in enumerate(entries, 1))
    seen: dict[tuple[str, Utility, int], int] = {}
    for number, tariff in enumerate(tariffs, 1):
        first = seen.setdefault((tariff.supplier, tariff.utility, tariff.from_day), number)
        if first != number:
            raise InputError(f"{name}: tariff {number}: same supplier, utility and from as tariff {first}")
    return tariffs


def _versions(tariffs: Sequence[Tariff], supplier: str, utility: Utility) -> list[Tariff]:
    """A supplier's for a utility, the oldest first."""
    own = (tariff for tariff in tariffs if tariff.supplier == supplier and tariff.utility == utility)
    return sorted(own, key=lambda tariff: tariff.from_day)


def _nearest(tariff: Tariff, quantity: Int64s) -> tuple[Int64s, Int64s]:
    """The lowest and the highest right amount; they differ, by 1, where the price lies exactly between two minor units.
    MAX_AMOUNT + 1 stands for any beyond MAX_AMOUNT.

    A block's part · price needs 79 bits, so each part is split into thousands and a rest: the thousands give whole
    minor units, and only the rests, below 2^45 together, are divided. Where the whole units could leave int64 a
    floating-point estimate has already proved the amount too large.
    """
    whole, rest = np.zeros_like(quantity), np.zeros_like(quantity)
    estimate = np.zeros(len(quantity))
    lower = 0
    for block in tariff.blocks:
        thousands, units = np.divmod(np.clip(quantity, lower, block.up_to) - lower, 1000)
        estimate += thousands.astype(np.float64) * block.price
        fits = estimate <= 2.0**50
        whole += np.where(fits, thousands, 0) * np.int64(block.price)
        rest += units * np.int64(block.price)
        lower = block.up_to
    quotient, remainder = np.divmod(rest, 1000)
    below = np.where(estimate <= 2.0**50, whole + quotient + np.int64(tariff.standing), _TOO_MUCH)
    low, high = below + (remainder > 500), below + (remainder >= 500)
    return np.clip(low, 1, _TOO_MUCH), np.clip(high, 1, _TOO_MUCH)


def _best_price(quantity: Int64s, amounts: Int64s) -> int:
    """The lowest of the prices that explain the most of a supplier's bills.

    A bill is explained by the prices from ceil(low / quantity) to floor(high / quantity), where low and high bound the
    products that round to its amount: 1,000·amount ± 500. An amount of 1 is also what any smaller product gives.
    """
    low = np.where(amounts == 1, 0, 1000 * amounts - 500)
    high = 1000 * amounts + 500
    used = np.maximum(quantity, 1)
    lowest = np.maximum(-(-low // used), 1)
    highest = np.minimum(high // used, MAX_PRICE)
    # A quantity of nothing costs the least amount at every price, so it tells nothing about the price.
    tells = (quantity > 0) & (lowest <= highest)
    starts, ends = np.sort(lowest[tells]), np.sort(highest[tells])
    if not len(starts):
        return 1
    explained = np.searchsorted(starts, starts, side="right") - np.searchsorted(ends, starts, side="left")
    return int(starts[np.argmax(explained)])


def _groups(bills: Bills) -> list[tuple[str, Utility, npt.NDArray[np.int64]]]:
    """(supplier, utility, rows of its bills), in this order."""
    code = bills.supplier.astype(np.int64) * 8 + bills.utility
    order = np.argsort(code, kind="stable")
    codes, first = np.unique(code[order], return_index=True)
    parts = np.split(order, first)[1:]
    return [
        (bills.suppliers[int(code) >> 3], Utility(int(code) & 7), rows) for code, rows in zip(codes, parts, strict=True)
    ]


def _refuse(bills: Bills, low: Int64s, high: Int64s, message: str) -> None:
    """Refuse the bills whose amount is not from `low` to `high`; 0 stands for no tariff."""
    rows = np.flatnonzero((bills.amount < low) | (bills.amount > high))
    if len(rows):
        bad = [_misfit(bills, int(row), int(low[row])) for row in rows[:MAX_ROWS_SHOWN]]
        raise InputError(message, bad, len(rows))


def _misfit(bills: Bills, row: int, given: int) -> BadRow:
    supplier, utility = bills.suppliers[bills.supplier[row]], Utility(int(bills.utility[row])).label
    expected = f"{supplier}'s tariff for {utility} gives {given if given <= MAX_AMOUNT else f'more than {MAX_AMOUNT}'}"
    if given == 0:
        expected = f"{supplier} has no tariff for {utility} in force at the period's end"
    return BadRow(row + 1, "amount", f"bill {bills.bill_id[row]} has {bills.amount[row]}, {expected}")


def _farthest(quantity: Int64s) -> int:
    low, high = int(quantity.min()), int(quantity.max())
    return low if low < 0 else high


def _tariff(where: str, entry: object) -> Tariff:
    if not isinstance(entry, dict) or set(entry) != _TARIFF_KEYS:
        found = ", ".join(entry) if isinstance(entry, dict) else repr(entry)
        raise InputError(f"{where}: expected the keys supplier, utility, from, standing, blocks; found {found}")
    supplier, label, first = entry["supplier"], entry["utility"], entry["from"]
    if not isinstance(supplier, str) or not supplier:
        raise InputError(f"{where}: supplier must be a name, found {supplier!r}")
    utilities = {utility.label: utility for utility in Utility}
    if label not in utilities:
        raise InputError(f"{where}: utility must be one of {', '.join(utilities)}, found {label!r}")
    # A TOML date-time is a date too to isinstance.
    if type(first) is not dt.date or not 0 <= day_of(first) <= MAX_DAY:
        raise InputError(f"{where}: from must be a date from 1970-01-01 to 2149-06-06, found {first}")
    standing = _integer(f"{where}: standing", entry["standing"], 0, MAX_STANDING)
    return Tariff(supplier, utilities[label], day_of(first), Money(standing), _blocks(where, entry["blocks"]))


def _blocks(where: str, blocks: object) -> tuple[TariffBlock, ...]:
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= MAX_BLOCKS:
        raise InputError(f"{where}: blocks must be a list of one to {MAX_BLOCKS}")
    result: list[TariffBlock] = []
    low = 0
    for number, block in enumerate(blocks, 1):
        place = f"{where}: block {number}"
        last = number == len(blocks)
        if not isinstance(block, dict) or set(block) != ({"price"} if last else {"up_to", "price"}):
            raise InputError(f"{place}: expected {'price alone, as the last block' if last else 'up_to and price'}")
        price = _integer(f"{place}: price", block["price"], 1, MAX_PRICE)
        low = MAX_QUANTITY if last else _integer(f"{place}: up_to", block["up_to"], low + 1, MAX_QUANTITY - 1)
        result.append(TariffBlock(low, Money(price)))
    return tuple(result)


def _integer(where: str, value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise InputError(f"{where} must be an integer from {low} to {high}, found {value!r}")
    return value
