"""Signed transactions on their way into a node's blocks: each is mined once, whatever happens to requests and answers.

A transaction is its bytes: sent again it is the same one, known by its hash, and its nonce lets it be mined only once.
Nothing is ever signed anew.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from fairmeter.chain.engine import refuse_transaction
from fairmeter.chain.jsonrpc import JsonRpc, UnansweredError, to_bytes, to_hex, to_int
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.signed import decode_signed, gas_limit
from fairmeter.errors import ChainError, NonceTakenError

BATCH: Final = 100
"""Calls in a request, at the most."""
BATCH_BYTES: Final = 1 << 20
"""Of transactions in a request, if it is more than one: nodes refuse requests of more than five megabytes."""
IN_FLIGHT: Final = 200
"""Transactions sent and not mined: more are not sent before some of them are. Nor are more than fit into a block by
their gas: a node that mines as soon as it gets something leaves what does not fit until something else comes."""
KNOWN: Final = ("already known", "known transaction", "already imported")
"""What nodes answer to a transaction that they hold already."""
USED_NONCE: Final = ("nonce too low", "nonce is too low", "invalid nonce", "nonce too old")
"""What they answer when that nonce is mined: by this transaction, or by another."""
FIRST_PAUSE_SECONDS: Final = 0.02
LONGEST_PAUSE_SECONDS: Final = 1.0
"""Between two looks at receipts."""
WAKE_SECONDS: Final = 0.5
"""Without a new receipt: then a node that says that it mines at once is asked to. What comes to anvil while it mines
may lie in its pool until something else comes."""
LOOK_AFTER_SECONDS: Final = 5.0
"""Without a new receipt: then whether the node still has what it took."""


class Outbox:
    """One list of transactions, in the order in which they are to be sent."""

    def __init__(self, rpc: JsonRpc, raw: Sequence[bytes], patience: float) -> None:
        """`patience`: seconds without a new receipt after which the node is given up."""
        self._rpc, self._raw, self._patience = rpc, raw, patience
        self._hashes = [keccak256(one) for one in raw]
        self._gas = [gas_limit(one) for one in raw]
        self._receipts: dict[int, Mapping[str, Any]] = {}
        self._waiting: dict[int, None] = {}
        self._next = 0
        self._block_gas = 0
        self._mines_at_once: bool | None = None
        """Unknown until it is asked."""

    def deliver(self) -> list[Mapping[str, Any]]:
        """The node's receipts, when all have come. Raises ChainError for a transaction that the node refuses, whose
        nonce another one took, or that it does not mine."""
        self._block_gas = to_int(self._rpc.call("eth_getBlockByNumber", "latest", False)["gasLimit"])
        pause, progress = FIRST_PAUSE_SECONDS, time.monotonic()
        woken = looked = progress
        while len(self._receipts) < len(self._raw):
            self._send()
            new, now = self._collect(), time.monotonic()
            if new:
                pause, progress, woken, looked = FIRST_PAUSE_SECONDS, now, now, now
                continue
            if now - progress > self._patience:
                oldest = to_hex(self._hashes[next(iter(self._waiting))])
                raise ChainError(
                    f"{self._rpc.shown} took transaction {oldest} but did not mine it within {self._patience:.0f} s"
                )
            if now - woken > WAKE_SECONDS:
                self._wake()
                woken = now
            if now - looked > LOOK_AFTER_SECONDS:
                self._look_after()
                looked = now
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return [self._receipts[place] for place in range(len(self._raw))]

    def _send(self) -> None:
        """Send as many as may be on their way, once half of those that were are mined: a node that mines at once makes
        a block of one that comes alone, and blocks cost it the more the more state there is."""
        if 2 * len(self._waiting) > IN_FLIGHT or 2 * self._waiting_gas() > self._block_gas:
            return
        while places := self._fitting():
            self._submit(places)
            self._waiting |= dict.fromkeys(places)
            self._next = places[-1] + 1

    def _fitting(self) -> list[int]:
        """The next ones for one request, of those that may be on their way."""
        room = min(BATCH, IN_FLIGHT - len(self._waiting))
        places: list[int] = []
        size, gas = 0, self._waiting_gas()
        for place in range(self._next, min(self._next + room, len(self._raw))):
            size, gas = size + len(self._raw[place]), gas + self._gas[place]
            if (places and size > BATCH_BYTES) or ((places or self._waiting) and gas > self._block_gas):
                break
            places.append(place)
        return places

    def _waiting_gas(self) -> int:
        return sum(self._gas[place] for place in self._waiting)

    def _submit(self, places: Sequence[int]) -> None:
        replies = self._rpc.batch([("eth_sendRawTransaction", [to_hex(self._raw[place])]) for place in places])
        problems = {
            place: reply.error
            for place, reply in zip(places, replies, strict=True)
            if reply.error and not _says(reply.error, KNOWN)
        }
        # an answer may have been lost: the node has it, and says that its nonce is used
        there = self._there([place for place, problem in problems.items() if _says(problem, USED_NONCE)])
        for place, problem in problems.items():
            if place not in there:
                refused = refuse_transaction(place, len(self._raw), problem)
                raise NonceTakenError(str(refused)) if _says(problem, USED_NONCE) else refused

    def _collect(self) -> int:
        """Ask for the receipts of the oldest that are on their way; how many came."""
        places = list(islice(self._waiting, BATCH))
        replies = self._rpc.batch([("eth_getTransactionReceipt", [to_hex(self._hashes[place])]) for place in places])
        found = {place: reply.result for place, reply in zip(places, replies, strict=True) if reply.result is not None}
        self._receipts |= found
        for place in found:
            del self._waiting[place]
        return len(found)

    def _wake(self) -> None:
        """Have a node mine that does so when it gets something; others do not know the question, and an answer that is
        lost is no loss."""
        with suppress(UnansweredError):
            if self._mines_at_once is None:
                (reply,) = self._rpc.batch([("hardhat_getAutomine", [])])
                self._mines_at_once = reply.result is True
            if self._mines_at_once:
                self._rpc.batch([("evm_mine", [])])

    def _look_after(self) -> None:
        """Send again what the node has lost; ChainError for what can no longer be mined."""
        places = list(islice(self._waiting, BATCH))
        there = self._there(places)
        for place in places:
            if place in there:
                continue
            signed = decode_signed(self._raw[place], keccak256)
            count = self._rpc.call("eth_getTransactionCount", to_hex(signed.sender), "latest")
            # mined between the two questions, it is there now
            if to_int(count) > signed.nonce and not self._there([place]):
                raise NonceTakenError(
                    f"transaction {place + 1} of {len(self._raw)}, {to_hex(signed.hash)}, was replaced: another "
                    f"transaction of 0x{signed.sender.hex()} has its nonce {signed.nonce}"
                )
            self._submit([place])

    def _there(self, places: Sequence[int]) -> set[int]:
        """Those that the node has, mined or not: one request, for where answers get lost a request each takes long."""
        method = "eth_getTransactionByHash"
        replies = self._rpc.batch([(method, [to_hex(self._hashes[place])]) for place in places])
        found = {place: self._rpc.expect(method, reply) for place, reply in zip(places, replies, strict=True)}
        return {place for place, one in found.items() if one and to_bytes(one["hash"]) == self._hashes[place]}


def _says(problem: str, words: Sequence[str]) -> bool:
    return any(word in problem.lower() for word in words)
