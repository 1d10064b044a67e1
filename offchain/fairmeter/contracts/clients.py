"""Typed clients of the deployed contracts: batch calls built from arrays, views as dataclasses."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fairmeter.chain.wallet import typed_data_hash
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.calldata import WORD, Argument, addresses_of, calldata, words_of
from fairmeter.contracts.governance import Stakes
from fairmeter.contracts.packing import Bytes2D, MandateColumns, unpack_mandates
from fairmeter.contracts.session import Call, Contract
from fairmeter.contracts.views import Account, Batch, BillRecord, Totals, struct
from fairmeter.model import BillState, Bools, ClassPolicy, Policy, Presets, Tariff
from fairmeter.units import MAX_TRANSACTION_GAS

Ids = npt.NDArray[np.integer]
"""(n,) account, batch or bill ids."""

NOBODY: Final = bytes(20)
"""The zero address."""
CUSTOMER_GAS: Final = 200_000
CUSTOMER_GAS_A_BILL: Final = 120_000
"""Gas limits of a customer's own calls: high enough for their worst case, low enough for a small purse."""
DISCLOSES: Final = 1 << 237
"""The flag of an account's word (libraries/PackedAccounts.sol)."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """The customer's standing authority: caps in minor units, last day since 1970-01-01."""

    cap_per_bill: int
    cap_per_month: int
    last_day: int
    disclose_readings: bool = False
    signed_only: bool = False
    """Whether bills are judged only by readings that the meter operator signed."""
    agent: bytes = NOBODY
    """May answer for the owner; zeros for nobody."""


@dataclass(frozen=True, slots=True)
class SignedMandate:
    """A mandate and the owner's EIP-712 signature over it."""

    account: int
    mandate: Mandate
    deadline: int
    """Unix seconds."""
    signature: bytes


@dataclass(frozen=True, slots=True)
class Periods:
    """Seconds of fair time that a batch keeps from its posting on (types/Verdicts.sol)."""

    window: int
    reply: int
    acceptance: int
    contest: int
    review: int
    """From the window's end, the customer's, to appeal by hand."""


MANDATE_TYPES: Final = {
    "Mandate": [
        {"name": "account", "type": "uint64"},
        {"name": "capPerBill", "type": "uint48"},
        {"name": "capPerMonth", "type": "uint48"},
        {"name": "lastDay", "type": "uint16"},
        {"name": "discloseReadings", "type": "bool"},
        {"name": "signedOnly", "type": "bool"},
        {"name": "agent", "type": "address"},
        {"name": "nonce", "type": "uint32"},
        {"name": "deadline", "type": "uint40"},
    ]
}


def mandate_domain(chain_id: int, ledger: bytes) -> dict[str, Any]:
    """The EIP-712 domain of mandates."""
    return {
        "name": "Fairmeter PaymentLedger",
        "version": "1",
        "chainId": chain_id,
        "verifyingContract": "0x" + ledger.hex(),
    }


def mandate_message(account: int, mandate: Mandate, nonce: int, deadline: int) -> dict[str, Any]:
    """What the owner signs: the fields of MANDATE_TYPES."""
    return {"account": account, **_mandate_struct(mandate), "nonce": nonce, "deadline": deadline}


def _mandate_struct(mandate: Mandate) -> dict[str, Any]:
    return {
        "capPerBill": mandate.cap_per_bill,
        "capPerMonth": mandate.cap_per_month,
        "lastDay": mandate.last_day,
        "discloseReadings": mandate.disclose_readings,
        "signedOnly": mandate.signed_only,
        "agent": "0x" + mandate.agent.hex(),
    }


def mandate_hash(domain: dict[str, Any], account: int, mandate: Mandate, nonce: int, deadline: int) -> bytes:
    """The 32 bytes that the account's owner signs (EIP-712)."""
    return typed_data_hash(domain, MANDATE_TYPES, mandate_message(account, mandate, nonce, deadline))


class DigitalCurrency(Contract):
    """ERC-20 with two decimals and permit."""

    name = "DigitalCurrency"

    def balance_of(self, holder: bytes) -> int:
        """Minor units."""
        return int(self.read("balanceOf", holder))

    def mint(self, to: bytes, amount: int) -> Call:
        """Issuer only; minor units."""
        return self.write("mint", to, amount)

    def approve(self, spender: bytes, amount: int) -> Call:
        """Minor units."""
        return self.write("approve", spender, amount)


