"""A customer, a bank and three proxies with published keys, over a store in memory."""

from __future__ import annotations

from deployed_vault import Place
from fairmeter.chain.keccak import keccak256
from fairmeter.contracts.vaulting import Request
from fairmeter.vault.access import Vault
from fairmeter.vault.customer import Customer
from fairmeter.vault.fields import Field
from fairmeter.vault.proxy import Proxy
from fairmeter.vault.reader import Reader

DATA = {Field.GRADE: b"B+", Field.PAYMENTS: b"2016-01-31 1200\n" * 256, Field.READINGS: bytes(range(256))}
PURPOSE = "loan"
DAY = 86_400


class Memory:
    """A store in memory, whose content a test may change."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    def write(self, name: str, data: bytes) -> None:
        self.content[name] = data

    def read(self, name: str) -> bytes | None:
        return self.content.get(name)

    def names(self, folder: str) -> list[str]:
        return sorted(name for name in self.content if name.startswith(f"{folder}/"))


def secret(name: str) -> bytes:
    """A party's, by its name."""
    return keccak256(name.encode())


class Parties:
    """All of them, on one vault."""

    def __init__(self, place: Place) -> None:
        self.place, self.store = place, Memory()
        self.vault = Vault(place.vault, self.store)
        self.customer = Customer(self.vault, place.customer, secret("customer"))
        self.bank = Reader(self.vault, place.bank, secret("bank"))
        self.thief = Reader(self.vault, place.stranger, secret("thief"))
        self.proxies = [Proxy(self.vault, wallet, secret(wallet.address.hex())) for wallet in place.proxies]
        for party in (self.customer, self.bank, self.thief):
            party.publish()
        for proxy in self.proxies:
            proxy.publish()

    def until(self, seconds: int = DAY) -> int:
        """So long after now."""
        return self.place.engine.now() + seconds

    def grant(self, *fields: Field, until: int | None = None) -> int:
        """To the bank, by two of the three proxies."""
        by = [proxy.wallet.address for proxy in self.proxies]
        end = self.until() if until is None else until
        return self.customer.grant(self.bank.wallet.address, fields, end, PURPOSE, by=by, threshold=2)

    def answers(self, request: Request, signature: bytes, *numbers: int) -> list[bytes]:
        """Of the proxies with these numbers."""
        return [self.proxies[number].answer(request, signature) for number in numbers]

    def read(self, grant: int, number: int, *fields: Field, by: tuple[int, ...] = (0, 1)) -> dict[Field, bytes]:
        """What the bank opens."""
        request, signature = self.bank.request(grant, number, fields)
        return self.bank.open(request, self.answers(request, signature, *by))
