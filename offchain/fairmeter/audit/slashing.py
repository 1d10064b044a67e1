"""What was found wrong on chain: the verdicts that a challenge corrected, who had signed them, and whether the slashed
bonds went where they belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.audit.batches import Batches, Judging
from fairmeter.audit.findings import Check, Finding
from fairmeter.audit.record import ChainRecord
from fairmeter.contracts.attesting import verdict_commitment
from fairmeter.contracts.packing import Bytes2D, pack_verdicts
from fairmeter.contracts.slashed import losses
from fairmeter.model import Bools, Int64s, Verdicts

SIGNATURE: Final = 65
"""Bytes of one in submitVerdicts: the operator's number, r and vs."""
VERDICT: Final = 12
ACCOUNT_NUMBER: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Slash:
    """Bonds that were taken together in a transaction."""

    transaction: int
    operators: frozenset[bytes]
    bill: int
    amount: int
    rewarded: bytes
    wronged: int
    reward: int
    rest: int


class Corrections:
    """The corrections of a run's wrong verdicts, as its events tell them."""

    def __init__(self, record: ChainRecord) -> None:
        events = record.columns("Challenges", "VerdictCorrected")
        self._bills: Int64s = events["bill"]
        self._right: Bytes2D = np.ascontiguousarray(events["right"][:, :VERDICT])
        self._challenger = {
            int(at): row.tobytes()[12:] for at, row in zip(events["transaction"], events["challenger"], strict=True)
        }
        equivocated = record.columns("Operators", "Equivocated")
        self._equivocated = {
            int(at): (operator.tobytes()[12:], int(batch), reporter.tobytes()[12:])
            for at, operator, batch, reporter in zip(
                equivocated["transaction"],
                equivocated["operator"],
                equivocated["batch"],
                equivocated["reporter"],
                strict=True,
            )
        }
        named = record.decoded("Operators", "OperatorSet")
        self._operators = {said["index"]: said["operator"] for _, said in named}
        attested = record.columns("VerdictGate", "Attested")
        self._attested = [
            (int(batch), root.tobytes(), commitment.tobytes(), operator.tobytes()[12:])
            for batch, root, commitment, operator in zip(
                *(attested[name] for name in ("batch", "evidenceRoot", "verdictCommitment", "operator")), strict=True
            )
        ]
        self._record = record

    def put_right(self, bills: Int64s, verdicts: Verdicts) -> Bools:
        """(n,) which of `bills` a challenge corrected to the verdict that stands here."""
        packed = pack_verdicts(verdicts)
        found = np.zeros(len(bills), np.bool_)
        for place in np.flatnonzero(np.isin(bills, self._bills)).tolist():
            rights = self._right[self._bills == bills[place]]
            found[place] = bool((rights == packed[place]).all(axis=1).any())
        return found

    def signers(self, judging: Judging) -> frozenset[bytes]:
        """Who said the verdicts of a batch: the submitter, if it is an operator, those whose signatures it brought, and
        those who had left the same with the gate."""
        numbers = judging.signatures[::SIGNATURE] if judging.shown is None else b""
        signed = {self._operators[number] for number in numbers if number in self._operators}
        content = (judging.posting.batch, judging.evidence_root, verdict_commitment(judging.verdicts))
        signed |= {operator for *said, operator in self._attested if tuple(said) == content}
        return frozenset(signed | ({judging.operator} & set(self._operators.values())))

    def check(self, batches: Batches) -> Check:
        """Every slash: who lost, who gained, and by how much."""
        judgings = {judging.posting.batch: judging for judging in batches.judgings}
        slashes = list(self._slashes())
        findings = [finding for one in slashes for finding in self._wrong(one, judgings)]
        detail = "slashed bonds, with who signed what was wrong and who is due them"
        return Check("slashing", detail, len(slashes), tuple(findings))

    def _slashes(self) -> Iterator[Slash]:
        divided = self._record.ledger("StakesSlashed")
        rows, numbers, lost = losses(divided, self._record.ledger("StakeExhausted"))
        for row, transaction in enumerate(divided["transaction"].tolist()):
            own = rows == row
            yield Slash(
                transaction=transaction,
                operators=frozenset(self._operators.get(number, b"") for number in numbers[own].tolist()),
                bill=int(divided["bill"][row]),
                amount=int(lost[own].sum()),
                rewarded=divided["rewarded"][row].tobytes()[12:],
                wronged=int(divided["wronged"][row]),
                reward=int(divided["reward"][row]),
                rest=int(divided["rest"][row]),
            )

    def _wrong(self, one: Slash, judgings: dict[int, Judging]) -> Iterator[Finding]:
        place = f"transaction {one.transaction}, slash"
        if one.transaction in self._equivocated:
            operator, batch, reporter = self._equivocated[one.transaction]
            due, gains = frozenset({operator}), {reporter}
            supplier = judgings[batch].posting.supplier if batch in judgings else one.wronged >> 32
            wronged = {supplier << 32}
        else:
            judging = judgings[one.bill >> 16]
            due, gains = self.signers(judging), {self._challenger.get(one.transaction, b""), *self._demanders(one.bill)}
            account = int(judging.posting.accounts[one.bill & 0xFFFF])
            wronged = {account, account & ~ACCOUNT_NUMBER}
        if one.operators != due:
            yield Finding("slashing", f"{place}, of", _hex(due), _hex(one.operators))
        if one.reward and one.rewarded not in gains:
            yield Finding("slashing", f"{place}, rewarded", _hex(gains), _hex([one.rewarded]))
        if one.wronged not in wronged:
            yield Finding("slashing", f"{place}, for", " or ".join(map(str, sorted(wronged))), str(one.wronged))
        if one.reward + one.rest != one.amount:
            yield Finding("slashing", f"{place}, divided", str(one.amount), f"{one.reward} + {one.rest}")

    def _demanders(self, bill: int) -> set[bytes]:
        demands = self._record.columns("Challenges", "LeafDemanded")
        return {row.tobytes()[12:] for row in demands["challenger"][demands["bill"] == bill]}


def _hex(accounts: Iterable[bytes]) -> str:
    return ", ".join(sorted("0x" + account.hex() for account in accounts)) or "nobody"
