// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "./interfaces/IAppealRegistry.sol";
import {IDigitalCurrency} from "./interfaces/IDigitalCurrency.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {IVerdictGate} from "./interfaces/IVerdictGate.sol";
import {DeskReclaiming} from "./ledger/DeskReclaiming.sol";
import {DeskReversing} from "./ledger/DeskReversing.sol";
import {LedgerBase} from "./ledger/LedgerBase.sol";

/// A third part of the ledger's code, as LedgerDesk is the second, for what becomes of appealed bills, of bills
/// whose verdict was shown wrong, and of bonds; deployed by
/// itself, since a contract cannot create more code than it may be deployed with (EIP-3860). The ledger is given its
/// address at deployment for good.
contract AppealDesk is DeskReclaiming, DeskReversing {
    constructor(IDigitalCurrency currency_, IFairClock clock_, IVerdictGate gate_, IAppealRegistry registry_)
        LedgerBase(currency_, clock_, gate_, registry_)
    {}
}
