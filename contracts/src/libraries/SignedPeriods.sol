// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId} from "../types/Ids.sol";
import {SignedReadings} from "../types/Readings.sol";
import {Errors} from "./Errors.sol";

/// A reference period that is put together from snapshots.
struct Period {
    /// Its days.
    uint256 start;
    uint256 count;
    /// Of these, known so far.
    uint256 known;
    bytes readings;
    uint256 missing;
    /// Of the latest snapshot, Unix seconds.
    uint256 issuedAt;
}

/// Days that signed snapshots have, one after another.
library SignedPeriods {
    /// Bytes of a reading.
    uint256 internal constant READING = 5;

    /// Adds what a snapshot has from the first day on that is not known yet; it must have that one.
    function add(Period memory period, BillId bill, SignedReadings calldata snapshot) internal pure {
        uint256 day = period.start + period.known;
        uint256 size = snapshot.readings.length / READING;
        if (size > 256 || snapshot.readings.length % READING != 0) revert Errors.Challenges_SnapshotMalformed(bill);
        if (day < snapshot.firstDay || day >= snapshot.firstDay + size) {
            revert Errors.Challenges_DayNotSigned(bill, day);
        }
        uint256 skipped = day - snapshot.firstDay;
        uint256 taken = size - skipped;
        if (taken > period.count - period.known) taken = period.count - period.known;
        bytes calldata part = snapshot.readings[READING * skipped:READING * (skipped + taken)];
        (bytes memory readings, uint256 place) = (period.readings, READING * period.known);
        assembly ("memory-safe") {
            // Within what was allocated: `taken` days fit into what is left of the period.
            calldatacopy(add(add(readings, 0x20), place), part.offset, part.length)
        }
        period.missing |= ((snapshot.missing >> skipped) & ((1 << taken) - 1)) << period.known;
        period.known += taken;
        if (snapshot.issuedAt > period.issuedAt) period.issuedAt = snapshot.issuedAt;
    }
}
