// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IReadingsArbiter} from "../../../src/interfaces/IReadingsArbiter.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {Mandate} from "../../../src/types/Accounts.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BillId} from "../../../src/types/Ids.sol";
import {SignedReadings} from "../../../src/types/Readings.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Merkle} from "../../Merkle.sol";
import {QuorumBase} from "../../QuorumBase.sol";

/// A contested bill of 1,000 base units, 60,000 minor units, for ten days of which the meter counted 70 each.
contract RuleTest is QuorumBase {
    uint256 private constant METER_KEY = 0x3e7e4;
    uint256 private constant START = TODAY - 10;
    uint256 private constant DAYS = 10;

    AccountId private account;
    BillId private bill;

    function setUp() public override {
        super.setUp();
        vm.startPrank(governor);
        meters.setMeter(supplier, Utility.Electricity, vm.addr(METER_KEY));
        registry.setArbiter(supplier, address(readingsArbiter));
        vm.stopPrank();
        account = _account(100_000);
        bill = _contested(1_000);
    }

    function test_rule__SupplierShowsTheReadings__TheirPriceIsDue() external {
        vm.expectEmit(address(readingsArbiter));
        emit IReadingsArbiter.Recomputed(bill, supplierOwner, 700, 42_000);
        _rule(supplierOwner, _one(_snapshot(0, DAYS, 70)));

        _expectRecord(bill, BillState.Settled, Reason.Ruled, 42_000, 42_000);
        _equal(_balance(account), 58_000, "balance");
        (bool ruled, uint48 due) = readingsArbiter.rulingOf(bill);
        require(ruled && due == 42_000, "on record");
        require(address(readingsArbiter.arbitrable()) == address(registry), "arbitrable");
        _balanced();
    }

    function testFuzz_rule__AnyReadings__AsTheLedgerPricesThemUpToTheBill(uint40 reading) external {
        reading = uint40(reading % 200);
        _rule(supplierOwner, _one(_snapshot(0, DAYS, reading)));

        uint256 price = ledger.priceOf(supplier, Utility.Electricity, uint16(START + DAYS - 1), uint48(DAYS) * reading);
        uint256 due = price < 60_000 ? price : 60_000;
        _equal(ledger.creditOf(supplier), due, "credit");
        _equal(_balance(account), 100_000 - due, "balance");
        _balanced();
    }

    /// What is settled of it already stays settled.
    function test_rule__GivenTheUndisputedPart__CountsIt() external {
        bill = _contested(1_000);
        bytes memory verdicts = _verdicts(1, APPEAL);
        vm.prank(payer);
        registry.settleUndisputed(IdCodec.batch(bill), _one(uint256(0)), verdicts);
        require(ledger.creditOf(supplier) != 0, "a part is settled");
        _rule(supplierOwner, _one(_snapshot(0, DAYS, 100)));

        _equal(ledger.creditOf(supplier), 60_000, "all of it");
        _balanced();
    }

    function test_rule__SeveralSnapshotsWithMoreThanThePeriod__AddUp() external {
        SignedReadings[] memory snapshots = new SignedReadings[](3);
        (snapshots[0], snapshots[1], snapshots[2]) = (_snapshot(-5, 8, 70), _snapshot(1, 4, 70), _snapshot(5, 9, 70));
        _rule(supplierOwner, snapshots);
        _equal(ledger.creditOf(supplier), 42_000, "the price of ten days");
    }

    function test_rule__WithoutDisclosure__OnlyForTheParties() external {
        SignedReadings[] memory snapshots = _one(_snapshot(0, DAYS, 70));
        _refused(Errors.ReadingsArbiter_NotDisclosed.selector, AccountId.unwrap(account), stranger);
        _rule(stranger, snapshots);
        _grant(account, _mandateOf(agent, 0, 0));
        uint256 open = vm.snapshotState();
        address[3] memory parties = [payer, agent, supplierOwner];
        for (uint256 i; i < parties.length; ++i) {
            _rule(parties[i], snapshots);
            require(registry.appealOf(bill).state == AppealState.Ruled, "ruled");
            vm.revertToState(open);
        }
        Mandate memory mandate = _mandate();
        mandate.discloseReadings = true;
        _grant(account, mandate);
        _rule(stranger, snapshots);
        require(registry.appealOf(bill).state == AppealState.Ruled, "ruled");
    }

    function test_rule__NotDisputed__Refused() external {
        BillId open = _run(_bill(_account(60_000), 1_000, START, DAYS), APPEAL);
        _refused(Errors.ReadingsArbiter_NotDisputed.selector, BillId.unwrap(open));
        readingsArbiter.rule(open, new SignedReadings[](0));
        SignedReadings[] memory snapshots = _one(_snapshot(0, DAYS, 70));
        _rule(supplierOwner, snapshots);
        _refused(Errors.ReadingsArbiter_NotDisputed.selector, BillId.unwrap(bill));
        _rule(supplierOwner, snapshots);
    }

    function test_rule__AnothersToRuleOn__Refused() external {
        vm.prank(governor);
        registry.setArbiter(supplier, address(panel));
        account = _account(60_000);
        bill = _contested(1_000);
        SignedReadings[] memory snapshots = _one(_snapshot(0, DAYS, 70));
        vm.expectRevert(
            abi.encodeWithSelector(Errors.AppealRegistry_NotArbiter.selector, bill, address(readingsArbiter))
        );
        _rule(supplierOwner, snapshots);
    }

    function test_rule__AfterTheDeadline__Refused() external {
        uint256 deadline = registry.appealOf(bill).deadline;
        SignedReadings[] memory snapshots = _one(_snapshot(0, DAYS, 70));
        vm.warp(deadline);
        _refused(Errors.AppealRegistry_DeadlinePassed.selector, BillId.unwrap(bill), deadline);
        _rule(supplierOwner, snapshots);
        registry.expire(_one(bill));
        _equal(_balance(account), 100_000, "in the customer's favour");
    }

    function test_rule__ADayLeftOut__Refused() external {
        SignedReadings[3] memory short = [_snapshot(0, DAYS - 1, 70), _snapshot(1, DAYS, 70), _snapshot(-5, 5, 70)];
        uint256[3] memory lacking = [START + 9, START, START];
        for (uint256 i; i < 3; ++i) {
            _refused(Errors.ReadingsArbiter_DayNotSigned.selector, BillId.unwrap(bill), lacking[i]);
            _rule(supplierOwner, _one(short[i]));
        }
    }

    function test_rule__ADayWithoutAReading__Refused() external {
        SignedReadings memory one = _snapshot(-5, DAYS + 5, 70);
        one.missing = 1 << 7;
        _sign(one, METER_KEY);
        _refused(Errors.ReadingsArbiter_DayMissing.selector, BillId.unwrap(bill), START + 2);
        _rule(supplierOwner, _one(one));
        // One outside of the period takes nothing away.
        one.missing = 1 << 4;
        _sign(one, METER_KEY);
        _rule(supplierOwner, _one(one));
    }

    function test_rule__HalfAReading__Refused() external {
        SignedReadings memory one = _snapshot(0, DAYS, 70);
        one.readings = bytes.concat(one.readings, hex"00");
        _sign(one, METER_KEY);
        _refused(Errors.ReadingsArbiter_SnapshotMalformed.selector, BillId.unwrap(bill));
        _rule(supplierOwner, _one(one));
    }

    function test_rule__SignedByTheSupplier__Refused() external {
        SignedReadings memory one = _snapshot(0, DAYS, 70);
        _sign(one, PAYER_KEY);
        vm.expectRevert(abi.encodeWithSelector(Errors.Meters_NotSigned.selector, vm.addr(METER_KEY)));
        _rule(supplierOwner, _one(one));
    }

    /// A key named after the posting rules on nothing posted before.
    function test_rule__SignedByALaterKey__Refused() external {
        vm.prank(governor);
        meters.setMeter(supplier, Utility.Electricity, vm.addr(PAYER_KEY));
        SignedReadings memory one = _snapshot(0, DAYS, 70);
        _sign(one, PAYER_KEY);
        vm.expectRevert(abi.encodeWithSelector(Errors.Meters_NotSigned.selector, vm.addr(METER_KEY)));
        _rule(supplierOwner, _one(one));
    }

    function _contested(uint256 quantity) private returns (BillId disputed) {
        if (BillId.unwrap(bill) != 0) account = _account(100_000);
        disputed = _run(_bill(account, quantity, START, DAYS), APPEAL);
        vm.prank(supplierOwner);
        registry.contest(disputed, keccak256("readings"));
    }

    function _rule(address caller, SignedReadings[] memory snapshots) private {
        vm.prank(caller);
        readingsArbiter.rule(bill, snapshots);
    }

    /// Of `count` days from the day `from` of the bill on, the same reading each, signed alone.
    function _snapshot(int256 from, uint256 count, uint40 reading) private view returns (SignedReadings memory one) {
        one.firstDay = uint16(uint256(int256(START) + from));
        one.issuedAt = uint40(block.timestamp);
        for (uint256 i; i < count; ++i) {
            one.readings = bytes.concat(one.readings, bytes5(reading));
        }
        one.count = 1;
        _sign(one, METER_KEY);
    }

    function _sign(SignedReadings memory one, uint256 key) private view {
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = meters.snapshotLeaf(account, one);
        one.signature = _compact(key, meters.snapshotsDigest(supplier, Utility.Electricity, Merkle.root(leaves), 1));
    }

    function _one(SignedReadings memory item) private pure returns (SignedReadings[] memory list) {
        list = new SignedReadings[](1);
        list[0] = item;
    }
}
