"""Reminders that are really sent: what the register says, within quiet hours and caps, and nothing twice."""

from __future__ import annotations

from fairmeter.reminders.channels import (
    Channel,
    Channels,
    FileChannel,
    SmtpChannel,
    WebhookChannel,
    channels_of,
    signature_of,
)
from fairmeter.reminders.decided import Due, due_reminders
from fairmeter.reminders.directory import Recipient, load_directory
from fairmeter.reminders.message import PERSONAL, Message
from fairmeter.reminders.noting import Notary
from fairmeter.reminders.outbox import Outbox, alone, key_of
from fairmeter.reminders.rounds import Reminded, remind
from fairmeter.reminders.settings import Settings

__all__ = [
    "PERSONAL",
    "Channel",
    "Channels",
    "Due",
    "FileChannel",
    "Message",
    "Notary",
    "Outbox",
    "Recipient",
    "Reminded",
    "Settings",
    "SmtpChannel",
    "WebhookChannel",
    "alone",
    "channels_of",
    "due_reminders",
    "key_of",
    "load_directory",
    "remind",
    "signature_of",
]
