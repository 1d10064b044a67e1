// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId} from "../types/Ids.sol";
import {SignedReadings} from "../types/Readings.sol";
import {IArbiter} from "./IArbiter.sol";
import {IMeters} from "./IMeters.sol";
import {IPaymentLedger} from "./IPaymentLedger.sol";

/// An arbiter that computes: due is what the tariff gives for what the meter counted in the bill's own days, rounded as
/// the ledger rounds, and never more than the bill.
interface IReadingsArbiter is IArbiter {
    /// By readings that `by` showed the meter counted `quantity` base units, so that `due` minor units are to be paid in
    /// all.
    event Recomputed(BillId indexed bill, address indexed by, uint48 quantity, uint48 due);

    /// Rules on a disputed bill that this is the arbiter of, at once: by snapshots that the meter operator of its batch
    /// signed, each going on where the one before ends, of every day of the bill's period, none of them without a
    /// reading. Of the bill's supplier and its customer or agent; where the mandate discloses the readings, of anyone.
    /// They are public from then on.
    function rule(BillId bill, SignedReadings[] calldata snapshots) external;

    /// The ledger, fixed at deployment.
    function ledger() external view returns (IPaymentLedger);
    /// The meter operators' keys, fixed at deployment.
    function meters() external view returns (IMeters);
}
