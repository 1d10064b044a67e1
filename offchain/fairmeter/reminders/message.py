"""A reminder, and how it lies on the disk: address, subject and text by AES-256-GCM, bound to the rest of it."""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any, Final

from fairmeter.errors import PrivacyError
from fairmeter.extras import extra
from fairmeter.privacy.keys import EXTRA, DataKey

NONCE: Final = 12
Known = tuple[str, int, int, int, int, str]
"""Key, bill, account, class, contacts and channel."""
PERSONAL: Final = ("address", "subject", "text")
"""What of a message is sealed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One reminder."""

    key: str
    """The same for the same contact of the same debt, for ever."""
    bill: int
    account: int
    class_: int
    """Of the debt, as last scored."""
    contacts: int
    """That the register had counted of the debt before."""
    channel: str
    address: str
    subject: str
    text: str

    @property
    def known(self) -> Known:
        """What of it is not sealed."""
        return self.key, self.bill, self.account, self.class_, self.contacts, self.channel


class Seal:
    """Of one outbox, with one key."""

    def __init__(self, key: DataKey, salt: bytes) -> None:
        """Raises ToolMissingError without `cryptography`."""
        aead = extra("cryptography.hazmat.primitives.ciphers.aead", EXTRA)
        self.salt = salt
        self._cipher: Any = aead.AESGCM(key.derived("outbox", salt))
        self._names = key.derived("recipient", salt)

    def recipient(self, address: str) -> bytes:
        """By which an address is found without being there."""
        return hmac.digest(self._names, address.encode(), "sha256")

    def close(self, message: Message) -> bytes:
        """Address, subject and text."""
        personal = [getattr(message, name) for name in PERSONAL]
        nonce = secrets.token_bytes(NONCE)
        bound = _bound(message.known)
        sealed: bytes = self._cipher.encrypt(nonce, json.dumps(personal, ensure_ascii=False).encode(), bound)
        return nonce + sealed

    def open(self, known: Known, sealed: bytes) -> tuple[str, str, str]:
        """Of the message that is known by the rest. Raises PrivacyError where it is altered."""
        exceptions = extra("cryptography.exceptions", EXTRA)
        try:
            plain = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], _bound(known))
        except (exceptions.InvalidTag, ValueError) as error:
            raise PrivacyError(f"the outbox has been altered: message {known[0]} does not open") from error
        address, subject, text = json.loads(plain)
        return address, subject, text


def _bound(known: Known) -> bytes:
    return json.dumps(known).encode()
