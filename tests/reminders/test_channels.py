"""Channels against a real mail server, a real web server and a file."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from tests.reminders.conftest import LOCAL, PASSWORD, USER, Hook, MailServer

from fairmeter.errors import InputError, NotTakenError
from fairmeter.reminders import FileChannel, Message, SmtpChannel, WebhookChannel, signature_of
from fairmeter.reminders.settings import SmtpSettings, WebhookSettings

SECRET = b"a secret of the operator"
MESSAGE = Message(
    "k" * 32, 65536, 1, 1, 0, "smtp", "li@home.example", "您的账单 1/0 尚未支付", "尊敬的李\n欠款 12.30\n"
)


def smtp(port: int) -> SmtpChannel:
    return SmtpChannel(SmtpSettings(LOCAL, "billing@grid.example", port, starttls=False, timeout=5), "")


def test_smtp_send__chinese__arrives_as_it_was_written(mail_server: MailServer) -> None:
    smtp(mail_server.port).send(MESSAGE)
    (mail,) = mail_server.box.mails
    assert (mail["To"], mail["From"]) == ("li@home.example", "billing@grid.example")
    assert (mail["Subject"], mail.get_content()) == (MESSAGE.subject, MESSAGE.text.replace("\n", "\r\n"))
    assert mail["Message-ID"] == f"<{MESSAGE.key}@grid.example>"


def test_smtp_send__unknown_user_or_no_server__not_taken(mail_server: MailServer) -> None:
    with pytest.raises(NotTakenError, match="refused the mail"):
        smtp(mail_server.port).send(replace(MESSAGE, address="nobody@home.example"))
    with socket.socket() as unused:
        unused.bind((LOCAL, 0))
        with pytest.raises(NotTakenError, match="cannot be used"):
            smtp(unused.getsockname()[1]).send(MESSAGE)
    assert not mail_server.box.mails


def test_smtp_send__server_without_encryption__not_taken(mail_server: MailServer) -> None:
    settings = SmtpSettings(LOCAL, "billing@grid.example", mail_server.port, timeout=5)
    with pytest.raises(NotTakenError, match="STARTTLS"):
        SmtpChannel(settings, "").send(MESSAGE)
    assert not mail_server.box.mails


def test_smtp_send__encrypted_with_a_password__taken_only_where_both_are_right(
    tls_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SmtpSettings(LOCAL, "billing@grid.example", tls_server.port, USER, timeout=5)
    with pytest.raises(NotTakenError, match="CERTIFICATE_VERIFY_FAILED"):
        SmtpChannel(settings, PASSWORD).send(MESSAGE)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls_server.certificate))
    with pytest.raises(NotTakenError, match="Authentication"):
        SmtpChannel(settings, "wrong").send(MESSAGE)
    SmtpChannel(settings, PASSWORD).send(MESSAGE)
    assert len(tls_server.box.mails) == 1


def test_smtp__password_over_an_open_line__refused() -> None:
    with pytest.raises(InputError, match=r"needs smtp\.starttls"):
        SmtpChannel(SmtpSettings(LOCAL, "billing@grid.example", user="billing", starttls=False), "secret")


def test_webhook_send__failures__tried_again_signed_with_one_key(hook: Hook) -> None:
    waits: list[float] = []
    hook.answers = [503, 429]
    WebhookChannel(WebhookSettings(hook.url, backoff=0.5), SECRET, waits.append).send(MESSAGE)
    assert waits == [0.5, 1.0]
    assert len(hook.posts) == 3
    for headers, body in hook.posts:
        assert headers["Idempotency-Key"] == MESSAGE.key
        stamp = headers["Fairmeter-Timestamp"]
        assert headers["Fairmeter-Signature"] == signature_of(SECRET, stamp, MESSAGE.key, body)
        assert signature_of(SECRET, stamp, MESSAGE.key, body + b" ") != headers["Fairmeter-Signature"]
        assert json.loads(body) == {"address": MESSAGE.address, "subject": MESSAGE.subject, "text": MESSAGE.text}


def test_webhook_send__refusal__not_tried_again(hook: Hook) -> None:
    hook.answers = [422]
    with pytest.raises(NotTakenError, match="answered 422"):
        WebhookChannel(WebhookSettings(hook.url), SECRET, lambda _: None).send(MESSAGE)
    assert len(hook.posts) == 1


def test_webhook_send__always_failing__given_up_after_its_attempts(hook: Hook) -> None:
    hook.answers = [500] * 9
    with pytest.raises(NotTakenError, match="failed 3 times"):
        WebhookChannel(WebhookSettings(hook.url, attempts=3), SECRET, lambda _: None).send(MESSAGE)
    assert len(hook.posts) == 3


def test_webhook__no_secret__refused(hook: Hook) -> None:
    with pytest.raises(InputError, match="FAIRMETER_WEBHOOK_SECRET"):
        WebhookChannel(WebhookSettings(hook.url), b"")


def test_file_send__twice_and_after_a_torn_line__a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "sent.jsonl"
    FileChannel(path).send(MESSAGE)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"key": "torn')
    again = FileChannel(path)
    again.send(MESSAGE)
    again.send(replace(MESSAGE, key="other"))
    keys = [json.loads(line)["key"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert keys == [MESSAGE.key, "other"]


def test_file__something_else__refused(tmp_path: Path) -> None:
    (tmp_path / "sent.jsonl").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="is no file of reminders"):
        FileChannel(tmp_path / "sent.jsonl")
