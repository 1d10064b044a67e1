"""An operator's meter directory on disk: whose meter each account is, and the key that salts its evidence.

A Parquet file with a row an account: `account` (unsigned 64 bits), `customer_id` (text, as the readings have it) and
`disclosure_key` (32 bytes). Whoever holds it can recognise a customer's readings on chain: keep it as private as they.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from fairmeter.errors import InputError
from fairmeter.oracle.service import Meters
from fairmeter.usage.keys import index_in

SCHEMA: Final = {"account": pl.UInt64, "customer_id": pl.String, "disclosure_key": pl.Binary}
KEY_BYTES: Final = 32


def write_meters(path: Path, meters: Meters, customers: Sequence[str]) -> None:
    """Write a directory whose `customer` counts in `customers`; the file can be read by its owner only."""
    names = pl.Series(customers, dtype=pl.String).gather(meters.customer)
    frame = pl.DataFrame(
        {
            "account": meters.accounts.astype(np.uint64),
            "customer_id": names,
            "disclosure_key": pl.Series([key.tobytes() for key in meters.disclosure_keys], dtype=pl.Binary),
        }
    )
    path.touch(mode=0o600)
    frame.write_parquet(path)


def load_meters(path: Path, customers: Sequence[str]) -> Meters:
    """The directory of a file, for readings of `customers`; who has no readings in them is judged INSUFFICIENT.

    Raises InputError for another file, an account that is in it twice, or a key of another length.
    """
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: cannot be read as a meter directory: {str(error).splitlines()[0]}") from error
    if dict(frame.schema) != SCHEMA:
        expected = ", ".join(f"{name} ({kind})" for name, kind in SCHEMA.items())
        raise InputError(f"{path}: a meter directory has the columns {expected}")
    if frame.is_empty() or sum(frame.null_count().row(0)):
        raise InputError(f"{path}: a meter directory has no empty cell and at least one account")
    frame = frame.sort("account")
    if frame["account"].is_duplicated().any():
        twice = frame["account"].filter(frame["account"].is_duplicated())[0]
        raise InputError(f"{path}: account {twice} is in it twice")
    if (frame["disclosure_key"].bin.size() != KEY_BYTES).any():
        raise InputError(f"{path}: a disclosure key has {KEY_BYTES} bytes")
    customer = index_in(customers, frame["customer_id"].to_list())
    keys = np.frombuffer(b"".join(frame["disclosure_key"]), np.uint8).reshape(-1, KEY_BYTES)
    return Meters(frame["account"].to_numpy().astype(np.int64), customer, keys)
