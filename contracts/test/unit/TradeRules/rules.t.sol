// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ITradeRules} from "../../../src/interfaces/ITradeRules.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {TradeErrors} from "../../../src/libraries/TradeErrors.sol";
import {Terms} from "../../../src/types/Trade.sol";
import {TradeBase} from "../../TradeBase.sol";

/// What governor and operators set.
contract RulesTest is TradeBase {
    function test_proposeRange__GivenQuorumOfTwo__SetByTheSecondThatSaysTheSame() external {
        address second = _actor("second operator");
        _addOperator(second);
        vm.prank(governor);
        operators.setQuorum(2);
        _propose(operator, 900);
        _propose(operator, 900);
        _propose(second, 901);
        _equal(rules.rangeOf(CATEGORY).high, 0, "none yet");
        vm.expectEmit(address(rules));
        emit ITradeRules.RangeSet(CATEGORY, 1, 900, 1_100, keccak256("prices"));
        _propose(second, 900);
        _equal(rules.rangeOf(CATEGORY).low, 900, "set");

        _propose(second, 901);
        _equal(rules.rangeOf(CATEGORY).low, 900, "what was said before counts no more");
    }

    function test_proposeRange__ByAnotherOrEmpty__Refused() external {
        vm.expectRevert();
        _propose(stranger, 900);
        _refused(TradeErrors.TradeRules_RangeEmpty.selector, 1_101, 1_100);
        _propose(operator, 1_101);
    }

    function test_setTerms__OutOfBounds__Refused() external {
        Terms memory terms = rules.termsOf(1);
        terms.feePpm = 100_001;
        _refused(TradeErrors.TradeRules_FeeTooHigh.selector, 100_001, 100_000);
        _set(terms);
        terms.feePpm = 0;
        terms.payPeriod = 0;
        _refused(TradeErrors.TradeRules_PeriodOutOfBounds.selector, 0, 365 days);
        _set(terms);
        (terms.payPeriod, terms.splitAbove) = (1, 999_999);
        _refused(TradeErrors.Splitting_ConditionBelowPart.selector, 1_000_000, 999_999);
        _set(terms);
        terms.splitAbove = 1_000_000;
        _set(terms);
        (uint256 parts, uint256 last) = rules.splitOf(2_000_001);
        _equal(parts, 3, "parts");
        _equal(last, 1, "last");
    }

    function test_setTerms__WhenNotGovernor__Refused() external {
        Terms memory terms = rules.termsOf(1);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, ITradeRules.setTerms.selector)
        );
        vm.prank(stranger);
        rules.setTerms(terms);
    }

    function _propose(address by, uint48 low) private {
        vm.prank(by);
        rules.proposeRange(CATEGORY, low, 1_100, keccak256("prices"));
    }

    function _set(Terms memory terms) private {
        vm.prank(governor);
        rules.setTerms(terms);
    }
}
