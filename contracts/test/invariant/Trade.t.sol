// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {Campaign} from "./Campaign.sol";
import {TradeHandler} from "./TradeHandler.sol";

/// The invariants of the trade desk and of standings under random calls, 100,000 of them, in runs that are long enough
/// for a ban: nine penalties of one party, and two suspensions waited for.
/// forge-config: default.invariant.runs = 10
/// forge-config: default.invariant.depth = 10000
/// forge-config: default.invariant.check-interval = 100
contract TradeInvariants is Campaign {
    TradeHandler private handler;

    function setUp() external {
        handler = new TradeHandler();
        handler.setUp();
        _aim(address(handler), TradeHandler.setUp.selector);
    }

    function invariant_TheBooksOfTradeAgree() external view {
        handler.audit();
    }

    /// The same run everywhere, so that what the campaign must reach is known to be reached.
    function test_GivenTenThousandCalls_SuspendsBansAndRewards() external {
        for (uint256 i; i < 10_000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("trade", i)));
            _step(seed % 17, seed);
        }
        handler.audit();
        for (uint256 i; i <= 11; ++i) {
            require(handler.reached(i) != 0, string.concat("step never taken: ", Strings.toString(i)));
        }
        string[6] memory what = [
            "a suspension",
            "a ban",
            "a penalty undone",
            "a debt paid by who is suspended",
            "a cap refused",
            "a cap by the reward"
        ];
        for (uint256 i; i < 6; ++i) {
            require(handler.found(i) != 0, string.concat("never found: ", what[i]));
        }
    }

    function _step(uint256 kind, uint256 seed) private {
        if (kind == 0) handler.publish(seed);
        else if (kind == 1) handler.buy(seed);
        else if (kind < 5) handler.pay(seed);
        else if (kind == 5) handler.payInstalments(seed);
        else if (kind < 8) handler.escrow(seed);
        else if (kind == 8) handler.ruleDispute(seed);
        else if (kind < 12) handler.report(seed);
        else if (kind == 12) handler.appeal(seed);
        else if (kind == 13) handler.withdraw(seed);
        else if (kind == 14) handler.deposit(seed);
        else if (kind == 15) handler.grant(seed);
        else handler.wait(seed);
    }
}
