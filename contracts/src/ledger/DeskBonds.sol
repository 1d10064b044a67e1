// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {AccountId, BillId} from "../types/Ids.sol";
import {LedgerBase, Sum} from "./LedgerBase.sol";

/// Bonds of operators and challengers: paid in, slashed and paid out. What someone is rewarded with joins its bond.
abstract contract DeskBonds is LedgerBase, ILedgerDesk {
    using IdCodec for AccountId;

    uint256 private constant PPM = 1_000_000;

    /// @inheritdoc ILedgerDesk
    function depositBond(address holder, uint256 amount) external override {
        // Effect:
        _bonds[holder] += amount;
        _raise(Sum.Bonds, amount);

        emit BondDeposited(holder, msg.sender, amount);

        // Interaction:
        _pull(amount);
    }

    /// @inheritdoc ILedgerDesk
    function withdrawBond(uint256 amount, address to) external override {
        // Check:
        if (_gate.operators().isLocked(msg.sender)) revert Errors.PaymentLedger_BondLocked(msg.sender);

        // Effect:
        _takeBond(msg.sender, amount);
        _lower(Sum.Bonds, amount);

        emit BondWithdrawn(msg.sender, to, amount);

        // Interaction:
        _push(to, amount);
    }

    /// @inheritdoc ILedgerDesk
    function moveBond(address from, address to, uint256 amount) external override {
        // Check:
        if (msg.sender != address(_gate.challenges())) revert Errors.PaymentLedger_NotChallenges(msg.sender);

        // Effect:
        _takeBond(from, amount);
        _bonds[to] += amount;

        emit BondMoved(from, to, amount);
    }

    /// @inheritdoc ILedgerDesk
    function slash(
        address[] calldata operators,
        BillId bill,
        uint256 each,
        address rewarded,
        uint256 share,
        AccountId wronged
    ) external override returns (uint256[] memory left) {
        // Check:
        if (msg.sender != address(_gate.operators())) revert Errors.PaymentLedger_NotOperators(msg.sender);

        // Effect:
        left = new uint256[](operators.length);
        uint256 taken;
        for (uint256 i; i < operators.length; ++i) {
            uint256 bond = _bonds[operators[i]];
            uint256 amount = bond < each ? bond : each;
            left[i] = bond - amount;
            _bonds[operators[i]] = left[i];
            taken += amount;
            emit BondSlashed(operators[i], bill, amount);
        }
        uint256 reward = rewarded == address(0) ? 0 : taken * share / PPM;
        if (reward != 0) _bonds[rewarded] += reward;
        _giveRest(wronged, taken - reward);

        emit SlashDivided(bill, rewarded, wronged, reward, taken - reward);
    }

    function _giveRest(AccountId wronged, uint256 rest) private {
        _lower(Sum.Bonds, rest);
        if (uint32(AccountId.unwrap(wronged)) == 0) return _creditSupplier(wronged.supplier(), rest);
        _accounts[wronged] = _credited(wronged, _accounts[wronged], rest);
        _raise(Sum.Accounts, rest);
    }

    function _takeBond(address holder, uint256 amount) private {
        uint256 bond = _bonds[holder];
        if (amount > bond) revert Errors.PaymentLedger_InsufficientBond(holder, bond, amount);
        _bonds[holder] = bond - amount;
    }
}
