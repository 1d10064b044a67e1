"""Ways to a customer. `send` returns when the message is taken, raises NotTakenError where it surely was not, and
anything else where nobody can tell."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import smtplib
import ssl
import time
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from fairmeter.errors import FairmeterError, InputError, NotTakenError
from fairmeter.reminders.message import Message
from fairmeter.reminders.settings import Settings, SmtpSettings, WebhookSettings

SMTP_PASSWORD: Final = "FAIRMETER_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
WEBHOOK_SECRET: Final = "FAIRMETER_WEBHOOK_SECRET"  # noqa: S105
REFUSALS: Final = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPHeloError,
    smtplib.SMTPNotSupportedError,
)
LEAST_SECRET: Final = 16
"""Characters."""
TRANSIENT: Final = frozenset({408, 425, 429, *range(500, 600)})


class Channel(Protocol):
    """One of them."""

    @property
    def knows(self) -> bool:
        """Whether it takes a message only once, however often it is sent."""

    def send(self, message: Message) -> None:
        """Hand it over."""


Channels = Mapping[str, Channel]
"""By name."""


def channels_of(settings: Settings) -> Channels:
    """Those that the settings have. Raises InputError where a secret is missing in the environment."""
    found: dict[str, Channel] = {}
    if settings.file is not None:
        found["file"] = FileChannel(Path(settings.file.path))
    if settings.smtp is not None:
        found["smtp"] = SmtpChannel(settings.smtp, os.environ.get(SMTP_PASSWORD, ""))
    if settings.webhook is not None:
        found["webhook"] = WebhookChannel(settings.webhook, os.environ.get(WEBHOOK_SECRET, "").encode())
    return found


class FileChannel:
    """A line of JSON a message: for tests of an operator's own, and for whatever reads the file."""

    knows = True

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_bytes() if path.is_file() else b""
        whole = text[: text.rfind(b"\n") + 1]
        if whole != text:
            # A crash left half a line: the message that it was to be comes again.
            os.truncate(path, len(whole))
        try:
            self._sent = {json.loads(line)["key"] for line in whole.splitlines()}
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: is no file of reminders: {error}") from error

    def send(self, message: Message) -> None:
        """Append it, and wait until it is on the disk."""
        if message.key in self._sent:
            return
        fields = {name: getattr(message, name) for name in message.__slots__}
        self._path.touch(mode=0o600)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(fields, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._sent.add(message.key)


class SmtpChannel:
    """Mail. A server that took a message cannot be asked whether it did: what is in doubt is not sent again."""

    knows = False

    def __init__(self, settings: SmtpSettings, password: str) -> None:
        if settings.user and not (password and settings.starttls):
            raise InputError(f"smtp.user needs smtp.starttls and the environment variable {SMTP_PASSWORD}")
        self._settings, self._password = settings, password

    def send(self, message: Message) -> None:
        """One connection a message."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._settings.sender, message.address, message.subject
        mail["Message-ID"] = f"<{message.key}@{self._settings.sender.partition('@')[2] or 'localhost'}>"
        mail.set_content(message.text)
        try:
            with self._connected() as server:
                server.send_message(mail)
        except REFUSALS as error:
            raise NotTakenError(f"{self._settings.host} refused the mail: {error}") from error

    def _connected(self) -> smtplib.SMTP:
        settings, server = self._settings, None
        try:
            server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
            if settings.starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.user:
                server.login(settings.user, self._password)
        except (OSError, smtplib.SMTPException) as error:
            if server is not None:
                server.close()
            raise NotTakenError(f"{settings.host}:{settings.port} cannot be used: {error}") from error
        return server


class WebhookChannel:
    """A signed POST, tried again while the other side fails; by the key of the message it knows what it has."""

    knows = True

    def __init__(self, settings: WebhookSettings, secret: bytes, sleep: Callable[[float], None] = time.sleep) -> None:
        if len(secret) < LEAST_SECRET:
            raise InputError(f"a webhook needs the environment variable {WEBHOOK_SECRET}: {LEAST_SECRET} characters")
        self._settings, self._secret, self._sleep = settings, secret, sleep

    def send(self, message: Message) -> None:
        """Raises NotTakenError where the last attempt failed, or the other side said that it will not have it."""
        fields = {name: getattr(message, name) for name in ("address", "subject", "text")}
        body = json.dumps(fields, ensure_ascii=False, sort_keys=True).encode()
        for attempt in range(self._settings.attempts):
            if attempt:
                self._sleep(self._settings.backoff * 2 ** (attempt - 1))
            answer = self._post(message.key, body)
            if answer // 100 == 2:
                return
            if answer and answer not in TRANSIENT:
                raise NotTakenError(f"{self._settings.url} answered {answer}")
        raise NotTakenError(f"{self._settings.url} failed {self._settings.attempts} times")

    def _post(self, key: str, body: bytes) -> int:
        """The answer's status; 0 where there was none."""
        url, stamp = urlsplit(self._settings.url), str(int(time.time()))
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.netloc, timeout=self._settings.timeout)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "Fairmeter-Timestamp": stamp,
            "Fairmeter-Signature": signature_of(self._secret, stamp, key, body),
        }
        try:
            connection.request("POST", url.path + (f"?{url.query}" if url.query else "") or "/", body, headers)
            return int(connection.getresponse().status)
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def signature_of(secret: bytes, timestamp: str, key: str, body: bytes) -> str:
    """What the header Fairmeter-Signature says: HMAC-SHA256 of timestamp, key and body, with a dot between."""
    return hmac.new(secret, b".".join([timestamp.encode(), key.encode(), body]), hashlib.sha256).hexdigest()


def in_doubt(error: Exception) -> bool:
    """Whether a message may have been taken though `send` raised."""
    return isinstance(error, OSError | smtplib.SMTPException) and not isinstance(error, FairmeterError)
