// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Appeal, AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {BillId} from "../../../src/types/Ids.sol";
import {Shown, SignedReadings} from "../../../src/types/Readings.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Merkle} from "../../Merkle.sol";
import {ChallengeBase} from "../../ChallengeBase.sol";

contract ChallengeByReadingsTest is ChallengeBase {
    uint256 private constant DEAR = FAR_MORE * 60;
    uint256 private constant BALANCE = 1e9;

    uint40 private early;

    function setUp() public override {
        super.setUp();
        early = uint40(block.timestamp - 1 days);
        _addBill(LAST_YEAR, BALANCE);
        _addBill(FAR_MORE, BALANCE);
    }

    /// A whole quorum lies about the readings, so that its verdict follows from its root.
    function test_challengeByReadings__RootLies__Corrected() external {
        _forgeRoot();
        _falsifyReadings();
        _refuseChallenge(stranger, 1, abi.encodeWithSelector(Errors.Challenges_VerdictRight.selector, _id(1)));
        _restoreReadings();
        _byReadings(stranger, _two(early));

        _expectRecord(_id(1), BillState.Held, Reason.None, DEAR, DEAR);
        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed");
        _balanced();
    }

    /// Who signed before the meter operator gave its readings out could not have known them.
    function test_challengeByReadings__IssuedLater__CorrectedAndNobodySlashed() external {
        _forgeRoot();
        _byReadings(stranger, _two(early + 1));

        _expectRecord(_id(1), BillState.Held, Reason.None, DEAR, DEAR);
        _equal(ledger.bondOf(operator), BOND, "not slashed");
    }

    /// A harmless correction by the root does not shield a lie about the readings; it is slashed once.
    function test_challengeByReadings__CorrectedByRootBefore__OverridesIt() external {
        _falsifyReadings();
        bytes memory said = _rightVerdicts();
        said[12 + 11] ^= 0x01;
        _judgeAs(said, 0);
        _challenge(payer, 1);
        _restoreReadings();
        _byReadings(stranger, _two(early));

        _expectRecord(_id(1), BillState.Held, Reason.None, DEAR, DEAR);
        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed once");
        _falsifyReadings();
        _refuseChallenge(payer, 1, abi.encodeWithSelector(Errors.PaymentLedger_AlreadyCorrected.selector, _id(1)));
        _balanced();
    }

    /// And where the readings bear the verdict out, the correction is taken back.
    function test_challengeByReadings__BearTheVerdictOut__CorrectionTakenBack() external {
        bytes memory said = _rightVerdicts();
        _falsifyReadings();
        _judgeAs(said, 0);
        uint48[] memory offered = new uint48[](1);
        offered[0] = 1_000;
        vm.prank(supplierOwner);
        registry.offerAdjustments(_one(_id(1)), offered);
        _challenge(payer, 1);
        require(ledger.stateOf(_id(1)) == BillState.Pending, "by the false root");
        require(registry.appealOf(_id(1)).state == AppealState.Overturned, "overturned");
        _restoreReadings();
        vm.warp(block.timestamp + 1 days);
        _byReadings(stranger, _two(early));

        _expectRecord(_id(1), BillState.Held, Reason.None, DEAR, DEAR);
        Appeal memory appeal = registry.appealOf(_id(1));
        require(appeal.state == AppealState.Open, "opened anew");
        _equal(appeal.deadline, block.timestamp + 14 days, "reply from now");
        _equal(appeal.offeredQuantity + appeal.offeredAmount, 0, "with nothing of the first");
        (BillId[] memory page,) = registry.openAppeals(supplier, 0, 10);
        _equal(BillId.unwrap(page[0]), BillId.unwrap(_id(1)), "listed");
        vm.prank(supplierOwner);
        registry.concede(page);
        _expectRecord(_id(1), BillState.Void, Reason.Conceded, DEAR, 0);
        _balanced();
    }

    /// A demand that nobody could end would hold its batch for good.
    function test_demand__CorrectedByReadings__Refused() external {
        _forgeRoot();
        _byReadings(stranger, _two(early));
        _bond(stranger, 10_000);
        Shown memory shown = _shown(1);
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_CorrectedBefore.selector, _id(1)));
        vm.prank(stranger);
        challenges.demand(shown);
    }

    function test_challengeByReadings__VerdictRight__Refused() external {
        _judgeAs(_rightVerdicts(), 0);
        _refuse(_two(early), abi.encodeWithSelector(Errors.Challenges_VerdictRight.selector, _id(1)));
    }

    function test_challengeByReadings__DayLeftOut__Refused() external {
        _forgeRoot();
        SignedReadings[] memory two = _two(early);
        two[1] = _snapshot(1, 13, 20, early);
        _refuse(two, abi.encodeWithSelector(Errors.Challenges_DayNotSigned.selector, _id(1), START - 366 + 12));
        two[1] = _snapshot(1, 12, 18, early);
        _refuse(two, abi.encodeWithSelector(Errors.Challenges_DayNotSigned.selector, _id(1), START - 366 + 30));
    }

    function test_challengeByReadings__NotFiveBytesADay__Refused() external {
        _forgeRoot();
        SignedReadings[] memory one = new SignedReadings[](1);
        one[0] = _snapshot(1, 0, 12, early);
        one[0].readings = bytes.concat(one[0].readings, hex"00");
        _signAlone(1, one[0]);
        _refuse(one, abi.encodeWithSelector(Errors.Challenges_SnapshotMalformed.selector, _id(1)));
    }

    function test_challengeByReadings__SignedByAnotherOrForAnother__Refused() external {
        _forgeRoot();
        SignedReadings[] memory two = _two(early);
        bytes memory reason = abi.encodeWithSelector(Errors.Meters_NotSigned.selector, vm.addr(METER_KEY));
        two[1].readings[4] ^= 0x01;
        _refuse(two, reason);
        two = _two(early);
        two[0] = _snapshot(0, 0, 12, early);
        _refuse(two, reason);
    }

    /// The key of the version of posting counts.
    function test_setMeter__AfterPosting__DoesNotTouchTheBatch() external {
        _forgeRoot();
        vm.prank(governor);
        meters.setMeter(supplier, Utility.Electricity, stranger);
        require(meters.meterAt(gate.parameterVersion(), supplier, Utility.Electricity) == stranger, "later");
        _byReadings(stranger, _two(early));
    }

    function test_setMeter__NoUtilityOrNotGovernor__Refused() external {
        vm.prank(governor);
        vm.expectRevert(Errors.VerdictGate_NoUtility.selector);
        meters.setMeter(supplier, Utility.None, stranger);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, meters.setMeter.selector)
        );
        meters.setMeter(supplier, Utility.Water, stranger);
    }

    /// One signature over the snapshots of many accounts.
    function testFuzz_checkSnapshot__OneOfMany__Signed(uint256 count, uint256 index, bytes32 seed) external {
        (count, index) = (1 + count % 40, index % (1 + count % 40));
        _judgeAs(_rightVerdicts(), 0);
        SignedReadings memory one = _snapshot(1, 0, 31, early);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
        }
        leaves[index] = meters.snapshotLeaf(_accountOf(1), one);
        (one.index, one.count) = (uint32(index), uint32(count));
        one.proof = Merkle.path(leaves, index);
        bytes32 digest = meters.snapshotsDigest(supplier, Utility.Electricity, Merkle.root(leaves), uint32(count));
        one.signature = _compact(METER_KEY, digest);
        uint32 version = gate.parameterVersion();
        meters.checkSnapshot(version, Utility.Electricity, _accountOf(1), one);
        one.index = uint32((index + 1) % (count + 1));
        vm.expectRevert(abi.encodeWithSelector(Errors.Meters_NotSigned.selector, vm.addr(METER_KEY)));
        meters.checkSnapshot(version, Utility.Electricity, _accountOf(1), one);
    }

    /// Two snapshots that overlap by a day: 13 days, and 20 from the 12th on.
    function _two(uint40 issuedAt) private view returns (SignedReadings[] memory two) {
        two = new SignedReadings[](2);
        two[0] = _snapshot(1, 0, 12, issuedAt);
        two[1] = _snapshot(1, 11, 20, issuedAt);
    }

    /// The committed root has three times the readings, and the verdict follows from it.
    function _forgeRoot() private {
        _falsifyReadings();
        _judgeAs(_rightVerdicts(), 0);
        require(ledger.stateOf(_id(1)) == BillState.Pending, "PAY by the false root");
        // What the meter read, kept aside for the snapshots; the leaf shown in a challenge is the false one.
        _restoreReadings();
    }

    function _falsifyReadings() private {
        bytes memory all;
        for (uint256 day; day < DAYS; ++day) {
            all = bytes.concat(all, bytes5(uint40(3_000 + 30 * day)));
        }
        readings[1] = all;
    }

    function _restoreReadings() private {
        readings[1] = _lastYear();
    }

    function _byReadings(address challenger, SignedReadings[] memory snapshots) private {
        Shown memory shown = _shown(1);
        vm.prank(challenger);
        challenges.challengeByReadings(shown, snapshots, "");
    }

    function _refuse(SignedReadings[] memory snapshots, bytes memory reason) private {
        Shown memory shown = _shown(1);
        vm.expectRevert(reason);
        vm.prank(stranger);
        challenges.challengeByReadings(shown, snapshots, "");
    }
}
