// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BillId, PackedBill, SupplierId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

/// Appeals by hand against a bill of 60,000 minor units judged PAY, of a customer with 100,000; the bond is 3,000.
contract AppealByHandTest is Base {
    AccountId private account;
    PackedBill private packed;
    BillId private bill;

    function setUp() public override {
        super.setUp();
        account = _account(100_000);
        packed = _billOf(account, 60_000);
        bill = _run(packed, PAY);
    }

    function test_appealByHand__GivenPending__SetsTheBucketAside() external {
        _appeal();

        _expectRecord(bill, BillState.Held, Reason.None, 60_000, 60_000);
        _equal(ledger.batchOf(IdCodec.batch(bill)).pending, 0, "bucket");
        _equal(_balance(account), 37_000, "the bond is set aside");
        (BillId[] memory waiting,) = registry.openAppeals(supplier, 0, 10);
        _equal(BillId.unwrap(waiting[0]), BillId.unwrap(bill), "waits for the supplier");
        _balanced();
    }

    function test_appealByHand__GivenAllWithdrawn__PledgesWhatIsToCome() external {
        _release();
        _withdrawCredit(60_000);
        _appeal();

        _expectRecord(bill, BillState.Held, Reason.None, 60_000, 0);
        _balanced();
        // The next settlement covers it, and stays until the appeal has ended.
        _earn(50_000 / 60 * 60);
        _refused(Errors.PaymentLedger_InsufficientCredit.selector, SupplierId.unwrap(supplier), 0, 1);
        vm.prank(supplierOwner);
        ledger.withdrawCredit(supplier, 1, supplierOwner);
    }

    /// The README's example, a sixtieth of it: 60,000 paid, 18,000 of credit, a ruling of 36,000.
    function test_rule__GivenLessThanPaid__RefundsFromHoldAndThenAsTheSupplierEarns() external {
        _release();
        _withdrawCredit(42_000);
        _appeal();
        _expectRecord(bill, BillState.Held, Reason.None, 60_000, 18_000);
        _contestAndRule(36_000);

        _expectRecord(bill, BillState.Settled, Reason.Ruled, 36_000, 36_000);
        _equal(_balance(account), 40_000 + 18_000, "what was set aside, and the bond");
        _balanced();
        _earn(3_000);
        ledger.collectRefunds(_one(bill));
        _equal(_balance(account), 40_000 + 21_000, "as far as the credit goes");
        _earn(6_000);
        _equal(ledger.collectRefunds(_one(bill)), 3_000, "the rest");
        _equal(_balance(account), 40_000 + 24_000, "all of it");
        _equal(ledger.collectRefunds(_one(bill)), 0, "once");
        _withdrawCredit(3_000);
        _balanced();
    }

    function test_concede__GivenHeldInFull__RefundsAllAndFreesTheDays() external {
        _release();
        _appeal();
        vm.prank(supplierOwner);
        registry.concede(_one(bill));

        _expectRecord(bill, BillState.Void, Reason.Conceded, 60_000, 0);
        _equal(_balance(account), 100_000, "everything back");
        _equal(ledger.creditOf(supplier), 0, "credit");
        _balanced();
        require(ledger.stateOf(_run(_replacing(packed, bill), APPEAL)) == BillState.Held, "billed again");
    }

    function test_withdrawAppeals__GivenByHand__LosesTheBond() external {
        _release();
        _appeal();
        vm.prank(payer);
        registry.withdrawAppeals(_one(bill));

        _expectRecord(bill, BillState.Settled, Reason.None, 60_000, 60_000);
        _equal(ledger.creditOf(supplier), 63_000, "the bill and the bond");
        _equal(_balance(account), 37_000, "balance");
        _balanced();
    }

    function test_expire__GivenSupplierSilent__EndsForTheCustomer() external {
        _appeal();
        vm.warp(block.timestamp + 14 days);
        registry.expire(_one(bill));

        _expectRecord(bill, BillState.Void, Reason.Expired, 60_000, 0);
        _equal(_balance(account), 100_000, "everything back");
        _balanced();
    }

    function test_acceptAdjustments__GivenPartlyPaidArrears__OwesTheRest() external {
        (AccountId poor, PackedBill word) = (_account(0), packed);
        word = _billOf(poor, 60_000);
        bill = _run(word, PAY);
        _fund(poor, 13_000);
        vm.startPrank(payer);
        ledger.payArrearsFromBalance(bill, 10_000);
        registry.appealByHand(bill, word, new bytes32[](0));
        vm.stopPrank();
        _expectRecord(bill, BillState.Held, Reason.None, 60_000, 10_000);
        _balanced();
        vm.prank(supplierOwner);
        registry.offerAdjustments(_one(bill), _oneQuantity(500));
        vm.prank(payer);
        registry.acceptAdjustments(_one(bill));

        // 30,000 due: 10,000 were paid; the balance was in the bond, which comes back.
        _expectRecord(bill, BillState.Arrears, Reason.AppealShortfall, 30_000, 20_000);
        _equal(_balance(poor), 3_000, "the bond");
        _balanced();
    }

    /// Whatever is ruled, and whatever the supplier has left: no money is lost or made.
    function testFuzz_rule__GivenAnyCreditAndRuling__ConservesMoney(uint256 seed) external {
        _release();
        _withdrawCredit(seed % 60_001);
        _appeal();
        _balanced();
        uint48 due = uint48((seed >> 20) % 60_001);
        _contestAndRule(due);
        _balanced();
        _earn(60_000);
        ledger.collectRefunds(_one(bill));
        _equal(_balance(account), 100_000 - due - (due == 60_000 ? 3_000 : 0), "the customer has paid what is due");
        _balanced();
    }

    /// What was paid before counts no second time.
    function test_appealByHand__ByTheAgent__CostsTheBondAtMost() external {
        _grant(account, _mandateOf(agent, 60_000, 120_000));
        vm.prank(agent);
        registry.appealByHand(bill, packed, new bytes32[](0));
        _equal(_balance(account), 37_000, "the bond is set aside");
        vm.prank(agent);
        registry.withdrawAppeals(_one(bill));

        _expectRecord(bill, BillState.Settled, Reason.None, 60_000, 60_000);
        _equal(_balance(account), 37_000, "balance");
        _equal(ledger.accountOf(account).spent, 60_000, "spent");
        _balanced();
    }

    function test_appealByHand__GivenAppealedBefore__Refused() external {
        _appeal();
        vm.startPrank(payer);
        registry.withdrawAppeals(_one(bill));
        _refused(Errors.AppealRegistry_WrongState.selector, BillId.unwrap(bill), uint256(AppealState.Withdrawn));
        registry.appealByHand(bill, packed, new bytes32[](0));
    }

    function test_appealByHand__GivenReviewOver__Refused() external {
        uint256 deadline = block.timestamp + 67 days;
        vm.warp(deadline);
        _refused(Errors.AppealRegistry_DeadlinePassed.selector, BillId.unwrap(bill), deadline);
        _appeal();
        vm.warp(deadline - 1);
        _appeal();
    }

    function test_appealByHand__WhenNotTheCustomerOrNotTheBill__Refused() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotCustomer.selector, bill, stranger));
        vm.prank(stranger);
        registry.appealByHand(bill, packed, new bytes32[](0));
        _refused(Errors.PaymentLedger_BillNotCommitted.selector, BillId.unwrap(bill));
        vm.prank(payer);
        registry.appealByHand(bill, _billOf(account, 120_000), new bytes32[](0));
    }

    function test_appealByHand__GivenWaiting__Refused() external {
        PackedBill word = _billOf(_account(60_000), 60_000);
        BillId waiting = _run(word, INSUFFICIENT);
        _refused(Errors.PaymentLedger_WrongState.selector, BillId.unwrap(waiting), uint256(BillState.Waiting));
        vm.prank(payer);
        registry.appealByHand(waiting, word, new bytes32[](0));
    }

    function test_appealByHand__GivenNoMoneyForTheBond__Refused() external {
        vm.startPrank(payer);
        ledger.withdraw(account, 37_001, payer);
        _refused(Errors.PaymentLedger_InsufficientBalance.selector, AccountId.unwrap(account), 2_999, 3_000);
        registry.appealByHand(bill, packed, new bytes32[](0));
    }

    function test_reclaim__WhenNotTheRegistry__Refused() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_NotRegistry.selector, stranger));
        vm.prank(stranger);
        ledger.reclaim(bill, packed, new bytes32[](0));
    }

    function test_withdraw__WhenToTheLedger__Refused() external {
        vm.expectRevert(Errors.PaymentLedger_ToItself.selector);
        vm.prank(payer);
        ledger.withdraw(account, 1, address(ledger));
    }

    function _appeal() private {
        vm.prank(payer);
        registry.appealByHand(bill, packed, new bytes32[](0));
    }

    function _release() private {
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(IdCodec.batch(bill)));
    }

    function _withdrawCredit(uint256 amount) private {
        vm.prank(supplierOwner);
        ledger.withdrawCredit(supplier, amount, supplierOwner);
    }

    /// Another customer's bill is settled.
    function _earn(uint256 amount) private {
        BillId other = _run(_billOf(_account(amount), amount), PAY);
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(IdCodec.batch(other)));
    }

    function _contestAndRule(uint48 due) private {
        vm.prank(supplierOwner);
        registry.contest(bill, keccak256("supplier's evidence"));
        for (uint256 i; i < 2; ++i) {
            vm.prank(panelists[i]);
            panel.vote(bill, due, "the meter was read again");
        }
    }
}
