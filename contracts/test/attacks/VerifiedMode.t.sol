// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../src/libraries/Errors.sol";
import {BillState} from "../../src/types/Bills.sol";
import {BatchId, PackedBill, SupplierId} from "../../src/types/Ids.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Base} from "../Base.sol";
import {ChallengeBase} from "../ChallengeBase.sol";
import {Merkle} from "../Merkle.sol";
import {AttackBase, Weakened} from "./AttackBase.sol";

/// Verdicts that the gate computes are as good as what the meter operator signed: readings that it did not sign for the
/// batch, of another month or account, or too few of them. By idle meters every bill here would be appealed.
contract VerifiedModeAttack is ChallengeBase, AttackBase {
    bytes private signature;

    function setUp() public override(Base, ChallengeBase) {
        super.setUp();
        _addBill(LAST_YEAR, 1e9);
        _addBill(FAR_MORE, 1e9);
        batch = _post(bills);
        signature = _compact(METER_KEY, meters.batchDigest(batch, Merkle.root(_openLeaves())));
    }

    function test_verified__batchNotSigned__signatureCountsForAnother() external {
        _replace(address(meters), address(new WeakBatches(_aside(address(meters)))));
        batch = _post(bills);
        _submit(_evidence(0, 1), signature);
        require(ledger.stateOf(_id(0)) == BillState.Pending, "judged by what was signed of another");
    }

    function test_verified__rootNotSigned__anothersReadings() external {
        _replace(address(meters), address(new WeakBatches(_aside(address(meters)))));
        readings[0] = _threefold();
        _submit(_evidence(0, 0), signature);
        require(ledger.stateOf(_id(1)) == BillState.Pending, "an appeal is paid by another's readings");
    }

    function test_verified__oursSignatureOfAnotherBatch__refused() external {
        batch = _post(bills);
        _refuse(_evidence(0, 1), signature);
    }

    /// Each account's readings are the other's, or of another month: the root is another.
    function test_verified__oursAnothersReadings__refused() external {
        readings[0] = _threefold();
        _refuse(_evidence(1, 0), signature);
        _refuse(_evidence(0, 0), signature);
    }

    /// A signature over fewer bills, or readings that end before the last bill's.
    function test_verified__oursShortRoot__refused() external {
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = _openLeaves()[0];
        bytes memory short = _compact(METER_KEY, meters.batchDigest(batch, Merkle.root(leaves)));
        _refuse(_evidence(0, 1), short);
        bytes memory evidence = bytes.concat(readings[0], bytes12(missing[0]));
        vm.expectRevert(
            abi.encodeWithSelector(Errors.VerdictGate_EvidenceLength.selector, evidence.length, 2 * evidence.length)
        );
        gate.submitVerified(batch, bills, evidence, short);
        PackedBill[] memory fewer = new PackedBill[](1);
        fewer[0] = bills[0];
        vm.expectRevert();
        gate.submitVerified(batch, fewer, evidence, short);
    }

    /// By operators' signatures, or again.
    function test_verified__oursTwice__refused() external {
        _submit(_evidence(0, 1), signature);
        vm.expectRevert();
        _submit(_evidence(0, 1), signature);
        _balanced();
    }

    function _evidence(uint256 first, uint256 second) private view returns (bytes memory) {
        return bytes.concat(readings[first], bytes12(missing[first]), readings[second], bytes12(missing[second]));
    }

    function _submit(bytes memory evidence, bytes memory signed) private {
        gate.submitVerified(batch, bills, evidence, signed);
    }

    function _refuse(bytes memory evidence, bytes memory signed) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.Meters_NotSigned.selector, vm.addr(METER_KEY)));
        _submit(evidence, signed);
        require(ledger.stateOf(_id(0)) == BillState.Unjudged, "as it was");
    }

    function _threefold() private pure returns (bytes memory all) {
        for (uint256 day; day < DAYS; ++day) {
            all = bytes.concat(all, bytes5(uint40(3_000 + 30 * day)));
        }
    }
}

/// Takes any signature for any batch.
contract WeakBatches is Weakened {
    constructor(address strong) Weakened(strong) {}

    function checkBatch(uint32, SupplierId, Utility, BatchId, bytes32, bytes calldata) external pure {}
}
