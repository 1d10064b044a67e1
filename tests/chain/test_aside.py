"""What the process beside the chain hashes is what the chain hashes itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from tests.chain.test_roots import RECEIPTS, RawLogs, columns_of

from fairmeter.chain.aside import Aside
from fairmeter.chain.columns import LogColumns
from fairmeter.chain.roots import block_roots
from fairmeter.errors import ChainError
from fairmeter.model import Bools, Int64s

Blocks = tuple[list[bytes], Bools, Int64s, Int64s, LogColumns]
ENOUGH = 40
"""More requests than may wait."""


@pytest.fixture(scope="module")
def aside() -> Iterator[Aside]:
    aside = Aside()
    yield aside
    aside.close()


@settings(max_examples=25)
@given(receipts=RECEIPTS)
def test_submit__any_blocks__as_computed_here(aside: Aside, receipts: list[tuple[RawLogs, bool, int]]) -> None:
    blocks = _blocks(receipts)
    assert aside.submit(*blocks).result() == block_roots(*blocks)


def test_submit__more_than_may_wait__each_its_own_answer(aside: Aside) -> None:
    several = [_blocks([([], True, 21_000 + place)]) for place in range(ENOUGH)]
    work = [aside.submit(*blocks) for blocks in several]
    assert [one.result() for one in work] == [block_roots(*blocks) for blocks in several]


def test_submit__the_process_was_killed__says_so() -> None:
    aside = Aside()
    blocks = _blocks([([], True, 21_000)])
    aside.submit(*blocks).result()
    assert aside.process_id is not None
    os.kill(aside.process_id, signal.SIGKILL)
    with pytest.raises(ChainError, match="the process that hashes blocks has ended"):
        aside.submit(*blocks).result()
    aside.close()


def test_close__twice_or_never_begun__nothing_left() -> None:
    aside = Aside()
    aside.close()
    aside.close()
    assert aside.process_id is None


def _blocks(receipts: list[tuple[RawLogs, bool, int]]) -> Blocks:
    logs = [log for own, _, _ in receipts for log in own]
    return (
        [bytes([place]) * 40 for place in range(len(receipts))],
        np.array([good for _, good, _ in receipts], np.bool_),
        np.array([gas for *_, gas in receipts], np.int64),
        np.array([len(own) for own, _, _ in receipts], np.int64),
        columns_of(logs),
    )
