// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Handler} from "./Handler.sol";

/// The invariants of contracts/README.md under random calls of all roles.
contract LedgerInvariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;

    function setUp() external {
        handler = new Handler();
        handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function excludeSelectors() external view returns (FuzzSelector[] memory excluded) {
        excluded = new FuzzSelector[](1);
        excluded[0] = FuzzSelector({addr: address(handler), selectors: new bytes4[](1)});
        excluded[0].selectors[0] = Handler.setUp.selector;
    }

    /// All of them in one function, each by its number: forge runs a campaign for each function, and all campaigns make the same
    /// calls. What a single call may do, the handlers check themselves.
    function invariant_TheTwoSetsOfBooksAgree() external view {
        string memory broken = handler.audit();
        require(bytes(broken).length == 0, broken);
    }

    function afterInvariant() external view {
        handler.auditTariffs();
    }
}
