"""Events as columns: many logs of one kind decoded at once, without an object a log."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.chain.abi import Interface, Item
from fairmeter.errors import ChainError
from fairmeter.model import UInt8s

WORD: Final = 32


def event_columns(logs: pa.Table, address: bytes, interface: Interface, event: str) -> dict[str, npt.NDArray[Any]]:
    """The logs of `event` that the contract at `address` emitted, as columns by parameter name, in order.

    `logs` has the columns of a bundle's logs table. Integers and booleans come as (n,) int64, addresses, bytes32 and
    packed words (types/Ids.sol) as (n, 32) uint8; `transaction` and `log` say where each stood. Of an event whose only
    parameter that is not indexed is a list of words there is a row a word. Raises ChainError if the event has another
    parameter of dynamic size, or a value does not fit 64 bits.
    """
    item = interface.event(event)
    emitted_here = pc.equal(logs["address"], pa.scalar(address, pa.binary(20)))
    is_event = pc.equal(pc.binary_slice(logs["topics"], 0, WORD), pa.scalar(interface.topic(event), pa.binary()))
    rows = logs.filter(pc.and_(emitted_here, is_event))
    indexed = [parameter for parameter in item["inputs"] if parameter["indexed"]]
    plain = [parameter for parameter in item["inputs"] if not parameter["indexed"]]
    topics = fixed_rows(rows["topics"], WORD * (1 + len(indexed)))
    if [parameter["type"] for parameter in plain] == ["uint256[]"]:
        count, data = _lists(rows["data"])
        rows, topics = rows.take(np.repeat(np.arange(len(rows)), count)), np.repeat(topics, count, axis=0)
    else:
        data = fixed_rows(rows["data"], WORD * len(plain))
    columns: dict[str, npt.NDArray[Any]] = {
        "transaction": rows["transaction"].to_numpy(),
        "log": rows["log"].to_numpy(),
    }
    for position, parameter in enumerate(indexed, start=1):
        columns[parameter["name"]] = _column(parameter, topics[:, WORD * position : WORD * (position + 1)])
    for position, parameter in enumerate(plain):
        columns[parameter["name"]] = _column(parameter, data[:, WORD * position : WORD * (position + 1)])
    return columns


def fixed_rows(column: pa.ChunkedArray, width: int) -> UInt8s:
    """A binary column whose values all have `width` bytes, as (n, width) uint8 without a copy a row.

    Raises ChainError if one has another length.
    """
    lengths = pc.unique(pc.binary_length(column)).to_pylist()
    if lengths not in ([], [width]):
        raise ChainError(f"expected {width} bytes in every row, found {sorted(lengths)}")
    joined = b"".join(chunk_bytes(chunk, width) for chunk in column.chunks)
    return np.frombuffer(joined, np.uint8).reshape(len(column), width)


def chunk_bytes(chunk: pa.Array, width: int) -> bytes:
    """The values of a chunk without nulls, one after another."""
    if width == 0 or len(chunk) == 0:
        return b""
    fixed = chunk.cast(pa.binary(width))
    start = fixed.offset * width
    return bytes(memoryview(fixed.buffers()[1])[start : start + len(fixed) * width])


def _lists(data: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], UInt8s]:
    """How many words each list has, and all of them; before each stand two words, where it begins and its length."""
    count = pc.binary_length(data).to_numpy().astype(np.int64) // WORD - 2
    joined = np.frombuffer(b"".join(data.to_pylist()), np.uint8).reshape(-1, WORD)
    begin = np.cumsum(count + 2) - (count + 2)
    return count, np.delete(joined, np.concatenate([begin, begin + 1]), axis=0)


def _column(parameter: Item, words: UInt8s) -> npt.NDArray[Any]:
    kind = parameter["type"]
    if kind == "uint256[]" or parameter.get("internalType", "").startswith("Packed"):
        return words
    if kind == "bool" or kind.startswith(("uint", "int")):
        return _integers(parameter["name"], words)
    if kind in ("address", "bytes32"):
        return words
    raise ChainError(f"parameter {parameter['name']} of type {kind} has no column form")


def _integers(name: str, words: UInt8s) -> npt.NDArray[np.int64]:
    """The low 64 bits as int64, where the rest is their sign."""
    values = np.ascontiguousarray(words[:, WORD - 8 :]).view(">i8").reshape(len(words)).astype(np.int64)
    sign = np.where(values < 0, 0xFF, 0).astype(np.uint8)
    if (words[:, : WORD - 8] != sign[:, None]).any():
        raise ChainError(f"a value of {name} does not fit 64 bits")
    return values