class PaymentLedger(Contract):
    """Accounts, mandates, suppliers, bills and all the money."""

    name = "PaymentLedger"

    def register_supplier(self, name: str) -> Call:
        """The sender becomes the supplier's owner."""
        return self.write("registerSupplier", name)

    def set_tariff(self, supplier: int, tariff: Tariff) -> Call:
        """A new version of the supplier's tariff."""
        blocks = [{"upTo": block.up_to, "price": block.price} for block in tariff.blocks]
        return self.write("setTariff", supplier, int(tariff.utility), tariff.from_day, tariff.standing, blocks)

    def open_accounts(self, suppliers: Ids, utilities: Ids, owners: list[bytes]) -> Call:
        """One account a row: supplier, utility, owner's address."""
        rows = np.concatenate([words_of(suppliers), words_of(utilities), addresses_of(owners)], axis=1)
        return self._batch("openAccounts", rows)

    def deposit(self, accounts: Ids, amounts: Ids) -> Call:
        """Pays `amounts` (minor units) of the sender's currency into `accounts`."""
        return self._batch("deposit", words_of(accounts), words_of(amounts))

    def deposit_bond(self, holder: bytes, amount: int) -> Call:
        """Adds minor units of the sender's currency to a bond."""
        return self.write("depositBond", holder, amount)

    def announce(self, commitment: bytes) -> Call:
        """A block or more before the challenge that `challenging.announcement` stands for, in place of the sender's
        last: whoever copies the challenge comes too late for its reward."""
        return self.write("announce", commitment)

    def grant_mandate(self, account: int, mandate: Mandate) -> Call:
        """The account's owner's."""
        return self.write("grantMandate", account, _mandate_struct(mandate))

    def grant_mandates_by_signature(self, mandates: Sequence[SignedMandate]) -> Call:
        """Mandates that their accounts' owners signed."""
        return self.write(
            "grantMandatesBySignature",
            [
                {
                    "account": one.account,
                    "mandate": _mandate_struct(one.mandate),
                    "deadline": one.deadline,
                    "signature": one.signature,
                }
                for one in mandates
            ],
        )

    def post_bills(self, supplier: int, utility: int, words: Bytes2D) -> Call:
        """A batch of packed bills, (n, 32)."""
        return self._batch("postBills", supplier, utility, words)

    def settle_arrears(self, bills: Ids) -> Call:
        """Collects what balance and mandate now allow."""
        return self._batch("settleArrears", words_of(bills))

    def collect_refunds(self, bills: Ids) -> Call:
        """What suppliers owe for bills after appeals by hand, as far as their credit goes."""
        return self._batch("collectRefunds", words_of(bills))

    def confirm_bills(self, bills: Ids) -> Call:
        """The customer's word for waiting bills, or the agent's of many customers."""
        return self._batch("confirmBills", words_of(bills), gas=customer_gas(bills))

    def release(self, batches: Ids) -> Call:
        """Pending buckets to the supplier's credit."""
        return self._batch("release", words_of(batches))

    def withdraw_credit(self, supplier: int, amount: int, to: bytes) -> Call:
        """Pays out minor units of the supplier's credit."""
        return self.write("withdrawCredit", supplier, amount, to)

    def set_class(self, accounts: Ids, class_: int) -> Call:
        """Classifier only: for batches posted from now on."""
        return self.write("setClass", [int(one) for one in accounts], class_)

    def set_standing(self, standing: bytes) -> Call:
        """Governor only: what bounds mandates granted from now on; the zero address for nothing."""
        return self.write("setStanding", standing)

    def disclosing(self, supplier: int, words: Bytes2D) -> Bools:
        """(n,) whose mandates let anyone show the readings; `words` are the supplier's packed bills, (n, 32)."""
        bills = [int.from_bytes(word.tobytes(), "big") for word in words]
        accounts = self.read("accountWords", supplier, bills)
        return np.array([account & DISCLOSES > 0 for account in accounts], np.bool_)

    def totals(self) -> Totals:
        """Sums over all bills and all money."""
        return struct(Totals, self.read("totals"))

    def account_of(self, account: int) -> Account:
        """One account."""
        return struct(Account, self.read("accountOf", account))

    def mandates_of(self, supplier: int, numbers: Ids) -> MandateColumns:
        """Of the supplier's accounts with these numbers."""
        asked = calldata(self.interface.selector("accountWords"), supplier, words_of(numbers))
        words = np.frombuffer(self.engine.call(self.address, asked), np.uint8).reshape(-1, WORD)
        # behind the array's offset and length
        return unpack_mandates(words[2:])

    def batch_of(self, batch: int) -> Batch:
        """One batch."""
        return struct(Batch, self.read("batchOf", batch))

    def record_of(self, bill: int) -> BillRecord:
        """The record of a bill that left the common path."""
        return struct(BillRecord, self.read("recordOf", bill))

    def state_of(self, bill: int) -> BillState:
        """The state of any bill."""
        return BillState(self.read("stateOf", bill))

    def supplier_count(self) -> int:
        """Suppliers are numbered from 1 to this."""
        return int(self.read("supplierCount"))

    def account_count(self, supplier: int) -> int:
        """A supplier's accounts are numbered from 1 to this."""
        return int(self.read("accountCount", supplier))

    def credit_of(self, supplier: int) -> int:
        """Minor units that the supplier can withdraw."""
        return int(self.read("creditOf", supplier))

    def _batch(self, function: str, *arguments: Argument, gas: int = MAX_TRANSACTION_GAS) -> Call:
        return self.raw(function, calldata(interface(self.name).selector(function), *arguments), gas)


