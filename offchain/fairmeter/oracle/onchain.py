"""Attestations over the chain alone: each operator leaves its own with the gate, for the price of a transaction."""

from __future__ import annotations

from collections import defaultdict

from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.deploy import System
from fairmeter.contracts.session import Session
from fairmeter.oracle.exchange import Attestation
from fairmeter.oracle.roster import Roster


class ChainExchange:
    """An `Exchange` that reads the gate's events. What the gate has needs no signature, and none can be forged."""

    def __init__(self, system: System, wallet: Wallet) -> None:
        self._system, self._wallet = system, wallet
        self._session, self._roster = Session(system.engine), Roster(system)
        self._next_block = 0
        self._found: defaultdict[int, list[Attestation]] = defaultdict(list)

    def publish(self, attestation: Attestation) -> None:
        """Leave it with the gate, in one transaction; raises RevertError if the gate has judged the batch meanwhile."""
        self._wallet.nonce = self._system.engine.nonce(self._wallet.address)
        call = self._system.gate.attest(attestation.batch, attestation.evidence_root, attestation.verdict_commitment)
        self._session.transact(self._wallet, call)

    def read(self, batch: int) -> list[Attestation]:
        """What was left with the gate for `batch`."""
        self._follow()
        return list(self._found[batch])

    def _follow(self) -> None:
        head, gate = self._system.engine.head(), self._system.gate
        if head < self._next_block:
            return
        topics = [gate.interface.topic("Attested")]
        for log in self._system.engine.logs(self._next_block, head, [gate.address], topics):
            said = gate.interface.decode_log(log).arguments
            number = self._roster.number_of(said["operator"])
            self._found[said["batch"]].append(
                Attestation(said["batch"], number, said["evidenceRoot"], said["verdictCommitment"], b"")
            )
        self._next_block = head + 1
