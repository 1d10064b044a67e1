"""Requests and answers, left in the store for one another: nobody has to be online at the same time.

A request is signed, an answer opens for its asker alone: neither is secret, and a store that loses one loses time.
"""

from __future__ import annotations

import re
from typing import Final

from fairmeter.contracts.vaulting import Request
from fairmeter.errors import VaultError
from fairmeter.vault.objects import join, split
from fairmeter.vault.store import Store

REQUESTS: Final = "requests"
ANSWERS: Final = "answers"
PARTY: Final = re.compile("[0-9a-f]{40}")
WIDTHS: Final = (8, 4, 4, 8)
"""Bytes of a request's numbers, as the contract has them."""


def ask(store: Store, asker: bytes, request: Request, signature: bytes) -> None:
    """Leaves a request."""
    values = zip((request.grant, request.number, request.fields, request.nonce), WIDTHS, strict=True)
    numbers = [value.to_bytes(width, "big") for value, width in values]
    store.write(_name(asker, request), join([*numbers, signature]))


def asked(store: Store, asker: bytes | None = None) -> list[tuple[Request, bytes]]:
    """All requests with their signatures, or someone's alone."""
    folder = REQUESTS if asker is None else f"{REQUESTS}/{asker.hex()}"
    found = [_read(store.read(name)) for name in store.names(folder)]
    return [one for one in found if one is not None]


def answer(store: Store, asker: bytes, request: Request, by: bytes, given: bytes) -> None:
    """Leaves an answer."""
    store.write(f"{_answers(asker, request)}/{by.hex()}", given)


def answers(store: Store, asker: bytes, request: Request) -> dict[bytes, bytes]:
    """The answers so far, by who gave them, as far as the names of their files are to be believed."""
    found = {}
    for name in store.names(_answers(asker, request)):
        by, given = name.rpartition("/")[2], store.read(name)
        if PARTY.fullmatch(by) and given is not None:
            found[bytes.fromhex(by)] = given
    return found


def _read(data: bytes | None) -> tuple[Request, bytes] | None:
    """None for what is no request: anyone can leave anything, and nobody else should wait for it."""
    try:
        *numbers, signature = split(data or b"", len(WIDTHS) + 1)
    except VaultError:
        return None
    if [len(number) for number in numbers] != list(WIDTHS):
        return None
    return Request(*(int.from_bytes(number, "big") for number in numbers)), signature


def _name(asker: bytes, request: Request) -> str:
    return f"{REQUESTS}/{asker.hex()}/{request.grant}-{request.number}-{request.nonce:016x}"


def _answers(asker: bytes, request: Request) -> str:
    return f"{ANSWERS}/{asker.hex()}/{request.grant}-{request.number}-{request.nonce:016x}"
