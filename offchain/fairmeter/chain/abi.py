"""A contract's interface: calldata out, results, events and errors in, by the ABI that the compiler wrote.

Python values: int, bool, str, bytes (addresses are 20 bytes), lists for arrays, dicts by component name for structs. A
user-defined value type appears in the ABI as the type beneath it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.codec import ABICodec
from eth_abi.decoding import AddressDecoder
from eth_abi.encoding import AddressEncoder
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.registry import BaseEquals
from eth_abi.registry import registry as default_registry

from fairmeter.chain.engine import Log
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.words import decode as decode_words
from fairmeter.chain.words import readers as words_readers
from fairmeter.errors import ChainError, InputError, RevertError

Item = Mapping[str, Any]
"""One entry of an ABI, or one of its parameters, as in the JSON."""

ERROR_STRING: Final[Item] = {"type": "error", "name": "Error", "inputs": [{"name": "message", "type": "string"}]}
PANIC: Final[Item] = {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]}


class _BytesAddressDecoder(AddressDecoder):
    decoder_fn = staticmethod(bytes)  # type: ignore[assignment]  # 20 bytes, where eth_abi gives text


def _codec() -> ABICodec:
    registry = default_registry.copy()  # type: ignore[no-untyped-call]
    registry.unregister("address")
    address = BaseEquals("address")  # type: ignore[no-untyped-call]
    registry.register(address, AddressEncoder, _BytesAddressDecoder, label="address")
    return ABICodec(registry)


CODEC: Final = _codec()


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded log. An indexed parameter of dynamic type is known by its hash only, and stands as these 32 bytes."""

    name: str
    arguments: dict[str, Any]
    log: Log


class Interface:
    """One contract's functions, events and errors. `errors_of` adds the errors of contracts that it calls into."""

    def __init__(self, name: str, abi: Sequence[Item], errors_of: Sequence[Sequence[Item]] = ()) -> None:
        self.name = name
        foreign = [item for other in errors_of for item in other if item["type"] == "error"]
        constructors = [item["inputs"] for item in abi if item["type"] == "constructor"]
        self._constructor: Sequence[Item] = constructors[0] if constructors else ()
        self._functions = _by_name(item for item in abi if item["type"] == "function")
        self._selectors = {keccak256(signature(i).encode())[:4]: i for i in abi if i["type"] == "function"}
        self._events = _by_name(item for item in abi if item["type"] == "event")
        self._topics = {keccak256(signature(i).encode()): i for i in abi if i["type"] == "event"}
        errors = [ERROR_STRING, PANIC, *foreign, *(item for item in abi if item["type"] == "error")]
        self._errors = {keccak256(signature(item).encode())[:4]: item for item in errors}

    def encode_constructor(self, *arguments: Any) -> bytes:
        """The bytes that follow the creation bytecode."""
        return self._encode("constructor", self._constructor, arguments)

    def encode_call(self, function: str, *arguments: Any) -> bytes:
        """Calldata: selector and arguments. An overloaded function is named by its whole signature."""
        item = self._one(self._functions, function, "function")
        return self.selector(function) + self._encode(function, item["inputs"], arguments)

    def decode_call(self, data: bytes) -> tuple[str, dict[str, Any]]:
        """The function's name and its arguments by name; ChainError if the contract has no such function."""
        item = self._selectors.get(data[:4])
        if item is None:
            raise ChainError(f"{self.name} has no function with the selector 0x{data[:4].hex()}")
        return item["name"], self._decode(f"calldata of {item['name']}", item["inputs"], data[4:])

    def decode_output(self, function: str, data: bytes) -> Any:
        """What a function returned: a value if it returns one, a tuple otherwise."""
        outputs = self._one(self._functions, function, "function")["outputs"]
        values = tuple(self._values(f"result of {function}", outputs, data))
        return values[0] if len(values) == 1 else values

    def decode_log(self, log: Log) -> Event:
        """The event of a log of this contract; ChainError if the contract has no such event."""
        item = self._topics.get(log.topics[0]) if log.topics else None
        if item is None:
            topic = f"0x{log.topics[0].hex()}" if log.topics else "none"
            raise ChainError(f"{self.name} has no event with the topic {topic}")
        plain = [parameter for parameter in item["inputs"] if not parameter["indexed"]]
        indexed = [parameter for parameter in item["inputs"] if parameter["indexed"]]
        values = self._decode(f"event {item['name']}", plain, log.data)
        topics = dict(zip((parameter["name"] for parameter in indexed), log.topics[1:], strict=True))
        own = [parameter for parameter in indexed if not _is_hashed(parameter)]
        joined = b"".join([topics[parameter["name"]] for parameter in own])
        values |= topics | self._decode(f"topics of {item['name']}", own, joined)
        return Event(item["name"], {p["name"]: values[p["name"]] for p in item["inputs"]}, log)

    def decode_error(self, data: bytes, where: str) -> RevertError:
        """Name what a contract reverted with; `where` says what was refused, for the message."""
        item = self._errors.get(data[:4])
        if item is None:
            return RevertError(f"0x{data[:4].hex()}" if data else "no reason given", {}, where, data)
        return RevertError(item["name"], self._decode(f"error {item['name']}", item["inputs"], data[4:]), where, data)

    def selector(self, function: str) -> bytes:
        """The four bytes that name a function."""
        return keccak256(signature(self._one(self._functions, function, "function")).encode())[:4]

    def topic(self, event: str) -> bytes:
        """The 32 bytes that name an event."""
        return keccak256(signature(self._one(self._events, event, "event")).encode())

    def topics(self) -> dict[str, bytes]:
        """The topic of every event, by name."""
        return {item["name"]: topic for topic, item in self._topics.items()}

    def event(self, name: str) -> Item:
        """The ABI's entry of an event."""
        return self._one(self._events, name, "event")

    def _one(self, items: Mapping[str, list[Item]], name: str, kind: str) -> Item:
        candidates = items.get(name.partition("(")[0], [])
        if "(" in name:
            candidates = [item for item in candidates if signature(item) == name]
        if len(candidates) != 1:
            problem = "no" if not candidates else "more than one"
            raise InputError(f"contract {self.name} has {problem} {kind} {name}")
        return candidates[0]

    def _encode(self, name: str, parameters: Sequence[Item], arguments: Sequence[Any]) -> bytes:
        if len(arguments) != len(parameters):
            raise InputError(f"{self.name}.{name} takes {len(parameters)} arguments, not {len(arguments)}")
        try:
            values = [_positional(p, value) for p, value in zip(parameters, arguments, strict=True)]
            return CODEC.encode([_type(p) for p in parameters], values)
        except KeyError as error:
            raise InputError(f"arguments of {self.name}.{name}: a struct lacks its component {error}") from error
        except (EncodingError, TypeError, ValueError) as error:
            raise InputError(f"arguments of {self.name}.{name}: {error}") from error

    def _values(self, what: str, parameters: Sequence[Item], data: bytes) -> list[Any]:
        types = tuple(_type(p) for p in parameters)
        words = words_readers(types)
        if words is not None and (flat := decode_words(words, data)) is not None:
            each = iter(flat)
            return [_gathered(p, each) for p in parameters]
        try:
            values = CODEC.decode(types, data)
        except DecodingError as error:
            raise ChainError(f"{what} of {self.name} does not fit its ABI: {error}") from error
        return [_named(p, value) for p, value in zip(parameters, values, strict=True)]

    def _decode(self, what: str, parameters: Sequence[Item], data: bytes) -> dict[str, Any]:
        values = self._values(what, parameters, data)
        return {p["name"]: value for p, value in zip(parameters, values, strict=True)}


