// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {Campaign} from "./Campaign.sol";
import {Steps} from "./Steps.sol";

/// One long run, at whose end every step must have been taken: what the handlers do not reach, the invariants do not
/// test.
contract HandlerReach is Campaign {
    /// forge-config: default.invariant.runs = 1
    /// forge-config: default.invariant.depth = 8000
    /// forge-config: default.invariant.check-interval = 0
    /// forge-config: nightly.invariant.runs = 1
    /// forge-config: nightly.invariant.depth = 8000
    /// forge-config: nightly.invariant.check-interval = 0
    function invariant_BillsAreWhatTariffsGive() external view {
        handler.auditTariffs();
    }

    function afterInvariant() external view {
        string memory missing;
        for (uint256 i; i <= uint256(type(Steps.Step).max); ++i) {
            if (handler.reached(Steps.Step(i)) == 0) missing = string.concat(missing, " ", Strings.toString(i));
        }
        require(bytes(missing).length == 0, string.concat("steps never taken:", missing));
    }
}
