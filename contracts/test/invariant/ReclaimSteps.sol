// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealDesk} from "../../src/interfaces/IAppealDesk.sol";
import {IAppealRegistry} from "../../src/interfaces/IAppealRegistry.sol";
import {IArbitrable} from "../../src/interfaces/IArbiter.sol";
import {IArbiterPanel} from "../../src/interfaces/IArbiterPanel.sol";
import {IFairClock} from "../../src/interfaces/IFairClock.sol";
import {ILedgerDesk} from "../../src/interfaces/ILedgerDesk.sol";
import {Voice} from "../../src/types/Accounts.sol";
import {AppealState} from "../../src/types/Appeals.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {BillId, PackedBill, SupplierId} from "../../src/types/Ids.sol";
import {ChallengeSteps} from "./ChallengeSteps.sol";

/// What arbiters and the guardian do, and customers who appeal by hand.
abstract contract ReclaimSteps is ChallengeSteps {
    address private soloArbiter = _actor("solo arbiter");
    /// Left of the guardian's allowance when the last pause ended, seconds.
    uint256 private allowance = 7 days;

    function pause(uint256 seed) external step(seed) {
        if (!_rarely(3)) return;
        address caller = _callerFor(guardian);
        uint256 filled = _isPaused() ? 0 : allowance + (block.timestamp - pausedUntil) / 12;
        if (filled > 7 days) filled = 7 days;
        string memory forbidden = filled == 0 ? "INV-09: a pause longer than the guardian may" : "";
        if (caller != guardian) forbidden = "INV-09: another than the guardian paused";
        if (!_call(caller, address(clock), abi.encodeCall(IFairClock.pause, ()), forbidden, Step.Pause)) return;
        (pausedUntil, allowance) = (block.timestamp + filled, 0);
    }

    function resume(uint256 seed) external step(seed) {
        if (!_rarely(2)) return;
        string memory forbidden = _isPaused() ? "" : "INV-09: a pause was ended that was not there";
        bytes memory data = abi.encodeCall(IFairClock.resume, ());
        if (!_call(guardian, address(clock), data, forbidden, Step.Resume)) return;
        (allowance, pausedUntil) = (pausedUntil - block.timestamp, block.timestamp);
    }

    function setArbiter(uint256 seed) external step(seed) {
        if (!_rarely(3)) return;
        uint256 place = _draw(3);
        address arbiter = _rarely(3) ? address(0) : _rarely(2) ? soloArbiter : address(panel);
        address caller = _callerFor(governor);
        SupplierId id = place == 2 ? SupplierId.wrap(0) : suppliers[place].id;
        bytes memory data = abi.encodeCall(IAppealRegistry.setArbiter, (id, arbiter));
        string memory forbidden = caller != governor ? "INV-12: another than the governor named an arbiter" : "";
        if (_call(caller, address(registry), data, forbidden, Step.SetArbiter)) arbiters[place] = arbiter;
    }

    /// By the bill's arbiter, now and then by another.
    function rule(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyAppeal(AppealState.Contested, false);
        BillBook storage bill = bills[place];
        address arbiter = batches[bill.batch].arbiter;
        if (arbiter == address(0) || _rarely(16)) arbiter = arbiter == soloArbiter ? address(panel) : soloArbiter;
        uint48 due = uint48(_rarely(4) ? 0 : _draw(bill.amount + _settledOf(bill) + 2));
        string memory forbidden = bill.appeal == AppealState.Contested && fairTime < bill.deadline
            ? ""
            : "INV-12: a ruling came when there was nothing to rule on";
        if (due > bill.amount + _settledOf(bill)) forbidden = "INV-12: more was ruled than was billed";
        if (arbiter != batches[bill.batch].arbiter) forbidden = "INV-12: another than the arbiter ruled";
        Step done = due <= _settledOf(bill) ? Step.RuleToVoid : Step.RulePaying;
        if (arbiter == address(panel)) {
            // A member's second vote takes the place of its first: the first one alone decides nothing.
            _vote(panelists[0], _idOf(place), due, "", Step.Vote);
            if (!_vote(panelists[1], _idOf(place), due, forbidden, done)) return;
        } else {
            bytes memory data = abi.encodeCall(IArbitrable.rule, (_idOf(place), due));
            if (!_call(soloArbiter, address(registry), data, forbidden, done)) return;
        }
        _close(place, AppealState.Ruled, due, Reason.Ruled, Voice.None);
    }

    /// Of a bill that is pending, settled or in arrears; now and then of another.
    function appealByHand(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        BillState[3] memory states = [BillState.Pending, BillState.Settled, BillState.Arrears];
        uint256 place = _rarely(4) ? _anyReserved() : _anyBill(states[_draw(6) < 4 ? 1 : 2 * _draw(2)]);
        BillBook storage bill = bills[place];
        CustomerAccount storage account = accounts[bill.account];
        (address caller, Voice voice) = _speakerFor(bill.account, 0);
        uint48 bond = bill.amount / 20;
        if (bond == 0) bond = 1;
        string memory forbidden = bond > account.balance ? "INV-10: a bond was taken that the account has not" : "";
        if (bill.state != states[0] && bill.state != states[1] && bill.state != states[2]) {
            forbidden = "INV-03: a bill was appealed by hand that is not paid or owed";
        }
        if (bill.appeal != AppealState.None) forbidden = "INV-12: a bill was appealed again";
        if (fairTime >= _windowEndsAt(bill.batch) + periods[batches[bill.batch].version].review) {
            forbidden = "INV-12: a bill was appealed by hand too late";
        }
        if (voice == Voice.None) forbidden = "INV-12: another than the customer appealed by hand";
        bytes memory data =
            abi.encodeCall(IAppealRegistry.appealByHand, (_idOf(place), PackedBill.wrap(bill.word), _proofOf(place)));
        if (_call(caller, address(registry), data, forbidden, _stepOfReclaiming(bill.state))) _reclaim(place, bond);
    }

    /// A supplier leaves nothing to set aside.
    function withdrawAllCredit(uint256 seed) external step(seed) {
        SupplierBook storage book = suppliers[_draw(2)];
        uint256 free = _free(book);
        bytes memory data = abi.encodeCall(ILedgerDesk.withdrawCredit, (book.id, free, book.owner));
        if (_call(book.owner, address(ledger), data, _frozenOr(book.owner, ""), Step.WithdrawCredit)) {
            book.credit -= free;
        }
    }

    function collectRefund(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _draw(bills.length);
        for (uint256 i; i < bills.length && bills[place].debt == 0; ++i) {
            place = (place + 1) % bills.length;
        }
        vm.prank(keeper);
        uint256 refunded = ledger.collectRefunds(_one(_idOf(place)));
        _equal(refunded, _payDebt(bills[place], _supplierOf(place)), "INV-11: refunded of the supplier's credit");
    }

    function _vote(address member, BillId bill, uint48 due, string memory forbidden, Step done) private returns (bool) {
        bytes memory data = abi.encodeCall(IArbiterPanel.vote, (bill, due, "the meter was read again"));
        (bool ruled,) = panel.rulingOf(bill);
        if (ruled) forbidden = "INV-12: the panel ruled twice";
        return _call(member, address(panel), data, forbidden, done);
    }

    /// What is reserved for a refund is set aside already, and now for the appeal.
    function _reclaim(uint256 place, uint48 bond) private {
        BillBook storage bill = bills[place];
        SupplierBook storage book = _supplierOf(place);
        uint48 pending = bill.parts[uint256(BillState.Pending)];
        uint48 settled = _settledOf(bill);
        uint48 taken = orders[place].reserved;
        if (taken != 0) ++reached[Step.ReclaimReserved];
        orders[place].reserved = 0;
        // What is reserved is no credit, so that a supplier which has pledged more than it has sets no less aside.
        uint256 free = _free(book);
        uint48 more = settled - taken < free ? settled - taken : uint48(free);
        book.credit -= more;
        taken += more;
        book.pledged += settled - taken;
        if (taken != settled) ++reached[Step.ReclaimPledging];
        accounts[bill.account].balance -= bond;
        _pass(bill, BillState.Arrears, BillState.Held, bill.parts[uint256(BillState.Arrears)]);
        _pass(bill, BillState.Settled, BillState.Held, settled);
        _pass(bill, BillState.Pending, BillState.Held, pending);
        _enter(bill, BillState.Held, Reason.None);
        (bill.byHand, bill.appeal) = (true, AppealState.Open);
        (bill.hold, bill.paidBefore, bill.bond) = (pending + taken, pending + settled, bond);
        bill.deadline = uint40(fairTime) + periods[batches[bill.batch].version].reply;
    }

    /// What was paid above `due` goes back, from what is set aside and then from the supplier's credit; what was paid
    /// below it is owed. The bond is lost if all of the bill is due.
    function _closeReclaimed(uint256 place, uint48 due, Reason reason, Voice consent) internal override {
        BillBook storage bill = bills[place];
        SupplierBook storage book = _supplierOf(place);
        CustomerAccount storage account = accounts[bill.account];
        uint48 back = bill.paidBefore > due ? bill.paidBefore - due : 0;
        uint48 fromHold = bill.hold < back ? bill.hold : back;
        uint48 more = due > bill.paidBefore ? due - bill.paidBefore : 0;
        uint48 paid = consent == Voice.None ? 0 : account.balance < more ? account.balance : more;
        if (consent == Voice.Agent) collected[bill.account][month] += paid;
        book.pledged = book.pledged + bill.hold - bill.paidBefore + back - fromHold;
        book.credit += bill.hold - fromHold + paid + (due == bill.amount ? bill.bond : 0);
        account.balance = account.balance + fromHold - paid + (due == bill.amount ? 0 : bill.bond);
        bill.debt = back - fromHold;
        _pass(bill, BillState.Held, BillState.Void, bill.amount - due);
        _pass(bill, BillState.Held, BillState.Settled, due - more + paid);
        _pass(bill, BillState.Held, BillState.Arrears, more - paid);
        if (due == 0) _freeDays(bill);
        if (due == 0) _enter(bill, BillState.Void, reason);
        else if (paid < more) _enter(bill, BillState.Arrears, Reason.AppealShortfall);
        else _enter(bill, BillState.Settled, due == bill.amount ? Reason.None : reason);
        if (due != 0) bill.amount = due;
        (bill.hold, bill.bond, bill.paidBefore) = (0, 0, 0);
        if (_payDebt(bill, book) != 0 || bill.debt != 0) ++reached[Step.RefundToDebt];
    }

    /// A bill of which a refund is reserved, or any other where none is.
    function _anyReserved() internal returns (uint256 place) {
        uint256 first = _draw(bills.length);
        for (uint256 i; i < bills.length; ++i) {
            place = (first + i) % bills.length;
            if (orders[place].reserved != 0) return place;
        }
    }

    function _payDebt(BillBook storage bill, SupplierBook storage book) private returns (uint48 amount) {
        amount = bill.debt < book.credit ? bill.debt : uint48(book.credit);
        bill.debt -= amount;
        book.credit -= amount;
        book.pledged -= amount;
        accounts[bill.account].balance += amount;
    }

    function _stepOfReclaiming(BillState state) private pure returns (Step) {
        if (state == BillState.Pending) return Step.ReclaimPending;
        return state == BillState.Settled ? Step.ReclaimSettled : Step.ReclaimArrears;
    }
}
