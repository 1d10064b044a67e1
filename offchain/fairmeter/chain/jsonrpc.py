"""JSON-RPC over HTTP to an Ethereum node: single calls and batches, with every failure as one clear line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests

from fairmeter.errors import ChainError, InputError

TIMEOUT_SECONDS: Final = 30.0
"""For the answer to one request."""
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 2.0
"""Between attempts; each pause is twice the one before."""
PASSING: Final = frozenset({429, 502, 503, 504})
"""HTTP statuses of a node that is busy, or being started."""
LIMIT_EXCEEDED: Final = -32005
"""The same as a JSON-RPC error (EIP-1474)."""
REPEATABLE: Final = ("eth_", "net_", "web3_", "debug_", "txpool_")
"""What may be asked twice: reads, and eth_sendRawTransaction, since the same bytes are the same transaction."""


Answer = TypeVar("Answer")


class UnansweredError(ChainError):
    """No usable answer came: whether the request arrived is not known."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A node's answer to one call: a result or an error."""

    result: Any = None
    error: str | None = None
    """The node's message, None for success."""
    data: bytes = b""
    """What a contract reverted with, where the node says so."""
    reverted: bool = False


class JsonRpc:
    """A node at `url` (http or https). Raises ChainError when it does not answer, InputError if `url` is none.

    For `patience` seconds it is asked again when it is busy, breaks off or cannot be reached, if that does no harm.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(f"RPC address {url!r}: expected http://host:port or https://host")
        # without user, password and path, where keys are kept
        self.shown = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        self.patience = 0.0
        self._url = url
        self._session = requests.Session()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def call(self, method: str, *params: Any) -> Any:
        """The result of one call; ChainError with the node's message if it is an error."""
        return self.expect(method, self.ask(method, *params))

    def ask(self, method: str, *params: Any) -> Reply:
        """One call, its error as a value."""
        return self._patiently([method], lambda: self._ask(method, params))

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Reply]:
        """One JSON batch. A node may run its calls side by side: only independent ones belong in it."""
        return self._patiently([name for name, _ in calls], lambda: self._batch(calls)) if calls else []

    def _ask(self, method: str, params: Sequence[Any]) -> Reply:
        with self._transport():
            return _reply(dict(self._post(_request(0, method, params))))

    def _batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Reply]:
        with self._transport():
            answer = self._post([_request(place, name, params) for place, (name, params) in enumerate(calls)])
            if isinstance(answer, list):
                # in whatever order, and whatever else is there
                replies = {one.get("id"): one for one in reversed(answer)}
                if all(place in replies for place in range(len(calls))):
                    return [_reply(dict(replies[place])) for place in range(len(calls))]
                raise UnansweredError(f"{self.shown} answers {len(answer)} of a batch of {len(calls)} calls")
        error = answer.get("error", answer) if isinstance(answer, dict) else answer
        kind = UnansweredError if isinstance(error, dict) and error.get("code") == LIMIT_EXCEEDED else ChainError
        raise kind(f"{self.shown} does not answer a batch of {len(calls)} calls: {error}")

    def _post(self, body: Any) -> Any:
        response = self._session.post(self._url, json=body, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        return response.json()

    def _patiently(self, methods: Sequence[str], attempt: Callable[[], Answer]) -> Answer:
        repeatable = all(method.startswith(REPEATABLE) for method in methods)
        began, pause = time.monotonic(), FIRST_PAUSE_SECONDS
        while True:
            try:
                return attempt()
            except UnansweredError:
                if not repeatable or time.monotonic() - began >= self.patience:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def expect(self, method: str, reply: Reply) -> Any:
        """The result of a reply; ChainError if it is an error."""
        if reply.error is not None:
            raise ChainError(f"{self.shown} refuses {method}: {reply.error}")
        return reply.result

    @contextmanager
    def sense(self, method: str) -> Iterator[None]:
        """Turn an answer that cannot be read into one line."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ChainError(f"{self.shown} answers {method} with something else than expected: {error!r}") from error

    @contextmanager
    def _transport(self) -> Iterator[None]:
        try:
            yield
        except requests.Timeout as error:
            raise UnansweredError(f"{self.shown} did not answer within {TIMEOUT_SECONDS:.0f} s") from error
        except requests.HTTPError as error:
            status = 0 if error.response is None else error.response.status_code
            kind = UnansweredError if status in PASSING else ChainError
            raise kind(f"{self.shown} answers with HTTP status {status}") from error
        except requests.JSONDecodeError as error:
            raise UnansweredError(f"{self.shown} does not speak Ethereum JSON-RPC: {error}") from error
        except requests.RequestException as error:
            problem = "cannot be reached: the connection was refused or broken off"
            raise UnansweredError(f"{self.shown} {problem}") from error
        except (AttributeError, ValueError, KeyError, TypeError) as error:
            raise ChainError(f"{self.shown} does not speak Ethereum JSON-RPC: {error}") from error


def _request(number: int, method: str, params: Sequence[Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


def _reply(answer: dict[str, Any]) -> Reply:
    if "error" not in answer:
        return Reply(result=answer["result"])
    error = answer["error"]
    if not isinstance(error, dict):
        return Reply(error=str(error))
    message = " ".join(str(error.get("message", "an error without a message")).split())
    data = error.get("data")
    reverted = error.get("code") == 3 or "revert" in message.lower()
    return Reply(
        error=message,
        data=to_bytes(data) if isinstance(data, str) and data.startswith("0x") else b"",
        reverted=reverted,
    )


def parse_reply(body: bytes) -> Reply:
    """The reply in an HTTP body."""
    return _reply(json.loads(body))


def to_hex(value: bytes | int) -> str:
    """Bytes as data, an integer as a quantity."""
    return hex(value) if isinstance(value, int) else f"0x{value.hex()}"


def to_bytes(data: str) -> bytes:
    """The bytes of hexadecimal data."""
    return bytes.fromhex(data.removeprefix("0x"))


def to_int(quantity: str) -> int:
    """The integer of a hexadecimal quantity."""
    return int(quantity, 16)
