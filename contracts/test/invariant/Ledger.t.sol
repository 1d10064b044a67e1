// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Campaign} from "./Campaign.sol";
import {Handler} from "./Handler.sol";

/// The invariants of contracts/README.md under random calls of all roles.
contract LedgerInvariants is Campaign {
    Handler private handler;

    function setUp() external {
        handler = new Handler();
        handler.setUp();
        _aim(address(handler), Handler.setUp.selector);
    }

    /// All of them in one function, each by its number: forge runs a campaign for each function, and all campaigns make
    /// the same calls. Not after every call (`check_interval`), since a difference between the books stays; what a
    /// single call may do, the handlers check themselves.
    function invariant_TheTwoSetsOfBooksAgree() external view {
        string memory broken = handler.audit();
        require(bytes(broken).length == 0, broken);
    }

    function afterInvariant() external view {
        handler.auditTariffs();
    }
}
