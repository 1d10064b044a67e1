// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Managed} from "../Managed.sol";
import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {Revisions} from "../libraries/Revisions.sol";
import {AccountId, PackedAccount, SupplierId} from "../types/Ids.sol";
import {LedgerBase, Sum} from "./LedgerBase.sol";

/// What owners of accounts and suppliers take out or move, and the classes of accounts.
abstract contract DeskAccounts is LedgerBase, ILedgerDesk, Managed {
    using PackedAccounts for PackedAccount;
    using Revisions for Revisions.History;

    /// @inheritdoc ILedgerDesk
    function setClass(AccountId[] calldata accounts, uint8 class) external override restricted {
        // Check:
        if (class > PackedAccounts.MAX_CLASS) {
            revert Errors.PaymentLedger_ClassTooLarge(class, PackedAccounts.MAX_CLASS);
        }

        uint256 today = Calendar.dayOf(block.timestamp);
        for (uint256 i; i < accounts.length; ++i) {
            // Effect:
            _accounts[accounts[i]] = _account(accounts[i]).withClass(class, today);
            _classes[accounts[i]].add(uint256(_batchCount) + 1, class);

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
}
