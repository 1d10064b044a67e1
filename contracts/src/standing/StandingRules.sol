// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "../Managed.sol";
import {ICreditStanding} from "../interfaces/ICreditStanding.sol";
import {IFairClock} from "../interfaces/IFairClock.sol";
import {Errors} from "../libraries/Errors.sol";
import {TradeErrors} from "../libraries/TradeErrors.sol";
import {Revisions} from "../libraries/Revisions.sol";
import {Conduct, Rules} from "../types/Standing.sol";

/// The rules by version. An event is judged by those that were in force when it happened, whoever reports it when.
abstract contract StandingRules is ICreditStanding, Managed {
    using Revisions for Revisions.History;

    /// The longest suspension or period, seconds.
    uint256 public constant MAX_PERIOD = 365 days;

    /// The clock that suspensions and deadlines run by, fixed at deployment.
    IFairClock public immutable clock;

    uint32 internal _version;
    mapping(uint32 version => Rules) internal _rules;
    /// Versions by the fair time in seconds from which they hold.
    Revisions.History private _versions;

    constructor(IAccessManager authority_, IFairClock clock_) Managed(authority_) {
        clock = clock_;
        _addRules(
            1,
            Rules({
                start: 600,
                low: 400,
                high: 900,
                laterFrom: 600,
                rewardFrom: 700,
                freeCap: 20,
                reward: 3_000,
                minFee: 100,
                mandateCap: 1_000_000,
                rewardedCap: 5_000_000,
                penalties: 3,
                suspensions: 3,
                suspension: 30 days,
                appealPeriod: 14 days,
                rulingPeriod: 30 days,
                grace: 30 days,
                points: [uint16(2), 2, 1, 5, 20, 30, 40, 10, 20, 30],
                every: [1, 1, 3, 1, 1, 1, 1, 1, 1, 1]
            })
        );
    }

    /// @inheritdoc ICreditStanding
    function setRules(Rules calldata rules) external override restricted {
        // Check:
        _checkShape(rules);
        _checkFarming(rules, Conduct.PaidInTime);
        _checkFarming(rules, Conduct.Delivered);

        // Effect:
        _addRules(clock.time(), rules);
    }

    /// @inheritdoc ICreditStanding
    function rulesOf(uint32 version) external view override returns (Rules memory) {
        return _rules[version];
    }

    /// @inheritdoc ICreditStanding
    function versionAt(uint40 at) public view override returns (uint32) {
        // The first version holds from the beginning.
        // slither-disable-next-line unused-return
        (, uint256 version) = _versions.find(at);
        return uint32(version);
    }

    function _addRules(uint40 from, Rules memory rules) private {
        uint32 version = ++_version;
        _rules[version] = rules;
        _versions.add(from, version);

        emit RulesSet(version, from, rules);
    }

    function _checkShape(Rules calldata rules) private pure {
        bool good = rules.low <= rules.start && rules.start <= rules.high && rules.penalties != 0
            && rules.suspensions != 0 && rules.suspension <= MAX_PERIOD && rules.appealPeriod <= MAX_PERIOD
            && rules.rulingPeriod <= MAX_PERIOD && rules.rulingPeriod != 0 && rules.grace <= MAX_PERIOD
            && rules.mandateCap <= rules.rewardedCap;
        for (uint256 i; i < 10; ++i) {
            // A penalty counts each time, so that each can be appealed by itself.
            bool penalty = i + 1 >= uint256(Conduct.PaidLate);
            good = good && (penalty ? rules.every[i] == 1 : rules.every[i] != 0);
        }
        if (!good) revert TradeErrors.CreditStanding_RulesMalformed();
    }

    /// The points that must be earned for the reward, each at its least fee, against the reward.
    function _checkFarming(Rules calldata rules, Conduct conduct) private pure {
        uint256 index = uint256(conduct) - 1;
        int256 points = int256(rules.rewardFrom) - rules.start - int256(uint256(rules.freeCap));
        uint256 needed = points > 0 ? uint256(points) : 0;
        uint256 cost = needed * rules.every[index] * rules.minFee;
        uint256 worth = uint256(rules.reward) * rules.points[index];
        if (rules.reward != 0 && cost <= worth) revert TradeErrors.CreditStanding_FarmingPays(cost, worth);
    }
}
