// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId} from "../types/Ids.sol";
import {IArbiter} from "./IArbiter.sol";

/// A panel of which so many members must name the same amount. Each vote has its reason on record.
interface IArbiterPanel is IArbiter {
    /// A member says that `due` minor units of a bill are to be paid in all, and why.
    event Voted(BillId indexed bill, address indexed member, uint48 due, string reason);

    /// Votes on a disputed bill that the panel is the arbiter of, or changes one's vote. With enough votes for the same
    /// amount the panel rules, in the same transaction. Members only; the reason is not empty.
    function vote(BillId bill, uint48 due, string calldata reason) external;

    /// Votes that a ruling takes.
    function threshold() external view returns (uint256);
    /// The members, fixed at deployment.
    function members() external view returns (address[] memory);
    /// How many members would have `due` minor units paid.
    function votesFor(BillId bill, uint48 due) external view returns (uint256);
}
