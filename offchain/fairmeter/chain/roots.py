"""Roots of the tries of a block with one transaction: what commits to the transaction, its receipt and its events.

Yellow paper, section 4.3 and appendix D: a trie of one pair is a single leaf, and its root the leaf's hash. For engines
whose EVM executes transactions but builds no block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

import numpy as np

from fairmeter.chain.columns import LogColumns
from fairmeter.chain.engine import ADDRESS, WORD
from fairmeter.chain.envelope import LIST, STRING, encode_integer, encode_list, encode_string, length_prefix
from fairmeter.chain.keccak import keccak256, keccak_each, keccak_rows
from fairmeter.chain.wallet import DYNAMIC_FEE_TYPE
from fairmeter.model import Bools, Int64s, UInt8s

FIRST_KEY: Final = b"\x82\x20\x80"
"""RLP of the path of the pair with key rlp(0) = 0x80 as a leaf's, in hexadecimal-prefix encoding: 0x2080."""
EMPTY_ROOT: Final = keccak256(b"\x80")
"""Of a trie without a pair."""
BLOOM_BITS: Final = 2_048
BLOOM_BYTES: Final = BLOOM_BITS // 8
ADDRESS_PREFIX: Final = bytes([STRING + ADDRESS])
MAX_TOPICS: Final = 5
"""A log has 0 to 4."""

Roots = tuple[bytes, bytes]
"""Of a block's transactions and of its receipts."""
PAIR: Final = 2 * WORD


def block_roots(raw: Sequence[bytes], status: Bools, gas_used: Int64s, counts: Int64s, logs: LogColumns) -> bytes:
    """The roots of n blocks with one EIP-1559 transaction each, `raw` as it was sent; `counts` (n,) has how many of
    `logs` are of each. One after another: of a long chain they are many."""
    receipts = encode_receipts(DYNAMIC_FEE_TYPE, status, gas_used, counts, logs)
    return b"".join(chain.from_iterable(zip(single_roots(raw), single_roots(receipts), strict=True)))


def root_pairs(joined: bytes) -> Iterator[Roots]:
    """A pair a block, of what `block_roots` gave."""
    return ((joined[at : at + WORD], joined[at + WORD : at + PAIR]) for at in range(0, len(joined), PAIR))


def single_roots(values: Sequence[bytes]) -> list[bytes]:
    """Of each of n values (EIP-2718 envelopes) the root of the trie with it at index 0, and nothing else."""
    return keccak_each([encode_list(FIRST_KEY + encode_string(value)) for value in values])


def encode_receipts(kind: bytes, status: Bools, gas_used: Int64s, counts: Int64s, logs: LogColumns) -> list[bytes]:
    """The EIP-2718 receipts of n blocks with one transaction each; `kind` is the byte of their type, `counts` has how
    many of `logs` are of each."""
    encoded, widths = encode_logs(logs)
    blooms = logs_blooms(counts, logs).tobytes()
    ends = np.concatenate([[0], np.cumsum(widths)])[np.concatenate([[0], np.cumsum(counts)])].tolist()
    receipts = []
    for place, (good, gas) in enumerate(zip(status.tolist(), gas_used.tolist(), strict=True)):
        bloom = blooms[BLOOM_BYTES * place : BLOOM_BYTES * (place + 1)]
        fields = (encode_integer(int(good)), encode_integer(gas), encode_string(bloom))
        own = encode_list(encoded[ends[place] : ends[place + 1]])
        receipts.append(kind + encode_list(b"".join((*fields, own))))
    return receipts


def logs_blooms(counts: Int64s, logs: LogColumns) -> UInt8s:
    """(n, 256) bytes: three bits of 2,048 for each address and topic (yellow paper, equations 26 to 30)."""
    of_log = np.repeat(np.arange(len(counts)), counts)
    bits = np.zeros((len(counts), BLOOM_BITS), np.uint8)
    for owner, items in ((of_log, logs.address), (np.repeat(of_log, logs.topic_count), logs.topics)):
        places = keccak_rows(items)[:, :6].copy().view(">u2") % BLOOM_BITS
        bits[owner[:, None], BLOOM_BITS - 1 - places.astype(np.int64)] = 1
    return np.packbits(bits, axis=1)


def encode_logs(logs: LogColumns) -> tuple[bytes, Int64s]:
    """RLP of each log, [address, topics, data], one after another, and (n,) how long each is: logs of one shape are
    encoded as one array."""
    if len(logs) == 0:
        return b"", np.zeros(0, np.int64)
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
    data_prefix = encode_string(logs.data[first_byte[0] : first_byte[0] + data].tobytes())[: -data or None]
    middle = length_prefix((WORD + 1) * topics, LIST)
    width = 1 + ADDRESS + len(middle) + (WORD + 1) * topics + len(data_prefix) + data
    prefix = length_prefix(width, LIST) + ADDRESS_PREFIX
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


def _in_order(count: int, encoded: list[tuple[Int64s, UInt8s]]) -> tuple[bytes, Int64s]:
    """Rows of several widths, each at its log's place, and their widths."""
    widths = np.zeros(count, np.int64)
    for rows, body in encoded:
        widths[rows] = body.shape[1]
    if len(encoded) == 1:
        return encoded[0][1].tobytes(), widths
    starts = np.cumsum(widths) - widths
    joined = np.empty(int(widths.sum()), np.uint8)
    for rows, body in encoded:
        joined[starts[rows][:, None] + np.arange(body.shape[1])] = body
    return joined.tobytes(), widths
