// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../src/libraries/Errors.sol";
import {BillState} from "../../src/types/Bills.sol";
import {AccountId} from "../../src/types/Ids.sol";
import {Issue, Shown, SignedReadings} from "../../src/types/Readings.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Base} from "../Base.sol";
import {ChallengeBase} from "../ChallengeBase.sol";
import {Merkle} from "../Merkle.sol";
import {AttackBase, Weakened} from "./AttackBase.sol";

/// The meter operator put a month right, and operators judge by the newer snapshot. Whoever gains by it shows the older one,
/// so that the bill is appealed and the operators pay.
contract OlderSnapshotAttack is ChallengeBase, AttackBase {
    uint40 private first;
    uint40 private second;
    SignedReadings private older;
    SignedReadings private newer;

    function setUp() public override(Base, ChallengeBase) {
        super.setUp();
        (first, second) = (uint40(block.timestamp - 9 days), uint40(block.timestamp - 8 days));
        _addBill(LAST_YEAR, 1e9);
        newer = _snapshot(0, 0, DAYS, second);
        bytes memory right = readings[0];
        readings[0] = new bytes(0);
        for (uint256 day; day < DAYS; ++day) {
            readings[0] = bytes.concat(readings[0], bytes5(uint40(1)));
        }
        older = _snapshot(0, 0, DAYS, first);
        readings[0] = right;
    }

    function test_older__newerForgotten__overridesIt() external {
        _replace(address(meters), address(new Forgetful(_aside(address(meters)))));
        meters.supersede(vm.addr(METER_KEY), Utility.Electricity, _accountOf(0), _issueOf(newer));
        _judgeAs(_rightVerdicts(), 0);
        _show(older);
        require(ledger.stateOf(_id(0)) == BillState.Held, "held by what the meter operator took back");
        _equal(ledger.bondOf(operator), BOND - 100_000, "and its right judges pay");
    }

    function test_older__ours__refused() external {
        meters.supersede(vm.addr(METER_KEY), Utility.Electricity, _accountOf(0), _issueOf(newer));
        _equal(meters.latestOf(vm.addr(METER_KEY), _accountOf(0), newer.firstDay), second, "known");
        _judgeAs(_rightVerdicts(), 0);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Meters_Superseded.selector, _accountOf(0), older.firstDay, second)
        );
        _show(older);
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_VerdictRight.selector, _id(0)));
        _show(newer);
    }

    /// Nor can the older one, told of later, take the newer one's place.
    function test_supersede__notNewerOrNotSigned__refused() external {
        address key = vm.addr(METER_KEY);
        meters.supersede(key, Utility.Electricity, _accountOf(0), _issueOf(newer));
        for (uint256 i; i < 2; ++i) {
            Issue memory again = _issueOf(i == 0 ? older : newer);
            vm.expectRevert(
                abi.encodeWithSelector(Errors.Meters_Superseded.selector, _accountOf(0), older.firstDay, second)
            );
            meters.supersede(key, Utility.Electricity, _accountOf(0), again);
        }
        Issue memory later = _issueOf(newer);
        later.issuedAt = second + 1;
        vm.expectRevert(abi.encodeWithSelector(Errors.Meters_NotSigned.selector, key));
        meters.supersede(key, Utility.Electricity, _accountOf(0), later);
    }

    /// A key that no longer counts, or never did, replaces nothing of the meter operator's.
    function test_supersede__anotherKey__replacesItsOwnOnly() external {
        SignedReadings memory one = newer;
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = meters.snapshotLeaf(_accountOf(0), one);
        bytes32 digest = meters.snapshotsDigest(supplier, Utility.Electricity, Merkle.root(leaves), 1);
        one.signature = _compact(PAYER_KEY, digest);
        meters.supersede(vm.addr(PAYER_KEY), Utility.Electricity, _accountOf(0), _issueOf(one));
        _equal(meters.latestOf(vm.addr(METER_KEY), _accountOf(0), one.firstDay), 0, "not replaced");
    }

    function _issueOf(SignedReadings memory one) private pure returns (Issue memory) {
        return Issue({
            firstDay: one.firstDay,
            issuedAt: one.issuedAt,
            content: keccak256(bytes.concat(one.readings, bytes32(one.missing), one.salt)),
            index: one.index,
            count: one.count,
            proof: one.proof,
            signature: one.signature
        });
    }

    function _show(SignedReadings memory snapshot) private {
        Shown memory shown = _shown(0);
        SignedReadings[] memory list = new SignedReadings[](1);
        list[0] = snapshot;
        vm.prank(payer);
        challenges.challengeByReadings(shown, list, "");
    }
}

/// Meters' keys without a memory of what was replaced.
contract Forgetful is Weakened {
    constructor(address strong) Weakened(strong) {}

    function supersede(address, Utility, AccountId, Issue calldata) external {}
}
