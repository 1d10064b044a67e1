// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../src/libraries/Errors.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {PackedBills} from "../../src/libraries/PackedBills.sol";
import {PackedRecords} from "../../src/libraries/PackedRecords.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {BatchId, BillId, PackedBill, PackedRecord} from "../../src/types/Ids.sol";
import {Sum} from "../../src/ledger/LedgerBase.sol";
import {AttackBase, WeakLedger} from "./AttackBase.sol";

/// A tree's inner node passed off as a bill. A supplier cancels the "bill" that the hash of eight of its bills spells,
/// whose amount is whatever bits the hash has there: the ledger takes it off what is unjudged, and the bills of others
/// can be judged no more.
contract SecondPreimageAttack is AttackBase {
    PackedBill[] private bills;
    PackedBill[] private honest;
    BatchId private batch;
    BatchId private honestBatch;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < 16; ++i) {
            bills.push(_billOf(_account(1e6), 60_000));
        }
        // As much as the largest amount that a hash can spell.
        for (uint256 i; i < 4; ++i) {
            honest.push(_bill(_account(0), 0x044444444400, TODAY - 30, 30));
        }
        batch = _post(bills);
        honestBatch = _post(honest);
    }

    function test_secondPreimage__depthNotChecked__stopsOthers() external {
        _replace(address(ledger), address(new WeakCancelling(_aside(address(ledger)))));
        uint256 unjudged = ledger.totals().unjudged;
        _attack();

        require(ledger.totals().unjudged < unjudged - 16 * 60_000, "more gone than the supplier's bills");
        vm.expectRevert();
        _judge(honestBatch, honest, _verdicts(4, APPEAL));
    }

    function test_secondPreimage__ours__refused() external {
        _refused(Errors.PaymentLedger_BillNotCommitted.selector, BillId.unwrap(IdCodec.bill(batch, 0)));
        _attack();

        _judge(honestBatch, honest, _verdicts(4, APPEAL));
        _balanced();
    }

    function _attack() private {
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = _group(8);
        PackedBill node = PackedBill.wrap(uint256(_group(0)));
        vm.prank(supplierOwner);
        ledger.cancelBill(IdCodec.bill(batch, 0), node, proof);
    }

    function _group(uint256 from) private view returns (bytes32) {
        PackedBill[8] memory group;
        for (uint256 i; i < 8; ++i) {
            group[i] = bills[from + i];
        }
        return keccak256(abi.encode(group));
    }
}

/// Cancels unjudged bills whose proof leads to the commitment, from whatever level of the tree.
contract WeakCancelling is WeakLedger {
    using IdCodec for BillId;
    using PackedBills for PackedBill;
    using PackedRecords for PackedRecord;

    constructor(address strong) WeakLedger(strong) {}

    function cancelBill(BillId bill, PackedBill packed, bytes32[] calldata proof) external {
        bytes32 node = bytes32(PackedBill.unwrap(packed));
        uint256 index = bill.index();
        for (uint256 i; i < proof.length; (++i, index >>= 1)) {
            node = keccak256(index & 1 == 1 ? abi.encode(proof[i], node) : abi.encode(node, proof[i]));
        }
        require(node == _batches[bill.batch()].commitment, "not committed");
        _records[bill] = PackedRecords.create(packed, BillState.Void, Reason.Cancelled, 0).asUnbilled();
        _shift(packed.amount(), Sum.Unjudged, Sum.Voided);
    }
}
