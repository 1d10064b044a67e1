// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {BatchId, PackedBill} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract SetOperatorTest is Base {
    function test_WhenGovernor_NumbersThem() external {
        address second = _actor("second operator");
        _set(second, true);
        PackedBill[] memory bills = _one(_billOf(_account(1e6), 60_000));
        BatchId batch = _post(bills);
        vm.prank(second);
        gate.submitVerdicts(batch, 0, bills, _verdicts(1, PAY));

        _equal(gate.verdictRecordOf(batch).signers, 2, "bit 1");
    }

    function test_GivenEnded_ComesBackWithItsNumber() external {
        _set(operator, false);
        require(!gate.isOperator(operator), "ended");
        _set(operator, true);
        require(gate.isOperator(operator), "active");
    }

    function test_RevertWhen_MoreThan128() external {
        for (uint160 i = 1; i < 128; ++i) {
            _set(address(i), true);
        }
        vm.expectRevert(Errors.VerdictGate_TooManyOperators.selector);
        _set(address(128), true);
    }

    function test_RevertWhen_EndedButNeverAdded() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_NoSuchOperator.selector, stranger));
        _set(stranger, false);
    }

    function test_RevertWhen_NotGovernor() external {
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, gate.setOperator.selector)
        );
        vm.prank(stranger);
        gate.setOperator(stranger, true);
    }

    function _set(address who, bool active) private {
        vm.prank(governor);
        gate.setOperator(who, active);
    }
}
