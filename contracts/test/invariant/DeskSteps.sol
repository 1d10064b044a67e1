// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../../src/interfaces/ILedgerDesk.sol";
import {Voice} from "../../src/types/Accounts.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {BillId} from "../../src/types/Ids.sol";
import {OracleSteps} from "./OracleSteps.sol";

/// What is paid outside the common path.
abstract contract DeskSteps is OracleSteps {
    function confirmBill(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyBill(BillState.Waiting);
        BillBook storage bill = bills[place];
        CustomerAccount storage account = accounts[bill.account];
        uint48 amount = bill.amount;
        (address caller, Voice voice) = _speakerFor(bill.account, amount);
        string memory forbidden = amount > account.balance ? "INV-10: a bill was paid from less than its amount" : "";
        if (voice == Voice.None) forbidden = "INV-10: another than its customer confirmed a bill";
        if (voice == Voice.Excessive) forbidden = "INV-05: an agent confirmed more than the mandate covers";
        if (bill.state != BillState.Waiting) forbidden = "INV-03: a bill was confirmed that does not wait";
        bytes memory data = abi.encodeCall(ILedgerDesk.confirmBills, (_one(_idOf(place))));
        if (!_call(caller, address(ledger), data, forbidden, Step.Confirm)) return;
        account.balance -= amount;
        if (voice == Voice.Agent) collected[bill.account][month] += amount;
        _settle(place, BillState.Waiting, amount);
        _enter(bill, BillState.Settled, Reason.None);
    }

    /// By the customer or a neighbour, in full or in part.
    function payArrears(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyBill(BillState.Arrears);
        address caller = _rarely(2) ? neighbour : accounts[bills[place].account].owner;
        (uint256 amount, string memory forbidden, bool part) = _anyPayment(place);
        if (amount > 1e12) return;
        _fillPurse(caller, amount);
        vm.prank(caller);
        currency.approve(address(ledger), amount);
        bytes memory data = abi.encodeCall(ILedgerDesk.payArrears, (_idOf(place), amount));
        Step done = part ? Step.PayPart : Step.PayAll;
        uint256 owed = bills[place].parts[uint256(BillState.Arrears)];
        if (_call(caller, address(ledger), data, _frozenOr(caller, forbidden), done)) {
            _payOff(place, amount < owed ? amount : owed);
        }
    }

    function payArrearsFromBalance(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyBill(BillState.Arrears);
        CustomerAccount storage account = accounts[bills[place].account];
        address caller = _callerFor(account.owner);
        (uint256 amount, string memory forbidden,) = _anyPayment(place);
        uint256 owed = bills[place].parts[uint256(BillState.Arrears)];
        if (amount > owed && owed != 0) amount = owed;
        if (amount > account.balance) forbidden = "INV-10: more was paid than the account had";
        if (caller != account.owner) forbidden = "INV-10: another than its owner paid from an account";
        bytes memory data = abi.encodeCall(ILedgerDesk.payArrearsFromBalance, (_idOf(place), amount));
        if (!_call(caller, address(ledger), data, forbidden, Step.PayFromBalance)) return;
        account.balance -= uint48(amount);
        _payOff(place, amount);
    }

    /// Up to three bills, one of them perhaps twice.
    function settleArrears(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256[] memory places = new uint256[](1 + _draw(3));
        BillId[] memory ids = new BillId[](places.length);
        for (uint256 i; i < places.length; ++i) {
            places[i] = i != 0 && _rarely(4) ? places[0] : _anyBill(BillState.Arrears);
            ids[i] = _idOf(places[i]);
        }
        if (_isPaused()) {
            bytes memory data = abi.encodeCall(ILedgerDesk.settleArrears, (ids));
            _call(keeper, address(ledger), data, "INV-05: arrears were collected during a pause", Step.SettleNothing);
            return;
        }
        vm.prank(keeper);
        uint256 settled = ledger.settleArrears(ids);
        uint256 expected;
        for (uint256 i; i < places.length; ++i) {
            expected += _collectArrears(places[i]);
        }
        require(settled <= expected, "INV-05: arrears were collected that no mandate and balance cover");
        _equal(settled, expected, "INV-10: collected");
    }

    function _anyPayment(uint256 place) private returns (uint256 amount, string memory forbidden, bool part) {
        uint256 owed = bills[place].parts[uint256(BillState.Arrears)];
        amount = _rarely(2) ? owed : _draw(owed + 2);
        part = amount < owed;
        if (amount == 0 || owed == 0) forbidden = "INV-03: more was paid than was owed";
    }

    function _payOff(uint256 place, uint256 amount) private {
        BillBook storage bill = bills[place];
        _settle(place, BillState.Arrears, amount);
        if (bill.parts[uint256(BillState.Arrears)] == 0) _enter(bill, BillState.Settled, bill.reason);
    }

    function _collectArrears(uint256 place) private returns (uint256 amount) {
        BillBook storage bill = bills[place];
        amount = bill.parts[uint256(BillState.Arrears)];
        bool capped = bill.amount <= accounts[bill.account].capPerBill;
        if (bill.state != BillState.Arrears || !capped || _refusalOf(bill.account, amount) != Reason.None) {
            ++reached[Step.SettleNothing];
            return 0;
        }
        _collect(bill.account, amount);
        if (_isReleasable(bill.batch)) {
            _settle(place, BillState.Arrears, amount);
            _enter(bill, BillState.Settled, bill.reason);
            ++reached[Step.SettleToCredit];
        } else {
            _pass(bill, BillState.Arrears, BillState.Pending, amount);
            _enter(bill, BillState.Pending, bill.reason);
            ++reached[Step.SettleToPending];
        }
    }
}
