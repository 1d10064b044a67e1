// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "../../src/interfaces/IAppealRegistry.sol";
import {Voice} from "../../src/types/Accounts.sol";
import {AppealState} from "../../src/types/Appeals.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {BatchId, BillId} from "../../src/types/Ids.sol";
import {DeskSteps} from "./DeskSteps.sol";

/// What supplier, customer and clock do with an appeal.
abstract contract AppealSteps is DeskSteps {
    function concede(uint256 seed) external step(seed) {
        if (bills.length == 0 || !_rarely(3)) return;
        uint256 place = _anyAppeal(AppealState.None, false);
        bytes memory data = abi.encodeCall(IAppealRegistry.concede, (_one(_idOf(place))));
        if (_answers(place, _supplierOf(place).owner, _isLive(place), data, Step.Concede)) {
            _close(place, AppealState.Conceded, 0, Reason.Conceded, Voice.None);
        }
    }

    function offerAdjustment(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyAppeal(AppealState.Open, false);
        BillBook storage bill = bills[place];
        uint256 quantity = _draw(uint48(bill.word >> 32) + 2);
        uint256 lastDay = _startOf(bill.word) + _daysOf(bill.word) - 1;
        uint256 cost = _costOf(batches[bill.batch].supplier, batches[bill.batch].utility, lastDay, quantity);
        uint256 offered = (cost + 500) / 1000;
        // Half to even.
        if (cost % 1000 == 500 && offered % 2 == 1) --offered;
        uint48[] memory quantities = new uint48[](1);
        quantities[0] = uint48(quantity);
        bytes memory data = abi.encodeCall(IAppealRegistry.offerAdjustments, (_one(_idOf(place)), quantities));
        bool allowed = bill.appeal == AppealState.Open && offered < bill.amount + _settledOf(bill);
        if (!_answers(place, _supplierOf(place).owner, allowed, data, Step.Offer)) return;
        bill.appeal = AppealState.AdjustmentOffered;
        bill.offered = uint48(offered);
        bill.deadline = uint40(fairTime) + periods[batches[bill.batch].version].acceptance;
    }

    function contest(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyAppeal(AppealState.Open, false);
        bytes memory data = abi.encodeCall(IAppealRegistry.contest, (_idOf(place), keccak256("reading")));
        bool allowed = bills[place].appeal == AppealState.Open;
        if (_answers(place, _supplierOf(place).owner, allowed, data, Step.Contest)) {
            _contestFrom(place, fairTime);
        }
    }

    function acceptAdjustment(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyAppeal(AppealState.AdjustmentOffered, false);
        BillBook storage bill = bills[place];
        bytes memory data = abi.encodeCall(IAppealRegistry.acceptAdjustments, (_one(_idOf(place))));
        bool allowed = bill.appeal == AppealState.AdjustmentOffered;
        Step done = _isCovered(place, bill.offered) ? Step.Accept : Step.AcceptToArrears;
        (bool taken, Voice voice) = _customerAnswers(place, bill.offered, allowed, data, done);
        if (taken) _close(place, AppealState.Accepted, bill.offered, Reason.Adjusted, voice);
    }

    function refuseAdjustment(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyAppeal(AppealState.AdjustmentOffered, false);
        bytes memory data = abi.encodeCall(IAppealRegistry.refuseAdjustments, (_one(_idOf(place))));
        bool allowed = bills[place].appeal == AppealState.AdjustmentOffered;
        (bool taken,) = _customerAnswers(place, 0, allowed, data, Step.Refuse);
        if (taken) _contestFrom(place, fairTime);
    }

    function withdrawAppeal(uint256 seed) external step(seed) {
        if (bills.length == 0 || !_rarely(2)) return;
        uint256 place = _anyAppeal(AppealState.None, false);
        uint48 amount = bills[place].amount + _settledOf(bills[place]);
        bytes memory data = abi.encodeCall(IAppealRegistry.withdrawAppeals, (_one(_idOf(place))));
        Step done = _isCovered(place, amount) ? Step.WithdrawAppeal : Step.WithdrawAppealToArrears;
        (bool taken, Voice voice) = _customerAnswers(place, amount, _isLive(place), data, done);
        if (taken) _close(place, AppealState.Withdrawn, amount, Reason.None, voice);
    }

    function expire(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyAppeal(AppealState.None, true);
        BillBook storage bill = bills[place];
        bool allowed = _isLive(place) && fairTime >= bill.deadline;
        string memory forbidden = allowed ? "" : "INV-12: an appeal expired before its deadline, or after its end";
        bool offered = bill.appeal == AppealState.AdjustmentOffered;
        bytes memory data = abi.encodeCall(IAppealRegistry.expire, (_one(_idOf(place))));
        Step done = offered ? Step.ExpireToContest : Step.ExpireToVoid;
        if (!_call(keeper, address(registry), data, forbidden, done)) return;
        if (offered) _contestFrom(place, bill.deadline);
        else _close(place, AppealState.Expired, 0, Reason.Expired, Voice.None);
    }

    /// By the customer, or by anyone when the window is over.
    function settleUndisputed(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyAppeal(AppealState.None, _rarely(4));
        BillBook storage bill = bills[place];
        if (batches[bill.batch].judgedAt == 0) return;
        (address caller, Voice voice) = _speakerFor(bill.account, 0);
        if (_rarely(2)) (caller, voice) = (keeper, Voice.None);
        uint256[] memory indexes = new uint256[](1);
        indexes[0] = uint16(BillId.unwrap(_idOf(place)));
        bytes memory data = abi.encodeCall(
            IAppealRegistry.settleUndisputed, (BatchId.wrap(uint48(bill.batch + 1)), indexes, said[bill.batch])
        );
        // A bill for which nothing is to be done is passed over, whoever calls.
        bool passed = !_isLive(place) || bill.byHand || bill.replaced || corrected[place];
        passed = passed || uint8(said[bill.batch][12 * indexes[0]]) & 0x20 == 0;
        uint256 expected = passed ? 0 : _undisputed(place, indexes[0]);
        string memory forbidden = !passed && !_isReleasable(bill.batch) && voice == Voice.None
            ? "INV-12: another than the customer settled a part before its window's end"
            : "";
        Step done = expected == 0 ? Step.UndisputedNothing : Step.Undisputed;
        if (!_call(caller, address(registry), data, forbidden, done) || expected == 0) return;
        bill.replaced = true;
        bill.hold -= uint48(expected);
        bill.amount -= uint48(expected);
        bill.agreed = uint48(expected);
        _settle(place, BillState.Held, expected);
    }

    /// What the verdict expects, Q1·(1 + e)/(1 + a), priced and rounded down, as far as the hold goes, less than all.
    function _undisputed(uint256 place, uint256 index) private view returns (uint256 amount) {
        BillBook storage bill = bills[place];
        bytes storage verdicts = said[bill.batch];
        int256 growth = _growth(verdicts, 12 * index + 7) + 1_000_000;
        uint256 quantity = uint48(bill.word >> 32);
        uint256 part =
            growth <= 0 ? 0 : quantity * uint256(growth) / uint256(_growth(verdicts, 12 * index + 2) + 1_000_001);
        if (part < quantity) quantity = part;
        uint256 lastDay = _startOf(bill.word) + _daysOf(bill.word) - 1;
        amount = _costOf(batches[bill.batch].supplier, batches[bill.batch].utility, lastDay, quantity) / 1000;
        if (amount > bill.hold) amount = bill.hold;
        if (amount >= bill.amount) amount = bill.amount - 1;
    }

    function _growth(bytes storage verdicts, uint256 place) private view returns (int256) {
        uint256 number;
        for (uint256 i; i < 5; ++i) {
            number = (number << 8) | uint8(verdicts[place + i]);
        }
        return int40(uint40(number));
    }

    /// A step of the customer or its agent with which `due` of the bill is paid in all, or nothing is for 0.
    function _customerAnswers(uint256 place, uint256 due, bool allowed, bytes memory data, Step done)
        private
        returns (bool taken, Voice voice)
    {
        address caller;
        (caller, voice) = _speakerFor(bills[place].account, due);
        string memory forbidden = allowed && fairTime < bills[place].deadline
            ? ""
            : "INV-12: an appeal took a step that its state or its deadline forbids";
        if (voice == Voice.None) forbidden = "INV-12: another than the party took a step in an appeal";
        // A refusal pays nothing, whatever the caps.
        if (voice == Voice.Excessive && done != Step.Refuse) forbidden = "INV-05: an agent agreed to more than it may";
        taken = _call(caller, address(registry), data, forbidden, done);
    }

    /// A step of `party`, now and then tried by another, refused from the deadline on.
    function _answers(uint256 place, address party, bool allowed, bytes memory data, Step done)
        internal
        returns (bool)
    {
        address caller = _callerFor(party);
        string memory forbidden = allowed && fairTime < bills[place].deadline
            ? ""
            : "INV-12: an appeal took a step that its state or its deadline forbids";
        if (caller != party) forbidden = "INV-12: another than the party took a step in an appeal";
        return _call(caller, address(registry), data, forbidden, done);
    }

    /// An appeal in `state`, or in any live one for None, whose deadline has passed or not; any bill where there is
    /// none such.
    function _anyAppeal(AppealState state, bool due) internal returns (uint256 place) {
        uint256 count = bills.length;
        uint256 first = _draw(count);
        for (uint256 i; i < count; ++i) {
            place = (first + i) % count;
            bool fits = state == AppealState.None ? _isLive(place) : bills[place].appeal == state;
            if (fits && (fairTime >= bills[place].deadline) == due) return place;
        }
    }

    function _isLive(uint256 place) internal view returns (bool) {
        AppealState state = bills[place].appeal;
        return state == AppealState.Open || state == AppealState.AdjustmentOffered || state == AppealState.Contested;
    }

    function _isCovered(uint256 place, uint256 due) private view returns (bool) {
        return due <= uint256(bills[place].hold) + accounts[bills[place].account].balance;
    }

    function _contestFrom(uint256 place, uint256 since) private {
        BillBook storage bill = bills[place];
        bill.appeal = AppealState.Contested;
        bill.deadline = uint40(since) + periods[batches[bill.batch].version].contest;
    }

    /// The appeal ends with `due` of the bill to be paid in all; of an appeal by hand, something was paid before.
    function _close(uint256 place, AppealState state, uint48 due, Reason reason, Voice consent) internal {
        BillBook storage bill = bills[place];
        uint48 settled = _settledOf(bill);
        if (due < settled) due = settled;
        (bill.appeal, bill.agreed) = (state, due);
        if (bill.byHand) return _closeReclaimed(place, due, reason, consent);
        if (due == settled) return _closeVoid(bill, reason);
        _closePaying(place, due, consent, reason);
    }

    function _closeReclaimed(uint256 place, uint48 due, Reason reason, Voice consent) internal virtual;

    function _closeVoid(BillBook storage bill, Reason reason) private {
        accounts[bill.account].balance += bill.hold;
        bill.hold = 0;
        _voidRest(bill, BillState.Held, reason);
    }

    /// The hold pays first, then by consent the balance; what is left of `due` is owed.
    function _closePaying(uint256 place, uint48 due, Voice consent, Reason reason) private {
        BillBook storage bill = bills[place];
        CustomerAccount storage account = accounts[bill.account];
        bill.amount = due;
        uint48 rest = due - _settledOf(bill);
        uint48 money = bill.hold + (consent == Voice.None ? 0 : account.balance);
        uint48 paid = rest < money ? rest : money;
        if (consent == Voice.Agent) collected[bill.account][month] += paid;
        // What the hold has too much goes back, what it has too little comes from the balance: one sum.
        account.balance = account.balance + bill.hold - paid;
        bill.hold = 0;
        uint256 voided = bill.parts[uint256(BillState.Held)] - rest;
        _settle(place, BillState.Held, paid);
        _pass(bill, BillState.Held, BillState.Void, voided);
        _pass(bill, BillState.Held, BillState.Arrears, rest - paid);
        if (paid < rest) _enter(bill, BillState.Arrears, Reason.AppealShortfall);
        else _enter(bill, BillState.Settled, voided == 0 ? Reason.None : reason);
    }
}
