// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// What forge's random calls are aimed at.
interface ICampaigner {
    function setUp() external;
}

/// Aims forge's random calls at one handler.
abstract contract Campaign {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    ICampaigner private target;

    function setUp() external {
        target = _handler();
        target.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(target);
    }

    function excludeSelectors() external view returns (FuzzSelector[] memory excluded) {
        excluded = new FuzzSelector[](1);
        excluded[0] = FuzzSelector({addr: address(target), selectors: new bytes4[](1)});
        excluded[0].selectors[0] = ICampaigner.setUp.selector;
    }

    function _handler() internal virtual returns (ICampaigner);
}
