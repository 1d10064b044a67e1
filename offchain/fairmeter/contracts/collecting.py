"""Typed client of the arrears register, its packed words, and its deployment beside a system."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from fairmeter.chain.engine import Engine
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.calldata import calldata
from fairmeter.contracts.deploy import System, creation_code
from fairmeter.contracts.governance import LATEST, Operators, Role
from fairmeter.contracts.packing import Bytes2D, get, put
from fairmeter.contracts.session import Call, Contract, Session
from fairmeter.errors import ChainError, InputError, OutOfBoundsError
from fairmeter.model import Int64s
from fairmeter.units import PPM

CONSTRUCTOR: Final = ("Governance", "FairClock", "PaymentLedger", "Operators")
"""Whose addresses the register is created with."""
WORD: Final = 32


class Stage(enum.IntEnum):
    """How old a debt is (types/Arrears.sol)."""

    NONE = 0
    INCREMENTAL = 1
    STOCK = 2


class Step(enum.IntEnum):
    """What the rule says of a debt since it was last scored (types/Arrears.sol)."""

    NONE = 0
    REMIND = 1
    WAIT = 2
    GIVE_UP = 3


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of n bills in arrears."""

    bill: Int64s
    """(n,) ascending."""
    probability: Int64s
    """(n,) of repaying if contacted, ppm."""
    natural: Int64s
    """(n,) of repaying if not, ppm."""
    class_: Int64s
    """(n,) 0 to 255."""
    strategy: Int64s
    """(n,) 1 to 15; 0 for no contact."""

    def __len__(self) -> int:
        return len(self.bill)


@dataclass(frozen=True, slots=True)
class Told:
    """What the register said of n debts."""

    scores: Scores
    step: Int64s
    """(n,) a Step."""
    contacts: Int64s
    """(n,) so far."""
    owed: Int64s
    """(n,) minor units."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What became known of a class of debts, at t points."""

    mean_debt: int
    """Minor units."""
    day: Int64s
    """(t,) days after the judging, ascending."""
    contacted: Int64s
    """(t,) probability of having repaid with contacts, ppm."""
    natural: Int64s
    """(t,) without, ppm."""
    contacts: Int64s
    """(t,) mean number until then, ppm of one."""


@dataclass(frozen=True, slots=True)
class Debt:
    """A bill in arrears as the register sees it; zeros where it is not in arrears."""

    stage: Stage
    step: Step
    contacts: int
    strategy: int
    probability: int
    """Ppm, as last scored."""
    owed: int
    """Minor units."""
    age: int
    """Whole days since the judging, without pauses."""


def pack_scores(scores: Scores) -> Bytes2D:
    """(n, 32): a word a score (libraries/PackedDebts.sol). Raises OutOfBoundsError for a value that does not fit."""
    bounds = (("probability", PPM), ("natural", PPM), ("class_", 255), ("strategy", 15))
    for name, high in bounds:
        values = getattr(scores, name)
        wrong = (values < 0) | (values > high)
        if wrong.any():
            raise OutOfBoundsError(name.strip("_"), int(values[wrong][0]), 0, high)
    high_bits = scores.natural | (scores.class_ << 20)
    low_bits = (scores.probability << 8) | (scores.strategy << 28)
    words = np.zeros((len(scores), WORD), np.uint8)
    put(words, 31, 8, scores.bill)
    put(words, 23, 4, low_bits)
    put(words, 19, 4, high_bits)
    return words


def unpack_told(words: Bytes2D) -> Told:
    """What the words of ArrearsScored and ContactsRecorded say; `words` is (n, 32)."""
    note, above = get(words, 23, 4), get(words, 19, 8)
    scores = Scores(
        bill=get(words, 31, 8),
        probability=(note >> 8) & 0xFFFFF,
        natural=above & 0xFFFFF,
        class_=(above >> 20) & 0xFF,
        strategy=note >> 28,
    )
    owed = (get(words, 16, 7) >> 4) & (1 << 48) - 1
    return Told(scores, note & 3, (note >> 2) & 63, owed)


