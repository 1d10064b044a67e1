// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {AccountId, BatchId, BillId, PackedBill} from "../../src/types/Ids.sol";
import {SignedReadings} from "../../src/types/Readings.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Merkle} from "../Merkle.sol";
import {QuorumBase} from "../QuorumBase.sol";

/// Each step of an appeal of one bill, as a whole transaction on cold storage (`isolate`), of a supplier and a customer
/// that are not new.
/// forge-config: default.isolate = true
contract AppealsGas is QuorumBase {
    uint256 private constant METER_KEY = 0x3e7e4;
    string private constant GROUP = "appeals";

    AccountId private account;
    PackedBill private packed;
    BillId private bill;

    function setUp() public override {
        super.setUp();
        account = _account(1e9);
        vm.warp(block.timestamp + 40 days);
        BillId earlier = _run(_bill(account, 1000, TODAY - 40, 31), PAY);
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(IdCodec.batch(earlier)));
        packed = _bill(account, 1000, TODAY, 31);
    }

    function test_openAppeal__GivenEachOutcome__Measured() external {
        bill = _run(packed, APPEAL);
        uint256 open = vm.snapshotState();
        vm.prank(supplierOwner);
        registry.concede(_one(bill));
        vm.snapshotGasLastCall(GROUP, "concede");
        vm.revertToState(open);
        vm.prank(payer);
        registry.withdrawAppeals(_one(bill));
        vm.snapshotGasLastCall(GROUP, "withdraw");
        vm.revertToState(open);
        vm.warp(block.timestamp + 14 days);
        registry.expire(_one(bill));
        vm.snapshotGasLastCall(GROUP, "expire");
        vm.revertToState(open);
        vm.prank(supplierOwner);
        registry.offerAdjustments(_one(bill), _oneQuantity(500));
        vm.snapshotGasLastCall(GROUP, "offer an adjustment");
        vm.prank(payer);
        registry.acceptAdjustments(_one(bill));
        vm.snapshotGasLastCall(GROUP, "accept it");
    }

    /// As many as a run's agent answers in one call.
    function test_withdrawAppeals__GivenAnAgentOf130Customers__Measured() external {
        uint256 count = 130;
        PackedBill[] memory bills = new PackedBill[](count);
        BillId[] memory ids = new BillId[](count);
        for (uint256 i; i < count; ++i) {
            AccountId one = _open(payer);
            _fund(one, 1e9);
            _grant(one, _mandateOf(agent, 1e9, 1e9));
            bills[i] = _bill(one, 1000, TODAY, 31);
        }
        BatchId batch = _post(bills);
        for (uint256 i; i < count; ++i) {
            ids[i] = IdCodec.bill(batch, i);
        }
        _judge(batch, bills, _verdicts(count, APPEAL));
        uint256 open = vm.snapshotState();
        vm.prank(agent);
        registry.withdrawAppeals(ids);
        vm.snapshotGasLastCall(GROUP, "an agent withdraws 130");
        vm.revertToState(open);
        uint48[] memory quantities = new uint48[](count);
        for (uint256 i; i < count; ++i) {
            quantities[i] = 500;
        }
        vm.prank(supplierOwner);
        registry.offerAdjustments(ids, quantities);
        vm.prank(agent);
        registry.acceptAdjustments(ids);
        vm.snapshotGasLastCall(GROUP, "an agent accepts 130");
    }

    function test_contest__GivenPanelOfTwoOfThree__Measured() external {
        bill = _run(packed, APPEAL);
        vm.prank(supplierOwner);
        registry.contest(bill, keccak256("supplier's evidence"));
        vm.snapshotGasLastCall(GROUP, "contest");
        vm.prank(panelists[0]);
        panel.vote(bill, 30_000, "half of it was estimated");
        vm.snapshotGasLastCall(GROUP, "an arbiter's vote");
        vm.prank(panelists[1]);
        panel.vote(bill, 30_000, "half of it was estimated");
        vm.snapshotGasLastCall(GROUP, "the vote that rules");
    }

    /// Of 31 days, under one signature, by the supplier.
    function test_rule__GivenSignedReadings__Measured() external {
        vm.startPrank(governor);
        meters.setMeter(supplier, Utility.Electricity, vm.addr(METER_KEY));
        registry.setArbiter(supplier, address(readingsArbiter));
        vm.stopPrank();
        bill = _run(packed, APPEAL);
        vm.prank(supplierOwner);
        registry.contest(bill, keccak256("supplier's evidence"));
        SignedReadings[] memory snapshots = new SignedReadings[](1);
        snapshots[0] = SignedReadings(uint16(TODAY), uint40(block.timestamp), "", 0, 0, 0, 1, new bytes32[](0), "");
        for (uint256 i; i < 31; ++i) {
            snapshots[0].readings = bytes.concat(snapshots[0].readings, bytes5(uint40(20_000 + i)));
        }
        bytes32 leaf = meters.snapshotLeaf(account, snapshots[0]);
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = leaf;
        bytes32 digest = meters.snapshotsDigest(supplier, Utility.Electricity, Merkle.root(leaves), 1);
        snapshots[0].signature = _compact(METER_KEY, digest);
        vm.prank(supplierOwner);
        readingsArbiter.rule(bill, snapshots);
        vm.snapshotGasLastCall(GROUP, "signed readings rule");
    }

    function test_settleUndisputed__GivenOneBill__Measured() external {
        bytes memory verdicts = _verdicts(1, APPEAL);
        bill = _run(packed, APPEAL);
        vm.prank(payer);
        registry.settleUndisputed(IdCodec.batch(bill), _one(uint256(0)), verdicts);
        vm.snapshotGasLastCall(GROUP, "settle the undisputed part");
    }

    function test_appealByHand__GivenSettledAndHalfWithdrawn__Measured() external {
        bill = _run(packed, PAY);
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(IdCodec.batch(bill)));
        vm.startPrank(supplierOwner);
        ledger.withdrawCredit(supplier, 90_000, supplierOwner);
        vm.stopPrank();
        vm.prank(payer);
        registry.appealByHand(bill, packed, new bytes32[](0));
        vm.snapshotGasLastCall(GROUP, "appeal by hand");
        vm.prank(supplierOwner);
        registry.concede(_one(bill));
        vm.snapshotGasLastCall(GROUP, "concede it");
        PackedBill next = _bill(account, 1000, TODAY + 31, 15);
        BatchId batch = IdCodec.batch(_run(next, PAY));
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(batch));
        ledger.collectRefunds(_one(bill));
        vm.snapshotGasLastCall(GROUP, "collect the refund");
    }

    function test_pause__GivenGuardian__Measured() external {
        _pause();
        vm.snapshotGasLastCall(GROUP, "pause");
    }
}
