"""Roots of the tries of a block with one transaction: what commits to the transaction, its receipt and its events.

Yellow paper, section 4.3 and appendix D: a trie of one pair is a single leaf, and its root the leaf's hash. For engines
whose EVM executes transactions but builds no block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from rlp.codec import length_prefix

from fairmeter.chain.columns import ADDRESS, WORD, LogColumns
from fairmeter.chain.keccak import keccak256
from fairmeter.model import Int64s, UInt8s

FIRST_KEY: Final = b"\x82\x20\x80"
"""RLP of the path of the pair with key rlp(0) = 0x80 as a leaf's, in hexadecimal-prefix encoding: 0x2080."""
EMPTY_ROOT: Final = keccak256(b"\x80")
"""Of a trie without a pair."""
BLOOM_BITS: Final = 2_048
STRING: Final = 0x80
LIST: Final = 0xC0
ADDRESS_PREFIX: Final = bytes([STRING + ADDRESS])
MAX_TOPICS: Final = 5
"""A log has 0 to 4."""

Hash = Callable[[bytes], bytes]
"""Keccak-256."""


def single_root(value: bytes, keccak: Hash) -> bytes:
    """The root of the trie with `value` (an EIP-2718 envelope) at index 0, and nothing else."""
    return keccak(_list(FIRST_KEY + _string(value)))


def encode_receipt(kind: bytes, status: bool, gas_used: int, logs: LogColumns, keccak: Hash) -> bytes:
    """The EIP-2718 receipt of a block's only transaction; `kind` is the byte of its type."""
    gas = gas_used.to_bytes((gas_used.bit_length() + 7) // 8, "big")
    fields = (_string(b"\1" if status else b""), _string(gas), _string(logs_bloom(logs, keccak)))
    return kind + _list(b"".join(fields) + _list(encode_logs(logs)))


def logs_bloom(logs: LogColumns, keccak: Hash) -> bytes:
    """256 bytes: three bits of 2,048 for each address and topic (yellow paper, equations 26 to 30)."""
    addresses, topics = logs.address.tobytes(), logs.topics.tobytes()
    items = {addresses[i : i + ADDRESS] for i in range(0, len(addresses), ADDRESS)}
    items |= {topics[i : i + WORD] for i in range(0, len(topics), WORD)}
    digests = np.frombuffer(b"".join(map(keccak, items)), ">u2").reshape(-1, WORD // 2)
    bits = np.zeros(BLOOM_BITS, np.uint8)
    bits[BLOOM_BITS - 1 - (digests[:, :3] % BLOOM_BITS)] = 1
    return np.packbits(bits).tobytes()


def encode_logs(logs: LogColumns) -> bytes:
    """RLP of each log, [address, topics, data], one after another: logs of one shape are encoded as one array."""
    if len(logs) == 0:
        return b""
    first_topic = np.cumsum(logs.topic_count) - logs.topic_count
    first_byte = np.cumsum(logs.data_length) - logs.data_length
    shape_of = logs.data_length * MAX_TOPICS + logs.topic_count
    encoded: list[tuple[Int64s, UInt8s]] = []
    for shape in sorted(set(shape_of.tolist())):
        rows = np.flatnonzero(shape_of == shape)
        if shape // MAX_TOPICS == 1:
            # a byte below 0x80 is its own encoding, others have a prefix
            bare = logs.data[first_byte[rows]] < STRING
            parts = [part for part in (rows[bare], rows[~bare]) if len(part)]
        else:
            parts = [rows]
        encoded += [(part, _rows(logs, part, first_topic[part], first_byte[part])) for part in parts]
    return _in_order(len(logs), encoded)


def _rows(logs: LogColumns, rows: Int64s, first_topic: Int64s, first_byte: Int64s) -> UInt8s:
    """(len(rows), width): the encoding of logs that have as many topics and bytes of data, and the same prefixes."""
    topics, data = int(logs.topic_count[rows[0]]), int(logs.data_length[rows[0]])
    data_prefix = _string(logs.data[first_byte[0] : first_byte[0] + data].tobytes())[: -data or None]
    middle = bytes(length_prefix((WORD + 1) * topics, LIST))
    width = 1 + ADDRESS + len(middle) + (WORD + 1) * topics + len(data_prefix) + data
    prefix = bytes(length_prefix(width, LIST)) + ADDRESS_PREFIX
    encoded = np.empty((len(rows), len(prefix) - 1 + width), np.uint8)
    at = 0
    for part in (prefix, logs.address[rows], middle):
        at = _put(encoded, at, part)
    words = np.empty((len(rows), topics, WORD + 1), np.uint8)
    words[:, :, 0] = STRING + WORD
    words[:, :, 1:] = logs.topics[first_topic[:, None] + np.arange(topics)]
    for part in (words.reshape(len(rows), -1), data_prefix, logs.data[first_byte[:, None] + np.arange(data)]):
        at = _put(encoded, at, part)
    return encoded


def _put(rows: UInt8s, at: int, part: bytes | UInt8s) -> int:
    """Write (n, k) columns, or the same k bytes in every row, from column `at`; returns the next column."""
    values = np.frombuffer(part, np.uint8) if isinstance(part, bytes) else part
    end = at + len(values.T)
    rows[:, at:end] = values
    return end


def _in_order(count: int, encoded: list[tuple[Int64s, UInt8s]]) -> bytes:
    """Rows of several widths, each at its log's place."""
    if len(encoded) == 1:
        return encoded[0][1].tobytes()
    widths = np.zeros(count, np.int64)
    for rows, body in encoded:
        widths[rows] = body.shape[1]
    starts = np.cumsum(widths) - widths
    joined = np.empty(int(widths.sum()), np.uint8)
    for rows, body in encoded:
        joined[starts[rows][:, None] + np.arange(body.shape[1])] = body
    return joined.tobytes()


def _string(value: bytes) -> bytes:
    """RLP of bytes (yellow paper, appendix B)."""
    if len(value) == 1 and value[0] < STRING:
        return value
    return bytes(length_prefix(len(value), STRING)) + value


def _list(payload: bytes) -> bytes:
    return bytes(length_prefix(len(payload), LIST)) + payload
