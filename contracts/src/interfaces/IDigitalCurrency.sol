// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// A digital currency with two decimals: ERC-20, ERC-2612. The issuer (the owner) mints, burns only what it holds, and
/// freezes addresses, but never the ledger.
interface IDigitalCurrency is IERC20, IERC20Permit {
    /// The issuer froze or thawed an address.
    event Frozen(address indexed holder, bool frozen);

    /// The payment ledger, which cannot be frozen.
    function ledger() external view returns (address);
    /// Whether `holder` is frozen.
    function isFrozen(address holder) external view returns (bool);
    /// Creates `amount` minor units for `to`. Issuer only.
    function mint(address to, uint256 amount) external;
    /// Destroys `amount` minor units of the issuer's own. Issuer only.
    function burn(uint256 amount) external;
    /// Freezes or thaws `holder`. Issuer only.
    function setFrozen(address holder, bool frozen) external;
}
