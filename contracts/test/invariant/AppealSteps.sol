// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "../../src/interfaces/IAppealRegistry.sol";
import {AppealState} from "../../src/types/Appeals.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {DeskSteps} from "./DeskSteps.sol";

/// What supplier, customer and clock do with an appeal.
abstract contract AppealSteps is DeskSteps {
    function concede(uint256 seed) external step(seed) {
        if (bills.length == 0 || !_rarely(3)) return;
        uint256 place = _anyAppeal(AppealState.None, false);
        bytes memory data = abi.encodeCall(IAppealRegistry.concede, (_one(_idOf(place))));
        if (_answers(place, _supplierOf(place).owner, _isLive(place), data, Step.Concede)) {
            _closeVoid(place, AppealState.Conceded, Reason.Conceded);
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
        bool allowed = bill.appeal == AppealState.Open && offered < bill.amount;
        if (!_answers(place, _supplierOf(place).owner, allowed, data, Step.Offer)) return;
        bill.appeal = AppealState.AdjustmentOffered;
        bill.offered = uint48(offered);
        bill.deadline = uint40(block.timestamp) + periods[batches[bill.batch].version].acceptance;
    }

    function contest(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyAppeal(AppealState.Open, false);
        bytes memory data = abi.encodeCall(IAppealRegistry.contest, (_idOf(place), keccak256("reading")));
        bool allowed = bills[place].appeal == AppealState.Open;
        if (_answers(place, _supplierOf(place).owner, allowed, data, Step.Contest)) {
            _contestFrom(place, block.timestamp);
        }
    }

    function acceptAdjustment(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyAppeal(AppealState.AdjustmentOffered, false);
        BillBook storage bill = bills[place];
        bytes memory data = abi.encodeCall(IAppealRegistry.acceptAdjustments, (_one(_idOf(place))));
        bool allowed = bill.appeal == AppealState.AdjustmentOffered;
        Step done = _isCovered(place, bill.offered) ? Step.Accept : Step.AcceptToArrears;
        if (_answers(place, accounts[bill.account].owner, allowed, data, done)) {
            _closePaying(place, AppealState.Accepted, bill.offered);
        }
    }

    function refuseAdjustment(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyAppeal(AppealState.AdjustmentOffered, false);
        bytes memory data = abi.encodeCall(IAppealRegistry.refuseAdjustments, (_one(_idOf(place))));
        bool allowed = bills[place].appeal == AppealState.AdjustmentOffered;
        if (_answers(place, accounts[bills[place].account].owner, allowed, data, Step.Refuse)) {
            _contestFrom(place, block.timestamp);
        }
    }

    function withdrawAppeal(uint256 seed) external step(seed) {
        if (bills.length == 0 || !_rarely(2)) return;
        uint256 place = _anyAppeal(AppealState.None, false);
        uint48 amount = bills[place].amount;
        bytes memory data = abi.encodeCall(IAppealRegistry.withdrawAppeals, (_one(_idOf(place))));
        Step done = _isCovered(place, amount) ? Step.WithdrawAppeal : Step.WithdrawAppealToArrears;
        if (_answers(place, accounts[bills[place].account].owner, _isLive(place), data, done)) {
            _closePaying(place, AppealState.Withdrawn, amount);
        }
    }

    function expire(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyAppeal(AppealState.None, true);
        BillBook storage bill = bills[place];
        bool allowed = _isLive(place) && block.timestamp >= bill.deadline;
        string memory forbidden = allowed ? "" : "INV-12: an appeal expired before its deadline, or after its end";
        bool offered = bill.appeal == AppealState.AdjustmentOffered;
        bytes memory data = abi.encodeCall(IAppealRegistry.expire, (_one(_idOf(place))));
        Step done = offered ? Step.ExpireToContest : Step.ExpireToVoid;
        if (!_call(keeper, address(registry), data, forbidden, done)) return;
        if (offered) _contestFrom(place, bill.deadline);
        else _closeVoid(place, AppealState.Expired, Reason.Expired);
    }

    /// A step of `party`, now and then tried by another, refused from the deadline on.
    function _answers(uint256 place, address party, bool allowed, bytes memory data, Step done) private returns (bool) {
        address caller = _callerFor(party);
        string memory forbidden = allowed && block.timestamp < bills[place].deadline
            ? ""
            : "INV-12: an appeal took a step that its state or its deadline forbids";
        if (caller != party) forbidden = "INV-12: another than the party took a step in an appeal";
        return _call(caller, address(registry), data, forbidden, done);
    }

    /// An appeal in `state`, or in any live one for None, whose deadline has passed or not; any bill where there is
    /// none such.
    function _anyAppeal(AppealState state, bool due) private returns (uint256 place) {
        uint256 count = bills.length;
        uint256 first = _draw(count);
        for (uint256 i; i < count; ++i) {
            place = (first + i) % count;
            bool fits = state == AppealState.None ? _isLive(place) : bills[place].appeal == state;
            if (fits && (block.timestamp >= bills[place].deadline) == due) return place;
        }
    }

    function _isLive(uint256 place) private view returns (bool) {
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

    function _closeVoid(uint256 place, AppealState state, Reason reason) private {
        BillBook storage bill = bills[place];
        bill.appeal = state;
        accounts[bill.account].balance += bill.hold;
        bill.hold = 0;
        _voidRest(bill, BillState.Held, reason);
    }

    /// The hold pays first, then the balance; what is left of `due` is owed.
    function _closePaying(uint256 place, AppealState state, uint48 due) private {
        BillBook storage bill = bills[place];
        CustomerAccount storage account = accounts[bill.account];
        (bill.appeal, bill.agreed, bill.amount) = (state, due, due);
        uint48 money = bill.hold + account.balance;
        uint48 paid = due < money ? due : money;
        // What the hold has too much goes back, what it has too little comes from the balance: one sum.
        account.balance = money - paid;
        bill.hold = 0;
        uint256 voided = bill.parts[uint256(BillState.Held)] - due;
        _settle(place, BillState.Held, paid);
        _pass(bill, BillState.Held, BillState.Void, voided);
        _pass(bill, BillState.Held, BillState.Arrears, due - paid);
        if (paid < due) _enter(bill, BillState.Arrears, Reason.AppealShortfall);
        else _enter(bill, BillState.Settled, voided == 0 ? Reason.None : Reason.Adjusted);
    }
}
