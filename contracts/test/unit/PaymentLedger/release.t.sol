// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {BillState} from "../../../src/types/Bills.sol";
import {BatchId, BillId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract ReleaseTest is Base {
    function test_GivenWindowOver_CreditsTheSupplierOnce() external {
        BillId bill = _settled();
        BatchId[] memory batches = new BatchId[](2);
        (batches[0], batches[1]) = (IdCodec.batch(bill), IdCodec.batch(bill));
        vm.prank(stranger);
        ledger.release(batches);
        ledger.release(batches);

        _equal(ledger.creditOf(supplier), 60_000, "credit");
        require(ledger.stateOf(bill) == BillState.Settled, "settled");
        _equal(ledger.totals().settled, 60_000, "sum");
        _balanced();
    }

    function test_RevertGiven_WindowOpen() external {
        BatchId batch = IdCodec.batch(_run(_billOf(_account(60_000), 60_000), PAY));
        vm.warp(block.timestamp + 7 days - 1);
        _refused(Errors.PaymentLedger_NotReleasable.selector, BatchId.unwrap(batch));
        ledger.release(_one(batch));
    }

    function test_RevertGiven_Unjudged() external {
        BatchId batch = _post(_one(_billOf(_account(60_000), 60_000)));
        _refused(Errors.PaymentLedger_NotReleasable.selector, BatchId.unwrap(batch));
        ledger.release(_one(batch));
    }
}
