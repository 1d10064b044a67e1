"""Whatever is done to an outbox in whatever order, and wherever it is closed in between: no message is lost, none is
counted twice, and messages are on their way to the chain exactly while a transaction is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.errors import InputError
from fairmeter.privacy import DataKey
from fairmeter.reminders import Message, Outbox
from fairmeter.reminders.outbox import CLAIMED, LATE, NOTED, NOTING, QUEUED, SENT

KEYS = [DataKey(bytes([number]) * 32) for number in range(2)]
NOW = datetime(2026, 5, 4, tzinfo=UTC)
STATES = (QUEUED, CLAIMED, SENT, NOTING, NOTED, LATE)
ACTS = st.sampled_from(["send", "claim", "refused", "sign", "settle", "replaced", "late", "rotate", "close"])


def message(number: int) -> Message:
    return Message(f"key {number}", 65_536 + number, 1, 1, 0, "file", f"li{number}@home.example", "subject", "text")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outbox") / "outbox.sqlite"


class Model:
    """An outbox, and the state that each message should have."""

    def __init__(self, path: Path) -> None:
        self.path, self.key, self.states = path, 0, dict[int, str]()
        self.box = Outbox(path, KEYS[self.key])

    def of(self, *states: str) -> list[int]:
        return [number for number, state in self.states.items() if state in states]

    def turn(self, numbers: list[int], state: str) -> list[str]:
        self.states |= dict.fromkeys(numbers, state)
        return [message(number).key for number in numbers]

    def act(self, what: str, number: int) -> None:
        if what in {"send", "claim"}:
            assert self.box.queue(message(number)) == (number not in self.states)
            self.states.setdefault(number, QUEUED)
            assert self.box.claim(message(number).key, NOW) == (self.states[number] == QUEUED)
            if self.states[number] == QUEUED:
                self.states[number] = CLAIMED
        if what in {"send", "refused"} and self.states.get(number) == CLAIMED:
            self.states[number] = SENT if what == "send" else QUEUED
            self.box.note(message(number).key, self.states[number], NOW)
        self.count(what, number)

    def count(self, what: str, number: int) -> None:
        if what == "sign" and self.box.transaction() is None and self.of(SENT):
            self.box.sign(b"raw", self.turn(self.of(SENT, CLAIMED), NOTING))
        elif what in {"settle", "replaced"} and self.box.transaction() is not None:
            self.box.settle(self.turn(self.of(NOTING)[:number] if what == "settle" else [], NOTED))
            self.turn(self.of(NOTING), SENT)
        elif what == "late" and self.states.get(number) == SENT:
            self.box.turn(self.turn([number], LATE), LATE)
        elif what == "rotate":
            self.key = 1 - self.key
            self.box.rotate(KEYS[self.key])
        elif what == "close":
            self.box.close()
            self.box = Outbox(self.path, KEYS[self.key])


@settings(max_examples=20)
@given(st.lists(st.tuples(ACTS, st.integers(0, 3)), min_size=10, max_size=18))
def test_outbox__any_course__as_it_should_be(place: Path, course: list[tuple[str, int]]) -> None:
    place.unlink(missing_ok=True)
    model = Model(place)
    for what, number in course:
        model.act(what, number)
        kept = {one.key: (state, one) for state in STATES for one in model.box.messages(state)}
        expected = {message(number).key: (state, message(number)) for number, state in model.states.items()}
        assert kept == expected
        assert (model.box.transaction() is None) == (not model.of(NOTING))
    model.box.close()


def test_settle_at__another_register__refused(tmp_path: Path) -> None:
    with Outbox.open(tmp_path / "o.sqlite", KEYS[0]) as box:
        box.settle_at(1, b"\x11" * 20)
        box.settle_at(1, b"\x11" * 20)
        for home in ((2, b"\x11" * 20), (1, b"\x12" * 20)):
            with pytest.raises(InputError, match="is of the register 0x1111"):
                box.settle_at(*home)
