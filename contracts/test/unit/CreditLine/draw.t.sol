// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICreditLine} from "../../../src/interfaces/ICreditLine.sol";
import {CreditErrors} from "../../../src/libraries/CreditErrors.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {BillState} from "../../../src/types/Bills.sol";
import {CreditBook, CreditTerms, Loan, LoanState, Refusal} from "../../../src/types/Credit.sol";
import {AccountId, BatchId, BillId} from "../../../src/types/Ids.sol";
import {CreditBase} from "../../CreditBase.sol";

/// For what a line is drawn, and for what it is not.
contract DrawTest is CreditBase {
    function test_draw__GivenAScoreAtTheThreshold__SettlesAndIsOwed() external {
        (BillId bill, uint256[] memory told) = _scored(60_000, THRESHOLD);
        AccountId account = ledger.recordOf(bill).account;
        uint256 credit = ledger.creditOf(supplier);
        vm.expectEmit(address(line));
        emit ICreditLine.CreditDrawn(account, bill, 60_000, block.timestamp + 30 days);
        vm.prank(stranger);
        _equal(line.draw(told, 0, 1), 60_000, "drawn");
        _expectPaid(bill);
        _equal(ledger.creditOf(supplier), credit + 60_000, "the supplier's");
        _expectLoan(bill, LoanState.Open, 60_000);
        _equal(line.owedBy(account), 60_000, "the account owes it");
        CreditBook memory book = line.bookOf(supplier);
        require(book.free == FUNDS - 60_000 && book.open == 60_000 && book.drawn == 60_000, "book");
        Loan memory loan = line.loanOf(bill);
        require(loan.drawn == 60_000 && loan.dueAt == block.timestamp + 30 days, "loan");
    }

    function test_draw__GivenAgain__NothingLeft() external {
        (BillId bill, uint256[] memory told) = _scored(60_000, GOOD);
        line.draw(told, 0, 1);
        _expectRefused(bill, told, Refusal.NotInArrears);
        _equal(line.bookOf(supplier).drawn, 60_000, "once");
    }

    function test_draw__GivenPaidInPart__DrawsTheRestOnceScoredAnew() external {
        (BillId bill, uint256[] memory told) = _scored(60_000, GOOD);
        _payDebt(bill, 20_000);
        _expectRefused(bill, told, Refusal.NotScored);
        line.draw(_tell(bill, GOOD), 0, 1);
        _expectLoan(bill, LoanState.Open, 40_000);
    }

    function test_draw__GivenALowerScoreSince__Refused() external {
        (BillId bill, uint256[] memory told) = _scored(60_000, GOOD);
        uint256[] memory lower = _tell(bill, THRESHOLD - 1);
        _expectRefused(bill, told, Refusal.NotScored);
        _expectRefused(bill, lower, Refusal.BelowThreshold);
    }

    function test_draw__GivenContactsSince__StillTheLastScore() external {
        (BillId bill, uint256[] memory told) = _scored(60_000, GOOD);
        _commit();
        _contact(bill);
        line.draw(told, 0, 1);
        _expectPaid(bill);
    }

    function test_draw__GivenGivenUp__Refused() external {
        BillId bill = _givenUp();
        uint256[] memory told = _one(_toldOf(bill, _scoreOf(bill, 10_000)));
        _expectRefused(bill, told, Refusal.NotScored);
    }

    function test_draw__GivenAnOldScore__Refused() external {
        (BillId bill, uint256[] memory told) = _scored(60_000, GOOD);
        vm.warp(block.timestamp + 14 days);
        require(_refusal(told) == Refusal.None, "of the last second");
        vm.warp(block.timestamp + 1);
        _expectRefused(bill, told, Refusal.Stale);
        require(_refusal(_tell(bill, GOOD)) == Refusal.None, "scored again");
    }

    function test_draw__GivenAnOpenWindow__Refused() external {
        BillId bill = _debt(60_000);
        uint256[] memory told = _tell(bill, GOOD);
        vm.warp(block.timestamp + 7 days - 1);
        _expectRefused(bill, told, Refusal.WindowOpen);
        vm.warp(block.timestamp + 1);
        _pause();
        _expectRefused(bill, told, Refusal.WindowOpen);
    }

    function test_draw__GivenABalanceOrNoMandate__Refused() external {
        (BillId bill, uint256[] memory told) = _scored(60_000, GOOD);
        AccountId account = ledger.recordOf(bill).account;
        _fund(account, 60_000);
        _expectRefused(bill, told, Refusal.NotForBalance);
        vm.prank(payer);
        ledger.withdraw(account, 1, payer);
        require(_refusal(told) == Refusal.None, "a unit is lacking");
        vm.prank(payer);
        ledger.revokeMandate(account);
        _expectRefused(bill, told, Refusal.NotForBalance);
    }

    function test_draw__GivenOtherClassesAndNoTerms__Refused() external {
        (BillId bill, uint256[] memory told) = _scored(60_000, GOOD);
        CreditTerms memory closed = _creditTerms();
        closed.thresholds[CLASS] = 0;
        _setCreditTerms(closed);
        _expectRefused(bill, told, Refusal.BelowThreshold);
        closed.thresholds = new uint32[](CLASS);
        _setCreditTerms(closed);
        told = _tell(bill, GOOD);
        _expectRefused(bill, told, Refusal.BelowThreshold);
        line = ICreditLine(_create("CreditLine", abi.encode(clock, ledger, register)));
        _expectRefused(bill, told, Refusal.NoTerms);
    }

    function test_draw__GivenCaps__UpToThem() external {
        (BillId bill, uint256[] memory told) = _scored(100_020, GOOD);
        _expectRefused(bill, told, Refusal.CapPerAccount);
        for (uint256 i; i < 6; ++i) {
            _drawn(100_000 / 60 * 60);
        }
        (bill, told) = _scored(480, GOOD);
        _expectRefused(bill, told, Refusal.Cap);
        (bill, told) = _scored(240, GOOD);
        vm.prank(supplierOwner);
        line.withdraw(supplier, FUNDS - 6 * 99_960 - 239, supplierOwner);
        _expectRefused(bill, told, Refusal.NotFunded);
        _fundLine(1);
        line.draw(told, 0, 1);
        _expectLoan(bill, LoanState.Open, 240);
        _equal(line.bookOf(supplier).open, 600_000, "the cap, to the unit");
    }

    /// Written off or not: an account costs its line its cap at most.
    function test_draw__GivenAWrittenOffDebt__CountsAgainstTheAccount() external {
        AccountId account = _account(0);
        BillId bill = _run(_bill(account, 1_000, block.timestamp / 1 days - 30, 15), PAY);
        BillId later = _run(_bill(account, 1_000, block.timestamp / 1 days - 15, 15), PAY);
        vm.warp(block.timestamp + 7 days);
        line.draw(_tell(bill, GOOD), 0, 1);
        vm.warp(block.timestamp + 30 days);
        line.writeOff(_one(bill));
        uint256[] memory told = _tell(later, GOOD);
        _expectRefused(later, told, Refusal.CapPerAccount);
        _repay(bill, 20_000);
        line.draw(told, 0, 1);
        _equal(line.owedBy(account), 100_000, "its cap");
    }

    function test_draw__GivenAList__DrawsARangeAndPassesOver() external {
        BatchId batch = _debts(5, 600);
        BillId other = _debt(600);
        vm.warp(block.timestamp + 7 days);
        uint256[] memory told = new uint256[](6);
        for (uint256 i; i < 6; ++i) {
            told[i] = _scoreOf(i < 5 ? IdCodec.bill(batch, i) : other, i == 3 ? 1 : GOOD + i);
        }
        _submit(told);
        for (uint256 i; i < 6; ++i) {
            told[i] = _toldOf(i < 5 ? IdCodec.bill(batch, i) : other, told[i]);
        }
        _payDebt(IdCodec.bill(batch, 2), 600);
        _equal(line.draw(told, 1, 6), 3 * 600, "one paid, one too low, one before");
        require(ledger.stateOf(IdCodec.bill(batch, 0)) == BillState.Arrears, "not asked for");
        _expectPaid(other);
        _squared();
    }

    function test_draw__GivenWhatWasNeverTold__Reverts() external {
        (BillId bill, uint256[] memory told) = _scored(60_000, GOOD);
        uint256 higher = told[0] + (1 << 72);
        bytes32 content = keccak256(abi.encodePacked(_one(higher)));
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NeverTold.selector, content));
        line.draw(_one(higher), 0, 1);
        _expectRange(told, 0, 0);
        _expectRange(told, 1, 1);
        _expectRange(told, 0, 2);
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_RangeOutOfBounds.selector, 1, 2, 1));
        line.refusalOf(told, 1);
        require(ledger.stateOf(bill) == BillState.Arrears, "as before");
    }

    function test_lendArrears__GivenAnotherThanTheLine__Refused() external {
        BillId bill = _debt(60_000);
        vm.startPrank(stranger);
        _refusedTo(ledger.lendArrears.selector);
        ledger.lendArrears(_one(bill));
        _refusedTo(ledger.collectReturns.selector);
        ledger.collectReturns(_one(bill));
        vm.stopPrank();
        vm.prank(address(line));
        vm.expectRevert(
            abi.encodeWithSelector(Errors.PaymentLedger_WrongState.selector, BillId.wrap(1), BillState.Unjudged)
        );
        ledger.lendArrears(_one(BillId.wrap(1)));
    }

    function _setCreditTerms(CreditTerms memory terms) private {
        vm.prank(supplierOwner);
        line.setTerms(supplier, terms);
        vm.warp(block.timestamp + 7 days);
    }

    function _expectRange(uint256[] memory told, uint256 from, uint256 to) private {
        vm.expectRevert(
            abi.encodeWithSelector(CreditErrors.CreditLine_RangeOutOfBounds.selector, from, to, told.length)
        );
        line.draw(told, from, to);
    }

    function _refusedTo(bytes4 selector) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, selector));
    }

    function _expectRefused(BillId bill, uint256[] memory told, Refusal refusal) private {
        _equal(uint256(_refusal(told)), uint256(refusal), "refusal");
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_Refused.selector, bill, refusal));
        line.draw(told, 0, 1);
    }
}
