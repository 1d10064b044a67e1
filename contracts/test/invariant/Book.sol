// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Voice} from "../../src/types/Accounts.sol";
import {AppealState} from "../../src/types/Appeals.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {AccountId, BatchId, BillId, SupplierId} from "../../src/types/Ids.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Decision, Periods} from "../../src/types/Verdicts.sol";
import {Base} from "../Base.sol";

/// A second set of books, kept bill by bill from what was asked of the contracts, never from what they answer: no sums,
/// no packed words, no code of theirs. Money in minor units, days since 1970-01-01, times in Unix seconds.
abstract contract Book is Base {
    struct CustomerAccount {
        AccountId id;
        address owner;
        Utility utility;
        uint8 class;
        bool signedOnly;
        bool discloses;
        uint48 balance;
        uint48 capPerBill;
        uint48 capPerMonth;
        uint16 mandateLastDay;
        uint16 billedThrough;
        /// Last day of any bill posted so far; what is posted next begins after it, or overlaps on purpose.
        uint16 postedThrough;
        uint32 mandateNonce;
        address agent;
    }

    struct SupplierBook {
        SupplierId id;
        address owner;
        uint256 credit;
        /// For refunds: the credit is not withdrawn below it.
        uint256 pledged;
        /// Places of its accounts, in the order of their numbers.
        uint256[] accounts;
    }

    struct TariffVersion {
        uint16 fromDay;
        uint48 standing;
        /// The first block's end, base units; the second one's is the largest quantity.
        uint48 firstUpTo;
        uint32 firstPrice;
        uint32 secondPrice;
    }

    struct BatchBook {
        uint8 supplier;
        Utility utility;
        /// Place of its bill 0.
        uint32 first;
        uint16 count;
        uint32 version;
        /// Fair time.
        uint40 judgedAt;
        /// Judged by the gate itself: there is no window.
        bool byGate;
        /// By the block's clock, both.
        uint40 postedOn;
        uint40 judgedOn;
        /// Since its posting.
        address arbiter;
        uint16 judgedMonth;
    }

    struct BillBook {
        /// As posted.
        uint256 word;
        uint16 account;
        uint16 batch;
        /// Of its account when it was posted.
        uint8 postedClass;
        bool signedOnly;
        BillState state;
        Reason reason;
        /// Whether the ledger keeps a record of it.
        bool recorded;
        bool replaced;
        /// Cancelled before it was judged.
        bool unbilled;
        AppealState appeal;
        /// Fair time.
        uint40 deadline;
        uint48 offered;
        /// Set aside.
        uint48 hold;
        /// What is to be paid of it by its customer's word, a ruling or as undisputed.
        uint48 agreed;
        /// Of an appeal by hand: what was paid before and the bond, while it lasts; what the supplier owes after it.
        bool byHand;
        uint48 paidBefore;
        uint48 bond;
        uint48 debt;
        /// Of its amount as posted, less what became void while another part did not.
        uint48 amount;
        /// Paid of it before its verdict was corrected: the record is of the rest.
        uint48 apart;
        /// Its amount, divided by state.
        uint48[7] parts;
    }

    struct PresetsBook {
        uint32 version;
        Utility utility;
        uint8 class;
        uint48 insufficientCap;
    }

    CustomerAccount[] internal accounts;
    SupplierBook[] internal suppliers;
    /// Batch `id` is at place `id - 1`: no call but the handlers' posts any.
    BatchBook[] internal batches;
    BillBook[] internal bills;
    PresetsBook[] internal presets;
    mapping(uint256 supplier => mapping(Utility => TariffVersion[])) internal tariffs;
    mapping(uint256 version => Periods) internal periods;
    uint32 internal version = 1;
    /// Collected under the mandate by calendar month, less what was given back in it.
    mapping(uint256 account => mapping(uint256 month => uint256)) internal collected;
    /// A bit a day: a bill that is not void has it.
    mapping(uint256 account => mapping(uint256 word => uint256)) internal billedDays;
    mapping(address holder => bool) internal frozen;
    /// All who can have a bond.
    address[] internal bondHolders;
    mapping(address holder => uint256) internal bonds;
    /// Of it, what is or was staked as an operator, and until when that is locked, fair time.
    mapping(address holder => uint256) internal staked;
    mapping(address holder => uint256) internal lockedUntil;
    /// Who judged a batch, alone.
    mapping(uint256 batch => address) internal signers;
    mapping(uint256 batch => uint256) internal openDemands;
    /// Whose verdict was shown wrong.
    mapping(uint256 bill => bool) internal corrected;
    /// Seconds: the block's less those that passed during a pause.
    uint256 internal fairTime;
    uint256 internal pausedUntil;
    /// Arbiters by supplier's place, for batches posted from now on; the last one for who has none.
    address[3] internal arbiters;
    /// Sent to the ledger outside of it.
    uint256 internal surplus;

    /// Months since the first day of the books, and the first day after this one.
    uint16 internal month;
    uint256 internal nextMonth = 17_014; // 2016-08-01
    uint256 internal monthOfYear = 6;
    uint256 internal year = 2016;

    /* TIME */

    function _today() internal view returns (uint256) {
        return block.timestamp / 1 days;
    }

    function _isPaused() internal view returns (bool) {
        return block.timestamp < pausedUntil;
    }

    /// Turns the calendar's leaves to today's.
    function _turnLeaves() internal {
        for (; _today() >= nextMonth; ++month) {
            monthOfYear = (monthOfYear + 1) % 12;
            if (monthOfYear == 0) ++year;
            bool short = monthOfYear == 3 || monthOfYear == 5 || monthOfYear == 8 || monthOfYear == 10;
            bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            nextMonth += monthOfYear == 1 ? (leap ? 29 : 28) : short ? 30 : 31;
        }
    }

    /* BILLS */

    function _amountOf(uint256 word) internal pure returns (uint48) {
        return uint48(word >> 80);
    }

    function _startOf(uint256 word) internal pure returns (uint256) {
        return uint16(word >> 128);
    }

    function _daysOf(uint256 word) internal pure returns (uint256) {
        return uint8(word >> 144);
    }

    function _replacedBy(uint256 word) internal pure returns (uint256) {
        return uint64(word >> 152);
    }

    function _idOf(uint256 bill) internal view returns (BillId) {
        uint256 batch = bills[bill].batch;
        return BillId.wrap(uint64(((batch + 1) << 16) | (bill - batches[batch].first)));
    }

    /// The place of the bill with this id, or the number of bills where there is none.
    function _placeOf(uint256 id) internal view returns (uint256) {
        uint256 batch = id >> 16;
        if (batch == 0 || batch > batches.length) return bills.length;
        if (id & 0xffff >= batches[batch - 1].count) return bills.length;
        return batches[batch - 1].first + (id & 0xffff);
    }

    function _supplierOf(uint256 bill) internal view returns (SupplierBook storage) {
        return suppliers[batches[bills[bill].batch].supplier];
    }

    function _windowEndsAt(uint256 batch) internal view returns (uint256) {
        return batches[batch].judgedAt + (batches[batch].byGate ? 0 : periods[batches[batch].version].window);
    }

    function _isReleasable(uint256 batch) internal view returns (bool) {
        if (batches[batch].judgedAt == 0 || openDemands[batch] != 0) return false;
        return !_isPaused() && fairTime >= _windowEndsAt(batch);
    }

    /// `amount` of a bill passes from state to state.
    function _pass(BillBook storage bill, BillState from, BillState to, uint256 amount) internal virtual {
        require(bill.parts[uint256(from)] >= amount, "INV-03: more leaves a state than is in it");
        bill.parts[uint256(from)] -= uint48(amount);
        bill.parts[uint256(to)] += uint48(amount);
    }

    /// The bill has a record from now on, in this state.
    function _enter(BillBook storage bill, BillState state, Reason reason) internal {
        (bill.state, bill.reason, bill.recorded) = (state, reason, true);
    }

    /// `amount` of a bill is the supplier's.
    function _settle(uint256 place, BillState from, uint256 amount) internal {
        _pass(bills[place], from, BillState.Settled, amount);
        _supplierOf(place).credit += amount;
    }

    /// Settled of what its record is of.
    function _settledOf(BillBook storage bill) internal view returns (uint48) {
        return bill.parts[uint256(BillState.Settled)] - bill.apart;
    }

    function _free(SupplierBook storage supplier_) internal view returns (uint256) {
        return supplier_.credit > supplier_.pledged ? supplier_.credit - supplier_.pledged : 0;
    }

    /// What is not paid is void; where nothing is, the bill's days are free again.
    function _voidRest(BillBook storage bill, BillState from, Reason reason) internal {
        _pass(bill, from, BillState.Void, bill.parts[uint256(from)]);
        uint48 settled = _settledOf(bill);
        bool paid = settled != 0;
        _enter(bill, paid ? BillState.Settled : BillState.Void, reason);
        if (paid) bill.amount = settled;
        if (!paid && !bill.unbilled) _freeDays(bill);
    }

    /* DAYS */

    function _takeDays(BillBook storage bill) internal {
        _eachWord(bill, true);
    }

    function _freeDays(BillBook storage bill) internal {
        _eachWord(bill, false);
    }

    function _eachWord(BillBook storage bill, bool take) private {
        uint256 start = _startOf(bill.word);
        uint256 run = ((1 << _daysOf(bill.word)) - 1);
        uint256[2] memory masks = [run << (start & 0xff), (start & 0xff) == 0 ? 0 : run >> (256 - (start & 0xff))];
        for (uint256 i; i < 2; ++i) {
            uint256 days_ = billedDays[bill.account][(start >> 8) + i];
            require(days_ & masks[i] == (take ? 0 : masks[i]), "INV-08: two bills share a day");
            billedDays[bill.account][(start >> 8) + i] = days_ ^ masks[i];
        }
    }

    /* RULES */

    /// In thousandths of a minor unit; 0 where no tariff is in force.
    function _costOf(uint256 supplier_, Utility utility, uint256 day, uint256 quantity)
        internal
        view
        returns (uint256)
    {
        TariffVersion[] storage versions = tariffs[supplier_][utility];
        uint256 i = versions.length;
        while (i != 0 && versions[i - 1].fromDay > day) --i;
        if (i == 0) return 0;
        TariffVersion memory tariff = versions[i - 1];
        uint256 first = quantity < tariff.firstUpTo ? quantity : tariff.firstUpTo;
        uint256 cost =
            1000 * uint256(tariff.standing) + first * tariff.firstPrice + (quantity - first) * tariff.secondPrice;
        return cost < 1000 ? 1000 : cost;
    }

    /// Whether no other minor unit is nearer.
    function _isNearest(uint256 amount, uint256 thousandths) internal pure returns (bool) {
        uint256 scaled = amount * 1000;
        return (scaled > thousandths ? scaled - thousandths : thousandths - scaled) <= 500;
    }

    /// Why `amount` cannot be collected now.
    function _refusalOf(uint256 place, uint256 amount) internal view returns (Reason) {
        CustomerAccount storage account = accounts[place];
        if (account.mandateLastDay == 0) return Reason.NoMandate;
        if (account.mandateLastDay < _today()) return Reason.MandateExpired;
        if (amount > account.capPerBill) return Reason.CapPerBill;
        if (collected[place][month] + amount > account.capPerMonth) return Reason.CapPerMonth;
        return amount > account.balance ? Reason.Balance : Reason.None;
    }

    /// With what voice `who` may have `amount` paid of a bill of an account.
    function _voiceOf(uint256 place, address who, uint256 amount) internal view returns (Voice) {
        CustomerAccount storage account = accounts[place];
        if (who == account.owner) return Voice.Owner;
        if (who != account.agent || account.mandateLastDay < _today()) return Voice.None;
        Reason reason = _refusalOf(place, amount);
        return reason == Reason.CapPerBill || reason == Reason.CapPerMonth ? Voice.Excessive : Voice.Agent;
    }

    function _collect(uint256 place, uint256 amount) internal {
        accounts[place].balance -= uint48(amount);
        collected[place][month] += amount;
    }

    /// What an INSUFFICIENT verdict pays: the class's own presets, else class 0's.
    function _insufficientCap(uint256 atVersion, Utility utility, uint8 class) internal view returns (uint256) {
        for (uint256 i = presets.length; i != 0; --i) {
            PresetsBook memory one = presets[i - 1];
            if (one.version <= atVersion && one.utility == utility && one.class == class) return one.insufficientCap;
        }
        return class == 0 ? 0 : _insufficientCap(atVersion, utility, 0);
    }

    /// Why a bill cannot have its days.
    function _daysRefused(BillBook storage bill) internal view returns (Reason) {
        CustomerAccount storage account = accounts[bill.account];
        if (account.utility != batches[bill.batch].utility) return Reason.WrongUtility;
        bool free = _startOf(bill.word) > account.billedThrough;
        uint256 id = _replacedBy(bill.word);
        if (id == 0) return free ? Reason.None : Reason.Overlap;
        uint256 place = _placeOf(id);
        if (place == bills.length || !_isFree(bills[place], bill)) return Reason.BadReplacement;
        return !bills[place].unbilled || free ? Reason.None : Reason.Overlap;
    }

    function _isFree(BillBook storage replaced, BillBook storage bill) private view returns (bool) {
        Reason reason = replaced.reason;
        bool given = reason == Reason.Cancelled || reason == Reason.Conceded || reason == Reason.Expired
            || reason == Reason.Ruled;
        if (replaced.state != BillState.Void || !given || replaced.replaced) return false;
        uint256 start = _startOf(replaced.word);
        bool within =
            _startOf(bill.word) >= start && _startOf(bill.word) + _daysOf(bill.word) <= start + _daysOf(replaced.word);
        return replaced.account == bill.account && within;
    }

    /// What judging does to a bill.
    function _judgeBill(uint256 place, Decision decision) internal {
        BillBook storage bill = bills[place];
        if (bill.recorded) return;
        CustomerAccount storage account = accounts[bill.account];
        uint48 amount = _amountOf(bill.word);
        Reason reason = _daysRefused(bill);
        if (reason != Reason.None) {
            _pass(bill, BillState.Unjudged, BillState.Void, amount);
            return _enter(bill, BillState.Void, reason);
        }
        _takeOver(bill, account);
        BatchBook storage batch = batches[bill.batch];
        bool capped = amount <= _insufficientCap(batch.version, batch.utility, account.class);
        if (decision == Decision.Appeal) return _holdBill(bill, account, amount);
        reason = _refusalOf(bill.account, amount);
        if (decision == Decision.Insufficient && !capped) {
            _enter(bill, BillState.Waiting, Reason.Insufficient);
        } else if (reason != Reason.None) {
            _enter(bill, BillState.Arrears, reason);
        } else {
            bill.state = BillState.Pending;
            _collect(bill.account, amount);
        }
        _pass(bill, BillState.Unjudged, bill.state, amount);
    }

    function _takeOver(BillBook storage bill, CustomerAccount storage account) private {
        uint256 replaced = _replacedBy(bill.word);
        if (replaced != 0 && !bills[_placeOf(replaced)].unbilled) bills[_placeOf(replaced)].replaced = true;
        uint256 lastDay = _startOf(bill.word) + _daysOf(bill.word) - 1;
        if (lastDay > account.billedThrough) account.billedThrough = uint16(lastDay);
        _takeDays(bill);
    }

    function _holdBill(BillBook storage bill, CustomerAccount storage account, uint48 amount) private {
        bill.hold = amount < account.balance ? amount : account.balance;
        account.balance -= bill.hold;
        _pass(bill, BillState.Unjudged, BillState.Held, amount);
        _enter(bill, BillState.Held, Reason.None);
        bill.appeal = AppealState.Open;
        bill.deadline = uint40(fairTime) + periods[batches[bill.batch].version].reply;
    }
}
