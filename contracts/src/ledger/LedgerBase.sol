// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "../interfaces/IAppealRegistry.sol";
import {IDigitalCurrency} from "../interfaces/IDigitalCurrency.sol";
import {IFairClock} from "../interfaces/IFairClock.sol";
import {ILedgerEvents} from "../interfaces/ILedgerEvents.sol";
import {IStanding} from "../interfaces/IStanding.sol";
import {IVerdictGate} from "../interfaces/IVerdictGate.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {Revisions} from "../libraries/Revisions.sol";
import {Voice} from "../types/Accounts.sol";
import {Batch, BillState, Reason} from "../types/Bills.sol";
import {AccountId, BatchId, BillId, PackedAccount, PackedRecord, SupplierId} from "../types/Ids.sol";
import {Tariff, Utility} from "../types/Utilities.sol";

/// The fields of `Totals`: three a slot, those that change together, so that judging, releasing and reversing write two.
enum Sum {
    Pending,
    Held,
    Holds,
    Accounts,
    Unjudged,
    Bonds,
    Billed,
    Settled,
    Credit,
    Waiting,
    Arrears,
    Voided,
    GivenUp
}

/// The ledger's storage, who may call, and the few ways in which a balance changes.
abstract contract LedgerBase is ILedgerEvents {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedRecords for PackedRecord;

    /// What judging does not need of an account, in a slot that it does not touch.
    struct Holder {
        address owner;
        uint32 mandateNonce;
    }

    struct Supplier {
        address owner;
        /// To withdraw, minor units.
        uint96 credit;
        uint32 accountCount;
        /// For refunds, of the credit and what will be credited; the credit is not withdrawn below it. Minor units.
        uint96 pledged;
    }

    /// What a record has no room for, of a bill that its customer appealed by hand or the credit line paid; minor units.
    struct Claim {
        /// Paid before the appeal, while it lasts.
        uint48 paid;
        /// The customer's, set aside while it lasts.
        uint48 bond;
        /// What the supplier owes after it.
        uint48 debt;
        /// Given back, set aside for the credit line.
        uint48 returned;
    }

    /// What an address has in the ledger to stake, to demand with, or to withdraw; and the challenge it has announced,
    /// which a reward for it then finds in the same slot.
    struct Bond {
        /// Minor units.
        uint64 free;
        /// The block of the announcement; zero before the first.
        uint40 announcedAt;
        bytes19 announcement;
    }

    struct TariffBook {
        /// By first day, ascending.
        Tariff[] versions;
        /// Whether a bill was posted: from then on a version may no longer reach back.
        bool billed;
    }

    IDigitalCurrency internal immutable _currency;
    IFairClock internal immutable _clock;
    IVerdictGate internal immutable _gate;
    IAppealRegistry internal immutable _registry;

    // Of these, ledger and desk write some each in the same storage, which an analysis of one of them alone cannot see.
    // slither-disable-start uninitialized-state,constable-states,unused-state
    mapping(AccountId account => PackedAccount) internal _accounts;
    mapping(AccountId account => Holder) internal _holders;
    mapping(SupplierId supplier => Supplier) internal _suppliers;
    mapping(BatchId batch => Batch) internal _batches;
    mapping(BillId bill => PackedRecord) internal _records;
    /// By `Sum`, minor units; the struct `Totals` without its names, so that amounts move from sum to sum in one place.
    uint80[13] private _sums;
    mapping(SupplierId supplier => mapping(Utility utility => TariffBook)) internal _tariffs;
    mapping(address holder => Bond) internal _bonds;
    /// By an operator's number, minor units: what it can lose. Five a slot, since the signers of a batch lose together.
    uint48[128] internal _stakes;
    /// By the first batch that they hold for: PackedAccounts.basis.
    mapping(AccountId account => Revisions.History) internal _bases;
    mapping(BillId bill => Claim) internal _claims;
    mapping(AccountId account => address) internal _agents;
    uint32 internal _supplierCount;
    uint48 internal _batchCount;
    /// What bounds mandates; zero for nothing.
    IStanding internal _standing;
    // slither-disable-end uninitialized-state,constable-states,unused-state

    constructor(IDigitalCurrency currency_, IFairClock clock_, IVerdictGate gate_, IAppealRegistry registry_) {
        _currency = currency_;
        _clock = clock_;
        _gate = gate_;
        _registry = registry_;
    }

    modifier onlySupplier(SupplierId supplier) {
        _checkSupplierOwner(supplier);
        _;
    }

    modifier onlyAccountOwner(AccountId account) {
        _checkAccountOwner(account);
        _;
    }

    function _checkSupplierOwner(SupplierId supplier) internal view {
        if (_suppliers[supplier].owner != msg.sender) {
            revert Errors.PaymentLedger_NotSupplierOwner(supplier, msg.sender);
        }
    }

    function _checkAccountOwner(AccountId account) internal view {
        if (_holders[account].owner != msg.sender) revert Errors.PaymentLedger_NotAccountOwner(account, msg.sender);
    }

    /// With what voice `who` speaks for an account, of `amount` minor units to be paid of a bill. An owner that is its
    /// own agent is the owner.
    function _voiceOf(AccountId account, address who, uint256 amount) internal view returns (Voice) {
        if (who == address(0)) return Voice.None;
        if (who == _holders[account].owner) return Voice.Owner;
        if (who != _agents[account]) return Voice.None;
        uint256 today = Calendar.dayOf(block.timestamp);
        Reason refusal = _accounts[account].refusal(amount, today, Calendar.monthOf(block.timestamp));
        if (refusal == Reason.MandateExpired) return Voice.None;
        // What the balance lacks is owed, as when the owner agrees.
        return refusal == Reason.None || refusal == Reason.Balance ? Voice.Agent : Voice.Excessive;
    }

    /// An account that exists.
    function _account(AccountId account) internal view returns (PackedAccount packed) {
        packed = _accounts[account];
        if (!packed.isOpen()) revert Errors.PaymentLedger_NoSuchAccount(account);
    }

    /// An account with `amount` minor units more; refuses what does not fit.
    function _credited(AccountId account, PackedAccount packed, uint256 amount) internal pure returns (PackedAccount) {
        uint256 balance = packed.balance() + amount;
        if (balance > PackedAccounts.MAX_BALANCE) revert Errors.PaymentLedger_BalanceTooLarge(account, balance);
        return packed.credited(amount);
    }

    /// An account with `amount` minor units less; refuses what it does not have.
    function _debited(AccountId account, PackedAccount packed, uint256 amount) internal pure returns (PackedAccount) {
        uint256 balance = packed.balance();
        if (amount > balance) revert Errors.PaymentLedger_InsufficientBalance(account, balance, amount);
        return packed.debited(amount);
    }

    /// Gives `amount` minor units to a supplier to withdraw.
    function _creditSupplier(SupplierId supplier, uint256 amount) internal {
        // No need to check the width: what is credited was deposited, and 2^96 minor units are more than 2^48 full
        // accounts.
        unchecked {
            _suppliers[supplier].credit += uint96(amount);
        }
        _raise(Sum.Credit, amount);
    }

    /// Takes `amount` minor units, which it has, of a supplier's credit.
    function _debitSupplier(SupplierId supplier, uint256 amount) internal {
        _suppliers[supplier].credit -= uint96(amount);
        _lower(Sum.Credit, amount);
    }

    /// What a supplier can withdraw, minor units.
    function _freeCredit(SupplierId supplier) internal view returns (uint256) {
        Supplier storage stored = _suppliers[supplier];
        return stored.credit > stored.pledged ? stored.credit - stored.pledged : 0;
    }

    /// Notes that a bill came under appeal after judging, for whoever looks for it.
    function _markLate(Batch storage batch, BillId bill) internal {
        batch.late |= uint8(1 << (bill.index() >> 6));
    }

    /// Takes `amount` minor units of the caller's currency.
    function _pull(uint256 amount) internal {
        if (!_currency.transferFrom(msg.sender, address(this), amount)) revert Errors.PaymentLedger_TransferFailed();
    }

    /// Pays `amount` minor units of currency to `to`, who asked for it.
    function _push(address to, uint256 amount) internal {
        // Nobody's account would have it.
        if (to == address(this)) revert Errors.PaymentLedger_ToItself();
        // A frozen owner's withdrawal waits, whomever it would go to.
        if (_currency.isFrozen(msg.sender)) revert Errors.PaymentLedger_Frozen(msg.sender);
        if (!_currency.transfer(to, amount)) revert Errors.PaymentLedger_TransferFailed();
    }

    /// `amount` minor units of bills, or of money, pass from one sum to another.
    function _shift(uint256 amount, Sum from, Sum to) internal {
        _lower(from, amount);
        _raise(to, amount);
    }

    function _raise(Sum sum, uint256 amount) internal {
        if (amount > type(uint80).max) revert Errors.PaymentLedger_AmountTooLarge(amount);
        _sums[uint256(sum)] += uint80(amount);
    }

    function _lower(Sum sum, uint256 amount) internal {
        // No need to check the width: what leaves a sum has entered it.
        _sums[uint256(sum)] -= uint80(amount);
    }

    function _sumOf(Sum sum) internal view returns (uint128) {
        return _sums[uint256(sum)];
    }

    /// The state of a bill in `batch` with this record. A bill is pending, with a record or without, exactly as long as
    /// its amount, at least 1, is in the batch's bucket: an empty bucket means that it was released.
    function _stateOf(Batch storage batch, PackedRecord record) internal view returns (BillState) {
        if (record.exists() && record.state() != BillState.Pending) return record.state();
        if (batch.judgedAt == 0) return BillState.Unjudged;
        return batch.pending == 0 ? BillState.Settled : BillState.Pending;
    }
}
