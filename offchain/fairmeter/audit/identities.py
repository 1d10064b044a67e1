"""Names that the chain does not know: a bill_id belongs to one bill only, an account always to the same customer."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from fairmeter.audit.findings import Finding

NAMES = ("bill_id", "customer_id", "account", "batch", "index")


class Identities:
    """The names in the bills table, batch by batch, until all of them can be compared."""

    def __init__(self) -> None:
        self._tables: list[pa.Table] = []

    def add(self, rows: pa.Table) -> None:
        """Rows of the bills table."""
        self._tables.append(rows.select(NAMES))

    def finding(self) -> Finding | None:
        """The first bill whose name is another's, or whose customer is not the one that its account had before."""
        if not self._tables:
            return None
        bills = pl.from_arrow(pa.concat_tables(self._tables))
        assert isinstance(bills, pl.DataFrame)
        known = pl.col("customer_id").first().over("account")
        wrong = bills.with_columns(again=~pl.col("bill_id").is_first_distinct(), known=known).filter(
            pl.col("again") | (pl.col("known") != pl.col("customer_id"))
        )
        if wrong.is_empty():
            return None
        first = wrong.row(0, named=True)
        where = f"batch {first['batch']}, bill {first['index']}, bill_id {first['bill_id']}"
        if first["again"]:
            return Finding("bills", where, "a bill_id that no other bill has", "one used before")
        return Finding(
            "bills", f"{where}, customer of account {first['account']}", first["known"], first["customer_id"]
        )
