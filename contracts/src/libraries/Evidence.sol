// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PackedBill, BillId, PackedVerdict} from "../types/Ids.sol";
import {Decision, Presets, VerdictPolicy} from "../types/Verdicts.sol";
import {Calendar} from "./Calendar.sol";
import {IdCodec} from "./IdCodec.sol";
import {ModelVerdict} from "./ModelVerdict.sol";
import {PackedBills} from "./PackedBills.sol";
import {TrendVerdict} from "./TrendVerdict.sol";

/// The leaf that a bill's evidence is committed by, and the verdict that follows from it.
library Evidence {
    using IdCodec for BillId;
    using PackedBills for PackedBill;

    bytes32 internal constant DOMAIN = keccak256("Fairmeter evidence 1");

    /// From a batch's posting, seconds, for the meter operator to sign readings where only these count. Longer than any
    /// pause.
    uint256 internal constant METER_TIME = 14 days;

    /// Whether the bill's dates have a reference period; a bill that has none has no evidence, and its verdict is
    /// INSUFFICIENT. No posted bill lies beyond the calendar's other end.
    function exists(PackedBill bill) internal pure returns (bool) {
        return bill.start() >= Calendar.FIRST_BILLED_DAY;
    }

    /// keccak256(domain 32 ‖ chain id 8 ‖ gate 20 ‖ batch 6 ‖ index 2 ‖ bill 32 ‖ first day of the reference period 2 ‖
    /// its days 1 ‖ readings, 5 a day ‖ missing days 12 ‖ salt 32 bytes). The reference period is derived from the bill,
    /// and no other is accepted. Of a bill that a model judges its statement (ModelVerdict.sol) stands for the readings.
    function leafOf(address gate, BillId id, PackedBill bill, bytes calldata readings, uint96 missing, bytes32 salt)
        internal
        view
        returns (bytes32)
    {
        (uint256 start, uint256 days_) = Calendar.referencePeriod(bill.start(), bill.periodDays());
        bytes memory head = abi.encodePacked(
            DOMAIN, uint64(block.chainid), gate, id.batch(), uint16(id.index()), bill, uint16(start), uint8(days_)
        );
        return keccak256(bytes.concat(head, readings, bytes12(missing), salt));
    }

    /// The verdict of a bill by readings of its reference period, or by the model's statement that stands for them.
    function verdictOf(PackedBill bill, bytes calldata readings, uint256 missing, Presets memory presets)
        internal
        pure
        returns (PackedVerdict)
    {
        if (!exists(bill)) return PackedVerdict.wrap(bytes12(bytes1(uint8(Decision.Insufficient))));
        if (presets.policy == VerdictPolicy.Model) return ModelVerdict.evaluate(readings, bill.quantity(), presets);
        // slither-disable-next-line unused-return
        (, uint256 days_) = Calendar.referencePeriod(bill.start(), bill.periodDays());
        return TrendVerdict.evaluate(readings, days_, missing, bill.quantity(), bill.periodDays(), presets);
    }
}