def signature(item: Item) -> str:
    """The canonical form that selectors and topics are hashed from: name(type,…)."""
    return f"{item['name']}({','.join(_type(parameter) for parameter in item['inputs'])})"


def _by_name(items: Any) -> dict[str, list[Item]]:
    table: dict[str, list[Item]] = {}
    for item in items:
        table.setdefault(item["name"], []).append(item)
    return table


def _type(parameter: Item) -> str:
    if "components" not in parameter:
        return str(parameter["type"])
    inner = ",".join(_type(component) for component in parameter["components"])
    return f"({inner}){parameter['type'].removeprefix('tuple')}"


def _is_hashed(parameter: Item) -> bool:
    """Whether an indexed parameter's topic is a hash of its value."""
    kind = parameter["type"]
    return kind in ("string", "bytes") or kind.endswith("]") or "components" in parameter


def _element(parameter: Item) -> Item:
    """An array's parameter without its last dimension."""
    return {**parameter, "type": parameter["type"].rpartition("[")[0]}


def _positional(parameter: Item, value: Any) -> Any:
    """Structs given as dicts, at any depth, as the tuples that eth_abi takes."""
    if "components" not in parameter:
        return value
    if parameter["type"].endswith("]"):
        return [_positional(_element(parameter), element) for element in value]
    components = parameter["components"]
    fields = [value[c["name"]] for c in components] if isinstance(value, Mapping) else list(value)
    return tuple(_positional(c, field) for c, field in zip(components, fields, strict=True))


def _named(parameter: Item, value: Any) -> Any:
    """Tuples, at any depth, as lists where they are arrays and as dicts where they are structs."""
    if parameter["type"].endswith("]"):
        return [_named(_element(parameter), element) for element in value]
    if "components" not in parameter:
        return value
    pairs = zip(parameter["components"], value, strict=True)
    return {component["name"]: _named(component, field) for component, field in pairs}


def _gathered(parameter: Item, words: Iterator[Any]) -> Any:
    """The next values of one word each, as dicts where they are structs."""
    if "components" not in parameter:
        return next(words)
    return {component["name"]: _gathered(component, words) for component in parameter["components"]}
