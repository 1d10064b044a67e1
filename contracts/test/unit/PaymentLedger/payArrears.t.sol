// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BillId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract PayArrearsTest is Base {
    BillId private bill;

    function setUp() public override {
        super.setUp();
        bill = _run(_billOf(_account(0), 60_000), PAY);
        _mint(stranger, 100_000);
        vm.prank(stranger);
        currency.approve(address(ledger), 100_000);
    }

    function testFuzz_WhenAnyonePays_OwesLess(uint16 amount) external {
        if (amount == 0) amount = 1;
        if (amount > 60_000) amount = 60_000;
        vm.prank(stranger);
        ledger.payArrears(bill, amount);

        if (amount < 60_000) _expectRecord(bill, BillState.Arrears, Reason.Balance, 60_000, 60_000 - amount);
        else _expectRecord(bill, BillState.Settled, Reason.Balance, 60_000, 60_000);
        _equal(ledger.creditOf(supplier), amount, "credit");
        _balanced();
    }

    function test_RevertWhen_Nothing() external {
        _refused(Errors.PaymentLedger_NoPayment.selector, BillId.unwrap(bill));
        vm.prank(stranger);
        ledger.payArrears(bill, 0);
    }

    /// Dust that somebody pays just before does not stop who pays it all.
    function test_payArrears__GivenDustPaidBefore__PaysWhatIsOwed() external {
        vm.startPrank(stranger);
        ledger.payArrears(bill, 1);
        uint256 purse = currency.balanceOf(stranger);
        ledger.payArrears(bill, 60_000);

        _expectRecord(bill, BillState.Settled, Reason.Balance, 60_000, 60_000);
        _equal(purse - currency.balanceOf(stranger), 59_999, "no more than owed");
        _balanced();
    }

    function test_RevertGiven_NotInArrears() external {
        vm.startPrank(stranger);
        ledger.payArrears(bill, 60_000);
        _refused(Errors.PaymentLedger_WrongState.selector, BillId.unwrap(bill), uint256(BillState.Settled));
        ledger.payArrears(bill, 1);
    }

    function test_FromBalance_WhenCustomer_PaysWithoutMandate() external {
        AccountId account = ledger.recordOf(bill).account;
        vm.prank(payer);
        ledger.revokeMandate(account);
        _fund(account, 60_000);
        vm.prank(payer);
        ledger.payArrearsFromBalance(bill, 60_000);

        _expectRecord(bill, BillState.Settled, Reason.Balance, 60_000, 60_000);
        _equal(_balance(account), 0, "balance");
        _balanced();
    }

    function test_FromBalance_RevertWhen_NotCustomer() external {
        AccountId account = ledger.recordOf(bill).account;
        _refused(Errors.PaymentLedger_NotAccountOwner.selector, AccountId.unwrap(account), stranger);
        vm.prank(stranger);
        ledger.payArrearsFromBalance(bill, 1);
    }
}
