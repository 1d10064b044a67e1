// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Aims forge's random calls at one handler.
abstract contract Campaign {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    address private target;
    bytes4 private excluded;

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = target;
    }

    function excludeSelectors() external view returns (FuzzSelector[] memory selectors) {
        selectors = new FuzzSelector[](1);
        selectors[0] = FuzzSelector({addr: target, selectors: new bytes4[](1)});
        selectors[0].selectors[0] = excluded;
    }

    function _aim(address handler, bytes4 setUpSelector) internal {
        target = handler;
        excluded = setUpSelector;
    }
}
