// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Campaign} from "./Campaign.sol";
import {CreditHandler} from "./CreditHandler.sol";

/// The invariants of credit lines under random calls, 4,000 of them.
/// forge-config: default.invariant.runs = 4
/// forge-config: default.invariant.depth = 1000
/// forge-config: default.invariant.check-interval = 100
contract CreditInvariants is Campaign {
    CreditHandler private handler;

    function setUp() external {
        handler = new CreditHandler();
        handler.setUp();
        _aim(address(handler), CreditHandler.setUp.selector);
    }

    function invariant_TheBooksOfCreditAgree() external view {
        handler.audit();
    }

    /// The same run everywhere, so that what the campaign must reach is known to be reached.
    function test_GivenThreeThousandCalls_DrawsLosesAndGetsBack() external {
        for (uint256 i; i < 3_000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("credit", i)));
            _step(seed % 16, seed);
            if (i % 100 == 0) handler.audit();
        }
        handler.audit();
        string[9] memory names = [
            "a draw",
            "a draw refused",
            "an old list refused",
            "a repayment",
            "a loss",
            "a loss undone",
            "a bill given back whole",
            "one given back in part",
            "a surplus"
        ];
        for (uint256 i; i < 9; ++i) {
            require(handler.found(i) != 0, string.concat("never found: ", names[i]));
        }
    }

    function _step(uint256 kind, uint256 seed) private {
        if (kind < 2) handler.bill(seed);
        else if (kind < 4) handler.score(seed);
        else if (kind < 8) handler.draw(seed);
        else if (kind == 8) handler.pay(seed);
        else if (kind == 9) handler.repay(seed);
        else if (kind == 10) handler.writeOff(seed);
        else if (kind == 11) handler.appeal(seed);
        else if (kind == 12) handler.end(seed);
        else if (kind == 13) handler.collect(seed);
        else if (kind == 14) handler.wait(seed);
        else handler.fund(seed);
    }
}
