"""Typed clients of what becomes of appeals: the registry, and who rules: a panel, or signed readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairmeter.contracts.calldata import Argument, calldata, words_of
from fairmeter.contracts.challenging import Shown
from fairmeter.contracts.clients import Ids, customer_gas
from fairmeter.contracts.session import Call, Contract
from fairmeter.model import AppealState
from fairmeter.units import MAX_TRANSACTION_GAS


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal as the registry keeps it (types/Appeals.sol)."""

    state: AppealState
    deadline: int
    """Fair time, seconds; 0 in a final state."""
    offered_quantity: int
    """Base units."""
    offered_amount: int
    """Minor units."""
    settled: int
    """As undisputed, minor units."""
    by_hand: bool


class AppealRegistry(Contract):
    """Appeals and their outcomes."""

    name = "AppealRegistry"

    def offer_adjustments(self, bills: Ids, quantities: Ids) -> Call:
        """The supplier's: a smaller quantity (base units) for each bill."""
        return self._batch("offerAdjustments", words_of(bills), words_of(quantities))

    def concede(self, bills: Ids) -> Call:
        """The supplier's: the bills are void."""
        return self._batch("concede", words_of(bills))

    def accept_adjustments(self, bills: Ids) -> Call:
        """The customer's."""
        return self._batch("acceptAdjustments", words_of(bills), gas=customer_gas(bills))

    def withdraw_appeals(self, bills: Ids) -> Call:
        """The customer's: the bills are paid in full."""
        return self._batch("withdrawAppeals", words_of(bills), gas=customer_gas(bills))

    def contest(self, bill: int, evidence_hash: bytes) -> Call:
        """The supplier's: the bill goes to its arbiter."""
        return self.write("contest", bill, evidence_hash)

    def refuse_adjustments(self, bills: Ids) -> Call:
        """The customer's: the bills are contested."""
        return self._batch("refuseAdjustments", words_of(bills), gas=customer_gas(bills))

    def appeal_by_hand(self, bill: int, word: bytes, proof: Sequence[bytes]) -> Call:
        """The customer's, of a bill (its packed word) that no verdict has appealed; `proof` as `path_to` gives it."""
        return self.write("appealByHand", bill, int.from_bytes(word, "big"), list(proof))

    def settle_undisputed(self, batch: int, indexes: Sequence[int], verdicts: bytes) -> Call:
        """Anyone's after the window, the customer's before: what the verdicts expect; `verdicts` as judged."""
        return self.write("settleUndisputed", batch, list(indexes), verdicts)

    def set_arbiter(self, supplier: int, arbiter: bytes) -> Call:
        """Governor only, for batches posted from now on; supplier 0 for all that have none of their own."""
        return self.write("setArbiter", supplier, arbiter)

    def expire(self, bills: Ids) -> Call:
        """Anyone's, after the deadline."""
        return self._batch("expire", words_of(bills))

    def appeal_of(self, bill: int) -> Appeal:
        """One appeal."""
        found = self.read("appealOf", bill)
        return Appeal(
            AppealState(found["state"]),
            found["deadline"],
            found["offeredQuantity"],
            found["offeredAmount"],
            found["settled"],
            found["byHand"],
        )

    def arbiter_of(self, bill: int) -> bytes:
        """Who rules on a bill's dispute, fixed since its posting; zeros for nobody."""
        return bytes.fromhex(str(self.read("arbiterOf", bill)).removeprefix("0x"))

    def _batch(self, function: str, *arguments: Argument, gas: int = MAX_TRANSACTION_GAS) -> Call:
        return self.raw(function, calldata(self.interface.selector(function), *arguments), gas)


class ArbiterPanel(Contract):
    """Members who rule together: so many must name the same amount."""

    name = "ArbiterPanel"

    def vote(self, bill: int, due: int, reason: str) -> Call:
        """Members only: `due` minor units of the bill are to be paid in all, and why."""
        return self.write("vote", bill, due, reason)


class ReadingsArbiter(Contract):
    """Rules by the price of what the meter counted."""

    name = "ReadingsArbiter"

    def rule(self, bill: int, snapshots: Sequence[Shown]) -> Call:
        """A party's, or anyone's where the mandate discloses: signed readings of every day of a disputed bill."""
        return self.write("rule", bill, list(snapshots))
