// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Account, AccountRequest} from "../../../src/types/Accounts.sol";
import {AccountId, SupplierId} from "../../../src/types/Ids.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Base} from "../../Base.sol";

contract OpenAccountsTest is Base {
    function test_WhenAnyone_NumbersFromOneWithinTheSupplier() external {
        AccountRequest[] memory requests = new AccountRequest[](2);
        requests[0] = AccountRequest({supplier: supplier, utility: Utility.Water, owner: payer});
        requests[1] = AccountRequest({supplier: supplier, utility: Utility.Gas, owner: stranger});
        AccountId[] memory accounts = ledger.openAccounts(requests);

        _equal(AccountId.unwrap(accounts[0]), (1 << 32) | 1, "first id");
        _equal(AccountId.unwrap(accounts[1]), (1 << 32) | 2, "second id");
        _equal(ledger.accountCount(supplier), 2, "count");
        Account memory account = ledger.accountOf(accounts[1]);
        require(account.owner == stranger && account.utility == Utility.Gas, "owner and utility");
        require(ledger.ownerOf(accounts[0]) == payer, "owner");
    }

    function test_RevertWhen_NoSuchSupplier() external {
        _refused(Errors.PaymentLedger_NoSuchSupplier.selector, 9);
        _request(SupplierId.wrap(9), Utility.Water, payer);
    }

    function test_RevertWhen_NoUtility() external {
        vm.expectRevert(Errors.PaymentLedger_NoUtility.selector);
        _request(supplier, Utility.None, payer);
    }

    function test_RevertWhen_NoOwner() external {
        vm.expectRevert(Errors.PaymentLedger_NoOwner.selector);
        _request(supplier, Utility.Water, address(0));
    }

    function _request(SupplierId of_, Utility utility, address owner) private {
        AccountRequest[] memory requests = new AccountRequest[](1);
        requests[0] = AccountRequest({supplier: of_, utility: utility, owner: owner});
        ledger.openAccounts(requests);
    }
}
