// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealDesk} from "../interfaces/IAppealDesk.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {AccountId, BillId} from "../types/Ids.sol";
import {Slashing} from "../types/Verdicts.sol";
import {DeskBase} from "./DeskBase.sol";
import {Sum} from "./LedgerBase.sol";

/// Bonds of operators and challengers: paid in, staked, slashed and paid out. What someone is rewarded with joins its
/// bond.
abstract contract DeskBonds is DeskBase, IAppealDesk {
    using IdCodec for AccountId;

    uint256 private constant PPM = 1_000_000;

    modifier onlyOperators() {
        if (msg.sender != address(_gate.operators())) revert Errors.PaymentLedger_NotOperators(msg.sender);
        _;
    }

    /// @inheritdoc IAppealDesk
    function depositBond(address holder, uint256 amount) external override {
        // Check:
        if (amount > type(uint48).max) revert Errors.PaymentLedger_AmountTooLarge(amount);
        (uint256 ordinal, bool locked) = _gate.operators().seatOf(holder);

        // Effect:
        _addBond(holder, amount);
        _raise(Sum.Bonds, amount);

        emit BondDeposited(holder, msg.sender, amount);

        if (locked) _stake(holder, ordinal - 1, amount);

        // Interaction:
        _pull(amount);
    }

    /// @inheritdoc IAppealDesk
    function withdrawBond(uint256 amount, address to) external override {
        // Check:
        if (amount > _bonds[msg.sender].free) _freeStake(msg.sender);

        // Effect:
        _takeBond(msg.sender, amount);
        _lower(Sum.Bonds, amount);

        emit BondWithdrawn(msg.sender, to, amount);

        // Interaction:
        _push(to, amount);
    }

    /// @inheritdoc IAppealDesk
    function stake(address operator, uint8 number) external override onlyOperators {
        // Effect:
        _stake(operator, number, _bonds[operator].free);
    }

    /// @inheritdoc IAppealDesk
    function announce(bytes32 commitment) external override {
        // Effect:
        Bond storage bond = _bonds[msg.sender];
        (bond.announcedAt, bond.announcement) = (uint40(block.number), bytes19(commitment));
    }

    /// @inheritdoc IAppealDesk
    function moveBond(address from, address to, uint256 amount) external override {
        // Check:
        if (msg.sender != address(_gate.challenges())) revert Errors.PaymentLedger_NotChallenges(msg.sender);

        // Effect:
        _takeBond(from, amount);
        _addBond(to, amount);

        emit BondMoved(from, to, amount);
    }

    /// @inheritdoc IAppealDesk
    function slash(BillId bill, Slashing calldata slashing)
        external
        override
        onlyOperators
        returns (uint128 exhausted)
    {
        // Effect:
        return _slash(bill, slashing);
    }

    /// Takes of the signers' stakes and divides it.
    function _slash(BillId bill, Slashing calldata slashing) internal returns (uint128 exhausted) {
        (uint256 each, uint256 signers) = (slashing.each, slashing.signers);
        uint256 taken;
        (taken, exhausted) = _takeStakes(bill, signers, each);
        uint256 reward = _isDue(slashing) ? taken * slashing.share / PPM : 0;
        address rewarded = reward == 0 ? address(0) : slashing.rewarded;
        if (reward != 0) _addBond(rewarded, reward);
        _giveRest(slashing.wronged, taken - reward);

        emit StakesSlashed(bill, rewarded, slashing.wronged, bytes32(signers), each, reward, taken - reward);
    }

    /// Takes `each`, or what there is, of the signers' stakes; returns the sum, minor units, and whose stake covers no
    /// further slash.
    function _takeStakes(BillId bill, uint256 signers, uint256 each)
        private
        returns (uint256 taken, uint128 exhausted)
    {
        // No difference is below zero, and 128 stakes have less than 2^55 minor units.
        unchecked {
            for (uint256 number; signers >> number != 0; ++number) {
                if ((signers >> number) & 1 == 0) continue;
                uint256 staked = _stakes[number];
                uint256 lost = staked < each ? staked : each;
                _stakes[number] = uint48(staked - lost);
                taken += lost;
                if (staked - lost < each) exhausted |= uint128(1 << number);
                if (lost < each) emit StakeExhausted(number, bill, each - lost);
            }
        }
    }

    /// Whether somebody is to be rewarded who need not have announced anything, or has in an earlier block.
    function _isDue(Slashing calldata slashing) private view returns (bool) {
        if (slashing.rewarded == address(0) || slashing.announcement == 0) return slashing.rewarded != address(0);
        Bond storage bond = _bonds[slashing.rewarded];
        return bond.announcement == bytes19(slashing.announcement) && bond.announcedAt < block.number;
    }

    function _giveRest(AccountId wronged, uint256 rest) private {
        _lower(Sum.Bonds, rest);
        if (uint32(AccountId.unwrap(wronged)) == 0) return _creditSupplier(wronged.supplier(), rest);
        _accounts[wronged] = _credited(wronged, _accounts[wronged], rest);
        _raise(Sum.Accounts, rest);
    }

    /// `amount`, which the operator has free, becomes stake.
    function _stake(address operator, uint256 number, uint256 amount) private {
        uint256 staked = _stakes[number] + amount;
        if (staked > type(uint48).max) revert Errors.PaymentLedger_AmountTooLarge(staked);
        _takeBond(operator, amount);
        _stakes[number] = uint48(staked);

        emit BondStaked(operator, number, amount);
    }

    /// The stake of an operator that nobody can slash any more is free; refused while somebody can.
    function _freeStake(address holder) private {
        (uint256 ordinal, bool locked) = _gate.operators().seatOf(holder);
        if (locked) revert Errors.PaymentLedger_BondLocked(holder);
        if (ordinal == 0 || _stakes[ordinal - 1] == 0) return;
        uint256 staked = _stakes[ordinal - 1];
        _stakes[ordinal - 1] = 0;
        _addBond(holder, staked);

        emit BondFreed(holder, ordinal - 1, staked);
    }

    function _addBond(address holder, uint256 amount) private {
        // No need to check the width: what is added was deposited, and 2^64 minor units are more than 2^16 full accounts;
        // the sum overflows loudly.
        _bonds[holder].free += uint64(amount);
    }

    function _takeBond(address holder, uint256 amount) private {
        uint256 free = _bonds[holder].free;
        if (amount > free) revert Errors.PaymentLedger_InsufficientBond(holder, free, amount);
        _bonds[holder].free = uint64(free - amount);
    }
}
