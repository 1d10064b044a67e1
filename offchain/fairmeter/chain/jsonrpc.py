"""JSON-RPC over HTTP to an Ethereum node: single calls and batches, with every failure as one clear line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from fairmeter.errors import ChainError, InputError

TIMEOUT_SECONDS: Final = 30.0
"""For the answer to one request."""


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
    """A node at `url` (http or https). Raises ChainError when it does not answer, InputError if `url` is none."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(f"RPC address {url!r}: expected http://host:port or https://host")
        # without user, password and path, where keys are kept
        self.shown = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        self._session = requests.Session()
        self._provider = HTTPProvider(
            url, {"timeout": TIMEOUT_SECONDS}, session=self._session, exception_retry_configuration=None
        )

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def call(self, method: str, *params: Any) -> Any:
        """The result of one call; ChainError with the node's message if it is an error."""
        return self.expect(method, self.ask(method, *params))

    def ask(self, method: str, *params: Any) -> Reply:
        """One call, its error as a value."""
        with self._transport():
            return _reply(dict(self._provider.make_request(RPCEndpoint(method), list(params))))

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Reply]:
        """One JSON batch. A node may run its calls side by side: only independent ones belong in it."""
        if not calls:
            return []
        with self._transport():
            answer = self._provider.make_batch_request([(RPCEndpoint(name), list(params)) for name, params in calls])
            if isinstance(answer, list) and len(answer) == len(calls):
                return [_reply(dict(one)) for one in answer]
        problem = answer.get("error", answer) if isinstance(answer, dict) else f"{len(answer)} answers"
        raise ChainError(f"{self.shown} does not answer a batch of {len(calls)} calls: {problem}")

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
            raise ChainError(f"{self.shown} did not answer within {TIMEOUT_SECONDS:.0f} s") from error
        except requests.HTTPError as error:
            status = error.response.status_code if error.response is not None else "an error"
            raise ChainError(f"{self.shown} answers with HTTP status {status}") from error
        except requests.RequestException as error:
            raise ChainError(f"{self.shown} cannot be reached: the connection was refused or broken off") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ChainError(f"{self.shown} does not speak Ethereum JSON-RPC: {error}") from error


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
