"""Customers' data at rest: sealed with a key that the operator holds, and every reading of them in an access log."""

from __future__ import annotations

from fairmeter.privacy.access import Access, AccessLog, Act
from fairmeter.privacy.custody import Custody, contents_of, sealed_by
from fairmeter.privacy.keys import DataKey, make_key, read_key
from fairmeter.privacy.sealing import ENDING, Contents, Kind, SealedFile, is_sealed

__all__ = [
    "ENDING",
    "Access",
    "AccessLog",
    "Act",
    "Contents",
    "Custody",
    "DataKey",
    "Kind",
    "SealedFile",
    "contents_of",
    "is_sealed",
    "make_key",
    "read_key",
    "sealed_by",
]
