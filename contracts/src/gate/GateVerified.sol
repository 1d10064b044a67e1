// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {Evidence} from "../libraries/Evidence.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {PackedVerdicts} from "../libraries/PackedVerdicts.sol";
import {TrendVerdict} from "../libraries/TrendVerdict.sol";
import {Batch} from "../types/Bills.sol";
import {BatchId, PackedAccount, PackedBill, PackedVerdict} from "../types/Ids.sol";
import {Decision, Presets, VerdictPolicy} from "../types/Verdicts.sol";
import {GateParameters} from "./GateParameters.sol";

/// Verdicts that the gate computes itself, from readings in calldata, and the classes of accounts that ask for it.
abstract contract GateVerified is GateParameters {
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;
    using PackedBills for uint256[];
    using PackedVerdicts for bytes;

    /// After so many seconds without signed readings operators may judge a class that asks for them, and only
    /// INSUFFICIENT. Longer than any pause.
    uint256 public constant METER_TIME = Evidence.METER_TIME;

    /// Bytes of a bitmap of missing days, and of a reading.
    uint256 private constant MISSING = 12;
    uint256 private constant READING = 5;
    /// What is before the readings in a leaf, and where in it the place of the bill begins.
    uint256 private constant HEAD = 103;
    uint256 private constant PLACE = 66;

    /// What computing carries from bill to bill.
    struct Computing {
        IPaymentLedger ledger;
        BatchId id;
        Batch batch;
        /// Of the posting, days since 1970-01-01.
        uint256 postedDay;
        /// By number of the bill: the account's word.
        uint256[] accounts;
        /// Of the last bill, since most bills are of the same class: 1 + the class, and its presets.
        uint256 class;
        Presets presets;
        /// Where in memory a leaf is put together, the leaves, and the verdicts.
        uint256 scratch;
        bytes32[] leaves;
        bytes verdicts;
        /// Where in calldata the next bill's evidence is.
        uint256 next;
    }

    /// The verdicts of all bills and the root of their evidence, the readings and missing days of each bill in order.
    function _compute(
        IPaymentLedger ledger_,
        BatchId id,
        Batch memory batch,
        uint256[] calldata bills,
        bytes calldata evidence
    ) internal view returns (bytes memory verdicts, bytes32 root) {
        Computing memory run;
        (run.ledger, run.id, run.batch) = (ledger_, id, batch);
        run.postedDay = Calendar.dayOf(batch.postedAt);
        run.accounts = ledger_.accountWords(batch.supplier, bills);
        run.leaves = new bytes32[](bills.length);
        run.verdicts = new bytes(bills.length * PackedVerdicts.SIZE);
        run.scratch = _startLeaf(id);
        uint256 start;
        assembly ("memory-safe") {
            start := evidence.offset
        }
        run.next = start;
        for (uint256 i; i < bills.length; ++i) {
            _computeOne(run, i, bills.read(i));
        }
        // Neither more nor less: what was read beyond it counts for nothing.
        if (run.next - start != evidence.length) {
            revert Errors.VerdictGate_EvidenceLength(evidence.length, run.next - start);
        }
        uint256 base;
        bytes32[] memory leaves = run.leaves;
        assembly ("memory-safe") {
            base := add(leaves, 0x20)
        }
        return (run.verdicts, MerkleTree.rootAt(base, bills.length));
    }

    /// Refuses operators' verdicts for classes that ask for verified ones, but INSUFFICIENT after METER_TIME.
    function _checkClasses(
        IPaymentLedger ledger_,
        BatchId id,
        Batch memory batch,
        uint256[] calldata bills,
        bytes calldata verdicts
    ) internal view {
        bool late = block.timestamp >= batch.postedAt + METER_TIME;
        uint256[] memory accounts = ledger_.accountWords(batch.supplier, bills);
        Computing memory run;
        (run.ledger, run.id, run.batch) = (ledger_, id, batch);
        run.postedDay = Calendar.dayOf(batch.postedAt);
        for (uint256 i; i < accounts.length; ++i) {
            uint8 class = _classOf(run, PackedAccount.wrap(accounts[i]), bills.read(i));
            if (presetsOf(batch.parameterVersion, batch.utility, class).policy != VerdictPolicy.Verified) continue;
            uint256 head = uint16(bytes2(PackedVerdict.unwrap(verdicts.read(i))));
            if (late && PackedVerdicts.decisionOf(head) == uint256(Decision.Insufficient)) continue;
            revert Errors.VerdictGate_VerifiedOnly(i);
        }
    }

    function _computeOne(Computing memory run, uint256 index, PackedBill bill) private view {
        PackedVerdict verdict = PackedVerdict.wrap(bytes12(bytes1(uint8(Decision.Insufficient))));
        if (Evidence.exists(bill)) {
            (uint256 start, uint256 days_) = Calendar.referencePeriod(bill.start(), bill.periodDays());
            bytes32 leaf = _leaf(run, index, bill, start << 8 | days_);
            (bytes32[] memory leaves, uint256 place) = (run.leaves, index << 5);
            assembly ("memory-safe") {
                mstore(add(add(leaves, 0x20), place), leaf)
            }
            verdict = _verdictOf(run, index, bill, days_);
        }
        bytes memory verdicts = run.verdicts;
        assembly ("memory-safe") {
            // Its twelve bytes, and what was behind them as it was.
            let place := add(add(verdicts, 0x20), mul(index, 12))
            mstore(place, or(verdict, and(mload(place), shr(96, not(0)))))
        }
    }

    function _verdictOf(Computing memory run, uint256 index, PackedBill bill, uint256 days_)
        private
        view
        returns (PackedVerdict)
    {
        // Its offset and its length are two writes.
        // slither-disable-next-line write-after-write
        bytes calldata readings;
        uint256 missing;
        uint256 next = run.next;
        assembly ("memory-safe") {
            readings.offset := next
            readings.length := mul(READING, days_)
            next := add(next, readings.length)
            missing := shr(160, calldataload(next))
        }
        unchecked {
            run.next = next + MISSING;
            PackedAccount account = PackedAccount.wrap(run.accounts[index]);
            // Readings of those who do not disclose them are not shown: all are missing.
            if (!account.disclosesReadings() && missing != (1 << days_) - 1) {
                revert Errors.VerdictGate_NotDisclosed(index);
            }
            Presets memory presets = _presetsFor(run, account, bill);
            if (presets.policy == VerdictPolicy.Model) revert Errors.VerdictGate_ModelOnly(index);
            return TrendVerdict.evaluate(readings, days_, missing, bill.quantity(), bill.periodDays(), presets);
        }
    }

    /// A leaf's first bytes, which are the same for all bills of a batch, in memory of which the rest is written anew
    /// for each.
    function _startLeaf(BatchId id) private view returns (uint256 scratch) {
        bytes memory buffer = new bytes(HEAD + READING * TrendVerdict.MAX_REFERENCE_DAYS + MISSING + 32);
        bytes memory head = abi.encodePacked(Evidence.DOMAIN, uint64(block.chainid), address(this), id);
        assembly ("memory-safe") {
            scratch := add(buffer, 0x20)
            mcopy(scratch, add(head, 0x20), mload(head))
        }
    }

    /// As Evidence.leafOf, with a salt of zero: what is shown here needs none.
    function _leaf(Computing memory run, uint256 index, PackedBill bill, uint256 period)
        private
        pure
        returns (bytes32 leaf)
    {
        (uint256 scratch, uint256 next) = (run.scratch, run.next);
        assembly ("memory-safe") {
            let place := add(scratch, PLACE)
            mstore(place, shl(240, index))
            mstore(add(place, 2), bill)
            mstore(add(place, 34), shl(232, period))
            let size := add(mul(READING, and(period, 0xff)), MISSING)
            place := add(scratch, HEAD)
            calldatacopy(place, next, size)
            mstore(add(place, size), 0)
            leaf := keccak256(scratch, add(add(HEAD, size), 32))
        }
    }

    function _presetsFor(Computing memory run, PackedAccount account, PackedBill bill)
        private
        view
        returns (Presets memory)
    {
        uint256 class = _classOf(run, account, bill);
        if (run.class != class + 1) {
            run.presets = presetsOf(run.batch.parameterVersion, run.batch.utility, uint8(class));
            run.class = class + 1;
        }
        return run.presets;
    }

    /// The class of the batch's posting: the present one, unless it was set on that day or later.
    function _classOf(Computing memory run, PackedAccount account, PackedBill bill) private view returns (uint8) {
        if (account.basisSince() < run.postedDay) return uint8(account.class());
        return run.ledger.basisOf(run.id, uint32(bill.number())).class;
    }
}
