"""Roots of the tries of a block with one transaction: what commits to the transaction, its receipt and its events.

Yellow paper, section 4.3 and appendix D: a trie of one pair is a single leaf, and its root the leaf's hash. For engines
whose EVM executes transactions but builds no block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import rlp
from rlp.codec import length_prefix

from fairmeter.chain.columns import ADDRESS, WORD, LogColumns
from fairmeter.model import Int64s, UInt8s

FIRST_KEY: Final = b"\x20\x80"
"""The path of the pair with key rlp(0) = 0x80 as a leaf's, in hexadecimal-prefix encoding."""
BLOOM_BITS: Final = 2_048
STRING: Final = 0x80
LIST: Final = 0xC0

Hash = Callable[[bytes], bytes]
"""Keccak-256."""


def single_root(value: bytes, keccak: Hash) -> bytes:
    """The root of the trie with `value` (32 bytes or more, an EIP-2718 envelope) at index 0, and nothing else."""
    return keccak(rlp.encode([FIRST_KEY, value]))


def encode_receipt(kind: bytes, status: bool, gas_used: int, logs: LogColumns, keccak: Hash) -> bytes:
    """The EIP-2718 receipt of a block's only transaction; `kind` is the byte of its type."""
    head = rlp.encode([int(status), gas_used, logs_bloom(logs, keccak)])
    # the three fields without their list's prefix, which is that of a payload of 256 bytes or more: 3 bytes
    payload = head[3:] + _list(encode_logs(logs))
    return kind + _list(payload)


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
    first_topic = np.cumsum(logs.topic_count) - logs.topic_count
    first_byte = np.cumsum(logs.data_length) - logs.data_length
    small = np.zeros(len(logs), np.bool_)
    single = np.flatnonzero(logs.data_length == 1)
    small[single] = logs.data[first_byte[single]] < STRING
    shapes, shape_of = np.unique(np.stack([logs.topic_count, logs.data_length, small]), axis=1, return_inverse=True)
    encoded: list[tuple[Int64s, UInt8s]] = []
    for shape, (topics, data, bare) in enumerate(shapes.T.tolist()):
        rows = np.flatnonzero(shape_of.reshape(-1) == shape)
        body = _rows(logs, rows, first_topic[rows], first_byte[rows], topics, data, b"" if bare else _prefix(data))
        encoded.append((rows, body))
    return _in_order(len(logs), encoded)


def _rows(
    logs: LogColumns, rows: Int64s, first_topic: Int64s, first_byte: Int64s, topics: int, data: int, data_prefix: bytes
) -> UInt8s:
    """(len(rows), width): the encoding of logs with as many topics and bytes of data."""
    head = b"\x94"
    middle = length_prefix((WORD + 1) * topics, LIST)
    width = len(head) + ADDRESS + len(middle) + (WORD + 1) * topics + len(data_prefix) + data
    prefix = length_prefix(width, LIST) + head
    words = np.full((len(rows), topics, WORD + 1), STRING + WORD, np.uint8)
    words[:, :, 1:] = logs.topics[first_topic[:, None] + np.arange(topics)]
    return np.concatenate(
        [
            _repeat(prefix, len(rows)),
            logs.address[rows],
            _repeat(middle, len(rows)),
            words.reshape(len(rows), -1),
            _repeat(data_prefix, len(rows)),
            logs.data[first_byte[:, None] + np.arange(data)],
        ],
        axis=1,
    )


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


def _repeat(value: bytes, count: int) -> UInt8s:
    return np.broadcast_to(np.frombuffer(value, np.uint8), (count, len(value)))


def _prefix(length: int) -> bytes:
    return bytes(length_prefix(length, STRING))


def _list(payload: bytes) -> bytes:
    return bytes(length_prefix(len(payload), LIST)) + payload
