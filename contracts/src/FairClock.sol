// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "./Managed.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {Errors} from "./libraries/Errors.sol";

/// Keeps fair time.
///
/// Trusted: the guardian, to pause when something is wrong. It moves no money, and what it can delay is bounded: in any
/// period of T seconds at most MAX_PAUSE + T / REFILL are paused.
contract FairClock is IFairClock, Managed {
    /// The largest allowance, seconds.
    uint256 public constant MAX_PAUSE = 7 days;
    /// Seconds without a pause that give back one of the allowance.
    uint256 public constant REFILL = 12;

    /// The last pause; Unix seconds. Before the first one all are zero: a pause that ended long ago.
    uint40 private _from;
    uint40 private _until;
    /// Paused in all pauses before the last one, seconds.
    uint40 private _before;
    /// Left of the allowance at `_until`, seconds.
    uint40 private _left;

    constructor(IAccessManager authority_) Managed(authority_) {}

    /// @inheritdoc IFairClock
    function pause() external override restricted {
        // Check:
        if (isPaused()) revert Errors.FairClock_Paused(_until);
        uint40 length = allowance();
        if (length == 0) revert Errors.FairClock_NoAllowance();

        // Effect:
        _before += _until - _from;
        _from = uint40(block.timestamp);
        _until = _from + length;
        _left = 0;

        emit Paused(msg.sender, _until);
    }

    /// @inheritdoc IFairClock
    function resume() external override restricted {
        // Check:
        if (!isPaused()) revert Errors.FairClock_NotPaused();

        // Effect:
        _left = allowance();
        _until = uint40(block.timestamp);

        emit Resumed(msg.sender);
    }

    /// @inheritdoc IFairClock
    function read() external view override returns (uint40 time_, bool paused) {
        return (time(), isPaused());
    }

    /// @inheritdoc IFairClock
    function time() public view override returns (uint40) {
        return isPaused() ? _from - _before : uint40(block.timestamp) - _before - (_until - _from);
    }

    /// @inheritdoc IFairClock
    function isPaused() public view override returns (bool) {
        return block.timestamp < _until;
    }

    /// @inheritdoc IFairClock
    function allowance() public view override returns (uint40) {
        if (isPaused()) return _until - uint40(block.timestamp);
        uint256 filled = _left + (block.timestamp - _until) / REFILL;
        return uint40(filled < MAX_PAUSE ? filled : MAX_PAUSE);
    }
}
