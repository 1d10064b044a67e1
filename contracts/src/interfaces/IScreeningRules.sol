// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Basis} from "../types/Bills.sol";
import {BatchId, BillId} from "../types/Ids.sol";
import {Rule, Rules} from "../types/Screening.sol";
import {Utility} from "../types/Utilities.sol";
import {Decision} from "../types/Verdicts.sol";

/// Keeps what bills of a class must keep to, versioned: a batch is screened by the rules of its posting and by the class
/// that its accounts had then. A bill that breaks a rule is appealed, whatever its verdict says. The contract finds it
/// out itself when a batch is judged, from the bill and the account's last day billed: nobody is trusted for it.
interface IScreeningRules {
    event RulesSet(uint32 indexed version, Utility indexed utility, uint8 indexed class, Rules rules);
    /// A bill breaks a rule of its class and version: `value` (minor units, or days) is beyond `threshold`.
    event RuleFired(
        BillId indexed bill, uint8 indexed class, Rule indexed rule, uint32 version, uint256 value, uint256 threshold
    );

    /// Sets the rules of a utility and class for batches posted from now on; without a bound, and not alone, there are
    /// none. Restricted to the governor role.
    function setRules(Utility utility, uint8 class, Rules calldata rules) external;
    /// Screens the bills of a batch, in order, of those `classes` (a bit each) that have rules in its version. Returns
    /// their verdicts with the decisions that follow; growths stay as they are. Gate only.
    function screen(BatchId batch, uint256[] calldata bills, bytes calldata verdicts, uint256 classes)
        external
        returns (bytes memory);

    /// The rules of a utility and class in a version; no class has another's.
    function rulesOf(uint32 version, Utility utility, uint8 class) external view returns (Rules memory);
    /// Whether a rule fired on a bill when it was judged.
    function isFired(BillId bill) external view returns (bool);
    /// What the rules make of a decision about a bill of a judged batch, by what fired when it was judged.
    function decisionOf(BillId bill, Basis calldata basis, Decision decision) external view returns (Decision);
}
