"""Rounds of reminders: quiet hours, caps, crashes in the middle, debts that are paid meanwhile."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reminders.conftest import LOCAL, MailServer

from fairmeter.errors import InputError, NotTakenError, PrivacyError
from fairmeter.privacy import Custody, DataKey
from fairmeter.reminders import (
    Due,
    FileChannel,
    Message,
    Outbox,
    Recipient,
    Reminded,
    Settings,
    SmtpChannel,
    load_directory,
    remind,
)
from fairmeter.reminders.settings import SmtpSettings
from fairmeter.reminders.templates import LANGUAGES, write

NOON = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)
"""In Shanghai."""
SETTINGS = Settings("Grid")
REGISTER = b"\x11" * 20
KEY = DataKey(bytes(range(32)))
DIRECTORY = {
    1: Recipient("Li", "zh", "file", "li@home.example", None),
    2: Recipient("Kim", "en", "file", "kim@home.example", "America/New_York"),
    3: Recipient("Ann", "en", "letter", "ann@home.example", None),
}
DUE = [Due(65536, 1, 1, 0, 123456), Due(65537, 2, 2, 0, 99), Due(65538, 3, 1, 0, 5), Due(65539, 9, 1, 0, 5)]


class Crash(BaseException):
    """The process dies."""


class Dying:
    """Hands over to another channel, and dies before it can say so."""

    def __init__(self, beneath: FileChannel | SmtpChannel) -> None:
        self._beneath, self.knows = beneath, beneath.knows

    def send(self, message: Message) -> None:
        self._beneath.send(message)
        raise Crash


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox.open(tmp_path / "outbox.sqlite", KEY) as box:
        yield box


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    return tmp_path / "sent.jsonl"


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_remind__two_rounds__each_debt_once_in_its_language(outbox: Outbox, sent: Path) -> None:
    night_in_new_york = {"file": FileChannel(sent)}
    first = remind(DUE, DIRECTORY, SETTINGS, night_in_new_york, outbox, REGISTER, NOON)
    assert (first.sent, first.quiet, first.unknown) == (1, 1, 2)
    later = NOON + timedelta(hours=12)
    second = remind(
        DUE, DIRECTORY, Settings("Grid", quiet=(time(2), time(3))), night_in_new_york, outbox, REGISTER, later
    )
    assert (second.sent, second.quiet) == (1, 0)
    chinese, english = lines(sent)
    assert "1,234.56" in chinese["text"]
    assert chinese["subject"] == "您的账单 1/0 尚未支付"
    assert english["text"].startswith("Dear Kim,")
    assert "0.99" in english["text"]


def test_remind__next_contact_of_the_same_debt__sent_again(outbox: Outbox, sent: Path) -> None:
    channels = {"file": FileChannel(sent)}
    for contacts in (0, 0, 1):
        remind([Due(65536, 1, 1, contacts, 5)], DIRECTORY, SETTINGS, channels, outbox, REGISTER, NOON)
    assert len(lines(sent)) == 2


def test_remind__more_than_a_week_allows__waits(outbox: Outbox, sent: Path) -> None:
    channels, due = {"file": FileChannel(sent)}, [Due(65536 + n, 1, 1, 0, 5) for n in range(5)]
    first = remind(due, DIRECTORY, SETTINGS, channels, outbox, REGISTER, NOON)
    assert (first.sent, first.capped) == (2, 3)
    next_week = NOON + timedelta(days=8)
    assert remind(due, DIRECTORY, SETTINGS, channels, outbox, REGISTER, next_week).sent == 2


def test_remind__paid_while_it_waited__withdrawn(outbox: Outbox, sent: Path) -> None:
    quiet = Settings("Grid", quiet=(time(0), time(23, 59, 59)))
    channels = {"file": FileChannel(sent)}
    assert remind(DUE[:1], DIRECTORY, quiet, channels, outbox, REGISTER, NOON).quiet == 1
    assert remind([], DIRECTORY, SETTINGS, channels, outbox, REGISTER, NOON).withdrawn == 1
    assert not lines(sent)


def test_remind__crash_after_the_hand_over__nothing_twice(tmp_path: Path, sent: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    with pytest.raises(Crash), Outbox.open(path, KEY) as box:
        remind(DUE[:1], DIRECTORY, SETTINGS, {"file": Dying(FileChannel(sent))}, box, REGISTER, NOON)
    assert len(lines(sent)) == 1
    with Outbox.open(path, KEY) as box:
        again = remind(DUE[:1], DIRECTORY, SETTINGS, {"file": FileChannel(sent)}, box, REGISTER, NOON)
        assert again.sent == 1
        assert remind(DUE[:1], DIRECTORY, SETTINGS, {"file": FileChannel(sent)}, box, REGISTER, NOON) == Reminded()
    assert len(lines(sent)) == 1


def test_remind__crash_after_mail_was_handed_over__in_doubt_and_not_twice(
    tmp_path: Path, mail_server: MailServer
) -> None:
    mail = SmtpChannel(SmtpSettings(LOCAL, "billing@grid.example", mail_server.port, starttls=False, timeout=5), "")
    people = {1: Recipient("Li", "en", "smtp", "li@home.example", None)}
    path = tmp_path / "outbox.sqlite"
    with pytest.raises(Crash), Outbox.open(path, KEY) as box:
        remind(DUE[:1], people, SETTINGS, {"smtp": Dying(mail)}, box, REGISTER, NOON)
    with Outbox.open(path, KEY) as box:
        assert remind(DUE[:1], people, SETTINGS, {"smtp": mail}, box, REGISTER, NOON).in_doubt == 1
    assert len(mail_server.box.mails) == 1


def test_remind__not_taken__tried_in_the_next_round(outbox: Outbox, mail_server: MailServer) -> None:
    mail = SmtpChannel(SmtpSettings(LOCAL, "billing@grid.example", mail_server.port, starttls=False, timeout=5), "")
    people = {1: Recipient("Li", "en", "smtp", "nobody@home.example", None)}
    for _ in range(2):
        done = remind(DUE[:1], people, SETTINGS, {"smtp": mail}, outbox, REGISTER, NOON)
        assert done.refused == 1
        assert "no such user" in str(done)


def test_remind__strategy_without_a_wording__refused_and_nothing_queued(outbox: Outbox, sent: Path) -> None:
    due = [DUE[0], Due(65540, 1, 7, 0, 5)]
    with pytest.raises(InputError, match="strategy 7 in zh has no wording"):
        remind(due, DIRECTORY, SETTINGS, {"file": FileChannel(sent)}, outbox, REGISTER, NOON)
    assert outbox.messages("queued") == []


def test_claim__two_processes__one_sends(tmp_path: Path) -> None:
    message = Message("key", 1, 1, 1, 0, "file", "a", "b", "c")
    with Outbox.open(tmp_path / "o.sqlite", KEY) as first, Outbox.open(tmp_path / "o.sqlite", KEY) as second:
        assert first.queue(message)
        assert not second.queue(message)
        assert [first.claim("key", NOON), second.claim("key", NOON)] == [True, False]
        second.note("key", "queued", NOON)
        assert first.claim("key", NOON)


def test_outbox__another_file__refused_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "no.sqlite").write_text("this is no database, but long enough to be looked at as one" * 20)
    with pytest.raises(InputError, match="is no outbox"):
        Outbox(tmp_path / "no.sqlite", KEY)
    Outbox(tmp_path / "new.sqlite", KEY).close()
    assert (tmp_path / "new.sqlite").stat().st_mode & 0o077 == 0


def test_outbox__sealed__nothing_personal_in_its_file(tmp_path: Path, sent: Path) -> None:
    path = tmp_path / "o.sqlite"
    with Outbox.open(path, KEY) as box:
        remind(DUE[:2], DIRECTORY, SETTINGS, {"file": FileChannel(sent)}, box, REGISTER, NOON)
        assert {one.address for one in box.messages("sent") + box.messages("queued")} == {
            "li@home.example",
            "kim@home.example",
        }
    content = path.read_bytes()
    personal = ("home.example", "Li", "Kim", "尊敬的", "1,234.56")
    assert [word for word in personal if len(word) > 3 and word.encode() in content] == []
    assert "li@home.example" in sent.read_text(encoding="utf-8")
    assert sent.stat().st_mode & 0o077 == 0


def test_outbox__another_key__refused_and_nothing_changed(tmp_path: Path, sent: Path) -> None:
    path = tmp_path / "o.sqlite"
    with Outbox.open(path, KEY) as box:
        remind(DUE[:2], DIRECTORY, SETTINGS, {"file": FileChannel(sent)}, box, REGISTER, NOON)
    before = path.read_bytes()
    with pytest.raises(PrivacyError, match="is sealed with the key"):
        Outbox(path, DataKey(bytes(32)))
    assert path.read_bytes() == before


def test_outbox__a_row_altered_or_moved__does_not_open(tmp_path: Path, sent: Path) -> None:
    path = tmp_path / "o.sqlite"
    with Outbox.open(path, KEY) as box:
        remind(DUE[:2], DIRECTORY, SETTINGS, {"file": FileChannel(sent)}, box, REGISTER, NOON)
    with closing(sqlite3.connect(path)) as database, database:
        sealed = [row for (row,) in database.execute("SELECT sealed FROM messages ORDER BY rowid")]
        database.execute("UPDATE messages SET sealed = ? WHERE rowid = 2", (sealed[0],))
    with Outbox.open(path, KEY) as box, pytest.raises(PrivacyError, match="has been altered"):
        box.messages("queued")


def test_rotate__an_outbox_killed_in_the_middle__whole_with_one_of_the_keys(
    tmp_path: Path, sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, new = tmp_path / "o.sqlite", DataKey(bytes(32))
    due = [Due(65536 + n, 1 + n % 2, 1, 0, 5) for n in range(6)]
    with Outbox.open(path, KEY) as box:
        remind(due, DIRECTORY, SETTINGS, {"file": FileChannel(sent)}, box, REGISTER, NOON)
        queued, capped = box.messages("queued"), box.sent_since("li@home.example", NOON)
    calls = iter(range(3))

    def dies(*_: object) -> bytes:
        if next(calls, None) is None:
            raise Crash
        return bytes(40)

    with monkeypatch.context() as patch, Outbox.open(path, KEY) as box:
        patch.setattr("fairmeter.reminders.message.Seal.close", dies)
        with pytest.raises(Crash):
            box.rotate(new)
    with Outbox.open(path, KEY) as box:
        assert box.messages("queued") == queued
        box.rotate(new)
    with Outbox.open(path, new) as box:
        assert (box.messages("queued"), box.sent_since("li@home.example", NOON)) == (queued, capped)


@given(st.times(), st.times(), st.integers(0, 24 * 60 - 1))
def test_is_quiet__any_hours__within_them_alone(begin: time, end: time, minute: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    local = now.time()
    quiet = Settings("Grid", "UTC", (begin, end)).is_quiet(now, None)
    inside = begin <= local < end if begin <= end else not end <= local < begin
    assert quiet == inside


@settings(max_examples=30)
@given(st.text(max_size=20), st.text(max_size=20))
def test_write__any_name__no_line_more_in_the_subject(name: str, supplier: str) -> None:
    for language in LANGUAGES:
        subject, text = write(language, 1, name=name, amount="1.00", reference=f"1\r\n{name}", supplier=supplier)
        assert "\n" not in subject
        assert "\r" not in subject
        assert name in text


def test_load_directory__wrong_rows__each_named(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "account,name,language,channel,address,timezone\n"
        "1,Li,zh,file,li@home.example,\n1,Kim,fr,fax,kim home,Mars/Base\n0,Ann,en,file,ann@home.example,Europe/Berlin\n"
    )
    with pytest.raises(InputError, match="rows are wrong") as caught:
        load_directory(path, Custody())
    found = {(bad.row, bad.column) for bad in caught.value.rows}
    assert found >= {(1, "account"), (2, "account"), (3, "account"), (2, "language"), (2, "channel"), (2, "address")}
    assert (2, "timezone") in found


def test_load_directory__right_rows__by_account(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("account,name,language,channel,address\n4294967297,Li,zh,smtp,li@home.example\n")
    assert load_directory(path, Custody()) == {4294967297: Recipient("Li", "zh", "smtp", "li@home.example", None)}


def test_not_taken_error__of_a_channel__its_own_exit_code() -> None:
    assert NotTakenError("x").exit_code == 8
