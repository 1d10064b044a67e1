// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealDesk} from "../interfaces/IAppealDesk.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {Tariffs} from "../libraries/Tariffs.sol";
import {Voice} from "../types/Accounts.sol";
import {Batch, BillState, Reason} from "../types/Bills.sol";
import {AccountId, BillId, PackedAccount, PackedBill, PackedRecord} from "../types/Ids.sol";
import {Tariff} from "../types/Utilities.sol";
import {DeskBase} from "./DeskBase.sol";
import {Sum} from "./LedgerBase.sol";

/// How appeals that a verdict opened end, and what is settled of them before.
abstract contract DeskAppeals is DeskBase, IAppealDesk {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;
    using PackedRecords for PackedRecord;
    using Tariffs for Tariff;
    using Tariffs for Tariff[];

    /// How the money of an appealed bill is divided when the appeal ends with something to pay, minor units.
    struct Closing {
        uint256 fromHold;
        uint256 fromBalance;
        uint256 refunded;
        uint256 owed;
        uint256 voided;
    }

    modifier onlyRegistry() {
        if (msg.sender != address(_registry)) revert Errors.PaymentLedger_NotRegistry(msg.sender);
        _;
    }

    /// @inheritdoc IAppealDesk
    function closeAppeal(BillId bill, uint48 due, uint48 settled, Reason voidReason, Voice consent)
        external
        override
        onlyRegistry
    {
        // Check:
        (PackedRecord record, AccountId account) = _inState(bill, BillState.Held);
        uint256 amount = record.amount();
        if (due > amount) revert Errors.PaymentLedger_DueTooLarge(bill, due, amount);

        // Effect:
        _lower(Sum.Holds, record.money());
        if (due == 0) _voidHeld(bill, account, record, settled, voidReason);
        else _payHeld(bill, account, record, due, settled, voidReason, consent);
    }

    /// @inheritdoc IAppealDesk
    function settleUndisputed(BillId bill, uint48 quantity) external override onlyRegistry returns (uint48 settled) {
        // Check:
        (PackedRecord record, AccountId account) = _inState(bill, BillState.Held);
        Batch storage batch = _batches[bill.batch()];
        PackedBill posted = PackedBill.wrap(PackedRecord.unwrap(record));
        Tariff[] storage versions = _tariffs[batch.supplier][batch.utility].versions;
        Tariff memory tariff = versions[versions.countUntil(posted.lastDay()) - 1];
        uint256 held = record.money();
        // Something stays under appeal.
        uint256 paid = _atMost(_atMost(tariff.costOf(quantity) / 1000, held), record.amount() - 1);
        if (paid == 0) return 0;

        // Effect:
        record = record.withAmount(record.amount() - paid).with(BillState.Held, Reason.None, held - paid);
        // Its days stay taken, whatever becomes of the rest.
        _records[bill] = record.asReplaced();
        _lower(Sum.Holds, paid);
        _settle(bill, paid, Sum.Held);

        emit BillPaid(bill, account, 0, paid, 0, 0, false);
        return uint48(paid);
    }

    /// An appeal ends with nothing to pay but what is settled: the hold goes back.
    function _voidHeld(BillId bill, AccountId account, PackedRecord record, uint256 settled, Reason reason) private {
        uint256 held = record.money();
        _records[bill] = settled == 0
            ? record.with(BillState.Void, reason, 0)
            : record.withAmount(settled).with(BillState.Settled, reason, settled);
        _accounts[account] = _credited(account, _accounts[account], held);
        _raise(Sum.Accounts, held);
        _shift(record.amount(), Sum.Held, Sum.Voided);

        emit BillVoided(account, bill, record.amount(), reason, held);
    }

    /// An appeal ends with `due` minor units to pay: from the hold, then with the customer's consent from the balance;
    /// the rest becomes arrears. What is left of the hold goes back, and what is left of the bill is void.
    function _payHeld(
        BillId bill,
        AccountId account,
        PackedRecord record,
        uint256 due,
        uint256 settled,
        Reason voidReason,
        Voice consent
    ) private {
        Closing memory closing = _divide(record, _accounts[account], due, consent);
        _records[bill] = _closed(record, settled + due, closing.owed, closing.voided == 0 ? Reason.None : voidReason);
        PackedAccount debited = _accounts[account].debited(closing.fromBalance);
        _accounts[account] = _credited(account, debited, closing.refunded);
        _lower(Sum.Accounts, closing.fromBalance);
        _raise(Sum.Accounts, closing.refunded);
        _shift(closing.voided, Sum.Held, Sum.Voided);
        _shift(closing.owed, Sum.Held, Sum.Arrears);
        _settle(bill, closing.fromHold + closing.fromBalance, Sum.Held);
        if (consent == Voice.Agent) _countAgreed(bill, account, closing.fromHold + closing.fromBalance);

        _emitClosed(bill, account, closing, voidReason);
    }

    function _emitClosed(BillId bill, AccountId account, Closing memory closing, Reason voidReason) private {
        if (closing.fromHold + closing.fromBalance != 0) {
            emit BillPaid(bill, account, closing.fromBalance, closing.fromHold, 0, closing.refunded, false);
        }
        if (closing.voided != 0) emit BillVoided(account, bill, closing.voided, voidReason, 0);
        if (closing.owed != 0) emit ArrearsOpened(account, bill, closing.owed, Reason.AppealShortfall);
    }

    function _divide(PackedRecord record, PackedAccount account, uint256 due, Voice consent)
        private
        pure
        returns (Closing memory closing)
    {
        uint256 held = record.money();
        closing.voided = record.amount() - due;
        closing.fromHold = _atMost(held, due);
        closing.refunded = held - closing.fromHold;
        closing.owed = due - closing.fromHold;
        if (consent != Voice.None) {
            closing.fromBalance = _atMost(account.balance(), closing.owed);
            closing.owed -= closing.fromBalance;
        }
    }

    /// A record of which `due` minor units stand, `owed` of them unpaid.
    function _closed(PackedRecord record, uint256 due, uint256 owed, Reason reason)
        internal
        pure
        returns (PackedRecord)
    {
        record = record.withAmount(due);
        if (owed == 0) return record.with(BillState.Settled, reason, due);
        return record.with(BillState.Arrears, Reason.AppealShortfall, owed);
    }
}
