// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {Mandate} from "../../../src/types/Accounts.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BillId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract SettleArrearsTest is Base {
    AccountId private account;
    BillId private bill;

    function setUp() public override {
        super.setUp();
        account = _account(0);
        bill = _run(_billOf(account, 60_000), PAY);
    }

    function test_GivenWindowOpen_CollectsIntoTheBucket() external {
        _fund(account, 60_000);
        vm.prank(stranger);
        _equal(ledger.settleArrears(_one(bill)), 60_000, "collected");

        _expectRecord(bill, BillState.Pending, Reason.Balance, 60_000, 60_000);
        _equal(ledger.creditOf(supplier), 0, "not the supplier's yet");
        _balanced();
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(IdCodec.batch(bill)));
        _expectRecord(bill, BillState.Settled, Reason.Balance, 60_000, 60_000);
        _equal(ledger.creditOf(supplier), 60_000, "credit");
    }

    function test_GivenWindowOver_CollectsIntoCredit() external {
        _fund(account, 60_000);
        vm.warp(block.timestamp + 7 days);
        ledger.settleArrears(_one(bill));

        _expectRecord(bill, BillState.Settled, Reason.Balance, 60_000, 60_000);
        _equal(ledger.creditOf(supplier), 60_000, "credit");
        _equal(ledger.accountOf(account).spent, 60_000, "counts against the month");
        _balanced();
    }

    function test_GivenNamedTwice_CollectsOnce() external {
        _fund(account, 200_000);
        BillId[] memory twice = new BillId[](2);
        (twice[0], twice[1]) = (bill, bill);
        _equal(ledger.settleArrears(twice), 60_000, "collected");
        _equal(ledger.settleArrears(twice), 0, "nothing more");
    }

    function test_GivenNotCollectable_SkipsIt() external {
        _equal(ledger.settleArrears(_one(bill)), 0, "no balance");
        require(ledger.collectable(bill) == Reason.Balance, "why");
        _fund(account, 60_000);
        require(ledger.collectable(bill) == Reason.None, "collectable");
        _grant(account, Mandate(59_999, 60_000, 60_000, false, false, address(0)));
        _equal(ledger.settleArrears(_one(bill)), 0, "above the cap");
        require(ledger.collectable(bill) == Reason.CapPerBill, "why");
        _equal(ledger.settleArrears(_one(BillId.wrap(99 << 16))), 0, "no such bill");
    }

    function test_GivenPaidInPart_StaysAboveTheCapABill() external {
        _grant(account, Mandate(30_000, 60_000, 60_000, false, false, address(0)));
        _fund(account, 60_000);
        _mint(supplierOwner, 30_000);
        vm.startPrank(supplierOwner);
        currency.approve(address(ledger), 30_000);
        ledger.payArrears(bill, 30_000);
        vm.stopPrank();

        _equal(ledger.settleArrears(_one(bill)), 0, "the bill is above the cap, whatever is left of it");
        require(ledger.collectable(bill) == Reason.CapPerBill, "why");
    }

    function test_Collectable_RevertGiven_NotInArrears() external {
        BillId held = _run(_billOf(_account(0), 60_000), APPEAL);
        _refused(Errors.PaymentLedger_WrongState.selector, BillId.unwrap(held), uint256(BillState.Held));
        ledger.collectable(held);
    }
}
