// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IFairClock} from "../../../src/interfaces/IFairClock.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {Base} from "../../Base.sol";

contract PauseTest is Base {
    function test_pause__GivenAllowance__StopsFairTimeUntilItIsUsedUp() external {
        uint256 began = block.timestamp;
        uint256 fair = clock.time();
        vm.expectEmit(address(clock));
        emit IFairClock.Paused(guardian, uint40(began + 7 days));
        _pause();

        vm.warp(began + 7 days - 1);
        require(clock.isPaused(), "paused");
        _equal(clock.time(), fair, "stands still");
        _equal(clock.allowance(), 1, "left of the pause");
        vm.warp(began + 7 days);
        require(!clock.isPaused(), "ended by itself");
        _equal(clock.time(), fair, "no second lost or won");
        _equal(clock.allowance(), 0, "used up");
        vm.warp(began + 8 days);
        _equal(clock.time(), fair + 1 days, "runs on");
    }

    function test_pause__GivenNoAllowance__Refused() external {
        _pause();
        vm.warp(block.timestamp + 7 days);
        vm.expectRevert(Errors.FairClock_NoAllowance.selector);
        _pause();
    }

    function test_pause__GivenAllowanceFilledInPart__LastsAsLong() external {
        _pause();
        vm.warp(block.timestamp + 7 days + 24 days);
        _equal(clock.allowance(), 2 days, "a day for every twelve");
        _pause();
        vm.warp(block.timestamp + 2 days);
        require(!clock.isPaused(), "ended by itself");
    }

    function test_pause__WhenPaused__Refused() external {
        _pause();
        _refused(Errors.FairClock_Paused.selector, block.timestamp + 7 days);
        _pause();
    }

    function test_pause__WhenNotGuardian__Refused() external {
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, governor, IFairClock.pause.selector)
        );
        vm.prank(governor);
        clock.pause();
    }

    function test_resume__WhenPaused__KeepsWhatIsLeft() external {
        uint256 fair = clock.time();
        _pause();
        vm.warp(block.timestamp + 3 days);
        _resume();
        require(!clock.isPaused(), "ended");
        _equal(clock.time(), fair, "the pause does not count");
        _equal(clock.allowance(), 4 days, "left");
    }

    function test_resume__GivenNoPause__Refused() external {
        vm.expectRevert(Errors.FairClock_NotPaused.selector);
        _resume();
    }

    function test_resume__WhenNotGuardian__Refused() external {
        _pause();
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, IFairClock.resume.selector)
        );
        vm.prank(stranger);
        clock.resume();
    }

    /// Whatever the guardian does: fair time never goes back, loses exactly what was paused, and the pauses of a period
    /// are bounded.
    function testFuzz_time__GivenAnyPauses__LosesWhatWasPaused(uint256 seed) external {
        (uint256 began, uint256 fair) = (block.timestamp, clock.time());
        uint256 paused;
        for (uint256 i; i < 40; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            bool pausing = clock.isPaused();
            if (pausing && seed % 3 == 0) _resume();
            else if (!pausing && seed % 3 == 0 && clock.allowance() != 0) _pause();

            uint256 step = (seed >> 8) % 9 days;
            uint256 left = clock.isPaused() ? clock.allowance() : 0;
            paused += step < left ? step : left;
            uint256 before = clock.time();
            vm.warp(block.timestamp + step);
            require(clock.time() >= before, "goes forward");
            _equal(clock.time() - fair, block.timestamp - began - paused, "fair time");
            require(paused <= 7 days + (block.timestamp - began) / 12, "bounded");
        }
    }
}
