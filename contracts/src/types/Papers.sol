// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId, PackedBill} from "./Ids.sol";

/// What was done to a bill's papers, and by whom, in two words; layout in libraries/PackedPapers.sol.
type PackedDocument is uint256;
type PackedIssue is uint256;

/// The kinds of a bill's papers, in the order in which they come about; libraries/PaperOrder.sol says on which others each
/// of them rests.
enum Kind {
    /// The bill's file is opened, with the terms of its supply.
    Archive,
    /// The bill is issued, and pushed to those who pay as payable.
    Payable,
    /// The tax rate is that of the tariff's table.
    TaxCheck,
    /// The supplier's invoice is collected.
    Invoice,
    /// It was verified: supplier, bill, sums, tax.
    Verification,
    /// The debt is booked.
    Voucher,
    /// The detail form of a payment application.
    Detail,
    /// The application for payment.
    Application,
    FirstApproval,
    SecondApproval,
    ThirdApproval,
    /// The payment is recorded, once the ledger has it.
    Payment,
    /// What the ledger says that was settled. Nobody writes it but the contract.
    Paid
}

/// Why a document was returned.
enum Defect {
    None,
    WrongTax,
    Duplicate,
    WrongSupplier,
    WrongAmount,
    Malformed,
    Refused,
    Other,
    /// The ledger has taken back, or otherwise settled, what a paid voucher says.
    Superseded
}

/// A bill of a batch, as posted, and its archive record.
struct Filing {
    PackedBill bill;
    /// Hash of the record; zero to pass the bill over.
    bytes32 content;
}

/// A document of one bill, to be written.
struct Entry {
    BillId bill;
    /// Minor units: of the invoice as it says, else at most the bill's.
    uint48 amount;
    /// Of the amount before tax, ppm.
    uint32 tax;
    /// Hash of the document.
    bytes32 content;
}

/// A document of one bill, to be returned.
struct Return {
    BillId bill;
    Defect defect;
    /// Hash of the reasons.
    bytes32 content;
}

/// Where a bill's papers stand.
struct Papers {
    /// Of all documents so far, in order (libraries/PackedPapers.sol); zero before the first.
    bytes19 digest;
    /// Minor units: the bill's as posted, or what the last paid voucher says.
    uint48 amount;
    /// Bit k: a document of kind k was written and not returned.
    uint16 standing;
    /// Levels of approval that the application takes; 0 before it.
    uint8 levels;
    /// Whether a paid voucher was ever written: from then on only the ledger changes anything.
    bool closed;
    // who of the supplier's office, counted from 1, did what others must not do after them
    uint8 pusher;
    uint8 collector;
    uint8 applicant;
    uint8 firstApprover;
    uint8 secondApprover;
}

/// What a key may do for a supplier's office.
struct Staff {
    /// Whose key it is, counted from 1 within the office.
    uint8 person;
    /// Bit k: may write documents of kind k.
    uint16 duties;
}

/// A supplier's office.
struct Office {
    /// Above which amount, minor units, an application takes a second and a third approval.
    uint48 second;
    uint48 third;
    /// People ever appointed.
    uint8 people;
}