class ArrearsRegister(Contract):
    """What is done about bills in arrears."""

    name = "ArrearsRegister"

    def submit_scores(self, model: bytes, features: bytes, scores: Bytes2D, signatures: bytes = b"") -> Call:
        """An operator's: scores, (n, 32) as `pack_scores` gives them, of a model and features with these hashes; with
        as many signatures as the quorum needs beside the sender."""
        hashes = (int.from_bytes(model, "big"), int.from_bytes(features, "big"))
        return self._packed("submitScores", *hashes, scores, signatures)

    def operators(self) -> Operators:
        """Who says what it takes: a quorum of them."""
        return Operators(self.engine, self.read("operators"))

    def record_contacts(self, contacts: Bytes2D, signatures: bytes = b"") -> Call:
        """An operator's: contacts that were made, words of bill and class as `pack_scores` gives them."""
        return self._packed("recordContacts", contacts, signatures)

    def commit_test(self, class_: int, arms: int, commitment: bytes, signatures: bytes = b"") -> Call:
        """An operator's: begins a class's test of strategies, with `commitment_of` what stays secret until it ends."""
        return self.write("commitTest", class_, arms, commitment, signatures)

    def reveal_test(self, class_: int, seed: int, salt: bytes) -> Call:
        """Anyone's who knows them: ends a class's test."""
        return self.write("revealTest", class_, seed, salt)

    def submit_curve(self, class_: int, curve: Curve, signatures: bytes = b"") -> Call:
        """An operator's: what became known of a class, from which its horizon follows."""
        columns = {name: getattr(curve, name).tolist() for name in ("day", "contacted", "natural", "contacts")}
        return self.write("submitCurve", class_, {"meanDebt": curve.mean_debt, **columns}, signatures)

    def set_terms(self, *, unit_cost: int, incremental_days: int, max_contacts: int) -> Call:
        """Governor only: what a contact costs in minor units, and bounds."""
        terms = {"unitCost": unit_cost, "incrementalDays": incremental_days, "maxContacts": max_contacts}
        return self.write("setTerms", terms)

    def digest_of(self, call: Call) -> bytes:
        """What operators sign of one of their calls, as long as no other has been taken before it."""
        return bytes(self.read("digestOf", self.interface.selector(call.function), _content(call)))

    def horizon_of(self, class_: int) -> int | None:
        """Days after which debts of a class may be given up; None where no curve is known."""
        known = self.read("classOf", class_)
        return known["horizon"] if known["curved"] else None

    def test_of(self, class_: int) -> int:
        """The number of a class's last test; 0 for none."""
        return int(self.read("classOf", class_)["test"])

    def most_contacts(self) -> int:
        """Of a debt, as the governor has it."""
        return int(self.read("terms")["maxContacts"])

    def debt_of(self, bill: int) -> Debt:
        """What it says of a bill now."""
        found: dict[str, Any] = self.read("debtOf", bill)
        numbers = (found[name] for name in ("contacts", "strategy", "probability", "owed", "age"))
        return Debt(Stage(found["stage"]), Step(found["step"]), *numbers)

    def _packed(self, function: str, *arguments: int | bytes | Bytes2D) -> Call:
        return self.raw(function, calldata(self.interface.selector(function), *arguments))


def _content(call: Call) -> bytes:
    """The hash of what a call says, without its signatures, which come last of its arguments."""
    data = call.data[4:]
    match call.function:
        case "submitScores":
            return keccak256(data[: 2 * WORD] + keccak256(_words(data, 2)))
        case "recordContacts":
            return keccak256(_words(data, 0))
        case "submitCurve":
            # Behind two places, not three: the curve alone is hashed with its class.
            begin, end = _place(data, 1), _place(data, 2)
            return keccak256(data[:WORD] + (2 * WORD).to_bytes(WORD, "big") + data[begin:end])
        case _:
            return keccak256(data[: 3 * WORD])


def _place(data: bytes, argument: int) -> int:
    return int.from_bytes(data[argument * WORD : (argument + 1) * WORD], "big")


def _words(data: bytes, argument: int) -> bytes:
    begin = _place(data, argument) + WORD
    return data[begin : begin + WORD * int.from_bytes(data[begin - WORD : begin], "big")]


def commitment_of(class_: int, test: int, arms: int, seed: int, salt: bytes) -> bytes:
    """What is published of a class's test number `test`, counted from 1, before its first contact: the hash of its seed
    and a secret salt of 32 bytes."""
    numbers = b"".join(number.to_bytes(WORD, "big") for number in (class_, test, arms, seed))
    return keccak256(numbers + salt)


def register_at(engine: Engine, where: str) -> ArrearsRegister:
    """The register at an address, or the one of a file that `fairmeter arrears deploy` wrote. Raises InputError for
    anything else, ChainError where the chain has none there."""
    if where.endswith(".json"):
        address, chain_id = _deployed(Path(where))
        if chain_id != engine.chain_id:
            raise ChainError(f"the chain's id is {engine.chain_id}, but {where} is of chain {chain_id}")
    else:
        address = _address(where)
    if not engine.code(address):
        raise ChainError(f"the chain has no contract at {where}")
    return ArrearsRegister(engine, address)


def check_alone(register: ArrearsRegister, operator: bytes) -> None:
    """Raises InputError where an address is no operator, or more than one has to say what it says."""
    operators = register.operators()
    if operators.signer_index(LATEST, operator) is None:
        raise InputError(f"0x{operator.hex()} is no operator")
    if (quorum := operators.set_at(LATEST).quorum) > 1:
        raise InputError(f"{quorum} operators have to say it together, and this is one")


def _deployed(path: Path) -> tuple[bytes, int]:
    try:
        fields = json.loads(path.read_bytes())
        return _address(fields["register"]), int(fields["chain_id"])
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: is not a file that `fairmeter arrears deploy` writes") from error


def _address(text: str) -> bytes:
    try:
        address = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        address = b""
    if len(address) != 20:
        raise InputError(f"--register {text}: expected an address of 20 bytes in hexadecimal, or a .json file")
    return address


def deploy_arrears(session: Session, system: System, administrator: Wallet) -> ArrearsRegister:
    """Deploy the register beside `system`, and let it note in the ledger's records what becomes of arrears. Raises
    ChainError if it was not created."""
    known = (system.deployment.addresses[name] for name in CONSTRUCTOR)
    data = creation_code("ArrearsRegister") + interface("ArrearsRegister").encode_constructor(*known)
    (receipt,) = session.transact(administrator, Call("ArrearsRegister", "constructor", None, data))
    if receipt.contract_address is None:
        raise ChainError("ArrearsRegister was not created")
    register = ArrearsRegister(system.engine, receipt.contract_address)
    governance, ledger = system.governance, system.ledger
    session.transact(
        administrator,
        governance.set_target_function_role(ledger.address, [ledger.interface.selector("noteArrears")], Role.COLLECTOR),
        governance.grant_role(Role.COLLECTOR, register.address, 0),
        governance.set_target_function_role(register.address, [register.interface.selector("setTerms")], Role.GOVERNOR),
    )
    return register
