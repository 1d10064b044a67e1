// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {Errors} from "../../../src/libraries/Errors.sol";
import {AccountId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract WithdrawTest is Base {
    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _account(1000);
    }

    function test_WhenOwner_PaysOutFreeBalance() external {
        vm.prank(payer);
        ledger.withdraw(account, 1000, stranger);

        _equal(currency.balanceOf(stranger), 1000, "received");
        _equal(_balance(account), 0, "balance");
        _balanced();
    }

    function test_RevertWhen_MoreThanBalance() external {
        _refused(Errors.PaymentLedger_InsufficientBalance.selector, AccountId.unwrap(account), 1000, 1001);
        vm.prank(payer);
        ledger.withdraw(account, 1001, payer);
    }

    function test_RevertWhen_NotOwner() external {
        _refused(Errors.PaymentLedger_NotAccountOwner.selector, AccountId.unwrap(account), stranger);
        vm.prank(stranger);
        ledger.withdraw(account, 1, stranger);
    }

    function test_RevertGiven_ReceiverFrozen() external {
        vm.prank(issuer);
        currency.setFrozen(stranger, true);
        vm.expectRevert(abi.encodeWithSelector(Errors.DigitalCurrency_Frozen.selector, stranger));
        vm.prank(payer);
        ledger.withdraw(account, 1, stranger);
    }

    function test_RevertGiven_OwnerFrozen_WhoeverReceives() external {
        vm.prank(issuer);
        currency.setFrozen(payer, true);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_Frozen.selector, payer));
        vm.prank(payer);
        ledger.withdraw(account, 1, stranger);
    }

    function test_RevertWhen_CurrencySaysNo() external {
        vm.mockCall(address(currency), abi.encodeWithSelector(IERC20.transfer.selector), abi.encode(false));
        vm.expectRevert(Errors.PaymentLedger_TransferFailed.selector);
        vm.prank(payer);
        ledger.withdraw(account, 1, payer);
    }
}
