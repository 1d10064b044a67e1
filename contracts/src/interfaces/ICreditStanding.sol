// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId, PackedBill} from "../types/Ids.sol";
import {Change, ChangeId, Conduct, Rules, Source, Standing, Suspension} from "../types/Standing.sol";
import {IArbitrable} from "./IArbiter.sol";
import {IStanding} from "./IStanding.sol";

/// Credit values from what ledger, registry and trade desk record. Nobody tells it: anyone reports an event, which it
/// reads where it happened, once; so no payment waits for it, and each change names its cause. Keeps no money.
///
/// A penalty can be appealed once by whom it hit. Its arbiter rules by IArbitrable.rule, in which the bill stands for the
/// change and `due` for the points that are kept of the penalty; with none it is undone, and a suspension that then has
/// too few penalties as well. Without a ruling it stands.
interface ICreditStanding is IStanding, IArbitrable {
    /// A party's value after a change, points; the cause is `source` and `id`.
    event StandingChanged(
        ChangeId indexed change,
        address indexed party,
        Source source,
        uint72 id,
        Conduct conduct,
        uint16 points,
        int32 value,
        uint32 version
    );
    /// A value became abnormal, or normal again, by the rules of `version`.
    event StandingFlagged(address indexed party, bool abnormal, int32 value, int16 low, int16 high, uint32 version);
    /// The party reached the reward's condition: fees of `reward` minor units are let off.
    event StandingRewarded(address indexed party, uint48 reward, ChangeId change);
    /// The party is suspended for the `count`th time, until fair time `until` in seconds; `banned` is for good.
    event StandingSuspended(address indexed party, uint256 count, uint40 until, bool banned, ChangeId change);
    /// A suspension was undone.
    event StandingRestored(address indexed party, uint256 count, uint40 until, bool banned, ChangeId change);
    /// `kept` points are left of a penalty after its appeal.
    event PenaltyRuled(ChangeId indexed change, address indexed party, uint16 kept, int32 value);
    event RulesSet(uint32 indexed version, uint40 from, Rules rules);
    event StandingArbiterSet(address indexed arbiter);

    /// Counts events of a source, all but bills. Those that count already, or do not yet, are passed over; refused if
    /// none is left. Anyone may call.
    function report(Source source, uint72[] calldata ids) external;
    /// Counts a bill, by its packed word and its path in the batch: settled by mandate and balance without a detour, or in
    /// arrears for want of balance for longer than the grace. Anyone may call.
    function reportBill(BillId bill, PackedBill packed, bytes32[] calldata proof) external;
    /// Appeals a penalty of one's own, once, within the appeal period after it was counted.
    function appeal(ChangeId change) external;

    /// Sets the rules for events from now on. Refused where farming a reward would cost no more in fees than it is worth:
    /// (rewardFrom - start - freeCap) * every * minFee > reward * points must hold of both bonuses that come with a fee.
    /// Restricted to the governor role.
    function setRules(Rules calldata rules) external;
    /// Sets who rules on penalties that are appealed from now on; zero for nobody. Restricted to the governor role.
    function setArbiter(address arbiter) external;

    /// Someone's standing.
    function standingOf(address party) external view returns (Standing memory);
    /// Someone's suspensions that stand, the first one first.
    function suspensionsOf(address party) external view returns (Suspension[] memory);
    /// How often someone did something that counted.
    function countOf(address party, Conduct conduct) external view returns (uint256);
    /// A change; zeros where there is none.
    function changeOf(ChangeId change) external view returns (Change memory);
    /// The change that an event caused; 0 where it caused none so far.
    function changeBy(Source source, uint72 id) external view returns (ChangeId);
    /// Changes so far: the last one's id.
    function changeCount() external view returns (uint256);
    /// When the appeal of a penalty ends, fair time in seconds; 0 for none.
    function appealDeadlineOf(ChangeId change) external view returns (uint40);
    /// The rules of a version.
    function rulesOf(uint32 version) external view returns (Rules memory);
    /// The version in force at a time, fair time in seconds.
    function versionAt(uint40 at) external view returns (uint32);
}
