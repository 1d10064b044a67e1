// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "../Managed.sol";
import {IVerdictGate} from "../interfaces/IVerdictGate.sol";
import {Errors} from "../libraries/Errors.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {Revisions} from "../libraries/Revisions.sol";
import {Utility} from "../types/Utilities.sol";
import {Periods, Presets, Stakes, VerdictPolicy} from "../types/Verdicts.sol";

/// The version that counts all parameters, and of these the presets, the periods and the
/// stakes.
abstract contract GateParameters is IVerdictGate, Managed {
    using Revisions for Revisions.History;

    /// The largest batch, minor units, that a window of zero may judge: nobody could challenge it.
    uint256 public constant ZERO_WINDOW_CAP = 100_000;
    /// Bills a batch where the gate judges a class of its utility: so many of 93 days, all appealed, are judged in one
    /// transaction below EIP-7825's 16,777,216 gas.
    uint256 public constant MAX_VERIFIED = 250;
    /// The largest batch of a utility with screening rules: fits a transaction if all are appealed by two rules each.
    uint256 public constant MAX_SCREENED = 400;
    /// The longest window or deadline, seconds: no governor can lock money for good.
    uint256 public constant MAX_PERIOD = 365 days;
    /// Bounds of the challenger's share, ppm. Below half: who signed a lie and challenges it itself still loses.
    uint32 public constant LEAST_SHARE = 100_000;
    uint32 public constant LARGEST_SHARE = 500_000;
    /// Bounds of the time to answer a demand, seconds.
    uint32 public constant SHORTEST_DEMAND = 1 hours;
    uint32 public constant LONGEST_DEMAND = 30 days;
    /// Presets lie within ± this, ppm.
    int256 public constant MAX_PRESET = 10_000_000;
    /// The largest share of correct bills that a model may appeal, ppm: all of them.
    int256 public constant MAX_RATE = 1_000_000;

    /// Where the marks of screening rules begin.
    uint256 internal constant SCREENED = 32;

    /// @inheritdoc IVerdictGate
    uint32 public override parameterVersion;
    /// @inheritdoc IVerdictGate
    uint32 public override longestWindow;
    /// @inheritdoc IVerdictGate
    uint32 public override longestDemand;

    mapping(Utility utility => mapping(uint8 class => Revisions.History)) private _presets;
    /// Of the presets that were set with a version.
    mapping(uint256 version => bytes32 model) private _models;
    /// Of each utility, a bit a class: its own presets ask for verified verdicts; from bit SCREENED on, it has screening
    /// rules.
    mapping(Utility utility => Revisions.History) private _marks;
    Revisions.History private _periods;
    Revisions.History private _stakes;

    constructor(IAccessManager authority_) Managed(authority_) {
        parameterVersion = 1;
        // Class 0 of every utility has presets from version 1 on, so that every lookup finds some.
        Presets memory presets =
            Presets({first: 200_000, second: 0, degree: 2, insufficientCap: 0, policy: VerdictPolicy.Trend, model: 0});
        for (uint256 i = uint256(Utility.Electricity); i <= uint256(Utility.Phone); ++i) {
            _addPresets(Utility(i), 0, presets);
        }
        _addPeriods(Periods({window: 7 days, reply: 14 days, acceptance: 14 days, contest: 30 days, review: 60 days}));
        Stakes memory stakes = Stakes({
            bond: 1_000_000, slash: 100_000, challengerShare: 250_000, demandBond: 10_000, demandPeriod: 2 days
        });
        _addStakes(stakes);
    }

    /// @inheritdoc IVerdictGate
    function setPresets(Utility utility, uint8 class, Presets calldata presets) external override restricted {
        // Check:
        if (utility == Utility.None) revert Errors.VerdictGate_NoUtility();
        if (class > PackedAccounts.MAX_CLASS) {
            revert Errors.PaymentLedger_ClassTooLarge(class, PackedAccounts.MAX_CLASS);
        }
        _checkPreset(presets.first);
        _checkPreset(presets.second);
        if (presets.degree != 1 && presets.degree != 2) revert Errors.VerdictGate_DegreeOutOfBounds(presets.degree);
        _checkModel(presets);

        // Effect:
        ++parameterVersion;
        _addPresets(utility, class, presets);
    }

    /// @inheritdoc IVerdictGate
    function setPeriods(Periods calldata periods) external override restricted {
        // Check:
        // Only window and review may be zero: an appeal whose time is over at once could not be answered.
        _checkPeriod(periods.window, 0);
        _checkPeriod(periods.review, 0);
        _checkPeriod(periods.reply, 1);
        _checkPeriod(periods.acceptance, 1);
        _checkPeriod(periods.contest, 1);

        // Effect:
        ++parameterVersion;
        _addPeriods(periods);
    }

    /// @inheritdoc IVerdictGate
    function setStakes(Stakes calldata stakes) external override restricted {
        // Check:
        if (stakes.slash > stakes.bond) revert Errors.VerdictGate_SlashAboveBond(stakes.slash, stakes.bond);
        uint32 share = stakes.challengerShare;
        if (share < LEAST_SHARE || share > LARGEST_SHARE) revert Errors.VerdictGate_ShareOutOfBounds(share);
        uint32 period = stakes.demandPeriod;
        if (period < SHORTEST_DEMAND || period > LONGEST_DEMAND) revert Errors.VerdictGate_DemandOutOfBounds(period);

        // Effect:
        ++parameterVersion;
        _addStakes(stakes);
    }

    /// @inheritdoc IVerdictGate
    function admit(Utility utility, uint256 count, uint256 billed) external view override returns (uint32 version) {
        version = parameterVersion;
        if (count > MAX_VERIFIED) {
            (uint32 verified, uint32 screened) = _marksOf(version, utility);
            if (verified != 0) revert Errors.VerdictGate_TooManyToVerify(count, MAX_VERIFIED);
            if (screened != 0 && count > MAX_SCREENED) {
                revert Errors.VerdictGate_TooManyToScreen(count, MAX_SCREENED);
            }
        }
        if (billed > ZERO_WINDOW_CAP && periodsOf(version).window == 0) {
            revert Errors.VerdictGate_WindowNeeded(billed, ZERO_WINDOW_CAP);
        }
    }

    /// @inheritdoc IVerdictGate
    function presetsOf(uint32 version, Utility utility, uint8 class) public view override returns (Presets memory) {
        (bool found, uint256 value) = _presets[utility][class].find(version);
        // slither-disable-next-line unused-return
        if (!found) (, value) = _presets[utility][0].find(version);
        return Presets({
            first: int32(uint32(value)),
            second: int32(uint32(value >> 32)),
            degree: uint8(value >> 64),
            insufficientCap: uint48(value >> 72),
            policy: VerdictPolicy(uint8(value >> 120)),
            model: value >> 128 == 0 ? bytes32(0) : _models[value >> 128]
        });
    }

    /// @inheritdoc IVerdictGate
    function periodsOf(uint32 version) public view override returns (Periods memory) {
        // slither-disable-next-line unused-return
        (, uint256 value) = _periods.find(version);
        return Periods({
            window: uint32(value),
            reply: uint32(value >> 32),
            acceptance: uint32(value >> 64),
            contest: uint32(value >> 96),
            review: uint32(value >> 128)
        });
    }

    /// @inheritdoc IVerdictGate
    function stakesOf(uint32 version) public view override returns (Stakes memory) {
        // slither-disable-next-line unused-return
        (, uint256 value) = _stakes.find(version);
        return Stakes({
            bond: uint48(value),
            slash: uint48(value >> 48),
            challengerShare: uint32(value >> 96),
            demandBond: uint48(value >> 128),
            demandPeriod: uint32(value >> 176)
        });
    }

    /// In a version, of a utility: a bit a class that asks for verified verdicts, and one that has screening rules.
    function _marksOf(uint32 version, Utility utility) internal view returns (uint32 verified, uint32 screened) {
        // slither-disable-next-line unused-return
        (, uint256 marks) = _marks[utility].find(version);
        return (uint32(marks), uint32(marks >> SCREENED));
    }

    /// From the present version on.
    function _mark(Utility utility, uint256 bit, bool marked) internal {
        // slither-disable-next-line unused-return
        (, uint256 marks) = _marks[utility].find(parameterVersion);
        if (((marks >> bit) & 1 == 1) != marked) _marks[utility].add(parameterVersion, marks ^ (1 << bit));
    }

    function _addPresets(Utility utility, uint8 class, Presets memory presets) private {
        uint256 value = uint256(uint32(presets.first)) | uint256(uint32(presets.second)) << 32;
        value |= uint256(presets.degree) << 64 | uint256(presets.insufficientCap) << 72;
        value |= uint256(presets.policy) << 120;
        if (presets.policy == VerdictPolicy.Model) {
            _models[parameterVersion] = presets.model;
            value |= uint256(parameterVersion) << 128;
        }
        _presets[utility][class].add(parameterVersion, value);
        _mark(utility, class, presets.policy == VerdictPolicy.Verified);

        emit PresetsSet(parameterVersion, utility, class, presets);
    }

    function _addPeriods(Periods memory periods) private {
        uint256 value = uint256(periods.window) | uint256(periods.reply) << 32 | uint256(periods.acceptance) << 64;
        _periods.add(parameterVersion, value | uint256(periods.contest) << 96 | uint256(periods.review) << 128);
        if (periods.window > longestWindow) longestWindow = periods.window;

        emit PeriodsSet(parameterVersion, periods);
    }

    function _addStakes(Stakes memory stakes) private {
        uint256 value = uint256(stakes.bond) | uint256(stakes.slash) << 48 | uint256(stakes.challengerShare) << 96;
        value |= uint256(stakes.demandBond) << 128 | uint256(stakes.demandPeriod) << 176;
        _stakes.add(parameterVersion, value);
        if (stakes.demandPeriod > longestDemand) longestDemand = stakes.demandPeriod;

        emit StakesSet(parameterVersion, stakes);
    }

    function _checkPreset(int256 preset) private pure {
        if (preset < -MAX_PRESET || preset > MAX_PRESET) revert Errors.VerdictGate_PresetOutOfBounds(preset);
    }

    /// A model is named where one judges, with a share of bills for its rate.
    function _checkModel(Presets calldata presets) private pure {
        bool modelled = presets.policy == VerdictPolicy.Model;
        if (modelled != (presets.model != 0)) revert Errors.VerdictGate_ModelMismatch(presets.policy, presets.model);
        if (modelled && (presets.first < 0 || presets.first > MAX_RATE)) {
            revert Errors.VerdictGate_RateOutOfBounds(presets.first);
        }
    }

    function _checkPeriod(uint256 period, uint256 shortest) private pure {
        if (period < shortest || period > MAX_PERIOD) revert Errors.VerdictGate_PeriodOutOfBounds(period, MAX_PERIOD);
    }
}
