// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IMeters} from "../../src/interfaces/IMeters.sol";
import {Errors} from "../../src/libraries/Errors.sol";
import {BillState} from "../../src/types/Bills.sol";
import {AccountId} from "../../src/types/Ids.sol";
import {Shown, SignedReadings} from "../../src/types/Readings.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Base} from "../Base.sol";
import {ChallengeBase} from "../ChallengeBase.sol";
import {AttackBase, Weakened, recovered} from "./AttackBase.sol";

/// What a meter operator's signature under a snapshot must name so that it says nothing else.
struct Naming {
    bool account;
    bool month;
    bool chain;
    bool meters;
}

function snapshotDigest(AccountId account, SignedReadings memory one, Naming memory naming, address meters)
    view
    returns (bytes32)
{
    return keccak256(
        abi.encode(
            naming.account ? AccountId.unwrap(account) : 0,
            naming.month ? one.firstDay : 0,
            naming.chain ? block.chainid : 0,
            naming.meters ? meters : address(0),
            one.readings,
            one.missing
        )
    );
}

/// A snapshot that a meter operator signed, shown as another: of another account, another month, another chain, or by
/// another deployment. The meter of the first account is idle; by its readings the second one's bill is an appeal.
contract MeterReplayAttack is ChallengeBase, AttackBase {
    uint40 private early;

    function setUp() public override(Base, ChallengeBase) {
        super.setUp();
        early = uint40(block.timestamp - 1 days);
        _addBill(LAST_YEAR, 1e9);
        _addBill(LAST_YEAR, 1e9);
        readings[0] = _idle();
        _judgeAs(_rightVerdicts(), 0);
        require(ledger.stateOf(_id(1)) == BillState.Pending, "paid");
    }

    function test_snapshot__accountNotNamed__anothersReadings() external {
        SignedReadings memory shown = _weakened(0, Naming(false, true, true, true));
        _show(shown);
        require(ledger.stateOf(_id(1)) == BillState.Held, "held by another's readings");
    }

    function test_snapshot__monthNotNamed__anotherMonths() external {
        SignedReadings memory shown = _weakened(1, Naming(true, false, true, true));
        shown.firstDay -= 31;
        _show(shown);
        require(ledger.stateOf(_id(1)) == BillState.Held, "held by another month's readings");
    }

    function test_snapshot__chainNotNamed__anotherChains() external {
        SignedReadings memory shown = _weakened(1, Naming(true, true, false, true));
        vm.chainId(block.chainid + 1);
        _show(shown);
        require(ledger.stateOf(_id(1)) == BillState.Held, "held by readings for another chain");
    }

    function test_snapshot__metersNotNamed__anotherDeployments() external {
        Naming memory naming = Naming(true, true, true, false);
        SignedReadings memory shown = _weakened(1, naming);
        shown.signature = _sign(snapshotDigest(_accountOf(1), shown, naming, address(this)));
        _show(shown);
        require(ledger.stateOf(_id(1)) == BillState.Held, "held by readings for another ledger");
    }

    function test_snapshot__oursAnothersReadings__refused() external {
        _refuse(_snapshot(0, 0, DAYS, early));
    }

    function test_snapshot__oursAnotherMonths__refused() external {
        readings[1] = _idle();
        SignedReadings memory shown = _snapshot(1, 0, DAYS, early);
        shown.firstDay += 31;
        _signAlone(1, shown);
        shown.firstDay -= 31;
        _refuse(shown);
        // Told as what it is, it does not cover the period.
        shown.firstDay += 31;
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_DayNotSigned.selector, _id(1), START - 366));
        _show(shown);
    }

    function test_snapshot__oursForAnotherChain__refused() external {
        SignedReadings memory shown = _snapshot(1, 0, DAYS, early);
        vm.chainId(block.chainid + 1);
        _refuse(shown);
    }

    function test_snapshot__oursForAnotherDeployment__refused() external {
        SignedReadings memory shown = _snapshot(1, 0, DAYS, early);
        address elsewhere = _aside(address(meters));
        // The same contract elsewhere has another domain.
        bytes32 there = IMeters(elsewhere).snapshotsDigest(supplier, Utility.Electricity, root, 1);
        require(there != meters.snapshotsDigest(supplier, Utility.Electricity, root, 1), "domain");
        shown.signature = _compact(METER_KEY, there);
        _refuse(shown);
    }

    /// A later time of issue, under which signers would not be slashed, or an earlier one.
    function test_snapshot__oursIssuedAtAnotherTime__refused() external {
        SignedReadings memory shown = _snapshot(1, 0, DAYS, early + 1);
        shown.issuedAt = early;
        _refuse(shown);
    }

    /// A snapshot of an idle meter under a scheme that leaves something unnamed: of the month after, if that is the month.
    function _weakened(uint256 index, Naming memory naming) private returns (SignedReadings memory shown) {
        address key = vm.addr(METER_KEY);
        _replace(address(meters), address(new WeakSnapshots(_aside(address(meters)), address(meters), key, naming)));
        readings[index] = _idle();
        shown = _snapshot(index, 0, DAYS, early);
        if (!naming.month) shown.firstDay += 31;
        shown.signature = _sign(snapshotDigest(_accountOf(index), shown, naming, address(meters)));
    }

    function _sign(bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(METER_KEY, digest);
        return abi.encodePacked(r, s, v);
    }

    function _show(SignedReadings memory snapshot) private {
        Shown memory shown = _shown(1);
        SignedReadings[] memory list = new SignedReadings[](1);
        list[0] = snapshot;
        vm.prank(payer);
        challenges.challengeByReadings(shown, list, "");
    }

    function _refuse(SignedReadings memory snapshot) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.Meters_NotSigned.selector, vm.addr(METER_KEY)));
        _show(snapshot);
        require(ledger.stateOf(_id(1)) == BillState.Pending, "as it was");
    }

    /// Nearly nothing was used: any bill is far more.
    function _idle() private pure returns (bytes memory all) {
        for (uint256 day; day < DAYS; ++day) {
            all = bytes.concat(all, bytes5(uint40(1)));
        }
    }
}

/// Takes snapshots whose signatures leave something unnamed.
contract WeakSnapshots is Weakened {
    address private immutable _self;
    address private immutable _key;
    bool private immutable _accountNamed;
    bool private immutable _monthNamed;
    bool private immutable _chainNamed;
    bool private immutable _metersNamed;

    constructor(address strong, address self, address key, Naming memory naming) Weakened(strong) {
        (_self, _key, _accountNamed, _monthNamed) = (self, key, naming.account, naming.month);
        (_chainNamed, _metersNamed) = (naming.chain, naming.meters);
    }

    function checkSnapshot(uint32, Utility, AccountId account, SignedReadings calldata one) external view {
        Naming memory naming = Naming(_accountNamed, _monthNamed, _chainNamed, _metersNamed);
        require(recovered(snapshotDigest(account, one, naming, _self), one.signature) == _key, "not signed");
    }
}
