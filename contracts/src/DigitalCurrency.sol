// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {IDigitalCurrency} from "./interfaces/IDigitalCurrency.sol";
import {Errors} from "./libraries/Errors.sol";

/// A digital currency with two decimals.
///
/// Trusted: the issuer, to mint against what backs the currency. It cannot take anyone's tokens, burns only its own,
/// and cannot freeze the ledger, whose address is fixed at deployment, before the ledger exists there.
contract DigitalCurrency is IDigitalCurrency, ERC20Permit, Ownable2Step {
    /// @inheritdoc IDigitalCurrency
    address public immutable override ledger;
    /// @inheritdoc IDigitalCurrency
    mapping(address holder => bool) public override isFrozen;

    constructor(address issuer, address ledger_)
        ERC20("Digital Currency", "DC")
        ERC20Permit("Digital Currency")
        Ownable(issuer)
    {
        // The ledger is deployed next, at this address: nothing to check it against yet.
        // slither-disable-next-line missing-zero-check
        ledger = ledger_;
    }

    /// @inheritdoc IDigitalCurrency
    function mint(address to, uint256 amount) external override onlyOwner {
        _mint(to, amount);
    }

    /// @inheritdoc IDigitalCurrency
    function burn(uint256 amount) external override onlyOwner {
        _burn(msg.sender, amount);
    }

    /// @inheritdoc IDigitalCurrency
    function setFrozen(address holder, bool frozen) external override onlyOwner {
        // Check:
        if (holder == ledger) revert Errors.DigitalCurrency_LedgerCannotBeFrozen(holder);

        // Effect:
        isFrozen[holder] = frozen;

        emit Frozen(holder, frozen);
    }

    /// Two decimals: the units of the token are fen or cents.
    function decimals() public pure override returns (uint8) {
        return 2;
    }

    /// The next nonce of `owner`'s permits.
    function nonces(address owner_) public view override(ERC20Permit, IERC20Permit) returns (uint256) {
        return super.nonces(owner_);
    }

    /// A frozen spender cannot move what others have allowed it.
    function _spendAllowance(address owner_, address spender, uint256 amount) internal override {
        if (isFrozen[spender]) revert Errors.DigitalCurrency_Frozen(spender);
        super._spendAllowance(owner_, spender, amount);
    }

    /// Every transfer, mint and burn passes here. Freezing the zero address would stop the issuer's own minting and
    /// burning, and nothing else.
    function _update(address from, address to, uint256 amount) internal override {
        if (isFrozen[from]) revert Errors.DigitalCurrency_Frozen(from);
        if (isFrozen[to]) revert Errors.DigitalCurrency_Frozen(to);
        super._update(from, to, amount);
    }
}
