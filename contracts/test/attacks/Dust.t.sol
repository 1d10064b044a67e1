// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IVerdictGate} from "../../src/interfaces/IVerdictGate.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {BatchId, BillId, PackedBill, SupplierId} from "../../src/types/Ids.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Sum} from "../../src/ledger/LedgerBase.sol";
import {AttackBase, WeakLedger} from "./AttackBase.sol";

/// Griefing by dust: hundreds of batches of one bill of one minor unit, appealed each, so that what others do costs
/// more and more gas.
contract DustAttack is AttackBase {
    uint256 private constant BATCHES = 200;

    function test_dust__releasePassesOverBatches__costsMoreAndMore() external {
        _replace(address(ledger), address(new WeakReleasing(_aside(address(ledger)), gate)));
        _gasOfALife();
        uint256 before = _gasOfALife();
        _litter();

        require(_gasOfALife() > before + 100 * BATCHES, "dearer by every batch");
    }

    function test_dust__ours__costsTheSame() external {
        _gasOfALife();
        uint256 before = _gasOfALife();
        _litter();

        require(_gasOfALife() < before + 1000, "no dearer");
        _balanced();
    }

    /// Posting, judging, an appeal's end and the release of two bills.
    function _gasOfALife() private returns (uint256) {
        PackedBill[] memory bills = new PackedBill[](2);
        bills[0] = _billOf(_account(60_000), 60_000);
        bills[1] = _billOf(_account(60_000), 60_000);
        bytes memory verdicts = _verdicts(2, PAY);
        verdicts[12] = APPEAL;
        uint256 before = gasleft();
        BatchId batch = _post(bills);
        _judge(batch, bills, verdicts);
        vm.prank(supplierOwner);
        registry.concede(_one(IdCodec.bill(batch, 1)));
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(batch));
        return before - gasleft();
    }

    /// By another supplier, with customers of its own.
    function _litter() private {
        (SupplierId id, address owner) = (supplier, supplierOwner);
        supplierOwner = _actor("litterer");
        vm.startPrank(supplierOwner);
        supplier = ledger.registerSupplier("dust");
        ledger.setTariff(supplier, Utility.Electricity, 0, 0, _flat(1));
        vm.stopPrank();
        for (uint256 i; i < BATCHES; ++i) {
            uint256 rest = (uint256(1000) << 32) | (1 << 80) | ((TODAY - 1) << 128) | (1 << 144);
            PackedBill bill = PackedBill.wrap((rest | (i + 1)));
            _open(payer);
            _run(bill, APPEAL);
        }
        (supplier, supplierOwner) = (id, owner);
    }
}

/// Releases a batch after a look at every other.
contract WeakReleasing is WeakLedger {
    IVerdictGate private immutable _judge;

    constructor(address strong, IVerdictGate judge) WeakLedger(strong) {
        _judge = judge;
    }

    function release(BatchId[] calldata) external {
        for (uint48 id = 1; id <= _batchCount; ++id) {
            BatchId batch = BatchId.wrap(id);
            uint256 amount = _batches[batch].pending;
            if (amount == 0 || !_judge.isReleasable(batch)) continue;
            _batches[batch].pending = 0;
            _shift(amount, Sum.Pending, Sum.Settled);
            _creditSupplier(_batches[batch].supplier, amount);
        }
    }
}
