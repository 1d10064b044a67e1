// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {BatchId, BillId, PackedBill} from "../../src/types/Ids.sol";
import {Defect, Entry, Filing, Kind} from "../../src/types/Papers.sol";
import {PapersBase} from "../PapersBase.sol";

/// Whole transactions, calldata and intrinsic gas included, each on cold storage (`isolate`).
/// forge-config: default.isolate = true
contract PapersGas is PapersBase {
    uint256 private constant COUNT = 500;
    uint256 private constant LIMIT = 60_000;
    string private constant GROUP = "papers";
    string private constant BATCH = "papers, batch of 500";

    function test_GivenOneBill_WritesEveryDocument() external {
        PackedBill packed = _billOf(_account(LARGE), LARGE);
        BillId bill = _run(packed, PAY);
        _archive(bill, packed);
        _measured("archive record");
        string[11] memory names = [
            "payable pushed",
            "tax checked",
            "invoice collected",
            "invoice verified",
            "payable voucher",
            "detail form",
            "payment application",
            "first approval",
            "second approval",
            "third approval",
            "payment"
        ];
        for (uint256 kind = 1; kind <= names.length; ++kind) {
            _write(Kind(kind), bill, LARGE);
            _measured(names[kind - 1]);
        }
        uint256 state = vm.snapshotState();
        _giveBackBy(clerks[11], Kind.Invoice, bill, Defect.Duplicate);
        _measured("a document returned");
        vm.revertToState(state);
        _release(bill);
        trace.vouch(_one(bill));
        _measured("paid voucher");
    }

    function test_GivenABatch_WritesOneKindAtOnce() external {
        PackedBill[] memory bills = new PackedBill[](COUNT);
        for (uint256 i; i < COUNT; ++i) {
            bills[i] = _billOf(_account(60_000), 60_000);
        }
        BatchId batch = _post(bills);
        _judge(batch, bills, _verdicts(COUNT, PAY));
        Filing[] memory filings = new Filing[](COUNT);
        for (uint256 i; i < COUNT; ++i) {
            filings[i] = Filing({bill: bills[i], content: keccak256(abi.encode("archive", i))});
        }
        vm.prank(clerks[0]);
        trace.archive(batch, filings);
        _measuredBatch("an archive record");
        for (uint256 kind = 1; kind <= uint256(Kind.Payment); ++kind) {
            if (Kind(kind) == Kind.ThirdApproval) continue;
            _writeAll(batch, Kind(kind));
            if (Kind(kind) == Kind.Invoice) _measuredBatch("an invoice collected");
            if (Kind(kind) == Kind.SecondApproval) _measuredBatch("a second approval");
            if (Kind(kind) == Kind.Payment) _measuredBatch("a payment");
        }
        vm.warp(block.timestamp + 8 days);
        ledger.release(_one(batch));
        BillId[] memory ids = new BillId[](COUNT);
        for (uint256 i; i < COUNT; ++i) {
            ids[i] = IdCodec.bill(batch, i);
        }
        trace.vouch(ids);
        _measuredBatch("a paid voucher");
    }

    function _writeAll(BatchId batch, Kind kind) private {
        Entry[] memory entries = new Entry[](COUNT);
        for (uint256 i; i < COUNT; ++i) {
            entries[i] = Entry({
                bill: IdCodec.bill(batch, i), amount: 60_000, tax: TAX, content: keccak256(abi.encode(kind, i))
            });
        }
        vm.prank(clerks[uint256(kind)]);
        trace.write(kind, entries);
    }

    function _measured(string memory name) private {
        require(vm.snapshotGasLastCall(GROUP, name) <= LIMIT, string.concat(name, ": more than 60,000"));
    }

    function _measuredBatch(string memory name) private {
        uint256 used = vm.snapshotGasLastCall(BATCH, string.concat("all: ", name));
        require(used <= 16_777_216, string.concat(name, ": more than a transaction may use"));
        vm.snapshotValue(BATCH, name, used / COUNT);
    }
}
