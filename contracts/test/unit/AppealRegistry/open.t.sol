// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {IAppealRegistry} from "../../../src/interfaces/IAppealRegistry.sol";
import {Appeal, AppealState} from "../../../src/types/Appeals.sol";
import {BillState} from "../../../src/types/Bills.sol";
import {BatchId, BillId, PackedBill} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract OpenTest is Base {
    function test_WhenJudged_OpensTheBillsHeldAndNoOthers() external {
        PackedBill[] memory bills = new PackedBill[](3);
        bills[0] = _billOf(_account(1e6), 60_000);
        bills[1] = _billOf(_account(1e6), 60_000);
        // Appealed too, but void for its days.
        bills[2] = bills[1];
        bytes memory verdicts = _verdicts(3, APPEAL);
        verdicts[0] = PAY;
        BatchId batch = _post(bills);
        vm.expectEmit(address(registry));
        emit IAppealRegistry.AppealOpened(IdCodec.bill(batch, 1), supplier, bills[1], -52_345, 123_456);
        _judge(batch, bills, verdicts);

        require(registry.appealOf(IdCodec.bill(batch, 0)).state == AppealState.None, "paid");
        Appeal memory appeal = registry.appealOf(IdCodec.bill(batch, 1));
        require(appeal.state == AppealState.Open, "open");
        _equal(appeal.deadline, block.timestamp + 14 days, "deadline");
        require(registry.appealOf(IdCodec.bill(batch, 2)).state == AppealState.None, "void");
    }

    /// Whichever bills of a batch of any size: an appeal is open if and only if its bill is held.
    function testFuzz_GivenAnyVerdicts_OpenIsHeld(uint256 seed, uint16 size) external {
        uint256 count = size % 300 + 1;
        PackedBill[] memory bills = new PackedBill[](count);
        bytes memory verdicts = _verdicts(count, PAY);
        PackedBill one = _billOf(_account(1e6), 60_000);
        for (uint256 i; i < count; ++i) {
            bills[i] = _bill(ledger.decodeBill(supplier, one).account, 1, 100 + i, 1);
            if (uint256(keccak256(abi.encode(seed, i))) % 3 == 0) verdicts[12 * i] = APPEAL;
        }
        BatchId batch = _post(bills);
        _judge(batch, bills, verdicts);

        (BillId[] memory waiting, uint256 next) = registry.openAppeals(supplier, 0, 512);
        uint256 found;
        for (uint256 i; i < count; ++i) {
            BillId bill = IdCodec.bill(batch, i);
            bool held = ledger.stateOf(bill) == BillState.Held;
            require(held == (registry.appealOf(bill).state == AppealState.Open), "open is held");
            require(held == (verdicts[12 * i] == APPEAL), "held is appealed");
            if (held) _equal(BillId.unwrap(waiting[found++]), BillId.unwrap(bill), "in the queue");
        }
        _equal(waiting.length, found, "all");
        _equal(next, 0, "done");
    }

    function test_RevertWhen_NotGate() external {
        uint256[2] memory held;
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotGate.selector, stranger));
        vm.prank(stranger);
        registry.open(BatchId.wrap(1), supplier, held, new uint256[](0), "");
    }
}
