// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {Errors} from "../libraries/Errors.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {Account, Voice} from "../types/Accounts.sol";
import {AccountId, PackedAccount, SupplierId} from "../types/Ids.sol";
import {LedgerBase, Sum} from "./LedgerBase.sol";

/// Accounts: filled by anyone; the desk opens and empties them.
abstract contract LedgerAccounts is LedgerBase, IPaymentLedger {
    using PackedAccounts for PackedAccount;

    /// @inheritdoc IPaymentLedger
    function deposit(AccountId[] calldata accounts, uint256[] calldata amounts) external override {
        _deposit(accounts, amounts);
    }

    /// @inheritdoc IPaymentLedger
    function depositWithPermit(
        AccountId[] calldata accounts,
        uint256[] calldata amounts,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external override {
        uint256 sum;
        for (uint256 i; i < amounts.length; ++i) {
            sum += amounts[i];
        }
        // Whoever saw the permit may have used it already: the allowance is then there, and if not the transfer says
        // so. The currency calls nobody back, so that calling it before the effects lets nobody in.
        try _currency.permit(msg.sender, address(this), sum, deadline, v, r, s) {} catch {}
        _deposit(accounts, amounts);
    }

    /// @inheritdoc IPaymentLedger
    function accountOf(AccountId account) external view override returns (Account memory decoded) {
        decoded = _account(account).decode();
        decoded.owner = _holders[account].owner;
        decoded.mandateNonce = _holders[account].mandateNonce;
    }

    /// @inheritdoc IPaymentLedger
    function ownerOf(AccountId account) external view override returns (address) {
        return _holders[account].owner;
    }

    /// @inheritdoc IPaymentLedger
    function agentOf(AccountId account) external view override returns (address) {
        return _agents[account];
    }

    /// @inheritdoc IPaymentLedger
    function voiceOf(AccountId account, address who, uint256 amount) external view override returns (Voice) {
        return _voiceOf(account, who, amount);
    }

    /// @inheritdoc IPaymentLedger
    function accountCount(SupplierId supplier) external view override returns (uint256) {
        return _suppliers[supplier].accountCount;
    }

    function _deposit(AccountId[] calldata accounts, uint256[] calldata amounts) private {
        // Check:
        if (accounts.length != amounts.length) {
            revert Errors.PaymentLedger_LengthMismatch(accounts.length, amounts.length);
        }

        // Effect:
        uint256 sum;
        for (uint256 i; i < accounts.length; ++i) {
            _accounts[accounts[i]] = _credited(accounts[i], _account(accounts[i]), amounts[i]);
            sum += amounts[i];
            emit Deposited(accounts[i], msg.sender, amounts[i]);
        }
        _raise(Sum.Accounts, sum);

        // Interaction:
        _pull(sum);
    }
}
