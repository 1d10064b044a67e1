"""The access log: what is changed in it is found, what a crash leaves of a line is not in the way."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.errors import PrivacyError
from fairmeter.privacy import Access, AccessLog, Act

ACCESS = Access(Act.READ, "people.csv", "people.csv", "contacts", "0" * 64, None, 3, ("account", "name"), "test")


def filled(path: Path, lines: int) -> AccessLog:
    path.unlink(missing_ok=True)
    log = AccessLog(path)
    for _ in range(lines):
        log.append(ACCESS)
    return log


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "access.jsonl"


def test_append__lines__who_when_what_and_what_for(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRMETER_OPERATOR", "Li of accounts")
    first, second = filled(place, 2).entries()
    assert (first["operator"], first["act"], first["rows"], first["columns"]) == (
        "Li of accounts", "read", 3, ["account", "name"],
    )  # fmt: skip
    assert first["user"]
    assert first["at"] <= second["at"]
    assert (first["previous"], second["previous"]) == ("0" * 64, first["line"])
    assert place.stat().st_mode & 0o777 == 0o600


@settings(max_examples=40)
@given(st.integers(0, 3), st.sampled_from(["change", "remove", "double", "swap"]))
def test_entries__a_line_changed_removed_doubled_or_moved__found(place: Path, at: int, what: str) -> None:
    log = filled(place, 5)
    lines = place.read_bytes().splitlines(keepends=True)
    match what:
        case "change":
            lines[at] = lines[at].replace(b'"rows": 3', b'"rows": 4')
        case "remove":
            del lines[at]
        case "double":
            lines.insert(at, lines[at])
        case "swap":
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
    place.write_bytes(b"".join(lines))
    with pytest.raises(PrivacyError, match=r"line \d does not follow from the line before it"):
        log.entries()


@settings(max_examples=40)
@given(st.data())
def test_append__after_a_line_was_torn__as_if_it_had_not_begun(place: Path, data: st.DataObject) -> None:
    log = filled(place, 2)
    content = place.read_bytes()
    end = len(content) - 1
    place.write_bytes(content[: data.draw(st.integers(content.index(b"\n") + 1, end))])
    log.append(ACCESS)
    assert len(log.entries()) == 2


def test_append__a_file_that_is_no_log__refused_and_left(tmp_path: Path) -> None:
    for content in (b"account,name", b"account,name\n1,Li", b"account,name\n1,Li\n", b"{}\n"):
        path = tmp_path / "people.csv"
        path.write_bytes(content)
        with pytest.raises(PrivacyError, match=r"no access log|none of an access log's"):
            AccessLog(path).append(ACCESS)
        assert path.read_bytes() == content


def test_append__many_at_once__one_chain(place: Path) -> None:
    log = filled(place, 0)

    def write() -> None:
        for _ in range(5):
            AccessLog(place).append(ACCESS)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.entries()) == 20


@settings(max_examples=40)
@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=4))
def test_append__any_names__a_line_each(place: Path, name: str, columns: list[str]) -> None:
    log = filled(place, 1)
    log.append(Access(Act.READ, name, name, "contacts", "0" * 64, None, 3, columns, name))
    log.append(ACCESS)
    found = log.entries()
    assert (found[1]["file"], found[1]["columns"]) == (name, columns)
    assert all(json.loads(line) for line in place.read_text(encoding="utf-8").split("\n")[:-1])
