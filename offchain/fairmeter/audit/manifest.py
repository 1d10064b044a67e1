"""The manifest as a type: every field that the audit relies on is there and of its kind, or the bundle is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

from fairmeter.bundle import MANIFEST, Bundle
from fairmeter.chain.genesis import HARDFORK, Genesis
from fairmeter.contracts.artifacts import ARREARS, CONTRACTS, CREDIT, PAPERS, REFUNDS, TRADE
from fairmeter.errors import BundleError

KEYS: Final = frozenset(
    {"format", "files", "digest", "fairmeter", "chain", "contracts", "operators", "scenario", "sources", "sums", "head"}
)
SUMS: Final = (
    *("bills", "settled", "appealed", "insufficient", "arrears"),
    *("amount_billed", "amount_unjudged", "amount_settled", "amount_pending", "amount_waiting"),
    *("amount_held", "amount_arrears", "amount_void", "transactions", "gas_used"),
)
TRADE_SUMS: Final = (
    *("offers", "warned", "purchases", "parts", "amount_bought", "amount_direct", "amount_instalments"),
    *("amount_released", "amount_returned", "fees", "deposited", "withdrawn", "changes", "flagged", "suspended"),
    *("banned", "rewarded", "mandates", "transactions", "refused", "gas_used"),
)
HEX: Final = re.compile(r"0x([0-9a-f]{2})*")


@dataclass(frozen=True, slots=True)
class Head:
    """The run's last block, and what binds all up to it."""

    block: int
    timestamp: int
    """Unix seconds."""
    history: bytes
    """The digest of `chain.history`."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself."""

    chain_id: int
    genesis: Genesis | None
    """None for a run on a foreign chain, whose beginning the bundle does not hold."""
    contracts: Mapping[str, bytes]
    """Addresses by contract name, in the order of deployment."""
    operators: tuple[bytes, ...]
    scenario: Mapping[str, Any]
    sources: Mapping[str, Any]
    sums: Mapping[str, int]
    head: Head
    rows: Mapping[str, int]
    """By table."""


def read_manifest(bundle: Bundle) -> Manifest:
    """Check the manifest's fields and take them. Raises BundleError that names the first that is wrong."""
    if unknown := set(bundle.manifest) ^ KEYS:
        raise BundleError(f"{MANIFEST}: {min(unknown)} is {'missing' if min(unknown) in KEYS else 'not a known key'}")
    fields = _Fields(bundle.manifest, "")
    if (written_by := fields.text("fairmeter")) != (own := version("fairmeter")):
        raise BundleError(f"{MANIFEST}: written by Fairmeter {written_by}: audit it with that version, this is {own}")
    chain, contracts, sums, head = (fields.nested(name) for name in ("chain", "contracts", "sums", "head"))
    chain.only(("chain_id", "hardfork", "genesis"))
    head.only(("block", "timestamp", "history"))
    if chain.text("hardfork") != HARDFORK:
        raise BundleError(f"{MANIFEST}: chain.hardfork is {chain.text('hardfork')}, expected {HARDFORK}")
    scenario = fields.nested("scenario").values
    lines = CREDIT if (scenario.get("arrears") or {}).get("credit") else ()
    sections = {"arrears": (*ARREARS, *lines), "refunds": REFUNDS, "papers": PAPERS}
    named_beside = (name for section, names in sections.items() if scenario.get(section) for name in names)
    beside = TRADE if bundle.of_trade else tuple(named_beside)
    named, counted = (*CONTRACTS, *beside), TRADE_SUMS if bundle.of_trade else SUMS
    contracts.only(named)
    sums.only(counted)
    files = fields.nested("files")
    names = bundle.files
    files.only(names)
    tables = {name: files.nested(name) for name in names}
    for described in tables.values():
        described.text("sha256")
    return Manifest(
        chain_id=chain.number("chain_id"),
        genesis=None if chain.value("genesis") is None else _genesis(chain),
        contracts={name: contracts.hexadecimal(name, 20) for name in named},
        operators=fields.addresses("operators"),
        scenario=fields.nested("scenario").values,
        sources=fields.nested("sources").values,
        sums={name: sums.number(name) for name in counted},
        head=Head(head.number("block"), head.number("timestamp"), head.hexadecimal("history", 32)),
        rows={
            name.removesuffix(".parquet"): described.number("rows")
            for name, described in tables.items()
            if name.endswith(".parquet")
        },
    )


def _genesis(chain: _Fields) -> Genesis:
    fields = chain.nested("genesis")
    fields.only(("timestamp", "gas_limit", "base_fee", "funder", "balance"))
    return Genesis(
        timestamp=fields.number("timestamp"),
        chain_id=chain.number("chain_id"),
        gas_limit=fields.number("gas_limit"),
        base_fee=fields.number("base_fee"),
        funder=fields.hexadecimal("funder", 20),
        balance=fields.large_number("balance"),
    )


class _Fields:
    """A JSON object at a place in the manifest, read strictly."""

    def __init__(self, values: Mapping[str, Any], path: str) -> None:
        self.values, self._path = values, path

    def value(self, name: str) -> Any:
        if name not in self.values:
            raise BundleError(f"{MANIFEST}: {self._path}{name} is missing")
        return self.values[name]

    def only(self, names: tuple[str, ...]) -> None:
        if unknown := set(self.values) ^ set(names):
            problem = "missing" if min(unknown) in names else "not a known key"
            raise BundleError(f"{MANIFEST}: {self._path}{min(unknown)} is {problem}")

    def nested(self, name: str) -> _Fields:
        return _Fields(self._of(name, dict, "an object"), f"{self._path}{name}.")

    def text(self, name: str) -> str:
        return str(self._of(name, str, "text"))

    def number(self, name: str) -> int:
        value = self._of(name, int, "an integer")
        if isinstance(value, bool) or value < 0:
            raise self._wrong(name, "an integer, at least 0", value)
        return int(value)

    def large_number(self, name: str) -> int:
        """Decimal digits in text, as JSON's readers lose what is beyond 2^53."""
        value = self.text(name)
        if not value.isascii() or not value.isdecimal():
            raise self._wrong(name, "decimal digits in text", value)
        return int(value)

    def hexadecimal(self, name: str, length: int) -> bytes:
        return self._hex(name, self.value(name), length)

    def addresses(self, name: str) -> tuple[bytes, ...]:
        return tuple(self._hex(name, value, 20) for value in self._of(name, list, "a list of addresses"))

    def _of(self, name: str, kind: type, expected: str) -> Any:
        value = self.value(name)
        if not isinstance(value, kind):
            raise self._wrong(name, expected, value)
        return value

    def _hex(self, name: str, value: object, length: int) -> bytes:
        if not isinstance(value, str) or len(value) != 2 + 2 * length or not HEX.fullmatch(value):
            raise self._wrong(name, f"0x and {length} bytes in lower-case hexadecimal", value)
        return bytes.fromhex(value[2:])

    def _wrong(self, name: str, expected: str, value: object) -> BundleError:
        return BundleError(f"{MANIFEST}: {self._path}{name} is {value!r}, expected {expected}")
