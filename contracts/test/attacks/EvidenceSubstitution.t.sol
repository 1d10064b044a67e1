// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PackedVerdict} from "../../src/types/Ids.sol";
import {Leaf, Shown} from "../../src/types/Readings.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Presets} from "../../src/types/Verdicts.sol";
import {Base} from "../Base.sol";
import {ChallengeBase} from "../ChallengeBase.sol";
import {LibraryHarness} from "../harness/LibraryHarness.sol";
import {Merkle} from "../Merkle.sol";
import {AttackBase} from "./AttackBase.sol";

/// The evidence of another bill shown for this one: under the same root, with a proof that is right where it belongs.
/// The first customer's month is like last year's, the second's is not.
contract EvidenceSubstitutionAttack is ChallengeBase, AttackBase {
    function setUp() public override(Base, ChallengeBase) {
        super.setUp();
        _addBill(LAST_YEAR, 1e9);
        _addBill(LAST_YEAR, 1e9);
        readings[1] = _idle();
        _judgeAs(_rightVerdicts(), 0);
    }

    /// A leaf that names neither place nor bill proves itself wherever the one who shows it says.
    function test_evidence__placeNotInTheLeaf__provesItself() external {
        LibraryHarness harness = new LibraryHarness();
        bytes32[] memory leaves = new bytes32[](2);
        for (uint256 i; i < 2; ++i) {
            leaves[i] = keccak256(bytes.concat(readings[i], _salt(i)));
        }
        require(
            harness.verify(Merkle.root(leaves), leaves[1], 1, 2, Merkle.path(leaves, 1)), "shown for the first bill"
        );
        require(_decides(0, 1) != _decides(0, 0), "and another verdict follows");
    }

    function test_evidence__oursAnothersLeaf__refused() external {
        Shown memory shown = _shown(0);
        Leaf memory leaf = _leaf(1);
        _refuse(shown, leaf);
        // With the path of the place where it is shown.
        leaf.proof = _leaf(0).proof;
        _refuse(shown, leaf);
    }

    function test_evidence__oursAnotherSaltOrReading__refused() external {
        Shown memory shown = _shown(0);
        Leaf memory leaf = _leaf(0);
        leaf.salt = _salt(1);
        _refuse(shown, leaf);
        leaf = _leaf(0);
        leaf.readings = readings[1];
        _refuse(shown, leaf);
        leaf = _leaf(0);
        leaf.missing = 1;
        _refuse(shown, leaf);
    }

    function _refuse(Shown memory shown, Leaf memory leaf) private {
        vm.expectRevert();
        vm.prank(stranger);
        challenges.challenge(shown, leaf, "nonce");
        _balanced();
    }

    /// Nearly nothing was used: any bill is far more.
    function _idle() private pure returns (bytes memory all) {
        for (uint256 day; day < DAYS; ++day) {
            all = bytes.concat(all, bytes5(uint40(1)));
        }
    }

    /// The decision on a bill by the readings of another.
    function _decides(uint256 bill, uint256 other) private view returns (bytes1) {
        Presets memory presets = gate.presetsOf(gate.parameterVersion(), Utility.Electricity, 0);
        return PackedVerdict.unwrap(challenges.evaluate(bills[bill], readings[other], 0, presets))[0];
    }
}
