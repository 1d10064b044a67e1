from __future__ import annotations

import pytest

from fairmeter.contracts.vaulting import Request
from fairmeter.vault import exchange
from fairmeter.vault.objects import join
from vault_parties import Memory

BANK, PROXY = b"b" * 20, b"p" * 20
REQUEST = Request(2**64 - 1, 2**32 - 1, 5, 2**64 - 1)


def test_ask__any_request__is_found_with_its_answers() -> None:
    store = Memory()
    exchange.ask(store, BANK, REQUEST, b"signature")
    assert exchange.asked(store) == exchange.asked(store, BANK) == [(REQUEST, b"signature")]
    assert exchange.asked(store, PROXY) == []
    exchange.answer(store, BANK, REQUEST, PROXY, b"answer")
    assert exchange.answers(store, BANK, REQUEST) == {PROXY: b"answer"}


@pytest.mark.parametrize(
    "noise", [b"", b"no request", join([b"\xff" * 9, b"\0" * 4, b"\0" * 4, b"\0" * 8, b""]), join([b"", b""])]
)
def test_asked__noise_in_the_store__others_are_found_all_the_same(noise: bytes) -> None:
    store = Memory()
    store.write("requests/noise", noise)
    exchange.ask(store, BANK, REQUEST, b"signature")
    assert exchange.asked(store) == [(REQUEST, b"signature")]
    exchange.answer(store, BANK, REQUEST, PROXY, b"answer")
    folder = next(name for name in store.names("answers")).rpartition("/")[0]
    store.write(f"{folder}/nobody", noise)
    assert exchange.answers(store, BANK, REQUEST) == {PROXY: b"answer"}
