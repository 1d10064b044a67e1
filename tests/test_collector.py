from __future__ import annotations

import gc

import pytest

from fairmeter.collector import frozen
from fairmeter.errors import InputError


def test_frozen__something_long__let_go_whatever_happens() -> None:
    before = gc.get_freeze_count()
    during = []

    def fail() -> None:
        with frozen(long=True):
            during.append(gc.get_freeze_count())
            raise InputError("wrong")

    with pytest.raises(InputError):
        fail()
    assert during[0] > before == gc.get_freeze_count()


def test_frozen__something_short__as_it_was() -> None:
    before = gc.get_freeze_count()
    with frozen(long=False):
        assert gc.get_freeze_count() == before
