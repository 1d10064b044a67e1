// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BillId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract ConfirmBillsTest is Base {
    AccountId private account;
    BillId private bill;

    function setUp() public override {
        super.setUp();
        account = _open(payer);
        _fund(account, 60_000);
        bill = _run(_billOf(account, 60_000), INSUFFICIENT);
    }

    function test_WhenCustomer_PaysWithoutMandate() external {
        vm.prank(payer);
        ledger.confirmBills(_one(bill));

        _expectRecord(bill, BillState.Settled, Reason.None, 60_000, 60_000);
        _equal(ledger.creditOf(supplier), 60_000, "credit");
        _equal(_balance(account), 0, "balance");
        _balanced();
    }

    function test_RevertGiven_BalanceTooSmall() external {
        vm.prank(payer);
        ledger.withdraw(account, 1, payer);
        _refused(Errors.PaymentLedger_InsufficientBalance.selector, AccountId.unwrap(account), 59_999, 60_000);
        vm.prank(payer);
        ledger.confirmBills(_one(bill));
    }

    function test_RevertWhen_Twice() external {
        vm.startPrank(payer);
        ledger.confirmBills(_one(bill));
        _refused(Errors.PaymentLedger_WrongState.selector, BillId.unwrap(bill), uint256(BillState.Settled));
        ledger.confirmBills(_one(bill));
    }

    function test_RevertWhen_NotCustomer() external {
        _refused(Errors.PaymentLedger_NotAccountOwner.selector, AccountId.unwrap(account), stranger);
        vm.prank(stranger);
        ledger.confirmBills(_one(bill));
    }
}