class VerdictGate(Contract):
    """Verdicts in; presets, periods and stakes by version."""

    name = "VerdictGate"

    def submit_verdicts(
        self, batch: int, evidence_root: bytes, words: Bytes2D, verdicts: Bytes2D, signatures: bytes = b""
    ) -> Call:
        """Bills as posted (n, 32), verdicts (n, 12), signatures of operators other than the sender, 65 bytes each."""
        selector = self.interface.selector("submitVerdicts")
        root = int.from_bytes(evidence_root, "big")
        return self.raw("submitVerdicts", calldata(selector, batch, root, words, verdicts.tobytes(), signatures))

    def submit_verified(self, batch: int, words: Bytes2D, evidence: bytes, signature: bytes) -> Call:
        """Anyone's: bills as posted (n, 32), `packing.shown_evidence` of them all, and the meter operator's r ‖ vs
        over its root; the gate computes the verdicts."""
        selector = self.interface.selector("submitVerified")
        return self.raw("submitVerified", calldata(selector, batch, words, evidence, signature))

    def attest(self, batch: int, evidence_root: bytes, verdict_commitment: bytes) -> Call:
        """An operator's: leaves on chain what it says of a batch."""
        return self.write("attest", batch, evidence_root, verdict_commitment)

    def set_presets(self, utility: int, class_: int, judged: ClassPolicy, insufficient_cap: int) -> Call:
        """Governor only: how the bills of a class are judged; `insufficient_cap` in minor units."""
        presets = judged.presets
        fields = {
            "first": presets.first,
            "second": presets.second,
            "degree": presets.degree,
            "insufficientCap": insufficient_cap,
            "policy": int(judged.policy),
            "model": judged.model,
        }
        return self.write("setPresets", utility, class_, fields)

    def set_periods(self, periods: Periods) -> Call:
        """Governor only; seconds."""
        return self.write("setPeriods", dataclasses.asdict(periods))

    def policy_of(self, version: int, utility: int, class_: int) -> ClassPolicy:
        """How bills of that class are judged in a batch of that version."""
        found = self.read("presetsOf", version, utility, class_)
        presets = Presets(found["first"], found["second"], found["degree"])
        return ClassPolicy(presets, Policy(found["policy"]), found["model"])

    def stakes_of(self, version: int) -> Stakes:
        """The stakes that a batch of that version is judged under."""
        return struct(Stakes, self.read("stakesOf", version))

    def periods_of(self, version: int) -> Periods:
        """The periods of a batch of that version."""
        return struct(Periods, self.read("periodsOf", version))

    def is_judged(self, batch: int) -> bool:
        """Whether verdicts have been submitted."""
        return int(self.read("verdictRecordOf", batch)["judgedAt"]) > 0


def customer_gas(bills: Ids) -> int:
    """The gas limit of a customer's call for so many bills."""
    return CUSTOMER_GAS + CUSTOMER_GAS_A_BILL * len(bills)
