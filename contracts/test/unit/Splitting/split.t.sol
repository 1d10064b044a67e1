// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {TradeErrors} from "../../../src/libraries/TradeErrors.sol";
import {Splitting} from "../../../src/libraries/Splitting.sol";
import {Base} from "../../Base.sol";

contract SplitTest is Base {
    function testFuzz_split__GivenAnyTotal__SumsToItAndKeepsTheBounds(uint128 total, uint128 first, uint128 above)
        external
        pure
    {
        if (first == 0) first = 1;
        if (above < first) (first, above) = (above == 0 ? 1 : above, first);
        (uint256 count, uint256 last) = Splitting.split(total, first, above);

        _equal((count - 1) * first + last, total, "sum");
        require(last <= above, "the last part is not to be split");
        require(count == 1 || last + first > above, "no part was split off in vain");
        require(last != 0 || total == 0, "the last part is something");
    }

    /// As the method says it: one part is split off, and the rest examined again.
    function testFuzz_split__GivenFewParts__AsSplitOneByOne(uint48 total, uint48 first, uint48 above) external pure {
        first = uint48(1 + uint256(total) / 50 + first % 1_000);
        above = uint48(uint256(first) + above % 10_000);
        uint256 rest = total;
        uint256 parts = 1;
        for (; rest > above; ++parts) {
            rest -= first;
        }

        (uint256 count, uint256 last) = Splitting.split(total, first, above);
        _equal(count, parts, "parts");
        _equal(last, rest, "last");
    }

    function test_split__GivenConditionBelowAPart__Refused() external {
        _refused(TradeErrors.Splitting_ConditionBelowPart.selector, 5, 4);
        this.split(10, 5, 4);
        _refused(TradeErrors.Splitting_ConditionBelowPart.selector, 0, 4);
        this.split(10, 0, 4);
    }

    function split(uint256 total, uint256 first, uint256 above) external pure returns (uint256, uint256) {
        return Splitting.split(total, first, above);
    }
}
