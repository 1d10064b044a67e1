"""A process beside this one ends with it, whatever it was doing."""

from __future__ import annotations

import subprocess
import sys

import pytest

PARENT = """
import os, sys
import numpy as np
from fairmeter.chain.columns import LogColumns
from fairmeter.chain.worker import Worker
worker = Worker("fairmeter.chain.aside", "hashes blocks")
bits, numbers = np.ones(2_000, np.bool_), np.zeros(2_000, np.int64)
request = ([b"x"] * 2_000, bits, numbers, numbers, LogColumns.of([], [], []))
for _ in range(int(sys.argv[1])):
    worker.send(request)
os._exit(0)
"""


@pytest.mark.parametrize("requests", [0, 2], ids=["which asked nothing", "which reads no answer"])
def test_answer__its_parent_has_died__ends_without_a_word(requests: int) -> None:
    # the process has its parent's standard error, which is at its end only when both have ended
    ended = subprocess.run([sys.executable, "-c", PARENT, str(requests)], capture_output=True, timeout=120, check=True)
    assert (ended.stdout, ended.stderr) == (b"", b"")
