// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {Campaign} from "./Campaign.sol";
import {PapersHandler} from "./PapersHandler.sol";

/// The invariants of bills' papers under random calls, 8,000 of them.
/// forge-config: default.invariant.runs = 4
/// forge-config: default.invariant.depth = 2000
/// forge-config: default.invariant.check-interval = 50
contract PapersInvariants is Campaign {
    PapersHandler private handler;

    function setUp() external {
        handler = new PapersHandler();
        handler.setUp();
        _aim(address(handler), PapersHandler.setUp.selector);
    }

    function invariant_TheBooksOfPapersAgree() external view {
        handler.audit();
    }

    /// The same run everywhere, so that what the campaign must reach is known to be reached.
    function test_GivenFiveThousandCalls_WritesReturnsAndVouches() external {
        for (uint256 i; i < 5_000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("papers", i)));
            if (seed % 10 < 6) handler.write(seed);
            else if (seed % 10 == 6) handler.giveBack(seed);
            else if (seed % 10 < 9) handler.vouch(seed);
            else handler.settle(seed);
        }
        handler.audit();
        for (uint256 i; i < 4; ++i) {
            require(handler.reached(i) != 0, string.concat("step never taken: ", Strings.toString(i)));
        }
        string[5] memory names =
            ["a document", "one person twice", "a return", "a paid voucher", "a paid voucher taken back"];
        for (uint256 i; i < 5; ++i) {
            require(handler.found(i) != 0, string.concat("never found: ", names[i]));
        }
    }
}
