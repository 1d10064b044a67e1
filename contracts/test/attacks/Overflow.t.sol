// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../src/libraries/Errors.sol";
import {PackedAccounts} from "../../src/libraries/PackedAccounts.sol";
import {PackedBills} from "../../src/libraries/PackedBills.sol";
import {Mandate} from "../../src/types/Accounts.sol";
import {AccountId, PackedAccount, PackedBill} from "../../src/types/Ids.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {AttackBase, WeakLedger} from "./AttackBase.sol";

/// Sums that outgrow their field and spill into the next one: a balance into the cap a bill, a last day into the class.
/// Every bound is tried at its last good value and at the first bad one.
contract OverflowAttack is AttackBase {
    uint256 private constant FULL = type(uint48).max;

    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _account(0);
        _mint(payer, 2 * FULL);
        vm.prank(payer);
        currency.approve(address(ledger), 2 * FULL);
    }

    function test_overflow__depositNotBounded__raisesTheCap() external {
        _replace(address(ledger), address(new WeakDepositing(_aside(address(ledger)))));
        _deposit(FULL);
        _deposit(1);

        _equal(_balance(account), 0, "balance");
        _equal(ledger.accountOf(account).capPerBill, _mandate().capPerBill + 1, "spilt into the cap a bill");
    }

    function test_overflow__oursDepositing__refused() external {
        _deposit(FULL);
        _refused(Errors.PaymentLedger_BalanceTooLarge.selector, AccountId.unwrap(account), FULL + 1);
        _deposit(1);
        _equal(_balance(account), FULL, "balance");
        _equal(ledger.accountOf(account).capPerBill, _mandate().capPerBill, "cap");
    }

    function test_overflow__oursMovingBetweenAccounts__refused() external {
        _deposit(FULL);
        AccountId other = _account(1);
        _refused(Errors.PaymentLedger_BalanceTooLarge.selector, AccountId.unwrap(account), FULL + 1);
        vm.prank(payer);
        ledger.moveBalance(other, account, 1);
    }

    function test_overflow__oursDepositingHuge__refused() external {
        AccountId[] memory twice = new AccountId[](2);
        uint256[] memory amounts = new uint256[](2);
        (twice[0], twice[1]) = (account, account);
        (amounts[0], amounts[1]) = (2, type(uint256).max - 1);
        vm.expectRevert();
        vm.prank(payer);
        ledger.deposit(twice, amounts);
    }

    /// The largest mandate, and a bill at its cap: what is spent fills its field and no more.
    function test_overflow__oursAtTheLargestCap__fits() external {
        uint48 cap = uint48(PackedAccounts.MAX_CAP);
        Mandate memory mandate = Mandate({
            capPerBill: cap,
            capPerMonth: cap,
            lastDay: 65_535,
            discloseReadings: true,
            signedOnly: false,
            agent: address(0)
        });
        _grant(account, mandate);
        _deposit(FULL);
        uint256 amount = cap - cap % 60;
        _run(_billOf(account, amount), PAY);

        _equal(ledger.accountOf(account).spent, amount, "spent");
        _equal(_balance(account), FULL - amount, "balance");
        _equal(ledger.accountOf(account).mandateLastDay, 65_535, "last day");
        ++mandate.capPerBill;
        _refused(Errors.PaymentLedger_CapTooLarge.selector, uint256(cap) + 1, cap);
        vm.prank(payer);
        ledger.grantMandate(account, mandate);
    }

    function test_overflow__oursBillOutOfBounds__refused() external {
        PackedBill good = _bill(account, 1000, TODAY - 93, 93);
        _post(_one(good));
        _refusePosting(_with(good, 144, 0xff, 94), Errors.PaymentLedger_BillMalformed.selector);
        _refusePosting(_with(good, 144, 0xff, 0), Errors.PaymentLedger_BillMalformed.selector);
        uint256 tooMuch = PackedBills.MAX_QUANTITY + 1;
        _refusePosting(_with(good, 32, type(uint48).max, tooMuch), Errors.PaymentLedger_BillMalformed.selector);
        _refusePosting(_with(good, 216, type(uint40).max, 1), Errors.PaymentLedger_BillMalformed.selector);
        _refusePosting(_with(good, 80, type(uint48).max, 0), Errors.PaymentLedger_AmountNotTariff.selector);
        _refusePosting(_with(good, 0, type(uint32).max, 0), Errors.PaymentLedger_NoSuchAccountNumber.selector);
        _refusePosting(_with(good, 0, type(uint32).max, 2), Errors.PaymentLedger_NoSuchAccountNumber.selector);
    }

    /// Days are counted in 16 bits: a last day beyond them would be the class's next bit.
    function test_overflow__oursAfterTheLastDay__refused() external {
        vm.warp(uint256(type(uint16).max) * 1 days + 3 days);
        _run(_bill(account, 1000, 65_506, 30), PAY);
        _equal(ledger.accountOf(account).billedThrough, 65_535, "the last day of all");
        _equal(ledger.accountOf(account).class, 0, "class");

        _refusePosting(_bill(account, 1000, 65_507, 30), Errors.PaymentLedger_PeriodNotOver.selector);
    }

    function _deposit(uint256 amount) private {
        vm.prank(payer);
        ledger.deposit(_one(account), _one(amount));
    }

    function _refusePosting(PackedBill bill, bytes4 selector) private {
        vm.expectPartialRevert(selector);
        _post(_one(bill));
    }

    function _with(PackedBill bill, uint256 shift, uint256 mask, uint256 value) private pure returns (PackedBill) {
        return PackedBill.wrap((PackedBill.unwrap(bill) & ~(mask << shift)) | (value << shift));
    }
}

/// Adds without looking whether the sum fits.
contract WeakDepositing is WeakLedger {
    using PackedAccounts for PackedAccount;

    constructor(address strong) WeakLedger(strong) {}

    function deposit(AccountId[] calldata accounts, uint256[] calldata amounts) external {
        _accounts[accounts[0]] = _accounts[accounts[0]].credited(amounts[0]);
    }
}
