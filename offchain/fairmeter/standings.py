"""What `fairmeter standing` does: rules tried on a history before they are set, and the history of an account."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fairmeter.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from fairmeter.audit.trade.history import AccountHistory
    from fairmeter.risk.purchases import FittedTerms
    from fairmeter.risk.standing import Fact
    from fairmeter.risk.terms import Rules
    from fairmeter.risk.whatif import WhatIf

COLUMNS: Final = {"party": "str", "conduct": "str", "at": "int", "fee": "int"}
"""Of a history's file: whose, what it did in words, when in Unix seconds, and its fee in minor units."""


PURCHASE_COLUMNS: Final = {"total": "int", "lost": "int"}
"""Of a file of purchases, minor units: what each came to, and what of it was never paid or never delivered."""


def what_if(history: Path, rules: Path | None, share: float | None = None) -> WhatIf:
    """What the rules of a TOML file (the contract's first ones without it) would have made of `history`: a file with
    COLUMNS, or what a run at the trade desk wrote; with a `share` (0 to 1) the rules fitted so that they suspend and
    flag at most so many. Raises InputError for a file that is wrong, BundleError for a bundle that is."""
    from fairmeter.risk.terms import Rules  # noqa: PLC0415
    from fairmeter.risk.whatif import WhatIf, fitted, simulate  # noqa: PLC0415
    from fairmeter.simulation.scenario import read_toml  # noqa: PLC0415

    wanted = Rules() if rules is None else read_toml(rules, Rules)
    facts, present = _facts(history)
    if share is not None:
        wanted = fitted(facts, wanted, share)
    return WhatIf(wanted, simulate(facts, wanted), None if present is None else simulate(facts, present))


def history_of(directory: Path, account: str) -> AccountHistory:
    """The history of an account, an address or the name of a supplier, in a run at the trade desk. Raises InputError
    for one for which nothing counted."""
    from fairmeter.audit.trade.history import AccountHistory, TradeHistory  # noqa: PLC0415
    from fairmeter.bundle import Bundle  # noqa: PLC0415

    found = TradeHistory(Bundle(directory))
    digits = account.removeprefix("0x")
    try:
        party = found.names[account] if account in found.names else bytes.fromhex(digits)
    except ValueError as error:
        raise InputError(f"{account} is neither an address nor a supplier of {directory}") from error
    entries = found.of(party)
    if not entries:
        raise InputError(f"nothing counted for {account} in {directory}")
    return AccountHistory(account, entries)


def terms_for(history: Path, split: float, risk: float) -> FittedTerms:
    """The control thresholds that a history of purchases gives: a file with PURCHASE_COLUMNS, or what a run at the
    trade desk wrote. Raises InputError for a file that is wrong, BundleError for a bundle that is."""
    from fairmeter.risk.purchases import Purchases, fit_terms  # noqa: PLC0415
    from fairmeter.risk.terms import Terms  # noqa: PLC0415

    if history.is_dir():
        from fairmeter.audit.trade.history import TradeHistory  # noqa: PLC0415
        from fairmeter.bundle import Bundle  # noqa: PLC0415

        return fit_terms(TradeHistory(Bundle(history)).purchases(), Terms(), split, risk)
    rows = _table(history, PURCHASE_COLUMNS)
    totals, lost = (rows[name].to_numpy() for name in PURCHASE_COLUMNS)
    return fit_terms(Purchases(totals, totals, lost), Terms(), split, risk)


def _facts(history: Path) -> tuple[list[Fact], Rules | None]:
    if history.is_dir():
        from fairmeter.audit.trade.history import TradeHistory  # noqa: PLC0415
        from fairmeter.bundle import Bundle  # noqa: PLC0415

        found = TradeHistory(Bundle(history))
        return found.facts(), found.rules
    return _read(history), None


def _read(path: Path) -> list[Fact]:
    from fairmeter.risk.standing import Fact  # noqa: PLC0415
    from fairmeter.risk.whatif import conduct_of  # noqa: PLC0415

    rows = _table(path, COLUMNS)
    if (rows["at"] < 1).any():
        raise InputError(f"{path}: every row has times from 1 on")
    return [Fact(party.encode(), conduct_of(conduct), fee, at) for party, conduct, at, fee in rows.iter_rows()]


def _table(path: Path, columns: Mapping[str, str]) -> pl.DataFrame:
    import polars as pl  # noqa: PLC0415

    kinds: Mapping[str, type[pl.DataType]] = {"str": pl.String, "int": pl.Int64}
    if path.suffix not in {".csv", ".parquet"}:
        raise InputError(f"{path}: expected a .csv or .parquet file, or what a run at the trade desk wrote")
    try:
        table = pl.read_csv(path) if path.suffix == ".csv" else pl.read_parquet(path)
        rows = table.select(pl.col(name).cast(kinds[kind]) for name, kind in columns.items())
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: expected the columns {', '.join(columns)}: {error}") from error
    if rows.null_count().sum_horizontal().item():
        raise InputError(f"{path}: every row has {', '.join(columns)}")
    return rows
