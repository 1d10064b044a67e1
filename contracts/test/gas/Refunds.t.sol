// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {AccountId, BatchId, PackedBill} from "../../src/types/Ids.sol";
import {RefundFault, RefundReason} from "../../src/types/Refunds.sol";
import {Merkle} from "../Merkle.sol";
import {RefundDeskBase} from "../RefundDeskBase.sol";

/// Each step of a refund as a whole transaction on cold storage (`isolate`), of a bill of a batch of 500, with the longest
/// proof, that has no record before.
/// forge-config: default.isolate = true
contract RefundGas is RefundDeskBase {
    string private constant GROUP = "refunds";
    uint256 private constant COUNT = 500;
    /// In a full group, on a side of the tree where no level is skipped.
    uint256 private constant REFUNDED = 250;

    bytes32[] private proof;

    function setUp() public override {
        super.setUp();
        // Not the first refund of all; but nothing is pending, held or set aside when it begins, which is the dearest.
        _toForwarded(600);
        _payAs(cashier);
        (,, bill) = _paid(60_000);
        PackedBill[] memory bills = new PackedBill[](COUNT);
        bytes32[] memory leaves = new bytes32[](COUNT);
        for (uint256 i; i < COUNT; ++i) {
            AccountId other = _account(1_000_000);
            if (i == REFUNDED) account = other;
            bills[i] = _billOf(other, 600_000);
            leaves[i] = bytes32(PackedBill.unwrap(bills[i]));
        }
        BatchId batch = _post(bills);
        _judge(batch, bills, _verdicts(COUNT, PAY));
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(batch));
        (bill, packed) = (IdCodec.bill(batch, REFUNDED), bills[REFUNDED]);
        proof = Merkle.path(leaves, REFUNDED);
    }

    function test_refund__FromRequestToPayment__AtMost350000() external {
        uint256 used = _toFinance(54_321);
        vm.prank(cashier);
        refunds.pay(bill, 1);
        used += vm.snapshotGasLastCall(GROUP, "pay");
        vm.snapshotValue(GROUP, "from request to payment", used);
        require(used <= 350_000, "at most 350,000");
    }

    function test_refund__AboveTheLimit__Measured() external {
        _toFinance(543_210);
        vm.prank(cashier);
        refunds.pay(bill, 1);
        vm.snapshotGasLastCall(GROUP, "sign, above the limit");
        vm.prank(controller);
        refunds.pay(bill, 1);
        vm.snapshotGasLastCall(GROUP, "pay, the second of two");
    }

    function test_refund__Returned__Measured() external {
        _toFinance(54_321);
        vm.prank(cashier);
        refunds.sendBack(bill, 1, RefundFault.Amount);
        vm.snapshotGasLastCall(GROUP, "send back");
        vm.prank(clerk);
        refunds.resubmit(bill, 1, 54_000, RefundReason.WrongTariff, keccak256("more"));
        vm.snapshotGasLastCall(GROUP, "resubmit");
        vm.warp(block.timestamp + 5 days);
        refunds.escalate(bill, 2);
        vm.snapshotGasLastCall(GROUP, "escalate");
        vm.prank(clerk);
        refunds.cancel(bill, 2);
        vm.snapshotGasLastCall(GROUP, "cancel, once forwarded");
    }

    function test_reject__Measured() external {
        vm.prank(payer);
        refunds.request(bill, packed, proof, 54_321, RefundReason.Overbilled, PAPERS);
        vm.prank(reviewer);
        refunds.reject(bill, 1, RefundFault.NotDue);
        vm.snapshotGasLastCall(GROUP, "reject");
    }

    function _toFinance(uint48 amount) private returns (uint256 used) {
        vm.prank(payer);
        refunds.request(bill, packed, proof, amount, RefundReason.Overbilled, PAPERS);
        used = vm.snapshotGasLastCall(GROUP, "request");
        vm.prank(reviewer);
        refunds.forward(bill, 1, packed, proof);
        used += vm.snapshotGasLastCall(GROUP, "forward");
    }
}
