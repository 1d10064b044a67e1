"""When and through what reminders are sent: a TOML file of the operator's.

supplier = "Grid"               # who signs
timezone = "Asia/Shanghai"      # of quiet hours, where the directory has none of the customer's
quiet = ["21:00", "08:00"]      # nothing is sent from the first to the second
most_a_week = 2                 # to one address, whatever it owes
[file]                          # what is "sent" is a line of a file
path = "sent.jsonl"
[smtp]                          # the password is FAIRMETER_SMTP_PASSWORD's
host = "mail.grid.example"
port = 587
sender = "billing@grid.example"
user = "billing"
[webhook]                       # its secret is FAIRMETER_WEBHOOK_SECRET's
url = "https://sms.grid.example/send"
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

from annotated_types import Ge, Le, Predicate
from pydantic import ConfigDict

_CLOSED: Final = ConfigDict(extra="forbid")
Zone = Annotated[str, Predicate(lambda name: name in available_timezones())]


@dataclass(frozen=True, slots=True)
class FileSettings:
    """A file that grows by a line a reminder."""

    __pydantic_config__ = _CLOSED

    path: str


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """A mail server."""

    __pydantic_config__ = _CLOSED

    host: str
    sender: str
    port: Annotated[int, Ge(1), Le(65_535)] = 587
    user: str = ""
    starttls: bool = True
    """Whether the connection must be encrypted; a password is sent over no other."""
    timeout: Annotated[float, Ge(0.1)] = 30.0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Something that takes a POST."""

    __pydantic_config__ = _CLOSED

    url: Annotated[str, Predicate(lambda url: url.startswith(("https://", "http://127.0.0.1", "http://localhost")))]
    attempts: Annotated[int, Ge(1), Le(20)] = 5
    backoff: Annotated[float, Ge(0)] = 1.0
    """Seconds before the second attempt; each further wait is twice as long."""
    timeout: Annotated[float, Ge(0.1)] = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it."""

    __pydantic_config__ = _CLOSED

    supplier: str
    timezone: Zone = "Asia/Shanghai"
    quiet: tuple[time, time] = (time(21), time(8))
    most_a_week: Annotated[int, Ge(1)] = 2
    file: FileSettings | None = None
    smtp: SmtpSettings | None = None
    webhook: WebhookSettings | None = None

    def is_quiet(self, now: datetime, zone: str | None) -> bool:
        """Whether nothing may be sent at `now` to a customer in `zone`."""
        local = now.astimezone(ZoneInfo(zone or self.timezone)).time()
        begin, end = self.quiet
        return begin <= local < end if begin <= end else local >= begin or local < end
