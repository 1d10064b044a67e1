"""A typed client of the bills' papers, their events as columns, and their deployment beside a system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.calldata import calldata, words_of
from fairmeter.contracts.deploy import DEPLOYMENT_GAS, System, creation_code
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.packing import get
from fairmeter.contracts.session import Call, Contract, Session
from fairmeter.errors import ChainError
from fairmeter.model import Int64s, UInt8s
from fairmeter.papers.kinds import Kind

NAME: Final = "BillTrace"
DIGEST: Final = 19
"""Bytes of the digest over a bill's documents."""


class BillTrace(Contract):
    """The papers of bills."""

    name = NAME

    def appoint(self, supplier: int, key: bytes, identity: bytes, duties: int) -> Call:
        """The supplier owner's: what a key may write; `identity` (32 bytes) says whose it is."""
        return self.write("appoint", supplier, key, identity, duties)

    def set_limits(self, supplier: int, second: int, third: int) -> Call:
        """The supplier owner's: above which amounts, minor units, applications take a second and a third approval."""
        return self.write("setLimits", supplier, second, third)

    def archive(self, batch: int, words: UInt8s, contents: UInt8s) -> Call:
        """A clerk's: opens the files of a batch's bills, (n, 32) as posted; a content (n, 32) of zeros passes over."""
        data = calldata(self.interface.selector("archive"), batch, np.concatenate([words, contents], axis=1))
        return self.raw("archive", data)

    def write_documents(self, kind: Kind, bills: Int64s, amounts: Int64s, taxes: Int64s, contents: UInt8s) -> Call:
        """A clerk's: a document of one kind for each of n bills; minor units, ppm, (n, 32) hashes."""
        rows = np.concatenate([words_of(bills), words_of(amounts), words_of(taxes), contents], axis=1)
        return self.raw("write", calldata(self.interface.selector("write"), int(kind), rows))

    def give_back(self, kind: Kind, bills: Int64s, defects: Int64s, contents: UInt8s) -> Call:
        """A clerk's: returns documents of one kind, with reasons."""
        rows = np.concatenate([words_of(bills), words_of(defects), contents], axis=1)
        return self.raw("giveBack", calldata(self.interface.selector("giveBack"), int(kind), rows))

    def vouch(self, bills: Int64s) -> Call:
        """Anyone's: has the paid vouchers say what the ledger says."""
        return self.raw("vouch", calldata(self.interface.selector("vouch"), words_of(bills)))

    def papers_of(self, bill: int) -> Mapping[str, Any]:
        """As types/Papers.sol has it, by field."""
        found: Mapping[str, Any] = self.read("papersOf", bill)
        return found


@dataclass(frozen=True, slots=True)
class DocumentColumns:
    """n documents as events tell them, in order."""

    transaction: Int64s
    log: Int64s
    bill: Int64s
    kind: Int64s
    defect: Int64s
    """0 of those that were written."""
    parents: Int64s
    """Bit k for kind k."""
    amount: Int64s
    """Minor units; 0 of those that were returned."""
    tax: Int64s
    """Ppm."""
    issuer: UInt8s
    """(n, 20)."""
    content: UInt8s
    """(n, 32)."""
    what: UInt8s
    """(n, 32) and `by`: the two packed words (libraries/PackedPapers.sol)."""
    by: UInt8s

    def __len__(self) -> int:
        return len(self.bill)


def documents_of(logs: pa.Table, address: bytes) -> DocumentColumns:
    """Those of `logs`, in a bundle's columns, that the contract at `address` emitted."""
    return document_columns(event_columns(logs, address, interface(NAME), "Documented"))


def document_columns(columns: Mapping[str, Any]) -> DocumentColumns:
    """The fields of packed documents, from the columns of `event_columns`."""
    what, by = columns["what"], columns["by"]
    return DocumentColumns(
        transaction=columns["transaction"].astype(np.int64),
        log=columns["log"].astype(np.int64),
        bill=get(what, 12, 8),
        kind=get(what, 4, 1),
        defect=get(what, 3, 1),
        parents=get(what, 2, 2),
        amount=get(by, 11, 6),
        tax=get(by, 5, 4),
        issuer=by[:, 12:],
        content=columns["content"],
        what=what,
        by=by,
    )


def digest_after(what: bytes, by: bytes, content: bytes) -> bytes:
    """The digest over a bill's documents once this one, in its three words, has been added."""
    return keccak256(what + by + content)[-DIGEST:]


def digest_before(what: bytes) -> bytes:
    """The digest that a document follows: zeros for a bill's first."""
    return what[-DIGEST:]


def deploy_papers(session: Session, system: System, deployer: Wallet) -> BillTrace:
    """Deploy the papers beside `system`. Raises ChainError if nothing was created."""
    data = creation_code(NAME) + interface(NAME).encode_constructor(system.ledger.address)
    receipts = session.transact(deployer, Call(NAME, "constructor", None, data, DEPLOYMENT_GAS))
    address = receipts[0].contract_address
    if address is None:
        raise ChainError(f"{NAME} was not created")
    return BillTrace(system.engine, address)
