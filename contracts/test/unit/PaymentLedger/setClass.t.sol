// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {AccountId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract SetClassTest is Base {
    function test_WhenClassifier_SetsIt() external {
        AccountId account = _account(5);
        vm.prank(classifier);
        ledger.setClass(_one(account), 9);

        _equal(ledger.accountOf(account).class, 9, "class");
        _equal(_balance(account), 5, "balance");
    }

    function test_RevertWhen_ClassTooLarge() external {
        AccountId account = _account(0);
        _refused(Errors.PaymentLedger_ClassTooLarge.selector, 32, 31);
        vm.prank(classifier);
        ledger.setClass(_one(account), 32);
    }

    function test_RevertWhen_NotClassifier() external {
        AccountId account = _account(0);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, governor, ledger.setClass.selector)
        );
        vm.prank(governor);
        ledger.setClass(_one(account), 9);
    }

    function test_RevertWhen_NoSuchAccount() external {
        _refused(Errors.PaymentLedger_NoSuchAccount.selector, 3);
        vm.prank(classifier);
        ledger.setClass(_one(AccountId.wrap(3)), 9);
    }
}
