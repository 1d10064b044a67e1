// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ArrearsTerms, Curve, Debt, DebtClass} from "../types/Arrears.sol";
import {BillId} from "../types/Ids.sol";

/// Says what is done about each bill in arrears: remind, wait or give up, by the rule of the collection-management patent
/// application (China patent text of 2021-11-18) over a committed score. A debt of m minor units that is repaid with
/// probability p is worth contacting if p >= c/m, where c is what its contacts cost; it is given up only if p is too low
/// and its class's horizon has passed. There is no other way to give one up, and none to end one but to pay it or to
/// void its bill.
///
/// What operators say takes effect with a quorum's EIP-712 signatures over `digestOf` its hash and the next round, the
/// sender counting as one; each round is used once. Amounts are minor units, probabilities ppm.
interface IArrearsRegister {
    event ArrearsTermsSet(ArrearsTerms terms);
    /// Scores of one model over features with this root; each word as in libraries/PackedDebts.sol, with what the rule says.
    event ArrearsScored(uint256 indexed round, bytes32 indexed model, bytes32 indexed features, uint256[] scores);
    /// Contacts that were made; each word as in libraries/PackedDebts.sol, with the contacts so far.
    event ContactsRecorded(uint256 indexed round, uint256[] contacts);
    /// Which of `arms` strategies each debtor of a class gets is fixed from here on, and nobody can see it yet.
    event TestCommitted(uint8 indexed class, uint256 indexed test, uint8 arms, bytes32 commitment);
    /// Everyone can see it now: `armOf` with this seed.
    event TestRevealed(uint8 indexed class, uint256 indexed test, uint64 seed, bytes32 salt);
    /// The class's debts are given up only after `horizon` days.
    event HorizonSet(uint8 indexed class, uint16 horizon, int256 returnThere, Curve curve);

    /* GOVERNOR'S FUNCTIONS */

    /// Sets costs and bounds, for scores submitted afterwards. Restricted to the governor role.
    function setTerms(ArrearsTerms calldata terms_) external;

    /* OPERATORS' FUNCTIONS */

    /// Scores debts, in words as in libraries/PackedDebts.sol, and derives what is done about each.
    /// Passes over a bill that is not in arrears now. Refused for bills that do not ascend and for a probability above 1,
    /// naming the bill.
    function submitScores(bytes32 model, bytes32 features, uint256[] calldata scores, bytes calldata signatures)
        external;
    /// Records a contact of each debt, in words of bill and class, bills ascending; passes over one that is not to be reminded now.
    /// Refused for a class that never committed to a test: who is contacted, and how, is drawn before.
    function recordContacts(uint256[] calldata contacts, bytes calldata signatures) external;
    /// Begins a class's test of `arms` strategies, 2 to 16, the control included; `commitment` is
    /// keccak256(abi.encode(class, the test's number from 1, arms, seed, salt)). Refused while another one runs.
    function commitTest(uint8 class, uint8 arms, bytes32 commitment, bytes calldata signatures) external;
    /// Ends it; anyone may who knows `seed` and `salt`.
    function revealTest(uint8 class, uint64 seed, bytes32 salt) external;
    /// Sets a class's horizon: of the curve's days, ascending, the one whose return on contacts,
    /// (contacted - natural) * meanDebt - contacts * unitCost, is nearest zero; the earliest of equals.
    function submitCurve(uint8 class, Curve calldata curve, bytes calldata signatures) external;

    /* VIEWS */

    /// What the governor set.
    function terms() external view returns (ArrearsTerms memory);
    /// The next round.
    function round() external view returns (uint64);
    /// When scores were told last: fair time, of keccak256 of the words of ArrearsScored; 0 for never.
    function scoredAt(bytes32 scores) external view returns (uint40);
    /// A class; zeros where nothing is known of it.
    function classOf(uint8 class) external view returns (DebtClass memory);
    /// A bill's debt; zeros where it is not in arrears.
    function debtOf(BillId bill) external view returns (Debt memory);
    /// What operators sign for the next round: of the function's selector and keccak256 of its arguments but for the
    /// signatures, as abi.encode gives them (of `scores` and `contacts` as encodePacked does).
    function digestOf(bytes4 selector, bytes32 content) external view returns (bytes32);
    /// The strategy, from 0, that a test with this seed gives an account (splitmix64; G. Steele, D. Lea, C. Flood, "Fast
    /// Splittable Pseudorandom Number Generators", 2014).
    function armOf(uint64 account, uint8 arms, uint64 seed) external pure returns (uint8);
}
