// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDigitalCurrency} from "../interfaces/IDigitalCurrency.sol";
import {IFairClock} from "../interfaces/IFairClock.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {CreditBook, CreditTerms, Loan} from "../types/Credit.sol";
import {BillId, SupplierId} from "../types/Ids.sol";

/// What the credit line keeps.
abstract contract CreditStore {
    /// The last terms that a supplier set: their number, counted from 1, and from when on they are in force.
    struct Head {
        uint32 version;
        uint40 from;
    }

    /// Gives the time that debts are due by, fixed at deployment.
    IFairClock public immutable clock;
    /// Keeps the bills, fixed at deployment.
    IPaymentLedger public immutable ledger;

    IDigitalCurrency internal immutable _currency;

    mapping(SupplierId supplier => CreditBook) internal _books;
    mapping(BillId bill => Loan) internal _loans;
    /// What each account owes, by its number: five a slot, since those that are drawn for together stand together.
    mapping(SupplierId supplier => uint48[1 << 32]) internal _owed;
    mapping(SupplierId supplier => Head) internal _heads;
    mapping(SupplierId supplier => mapping(uint256 version => CreditTerms)) internal _terms;

    constructor(IFairClock clock_, IPaymentLedger ledger_) {
        (clock, ledger, _currency) = (clock_, ledger_, ledger_.currency());
    }
}
