// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId} from "../types/Ids.sol";

/// What an arbiter rules on, as in ERC-792, but for one thing: nobody calls the arbiter. It learns of a dispute by the
/// event and calls when it is ready, so that one that reverts, burns gas, calls back or is silent stops nothing but its
/// own ruling; a dispute without a ruling ends at its deadline.
interface IArbitrable {
    /// A dispute begins: until `deadline`, fair time in seconds, `arbiter` may rule. `evidenceHash` is the supplier's;
    /// zero where the customer's refusal or silence began it.
    event AppealContested(BillId indexed bill, address indexed arbiter, bytes32 evidenceHash, uint40 deadline);
    /// The arbiter ruled that `due` minor units of the bill are to be paid in all.
    event AppealRuled(BillId indexed bill, address indexed arbiter, uint48 due);

    /// Ends a dispute: `due` minor units, at most the bill, are to be paid in all; the rest is void. Of the bill's arbiter
    /// only, before the deadline.
    function rule(BillId bill, uint48 due) external;

    /// Who rules on a bill's dispute: fixed when its batch was posted; zero for nobody.
    function arbiterOf(BillId bill) external view returns (address);
}

/// Whoever rules.
interface IArbiter {
    /// The contract whose disputes are ruled on, fixed at deployment.
    function arbitrable() external view returns (IArbitrable);
    /// What was ruled, minor units; false where there is no ruling yet.
    function rulingOf(BillId bill) external view returns (bool ruled, uint48 due);
}
