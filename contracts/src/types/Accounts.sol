// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountId, SupplierId} from "./Ids.sol";
import {Utility} from "./Utilities.sol";

/// An account, decoded from its one slot, with its owner.
struct Account {
    address owner;
    /// Free balance, minor units.
    uint48 balance;
    /// Caps of the mandate, minor units a bill and a calendar month (UTC) of collection.
    uint48 capPerBill;
    uint48 capPerMonth;
    /// Collected under the mandate in `month`, minor units.
    uint48 spent;
    /// Calendar month that `spent` counts: months since January 1970.
    uint16 month;
    /// Last day of the mandate, days since 1970-01-01; 0 for no mandate.
    uint16 mandateLastDay;
    /// Last day billed, days since 1970-01-01; a bill must start after it.
    uint16 billedThrough;
    /// Customer class, 0..31, which chooses presets and policies.
    uint8 class;
    Utility utility;
    /// Whether the mandate lets anyone show the readings on chain in a challenge.
    bool discloseReadings;
    /// Whether the mandate has bills judged only by readings that the meter operator signed.
    bool signedOnly;
    /// Counts grants and revocations of mandates; the next signature carries it, so that any of them ends signatures
    /// not yet used.
    uint32 mandateNonce;
}

/// A request to open an account.
struct AccountRequest {
    SupplierId supplier;
    Utility utility;
    address owner;
}

/// The customer's standing authority for the supplier to collect.
struct Mandate {
    /// Minor units a bill.
    uint48 capPerBill;
    /// Minor units a calendar month (UTC).
    uint48 capPerMonth;
    /// Last day, days since 1970-01-01.
    uint16 lastDay;
    /// Whether anyone may show this account's readings on chain in a challenge.
    bool discloseReadings;
    /// Whether bills posted from now on are judged only by readings that the meter operator signed, and are INSUFFICIENT
    /// without.
    bool signedOnly;
    /// May answer for the owner while the mandate lasts, within its caps; zero for nobody.
    address agent;
}

/// With what voice an address speaks for an account.
enum Voice {
    /// A stranger's.
    None,
    /// Its agent's, but about more than the mandate covers.
    Excessive,
    /// Its agent's.
    Agent,
    /// Its owner's.
    Owner
}

/// A mandate granted by an EIP-712 signature of the account's owner (EOA or ERC-1271).
struct SignedMandate {
    AccountId account;
    Mandate mandate;
    /// Unix seconds; the signature is refused later.
    uint40 deadline;
    bytes signature;
}
