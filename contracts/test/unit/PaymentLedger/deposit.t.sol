// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {Errors} from "../../../src/libraries/Errors.sol";
import {AccountId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract DepositTest is Base {
    uint256 private constant LARGEST = (1 << 48) - 1;

    function testFuzz_GivenAllowance_Credits(uint48 first, uint48 second) external {
        AccountId[] memory accounts = new AccountId[](2);
        (accounts[0], accounts[1]) = (_open(payer), _open(stranger));
        uint256[] memory amounts = new uint256[](2);
        (amounts[0], amounts[1]) = (first, second);
        uint256 sum = uint256(first) + second;
        _mint(payer, sum);
        vm.startPrank(payer);
        currency.approve(address(ledger), sum);
        ledger.deposit(accounts, amounts);

        _equal(_balance(accounts[0]), first, "first balance");
        _equal(_balance(accounts[1]), second, "second balance");
        _balanced();
    }

    function test_RevertWhen_BalanceWouldNotFit() external {
        AccountId account = _open(payer);
        _fund(account, LARGEST);
        _refused(Errors.PaymentLedger_BalanceTooLarge.selector, AccountId.unwrap(account), LARGEST + 1);
        vm.prank(payer);
        ledger.deposit(_one(account), _one(uint256(1)));
    }

    function test_RevertWhen_NoSuchAccount() external {
        _refused(Errors.PaymentLedger_NoSuchAccount.selector, 77);
        ledger.deposit(_one(AccountId.wrap(77)), _one(uint256(1)));
    }

    function test_RevertWhen_ListsDiffer() external {
        _refused(Errors.PaymentLedger_LengthMismatch.selector, 1, 0);
        ledger.deposit(_one(AccountId.wrap(77)), new uint256[](0));
    }

    function test_RevertWhen_CurrencySaysNo() external {
        AccountId account = _open(payer);
        vm.mockCall(address(currency), abi.encodeWithSelector(IERC20.transferFrom.selector), abi.encode(false));
        vm.expectRevert(Errors.PaymentLedger_TransferFailed.selector);
        ledger.deposit(_one(account), _one(uint256(1)));
    }
}
