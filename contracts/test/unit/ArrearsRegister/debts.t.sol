// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerEvents} from "../../../src/interfaces/ILedgerEvents.sol";
import {ArrearsErrors} from "../../../src/libraries/ArrearsErrors.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {Debt, Stage, Step} from "../../../src/types/Arrears.sol";
import {BillState} from "../../../src/types/Bills.sol";
import {AccountId, BillId, PackedBill} from "../../../src/types/Ids.sol";
import {ArrearsBase} from "../../ArrearsBase.sol";

/// A debt's life after it was scored: contacts, payments in part and whole, and what ends it.
contract DebtsTest is ArrearsBase {
    function test_recordContacts__GivenNoTestBefore__Reverts() external {
        BillId bill = _debt(6_000);
        _submit(_scoreOf(bill, 500_000));
        vm.expectRevert(abi.encodeWithSelector(ArrearsErrors.ArrearsRegister_NoTest.selector, CLASS));
        _contact(bill);
        _commit();
        _contact(bill);
        require(_debtOf(bill).contacts == 1, "drawn before");
    }

    function test_recordContacts__GivenTheLastOne__MovesToStock() external {
        BillId bill = _debt(6_000);
        _commit();
        _setTerms(50, 14, 2);
        _submit(_scoreOf(bill, 500_000));
        _contact(bill);
        require(_debtOf(bill).stage == Stage.Incremental && _debtOf(bill).step == Step.Remind, "one");
        _contact(bill);
        require(_debtOf(bill).stage == Stage.Stock && _debtOf(bill).step == Step.Wait, "two");
        _contact(bill);
        require(_debtOf(bill).contacts == 2, "no third");
    }

    function test_recordContacts__GivenNotReminded__PassesOver() external {
        BillId bill = _debt(6_000);
        _commit();
        _contact(bill);
        require(_debtOf(bill).contacts == 0, "never scored");
        _submit(_scoreOf(bill, 0));
        _contact(bill);
        require(_debtOf(bill).contacts == 0, "not worth it");
        BillId paid = _settled();
        _contact(paid);
        require(ledger.recordOf(paid).note == 0, "nothing owed");
        uint256[] memory twice = new uint256[](2);
        (twice[0], twice[1]) = (_contactOf(bill), _contactOf(bill));
        vm.expectRevert(abi.encodeWithSelector(ArrearsErrors.ArrearsRegister_OutOfOrder.selector, bill));
        vm.prank(operator);
        register.recordContacts(twice, "");
    }

    function test_payArrears__GivenGivenUp__ReopensAndCloses() external {
        BillId bill = _givenUp();
        AccountId account = ledger.recordOf(bill).account;
        _mint(stranger, 60);
        vm.startPrank(stranger);
        currency.approve(address(ledger), 60);
        vm.expectEmit(address(ledger));
        emit ILedgerEvents.ArrearsReopened(account, bill, 60);
        ledger.payArrears(bill, 10);
        Debt memory debt = _debtOf(bill);
        require(debt.step == Step.None && debt.owed == 50 && ledger.totals().givenUp == 0, "open again");
        ledger.payArrears(bill, 50);
        vm.stopPrank();
        require(ledger.stateOf(bill) == BillState.Settled && ledger.totals().arrears == 0, "closed");
    }

    function test_payArrears__GivenAPart__KeepsTheContacts() external {
        BillId bill = _debt(6_000);
        _commit();
        _submit(_scoreOf(bill, 500_000));
        _contact(bill);
        _payDebt(bill, 1);
        Debt memory debt = _debtOf(bill);
        require(debt.contacts == 1 && debt.step == Step.None, "a unit does not begin the contacts anew");
        _contact(bill);
        require(_debtOf(bill).contacts == 1, "to be scored first");
        _submit(_scoreOf(bill, 500_000));
        require(_debtOf(bill).contacts == 1 && _debtOf(bill).step == Step.Remind, "counts on");
    }

    function test_payArrearsFromBalance__GivenGivenUp__Reopens() external {
        BillId bill = _givenUp();
        _fund(ledger.recordOf(bill).account, 60);
        vm.prank(payer);
        ledger.payArrearsFromBalance(bill, 60);
        require(ledger.totals().givenUp == 0 && ledger.totals().arrears == 0, "paid");
    }

    function test_settleArrears__GivenGivenUp__Reopens() external {
        BillId bill = _givenUp();
        _fund(ledger.recordOf(bill).account, 60);
        ledger.settleArrears(_one(bill));
        require(ledger.totals().givenUp == 0 && ledger.stateOf(bill) == BillState.Settled, "collected");
    }

    function test_cancelBill__GivenGivenUp__IsNoLonger() external {
        PackedBill packed = _billOf(_account(0), 60);
        BillId bill = _run(packed, PAY);
        _setHorizon(20);
        vm.warp(block.timestamp + 21 days);
        _submit(_scoreOf(bill, 0));
        require(ledger.totals().givenUp == 60, "given up");
        _cancel(bill, packed);
        require(ledger.totals().givenUp == 0 && ledger.totals().voided == 60, "void");
    }

    function test_noteArrears__GivenAnyoneElse__Reverts() external {
        BillId bill = _debt(60);
        uint256[] memory notes = _one(uint256(BillId.unwrap(bill)) | (3 << 64));
        address[4] memory callers = [operator, governor, supplierOwner, stranger];
        for (uint256 i; i < callers.length; ++i) {
            vm.expectPartialRevert(Errors.Managed_Unauthorized.selector);
            vm.prank(callers[i]);
            ledger.noteArrears(notes);
        }
    }

    function test_readArrears__GivenAnyBills__GivesDebtsOnly() external {
        BillId bill = _debt(60);
        BillId paid = _settled();
        uint256[] memory bills = new uint256[](3);
        (bills[0], bills[1], bills[2]) = (BillId.unwrap(bill), BillId.unwrap(paid), type(uint64).max);
        uint256[] memory records = ledger.readArrears(bills);
        require(records[0] != 0 && records[1] == 0 && records[2] == 0, "the one that is owed");
    }
}
