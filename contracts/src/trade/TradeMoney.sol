// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDigitalCurrency} from "../interfaces/IDigitalCurrency.sol";
import {IStanding} from "../interfaces/IStanding.sol";
import {ITradeDesk} from "../interfaces/ITradeDesk.sol";
import {Errors} from "../libraries/Errors.sol";
import {TradeErrors} from "../libraries/TradeErrors.sol";

/// The desk's own books: balances that their parties alone take out, and what is in escrow. Nothing is pushed to anyone,
/// so that whoever is frozen stops nobody but itself.
abstract contract TradeMoney is ITradeDesk {
    uint256 internal constant PPM = 1_000_000;

    /// @inheritdoc ITradeDesk
    IDigitalCurrency public immutable override currency;
    /// @inheritdoc ITradeDesk
    IStanding public immutable override standing;
    /// @inheritdoc ITradeDesk
    address public immutable override treasurer;

    /// @inheritdoc ITradeDesk
    mapping(address party => uint256) public override balanceOf;
    /// @inheritdoc ITradeDesk
    mapping(address party => uint256) public override creditUsed;

    uint128 private _balances;
    uint128 private _escrowed;

    constructor(IDigitalCurrency currency_, IStanding standing_, address treasurer_) {
        // The standing is deployed with the desk, at this address: nothing to check it against yet.
        // slither-disable-next-line missing-zero-check
        (currency, standing, treasurer) = (currency_, standing_, treasurer_);
    }

    /// @inheritdoc ITradeDesk
    function deposit(address party, uint256 amount) external override {
        // Check:
        if (amount > type(uint64).max) revert TradeErrors.TradeDesk_AmountTooLarge(amount);

        // Effect:
        _credit(party, amount);

        emit Deposited(party, msg.sender, amount);

        // Interaction:
        if (!currency.transferFrom(msg.sender, address(this), amount)) revert TradeErrors.TradeDesk_TransferFailed();
    }

    /// @inheritdoc ITradeDesk
    function withdraw(uint256 amount, address to) external override {
        // Check:
        if (to == address(this)) revert TradeErrors.TradeDesk_ToItself();
        if (currency.isFrozen(msg.sender)) revert TradeErrors.TradeDesk_Frozen(msg.sender);

        // Effect:
        _debit(msg.sender, amount);

        emit Withdrawn(msg.sender, to, amount);

        // Interaction:
        if (!currency.transfer(to, amount)) revert TradeErrors.TradeDesk_TransferFailed();
    }

    /// @inheritdoc ITradeDesk
    function totals() external view override returns (uint256 balances, uint256 escrowed) {
        return (_balances, _escrowed);
    }

    function _credit(address party, uint256 amount) internal {
        balanceOf[party] += amount;
        _balances += uint128(amount);
    }

    function _debit(address party, uint256 amount) internal {
        uint256 balance = balanceOf[party];
        if (balance < amount) revert TradeErrors.TradeDesk_InsufficientBalance(party, balance, amount);
        balanceOf[party] = balance - amount;
        _balances -= uint128(amount);
    }

    /// From a balance into escrow.
    function _lock(address party, uint256 amount) internal {
        _debit(party, amount);
        _escrowed += uint128(amount);
    }

    function _unlock(address party, uint256 amount) internal {
        _escrowed -= uint128(amount);
        _credit(party, amount);
    }

    /// What is taken of a fee, after what the party is let off.
    function _charge(address party, uint256 fee) internal returns (uint48) {
        uint256 credit = standing.feeCreditOf(party);
        uint256 used = creditUsed[party];
        if (used == credit) return uint48(fee);
        uint256 discount = credit - used < fee ? credit - used : fee;
        creditUsed[party] = used + discount;
        return uint48(fee - discount);
    }

    /// The fee of each side, rounded down.
    function _feeOf(uint256 amount, uint256 ppm) internal pure returns (uint256) {
        return amount * ppm / PPM;
    }
}
