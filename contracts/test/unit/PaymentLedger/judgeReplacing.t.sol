// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill, SupplierId} from "../../../src/types/Ids.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Base} from "../../Base.sol";

contract JudgeReplacingTest is Base {
    AccountId private account;
    PackedBill private first;

    function setUp() public override {
        super.setUp();
        account = _account(1e9);
        first = _bill(account, 1000, TODAY - 40, 30);
    }

    function test_GivenCancelledAfterJudging_TakesItsDaysOnce() external {
        BillId void = _voided();
        BillId second = _run(_replacing(_bill(account, 900, TODAY - 39, 29), void), PAY);
        BillId third = _run(_replacing(_bill(account, 900, TODAY - 40, 30), void), PAY);

        require(ledger.stateOf(second) == BillState.Pending, "takes over");
        require(ledger.recordOf(void).replaced, "replaced");
        _expectRecord(third, BillState.Void, Reason.BadReplacement, 54_000, 0);
        _equal(ledger.accountOf(account).billedThrough, TODAY - 11, "billed through stays");
        _balanced();
    }

    function test_GivenReplacementVoidInItsTurn_IsReplacedInItsTurn() external {
        PackedBill second = _replacing(first, _voided());
        BillId id = _run(second, PAY);
        _cancel(id, second);

        require(ledger.stateOf(_run(_replacing(first, id), PAY)) == BillState.Pending, "takes over");
    }

    function test_GivenConceded_TakesItsDays() external {
        BillId void = _run(first, APPEAL);
        vm.prank(supplierOwner);
        registry.concede(_one(void));

        require(ledger.stateOf(_run(_replacing(first, void), PAY)) == BillState.Pending, "takes over");
    }

    function test_GivenCancelledBeforeJudging_NamingItHelpsNothing() external {
        BatchId batch = _post(_one(first));
        _cancel(IdCodec.bill(batch, 0), first);
        BillId paid = _run(first, PAY);
        BillId again = _run(_replacing(first, IdCodec.bill(batch, 0)), PAY);

        require(ledger.stateOf(paid) == BillState.Pending, "its days were free");
        _expectRecord(again, BillState.Void, Reason.Overlap, PRICE, 0);
    }

    function test_GivenCancelledBeforeJudging_NamingItHarmsNothing() external {
        BatchId batch = _post(_one(first));
        _cancel(IdCodec.bill(batch, 0), first);

        BillId named = _run(_replacing(first, IdCodec.bill(batch, 0)), PAY);
        require(ledger.stateOf(named) == BillState.Pending, "as if it named nothing");
        _equal(ledger.accountOf(account).billedThrough, TODAY - 11, "billed through");
    }

    function test_GivenNotReplaceable_IsVoid() external {
        BillId paid = _run(first, PAY);
        _expectBad(first, paid);
        _expectBad(first, BillId.wrap(999 << 16));
        BillId overlap = _run(first, PAY);
        _expectBad(first, overlap);
    }

    function test_GivenDaysOutside_IsVoid() external {
        BillId void = _voided();
        _expectBad(_bill(account, 1000, TODAY - 41, 30), void);
        _expectBad(_bill(account, 1000, TODAY - 40, 31), void);
    }

    function test_GivenAnotherAccount_IsVoid() external {
        BillId void = _voided();
        _expectBad(_bill(_account(1e9), 1000, TODAY - 40, 30), void);
    }

    function test_GivenAnotherSuppliersBillOfTheSameNumber_IsVoid() external {
        BillId void = _voided();
        vm.startPrank(supplierOwner);
        supplier = ledger.registerSupplier("rival");
        ledger.setTariff(supplier, Utility.Electricity, 0, 0, _flat(PRICE));
        vm.stopPrank();
        AccountId same = _account(1e9);
        require(uint32(AccountId.unwrap(same)) == uint32(AccountId.unwrap(account)), "the same number");
        _equal(SupplierId.unwrap(supplier), 2, "another supplier");
        _expectBad(_bill(same, 1000, TODAY - 40, 30), void);
    }

    function _expectBad(PackedBill bill, BillId replaced) private {
        BillId id = _run(_replacing(bill, replaced), PAY);
        _expectRecord(id, BillState.Void, Reason.BadReplacement, PRICE, 0);
        require(!ledger.recordOf(replaced).replaced, "stays as it was");
    }

    function _voided() private returns (BillId void) {
        void = _run(first, PAY);
        _cancel(void, first);
    }
}
