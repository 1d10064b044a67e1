// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Managed} from "../Managed.sol";
import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {AccountRequest} from "../types/Accounts.sol";
import {AccountId, PackedAccount, SupplierId} from "../types/Ids.sol";
import {Utility} from "../types/Utilities.sol";
import {DeskBasis} from "./DeskBasis.sol";
import {Sum} from "./LedgerBase.sol";

/// Accounts as they are opened; what their owners and suppliers take out or move; and accounts' classes.
abstract contract DeskAccounts is DeskBasis, ILedgerDesk, Managed {
    using PackedAccounts for PackedAccount;

    /// @inheritdoc ILedgerDesk
    function openAccounts(AccountRequest[] calldata requests) external override returns (AccountId[] memory accounts) {
        accounts = new AccountId[](requests.length);
        for (uint256 i; i < requests.length; ++i) {
            accounts[i] = _open(requests[i]);
        }
    }

    /// @inheritdoc ILedgerDesk
    function setClass(AccountId[] calldata accounts, uint8 class) external override restricted {
        // Check:
        if (class > PackedAccounts.MAX_CLASS) {
            revert Errors.PaymentLedger_ClassTooLarge(class, PackedAccounts.MAX_CLASS);
        }

        for (uint256 i; i < accounts.length; ++i) {
            // Effect:
            _rebase(accounts[i], _account(accounts[i]).withClass(class));

            emit ClassSet(accounts[i], class);
        }
    }

    /// @inheritdoc ILedgerDesk
    function moveBalance(AccountId from, AccountId to, uint256 amount)
        external
        override
        onlyAccountOwner(from)
        onlyAccountOwner(to)
    {
        // Effect:
        _accounts[from] = _debited(from, _accounts[from], amount);
        _accounts[to] = _credited(to, _accounts[to], amount);

        emit BalanceMoved(from, to, amount);
    }

    /// @inheritdoc ILedgerDesk
    function withdraw(AccountId account, uint256 amount, address to) external override onlyAccountOwner(account) {
        // Effect:
        _accounts[account] = _debited(account, _accounts[account], amount);
        _lower(Sum.Accounts, amount);

        emit Withdrawn(account, to, amount);

        // Interaction:
        _push(to, amount);
    }

    /// @inheritdoc ILedgerDesk
    function withdrawCredit(SupplierId supplier, uint256 amount, address to) external override onlySupplier(supplier) {
        // Check:
        uint256 free = _freeCredit(supplier);
        if (amount > free) revert Errors.PaymentLedger_InsufficientCredit(supplier, free, amount);

        // Effect:
        _debitSupplier(supplier, amount);

        emit CreditWithdrawn(supplier, to, amount);

        // Interaction:
        _push(to, amount);
    }

    function _open(AccountRequest calldata request) private returns (AccountId account) {
        // Check:
        if (request.utility == Utility.None) revert Errors.PaymentLedger_NoUtility();
        if (request.owner == address(0)) revert Errors.PaymentLedger_NoOwner();
        if (_suppliers[request.supplier].owner == address(0)) {
            revert Errors.PaymentLedger_NoSuchSupplier(request.supplier);
        }

        // Effect:
        account = IdCodec.account(request.supplier, ++_suppliers[request.supplier].accountCount);
        _accounts[account] = PackedAccounts.create(request.utility);
        _holders[account].owner = request.owner;

        emit AccountOpened(account, request.owner, request.utility);
    }
}
