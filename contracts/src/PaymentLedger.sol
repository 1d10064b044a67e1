// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IAppealRegistry} from "./interfaces/IAppealRegistry.sol";
import {IDigitalCurrency} from "./interfaces/IDigitalCurrency.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IStanding} from "./interfaces/IStanding.sol";
import {IVerdictGate} from "./interfaces/IVerdictGate.sol";
import {LedgerAccounts} from "./ledger/LedgerAccounts.sol";
import {LedgerBase} from "./ledger/LedgerBase.sol";
import {LedgerCounter} from "./ledger/LedgerCounter.sol";
import {LedgerJudging} from "./ledger/LedgerJudging.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {Errors} from "./libraries/Errors.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {PackedAccounts} from "./libraries/PackedAccounts.sol";
import {Revisions} from "./libraries/Revisions.sol";
import {Basis, Batch} from "./types/Bills.sol";
import {AccountId, BatchId, PackedAccount, SupplierId} from "./types/Ids.sol";

/// Keeps all the money, and moves it only as a verdict, a mandate, an appeal's outcome or its owner says.
///
/// Trusted: the gate, to say which verdicts a batch has and when its window is over; the registry, to say how an appeal
/// ended. Both addresses, and the currency's, are fixed at deployment. The classifier chooses accounts' classes, and
/// with them presets, and can move no money. The manager behind `authority` can hand that role on, and no more.
///
/// Assumed: the currency moves exactly what it is told, calls nobody back and does not freeze the ledger
/// (DigitalCurrency). No reentrancy guard is needed: every call to the currency comes last, the gate and the registry
/// call only back what they were called for, and signatures are checked in static calls.
contract PaymentLedger is LedgerAccounts, LedgerJudging, LedgerCounter, Errors {
    using PackedAccounts for PackedAccount;
    using Revisions for Revisions.History;

    constructor(
        IDigitalCurrency currency_,
        IFairClock clock_,
        IVerdictGate gate_,
        IAppealRegistry registry_,
        IAccessManager authority_,
        address appealDesk_
    ) LedgerBase(currency_, clock_, gate_, registry_) LedgerCounter(authority_, appealDesk_) {}

    /// @inheritdoc IPaymentLedger
    function basisOf(BatchId batch, uint32 number) external view override returns (Basis memory basis) {
        Batch storage posted = _batches[batch];
        AccountId account = IdCodec.account(posted.supplier, number);
        PackedAccount packed = _accounts[account];
        uint256 value = packed.basis();
        // Set before the day of posting, the present one is the one of posting.
        if (packed.basisSince() >= Calendar.dayOf(posted.postedAt)) {
            // slither-disable-next-line unused-return
            (, value) = _bases[account].find(BatchId.unwrap(batch));
        }
        return Basis({
            commitment: posted.commitment,
            supplier: posted.supplier,
            utility: posted.utility,
            count: posted.count,
            postedAt: posted.postedAt,
            judgedAt: posted.judgedAt,
            parameterVersion: posted.parameterVersion,
            class: uint8(value),
            signedOnly: PackedAccounts.isSignedOnly(value),
            discloses: packed.disclosesReadings()
        });
    }

    /// @inheritdoc IPaymentLedger
    function accountWords(SupplierId supplier, uint256[] calldata bills)
        external
        view
        override
        returns (uint256[] memory words)
    {
        words = new uint256[](bills.length);
        uint256 first = uint256(SupplierId.unwrap(supplier)) << 32;
        assembly ("memory-safe") {
            mstore(0x20, _accounts.slot)
            for { let i := 0 } lt(i, bills.length) { i := add(i, 1) } {
                let bill := calldataload(add(bills.offset, shl(5, i)))
                mstore(0x00, or(first, and(bill, 0xffffffff)))
                mstore(add(add(words, 0x20), shl(5, i)), sload(keccak256(0x00, 0x40)))
            }
        }
    }

    /// @inheritdoc IPaymentLedger
    function bondOf(address holder) external view override returns (uint256) {
        // slither-disable-next-line unused-return
        (uint256 ordinal,) = _gate.operators().seatOf(holder);
        return _bonds[holder].free + (ordinal == 0 ? 0 : _stakes[ordinal - 1]);
    }

    /// @inheritdoc IPaymentLedger
    function currency() external view override returns (IDigitalCurrency) {
        return _currency;
    }

    /// @inheritdoc IPaymentLedger
    function gate() external view override returns (IVerdictGate) {
        return _gate;
    }

    /// @inheritdoc IPaymentLedger
    function standing() external view override returns (IStanding) {
        return _standing;
    }

    /// @inheritdoc IPaymentLedger
    function registry() external view override returns (IAppealRegistry) {
        return _registry;
    }
}
