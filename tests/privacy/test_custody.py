"""Reading, writing and rotating: nothing personal in the clear, nothing read before the log has it, nothing lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.privacy.conftest import KEY, OTHER

from fairmeter.errors import InputError, PrivacyError
from fairmeter.privacy import AccessLog, Act, Custody, Kind, SealedFile, sealed_by


class Crash(BaseException):
    """The process dies."""


def test_read__sealed_or_not__the_same_table_and_logged(people: Path, custody: Custody, log: AccessLog) -> None:
    clear = custody.read(people, Kind.CONTACTS)
    sealed = custody.seal(people, Kind.CONTACTS)
    assert custody.read(sealed, Kind.CONTACTS).equals(clear)
    found = log.entries()
    assert [(one["act"], one["name"], one["rows"]) for one in found] == [
        ("read", "people.csv", 3), ("sealed", "people.csv", 3), ("read", "people.csv", 3),
    ]  # fmt: skip
    assert [one["key"] for one in found] == [None, KEY.id, KEY.id]
    assert found[1]["sha256"] == found[2]["sha256"] != found[0]["sha256"]
    assert all(word not in sealed.read_bytes() for word in (b"li@a.b", b"address"))


def test_read__sealed__on_the_disk_in_the_log_before_a_row_opens(
    people: Path, custody: Custody, log: AccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = custody.seal(people, Kind.CONTACTS)
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)

    def dies(_: SealedFile) -> None:
        raise Crash

    monkeypatch.setattr(SealedFile, "parts", dies)
    with pytest.raises(Crash):
        custody.read(sealed, Kind.CONTACTS)
    assert [one["act"] for one in log.entries()] == ["sealed", "read"]
    assert len(synced) == 1


def test_read__a_log_that_cannot_be_written__nothing_opened(
    people: Path, custody: Custody, log: AccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = custody.seal(people, Kind.CONTACTS)
    monkeypatch.setattr(SealedFile, "parts", lambda _: pytest.fail("opened"))
    with pytest.raises(InputError, match="cannot be written"):
        replace(custody, log=AccessLog(people.parent)).read(sealed, Kind.CONTACTS)
    log.path.write_bytes(log.path.read_bytes().replace(b'"rows": 3', b'"rows": 2') * 2)
    with pytest.raises(PrivacyError, match="does not follow"):
        custody.read(sealed, Kind.CONTACTS)


def test_read__without_key_or_log__said(people: Path, custody: Custody, log: AccessLog) -> None:
    sealed = custody.seal(people, Kind.CONTACTS)
    with pytest.raises(InputError, match="give its key by --data-key, or FAIRMETER_DATA_KEY"):
        Custody("test", None, log).read(sealed, Kind.CONTACTS)
    with pytest.raises(InputError, match="has to be logged: give --access-log"):
        Custody("test", KEY).read(sealed, Kind.CONTACTS)
    assert len(log.entries()) == 1


def test_read__renamed_or_of_another_kind__refused(people: Path, custody: Custody) -> None:
    sealed = custody.seal(people, Kind.CONTACTS)
    with pytest.raises(PrivacyError, match="has contacts and cannot stand for features"):
        custody.read(sealed, Kind.FEATURES)
    moved = sealed.rename(sealed.with_name("others.csv.sealed"))
    with pytest.raises(PrivacyError, match=r"was sealed as people\.csv\.sealed"):
        custody.read(moved, Kind.CONTACTS)


def test_read__an_older_file_put_back__refused(people: Path, custody: Custody, log: AccessLog) -> None:
    sealed = custody.seal(people, Kind.CONTACTS)
    older = sealed.read_bytes()
    people.write_text(people.read_text().replace("k@a.b", "none@a.b"))
    custody.seal(people, Kind.CONTACTS)
    newer = sealed.read_bytes()
    sealed.write_bytes(older)
    with pytest.raises(PrivacyError, match=r"is older than the people\.csv that was sealed at"):
        custody.read(sealed, Kind.CONTACTS)
    sealed.write_bytes(newer)
    assert "none@a.b" in custody.read(sealed, Kind.CONTACTS)["address"]
    assert [one["act"] for one in log.entries()] == ["sealed", "sealed", "read"]


def test_write__sealed__never_in_the_clear_on_the_disk(
    people: Path, custody: Custody, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, out = pl.read_csv(people), people.with_name("scores.parquet.sealed")
    monkeypatch.setattr(pl.DataFrame, "write_parquet", _in_memory_only(pl.DataFrame.write_parquet))
    custody.check_output(out)
    custody.write(frame, out, Kind.SCORES)
    assert custody.read(out, Kind.SCORES).equals(frame)
    assert sorted(path.name for path in people.parent.iterdir()) == [
        "access.jsonl", "people.csv", "scores.parquet.sealed",
    ]  # fmt: skip
    with pytest.raises(InputError, match=r"ends in \.parquet"):
        custody.check_output(people.with_name("scores.csv.sealed"))


def _in_memory_only(write: Callable[..., None]) -> Callable[..., None]:
    def checked(frame: pl.DataFrame, target: object) -> None:
        assert not isinstance(target, str | Path)
        write(frame, target)

    return checked


def test_unseal__altered__nothing_written(people: Path, custody: Custody) -> None:
    sealed, out = custody.seal(people, Kind.CONTACTS), people.with_name("out.csv")
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(PrivacyError, match="has been altered"):
        custody.unseal(sealed, out)
    assert not out.exists()
    sealed.write_bytes(whole)
    assert custody.unseal(sealed, out).rows == 3
    assert out.read_bytes() == people.read_bytes()
    assert out.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("where", ["fairmeter.privacy.custody.seal", "pathlib.Path.replace", "os.fsync"])
def test_rotate__killed_at_any_point__goes_on_and_loses_nothing(
    people: Path, custody: Custody, log: AccessLog, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    frame = pl.read_csv(people)
    files = [custody.seal(people, Kind.CONTACTS), people.with_name("scores.parquet.sealed")]
    custody.write(frame, files[1], Kind.SCORES)
    custody.rotate(files[0], OTHER)

    def dies(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(where, dies)
        with pytest.raises(Crash):
            custody.rotate(files[1], OTHER)
    assert [custody.rotate(one, OTHER) for one in files] == [False, True]
    assert {sealed_by(one) for one in files} == {OTHER.id}
    turned = replace(custody, key=OTHER)
    assert turned.read(files[0], Kind.CONTACTS).equals(frame)
    assert turned.read(files[1], Kind.SCORES).equals(frame)
    assert [one["name"] for one in log.entries() if one["act"] == Act.ROTATED] == ["people.csv", "scores.parquet"]
    with pytest.raises(PrivacyError, match="sealed with the key"):
        custody.read(files[0], Kind.CONTACTS)


def test_read__what_is_no_table__one_line(people: Path, custody: Custody) -> None:
    for name, content in (("a.txt", "x"), ("a.parquet", "x"), ("empty.csv", "account\n")):
        path = people.with_name(name)
        path.write_text(content)
        with pytest.raises(InputError, match=r"expected a|cannot be read|no rows"):
            custody.read(path, Kind.CONTACTS)
    with pytest.raises(InputError, match="cannot be read"):
        custody.read(people.with_name("absent.csv"), Kind.CONTACTS)
    with pytest.raises(InputError, match="is sealed already"):
        custody.seal(custody.seal(people, Kind.CONTACTS), Kind.CONTACTS)
