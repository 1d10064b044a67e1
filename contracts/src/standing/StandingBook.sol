// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICreditStanding} from "../interfaces/ICreditStanding.sol";
import {IStanding} from "../interfaces/IStanding.sol";
import {Change, ChangeId, Conduct, Fact, Rules, Source, Standing, Suspension} from "../types/Standing.sol";
import {StandingRules} from "./StandingRules.sol";

/// Points, penalties and suspensions of every party.
abstract contract StandingBook is StandingRules {
    /// @inheritdoc ICreditStanding
    mapping(address party => mapping(Conduct conduct => uint256)) public override countOf;

    uint64 private _changeCount;
    mapping(ChangeId change => Change) internal _changes;
    /// The change that an event caused, by source << 72 | id.
    mapping(uint256 cause => ChangeId) private _causes;
    mapping(address party => Standing) private _standings;
    mapping(address party => Suspension[]) private _suspensions;

    /// @inheritdoc IStanding
    function valueOf(address party) public view override returns (int256) {
        return _valueOf(_standings[party], versionAt(clock.time()));
    }

    /// @inheritdoc IStanding
    function mayTrade(address party) public view override returns (bool) {
        Standing memory one = _standings[party];
        return !one.banned && clock.time() >= one.suspendedUntil;
    }

    /// @inheritdoc IStanding
    function mayPayLater(address party) external view override returns (bool) {
        return mayTrade(party) && valueOf(party) >= _rules[versionAt(clock.time())].laterFrom;
    }

    /// @inheritdoc IStanding
    function feeCreditOf(address party) external view override returns (uint256) {
        return _standings[party].reward;
    }

    /// @inheritdoc IStanding
    function mandateCapOf(address party) external view override returns (uint256) {
        if (!mayTrade(party)) return 0;
        Rules storage rules = _rules[versionAt(clock.time())];
        return _standings[party].rewarded ? rules.rewardedCap : rules.mandateCap;
    }

    /// @inheritdoc ICreditStanding
    function standingOf(address party) external view override returns (Standing memory) {
        return _standings[party];
    }

    /// @inheritdoc ICreditStanding
    function suspensionsOf(address party) external view override returns (Suspension[] memory) {
        return _suspensions[party];
    }

    /// @inheritdoc ICreditStanding
    function changeOf(ChangeId change) external view override returns (Change memory) {
        return _changes[change];
    }

    /// @inheritdoc ICreditStanding
    function changeBy(Source source, uint72 id) public view override returns (ChangeId) {
        return _causes[(uint256(source) << 72) | id];
    }

    /// @inheritdoc ICreditStanding
    function changeCount() external view override returns (uint256) {
        return _changeCount;
    }

    /// Counts an event, once; false where it counts already, or not yet, or never.
    function _count(Source source, uint72 id, Fact memory fact) internal returns (bool) {
        if (fact.conduct == Conduct.None || ChangeId.unwrap(changeBy(source, id)) != 0) return false;
        uint32 version = versionAt(fact.at);
        Rules storage rules = _rules[version];
        bool backed = fact.conduct == Conduct.PaidInTime || fact.conduct == Conduct.Delivered;
        if (backed && fact.fee < rules.minFee) return false;

        // Each change of a list has a number of its own; only the first of them pays for a cold slot.
        // slither-disable-next-line costly-loop
        ChangeId change = ChangeId.wrap(++_changeCount);
        _causes[(uint256(source) << 72) | id] = change;
        uint256 count = ++countOf[fact.party][fact.conduct];
        uint256 index = uint256(fact.conduct) - 1;
        uint16 points = count % rules.every[index] == 0 ? rules.points[index] : 0;
        _changes[change] =
            Change({party: fact.party, conduct: fact.conduct, points: points, at: clock.time(), version: version});
        Standing storage one = _standings[fact.party];
        if (_isPenalty(fact.conduct)) one.lost += points;
        else if (backed) one.backed += points;
        else one.free += points;

        emit StandingChanged(
            change, fact.party, source, id, fact.conduct, points, _valueOf(one, versionAt(clock.time())), version
        );
        if (_isPenalty(fact.conduct)) _penalize(fact.party, rules, change);
        _review(fact.party, change);
        return true;
    }

    /// Keeps `kept` points of a penalty; with none it never was, and the last suspension falls if there are no longer
    /// enough penalties for it.
    function _relieve(ChangeId change, uint16 kept) internal {
        Change storage penalty = _changes[change];
        address party = penalty.party;
        Standing storage one = _standings[party];
        one.lost -= penalty.points - kept;
        penalty.points = kept;

        emit PenaltyRuled(change, party, kept, _valueOf(one, versionAt(clock.time())));
        if (kept == 0) {
            --countOf[party][penalty.conduct];
            if (one.penalties != 0) --one.penalties;
            else _restore(party, change);
        }
        _review(party, change);
    }

    function _isPenalty(Conduct conduct) internal pure returns (bool) {
        return conduct >= Conduct.PaidLate;
    }

    function _penalize(address party, Rules storage rules, ChangeId change) private {
        Standing storage one = _standings[party];
        if (++one.penalties < rules.penalties) return;
        Suspension[] storage list = _suspensions[party];
        bool banned = one.banned || list.length + 1 >= rules.suspensions;
        list.push(Suspension({length: rules.suspension, penalties: one.penalties, banned: banned}));
        uint40 time = clock.time();
        one.suspendedUntil = (one.suspendedUntil > time ? one.suspendedUntil : time) + rules.suspension;
        (one.penalties, one.banned) = (0, banned);

        emit StandingSuspended(party, list.length, one.suspendedUntil, banned, change);
    }

    /// Each suspension stands for so many penalties: without one of them the last has too few.
    function _restore(address party, ChangeId change) private {
        Standing storage one = _standings[party];
        Suspension[] storage list = _suspensions[party];
        Suspension memory last = list[list.length - 1];
        list.pop();
        one.suspendedUntil -= last.length;
        one.penalties = last.penalties - 1;
        one.banned = list.length != 0 && list[list.length - 1].banned;

        emit StandingRestored(party, list.length, one.suspendedUntil, one.banned, change);
    }

    /// What follows from a value: the flag, and once the reward.
    function _review(address party, ChangeId change) private {
        Standing storage one = _standings[party];
        uint32 version = versionAt(clock.time());
        Rules storage rules = _rules[version];
        int32 value = _valueOf(one, version);
        bool abnormal = value < rules.low || value > rules.high;
        if (abnormal != one.abnormal) {
            one.abnormal = abnormal;
            emit StandingFlagged(party, abnormal, value, rules.low, rules.high, version);
        }
        if (!one.rewarded && rules.reward != 0 && value >= rules.rewardFrom) {
            (one.rewarded, one.reward) = (true, rules.reward);
            emit StandingRewarded(party, rules.reward, change);
        }
    }

    function _valueOf(Standing memory one, uint32 version) private view returns (int32) {
        Rules storage rules = _rules[version];
        uint32 free = one.free < rules.freeCap ? one.free : rules.freeCap;
        return int32(rules.start) + int32(one.backed) + int32(free) - int32(one.lost);
    }
}
