// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchId} from "../types/Ids.sol";
import {Attestation} from "../types/Verdicts.sol";

/// Who may judge: the operators and how many of them it takes, by version, so that a batch is judged by the set of its
/// posting; their bonds, which lie in the ledger, and what they lose of them. An operator is known by its number, which
/// it keeps.
///
/// An operator that is ended, by itself, by the governor or because its bond no longer covers a slash, is in no later
/// set. It may sign for batches posted before until its notice is over, if it was not expelled, and stays slashable, its
/// stake locked, until whatever it signed can no longer be challenged.
interface IOperators {
    event OperatorSet(address indexed operator, uint8 index, bool active);
    /// From the version on `quorum` of `members`, a bit a number, judge.
    event SetChanged(uint32 indexed version, uint8 quorum, uint128 members);
    /// The operator may sign until `signsUntil` and is slashable until `leavesAt`; fair time in seconds.
    event OperatorLeaving(address indexed operator, uint40 signsUntil, uint40 leavesAt);
    /// The operator said two things of one batch.
    event Equivocated(address indexed operator, BatchId indexed batch, address indexed reporter);

    /// Names an operator that has posted the bond, or gives it notice. Restricted to the governor role.
    function setOperator(address operator, bool active) external;
    /// Sets how many operators judge batches posted from now on. Restricted to the governor role.
    function setQuorum(uint8 quorum) external;
    /// The calling operator gives notice.
    function resign() external;
    /// Slashes an operator that said two different things of one batch, each signed or left with the gate. Once a batch
    /// and operator; anyone may call. The caller gets the challenger's share, the batch's supplier the rest.
    function slashEquivocation(address operator, BatchId batch, Attestation calldata one, Attestation calldata other)
        external;
    /// Ends at once those of the operators, a bit a number, that still sign: their stakes cover no further slash.
    /// Challenges only.
    function expel(uint128 exhausted) external;

    /// The quorum and the members, a bit a number, of a version.
    function setAt(uint32 version) external view returns (uint8 quorum, uint128 members);
    /// The operators that say `digest`, a bit a number: those of `signatures`, 65 bytes each, the number and r ‖ vs
    /// (EIP-2098), ascending by number; `sender`, if it is one; and those of `attested` that may still sign. Reverts
    /// where a signature is not right, or they are fewer than the quorum.
    function signersOf(uint32 version, bytes32 digest, address sender, uint128 attested, bytes calldata signatures)
        external
        view
        returns (uint128 signers);
    /// The number of an operator that may sign now for batches of a version; reverts for any other address.
    function signerIndex(uint32 version, address operator) external view returns (uint8 index);
    /// Whether an address may sign now for batches of a version.
    function isSigner(uint32 version, address operator) external view returns (bool);
    /// Whether an operator is in the present set.
    function isOperator(address operator) external view returns (bool);
    /// 1 + the number of an operator, 0 of an address that never was one; and whether its stake is locked: it is an
    /// operator, or was one not long enough ago.
    function seatOf(address holder) external view returns (uint256 ordinal, bool locked);
}
