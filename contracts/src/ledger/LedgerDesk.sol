// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "../Managed.sol";
import {IAppealRegistry} from "../interfaces/IAppealRegistry.sol";
import {IDigitalCurrency} from "../interfaces/IDigitalCurrency.sol";
import {IFairClock} from "../interfaces/IFairClock.sol";
import {IVerdictGate} from "../interfaces/IVerdictGate.sol";
import {DeskAccounts} from "./DeskAccounts.sol";
import {DeskArrears} from "./DeskArrears.sol";
import {DeskCancelling} from "./DeskCancelling.sol";
import {DeskDebts} from "./DeskDebts.sol";
import {DeskLending} from "./DeskLending.sol";
import {DeskMandates} from "./DeskMandates.sol";
import {DeskRefunds} from "./DeskRefunds.sol";
import {DeskTariffs} from "./DeskTariffs.sol";
import {LedgerBase} from "./LedgerBase.sol";

/// The second half of the ledger's code, since a contract may have 24,576 bytes of it (EIP-170): the ledger creates it,
/// and runs it by delegatecall in its own name and storage, which both lay out by LedgerBase alone. Called directly it
/// works on storage that is empty for ever, holds no money and is believed by nobody.
contract LedgerDesk is
    DeskAccounts,
    DeskTariffs,
    DeskMandates,
    DeskArrears,
    DeskCancelling,
    DeskDebts,
    DeskRefunds,
    DeskLending
{
    constructor(
        IDigitalCurrency currency_,
        IFairClock clock_,
        IVerdictGate gate_,
        IAppealRegistry registry_,
        IAccessManager authority_
    ) LedgerBase(currency_, clock_, gate_, registry_) Managed(authority_) {}
}
