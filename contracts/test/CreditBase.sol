// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICreditLine} from "../src/interfaces/ICreditLine.sol";
import {ILedgerDesk} from "../src/interfaces/ILedgerDesk.sol";
import {Roles} from "../src/libraries/Roles.sol";
import {Debt} from "../src/types/Arrears.sol";
import {BillState} from "../src/types/Bills.sol";
import {CreditBook, CreditTerms, Loan, LoanState, Refusal} from "../src/types/Credit.sol";
import {AccountId, BillId, PackedBill} from "../src/types/Ids.sol";
import {ArrearsBase} from "./ArrearsBase.sol";

/// The system with its arrears register and credit line, in which the supplier has 1,000,000 minor units: 100,000 an
/// account and 600,000 in all for debts of the class that are repaid with 40 % or more, for 30 days, by scores of 14.
abstract contract CreditBase is ArrearsBase {
    uint256 internal constant FUNDS = 1_000_000;
    uint256 internal constant GOOD = 500_000;
    uint32 internal constant THRESHOLD = 400_000;

    ICreditLine internal line;

    function setUp() public virtual override {
        super.setUp();
        line = ICreditLine(_create("CreditLine", abi.encode(clock, ledger, register)));
        bytes4[] memory lending = new bytes4[](2);
        (lending[0], lending[1]) = (ILedgerDesk.lendArrears.selector, ILedgerDesk.collectReturns.selector);
        vm.startPrank(admin);
        manager.setTargetFunctionRole(address(ledger), lending, Roles.LENDER);
        manager.grantRole(Roles.LENDER, address(line), 0);
        vm.stopPrank();
        _fundLine(FUNDS);
        vm.prank(supplierOwner);
        line.setTerms(supplier, _creditTerms());
        vm.warp(block.timestamp + 7 days);
    }

    function _creditTerms() internal pure returns (CreditTerms memory terms) {
        terms.thresholds = new uint32[](CLASS + 1);
        terms.thresholds[CLASS] = THRESHOLD;
        (terms.capPerAccount, terms.cap, terms.term, terms.freshness) = (100_000, 600_000, 30, 14);
    }

    function _fundLine(uint256 amount) internal {
        _mint(supplierOwner, amount);
        vm.startPrank(supplierOwner);
        currency.approve(address(line), amount);
        line.fund(supplier, amount);
        vm.stopPrank();
    }

    /// A bill in arrears whose window is over, and its score as told.
    function _scored(uint256 amount, uint256 probability) internal returns (BillId bill, uint256[] memory told) {
        bill = _debt(amount);
        vm.warp(block.timestamp + 7 days);
        told = _tell(bill, probability);
    }

    /// Scores it; the list of one, as the register tells it.
    function _tell(BillId bill, uint256 probability) internal returns (uint256[] memory) {
        uint256 score = _scoreOf(bill, probability);
        _submit(score);
        return _one(_toldOf(bill, score));
    }

    /// What the register has just added to a score.
    function _toldOf(BillId bill, uint256 score) internal view returns (uint256) {
        Debt memory debt = _debtOf(bill);
        return score | (uint256(debt.step) << 64) | (uint256(debt.contacts) << 66) | (uint256(debt.owed) << 124);
    }

    function _drawn(uint256 amount) internal returns (BillId bill) {
        uint256[] memory told;
        (bill, told) = _scored(amount, GOOD);
        line.draw(told, 0, 1);
    }

    function _refusal(uint256[] memory told) internal returns (Refusal) {
        return line.refusalOf(told, 0);
    }

    function _repay(BillId bill, uint256 amount) internal {
        _mint(stranger, amount);
        vm.startPrank(stranger);
        currency.approve(address(line), amount);
        line.repay(bill, amount);
        vm.stopPrank();
    }

    /// A bill that was drawn for and its customer appeals by hand, whose account had `balance` beside.
    function _appealed(uint256 amount, uint256 balance) internal returns (BillId bill, AccountId account) {
        account = _account(0);
        PackedBill packed = _billOf(account, amount);
        bill = _run(packed, PAY);
        _fund(account, balance);
        vm.warp(block.timestamp + 7 days);
        line.draw(_tell(bill, GOOD), 0, 1);
        vm.prank(payer);
        registry.appealByHand(bill, packed, new bytes32[](0));
    }

    /// The supplier stays silent, so that the bill is void.
    function _expire(BillId bill) internal {
        vm.warp(block.timestamp + 60 days);
        registry.expire(_one(bill));
    }

    /// What a bill owes, and the whole line, as it should be.
    function _expectLoan(BillId bill, LoanState state, uint256 owed) internal view {
        Loan memory loan = line.loanOf(bill);
        _equal(uint256(loan.state), uint256(state), "loan's state");
        _equal(loan.owed, owed, "owed to the line");
        _squared();
    }

    /// CREDIT-01 and CREDIT-02 of a line of one supplier, and the ledger's.
    function _squared() internal view {
        CreditBook memory book = line.bookOf(supplier);
        _equal(currency.balanceOf(address(line)), book.free, "CREDIT-01 what is free is there");
        uint256 went = uint256(book.repaid) + book.returned + book.writtenOff + book.open;
        _equal(book.drawn, went, "CREDIT-02 what was drawn went somewhere");
        _balanced();
    }

    function _expectPaid(BillId bill) internal view {
        require(ledger.stateOf(bill) == BillState.Settled, "settled");
    }
}
