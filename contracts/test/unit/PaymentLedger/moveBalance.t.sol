// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {AccountId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract MoveBalanceTest is Base {
    function testFuzz_BetweenOwnAccounts_Moves(uint48 balance, uint48 amount) external {
        AccountId from = _open(payer);
        AccountId to = _open(payer);
        _fund(from, balance);
        if (amount > balance) {
            _refused(Errors.PaymentLedger_InsufficientBalance.selector, AccountId.unwrap(from), balance, amount);
        }
        vm.prank(payer);
        ledger.moveBalance(from, to, amount);
        if (amount > balance) return;

        _equal(_balance(from), balance - amount, "from");
        _equal(_balance(to), amount, "to");
        _balanced();
    }

    function test_ToTheSameAccount_ChangesNothing() external {
        AccountId account = _open(payer);
        _fund(account, 10);
        vm.prank(payer);
        ledger.moveBalance(account, account, 10);

        _equal(_balance(account), 10, "balance");
    }

    function test_RevertWhen_EitherIsAnothers() external {
        AccountId own = _open(payer);
        AccountId others = _open(stranger);
        _refused(Errors.PaymentLedger_NotAccountOwner.selector, AccountId.unwrap(others), payer);
        vm.prank(payer);
        ledger.moveBalance(own, others, 0);
        _refused(Errors.PaymentLedger_NotAccountOwner.selector, AccountId.unwrap(others), payer);
        vm.prank(payer);
        ledger.moveBalance(others, own, 0);
    }
}
