// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IChallenges} from "../../src/interfaces/IChallenges.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {IVerdictGate} from "../../src/interfaces/IVerdictGate.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {Basis, BillState} from "../../src/types/Bills.sol";
import {BatchId, PackedBill, PackedVerdict} from "../../src/types/Ids.sol";
import {Leaf, Shown} from "../../src/types/Readings.sol";
import {Correction, Decision, Presets, Slashing} from "../../src/types/Verdicts.sol";
import {Base} from "../Base.sol";
import {ChallengeBase} from "../ChallengeBase.sol";
import {Merkle} from "../Merkle.sol";
import {AttackBase, Weakened} from "./AttackBase.sol";

/// The evidence of another bill shown for this one: under the same root, with a proof that is right where it belongs.
/// The first customer's month is like last year's, the second's is not.
contract EvidenceSubstitutionAttack is ChallengeBase, AttackBase {
    function setUp() public override(Base, ChallengeBase) {
        super.setUp();
        _addBill(LAST_YEAR, 1e9);
        _addBill(LAST_YEAR, 1e9);
        readings[1] = _idle();
    }

    /// A leaf that names neither place nor bill proves itself wherever the one who shows it says.
    function test_evidence__placeNotInTheLeaf__anothersMovesTheBill() external {
        bytes32[] memory leaves = new bytes32[](2);
        for (uint256 i; i < 2; ++i) {
            leaves[i] = keccak256(bytes.concat(readings[i], _salt(i)));
        }
        _judgeUnder(Merkle.root(leaves));
        _replace(address(challenges), address(new WeakLeaves(_aside(address(challenges)), ledger, gate)));
        Leaf memory leaf = _leaf(1);
        leaf.proof = Merkle.path(leaves, 1);
        Shown memory shown = _shown(0);
        vm.prank(stranger);
        challenges.challenge(shown, leaf, "");
        require(ledger.stateOf(_id(0)) == BillState.Held, "held by another's readings");
    }

    function test_evidence__oursAnothersLeaf__refused() external {
        _judgeAs(_rightVerdicts(), 0);
        Shown memory shown = _shown(0);
        Leaf memory leaf = _leaf(1);
        _refuse(shown, leaf);
        // With the path of the place where it is shown.
        leaf.proof = _leaf(0).proof;
        _refuse(shown, leaf);
    }

    function test_evidence__oursAnotherSaltOrReading__refused() external {
        _judgeAs(_rightVerdicts(), 0);
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

    /// As it should be, but under this root.
    function _judgeUnder(bytes32 root_) private {
        batch = _post(bills);
        (verdicts, root) = (_rightVerdicts(), root_);
        vm.prank(operator);
        gate.submitVerdicts(batch, root, bills, verdicts, "");
        require(ledger.stateOf(_id(0)) == BillState.Pending, "paid");
    }
}

/// Takes a leaf of readings and salt alone for the one of any bill.
contract WeakLeaves is Weakened {
    IPaymentLedger private immutable _ledger;
    IVerdictGate private immutable _gate;

    constructor(address strong, IPaymentLedger ledger, IVerdictGate gate) Weakened(strong) {
        (_ledger, _gate) = (ledger, gate);
    }

    function challenge(Shown calldata shown, Leaf calldata leaf, bytes32) external {
        BatchId batch = IdCodec.batch(shown.bill);
        Basis memory basis = _ledger.basisOf(batch, uint32(PackedBill.unwrap(shown.packed)));
        bytes32 hash = keccak256(bytes.concat(leaf.readings, leaf.salt));
        bool proven;
        for (uint256 i; i < basis.count; ++i) {
            proven = proven
                || MerkleTree.rootOf(hash, i, basis.count, leaf.proof) == _gate.verdictRecordOf(batch).evidenceRoot;
        }
        require(proven, "not committed");
        Presets memory presets = _gate.presetsOf(basis.parameterVersion, basis.utility, basis.class);
        bytes memory data = abi.encodeCall(IChallenges.evaluate, (shown.packed, leaf.readings, leaf.missing, presets));
        (, bytes memory result) = _strong.delegatecall(data);
        Decision right = Decision(uint8(PackedVerdict.unwrap(abi.decode(result, (PackedVerdict)))[0]) & 3);
        Slashing memory nobody;
        _ledger.reverse(shown.bill, shown.packed, Correction(right, false, 0), nobody);
    }
}
