// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "../../src/interfaces/IAppealRegistry.sol";
import {IDigitalCurrency} from "../../src/interfaces/IDigitalCurrency.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {AppealState} from "../../src/types/Appeals.sol";
import {BillRecord, BillState, Reason, Totals} from "../../src/types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill, SupplierId} from "../../src/types/Ids.sol";
import {Handler} from "./Handler.sol";

/// The invariants of README.md, after any calls of everybody. INV-04, INV-05 and INV-06 are checked where they are
/// made, in the handler.
contract LedgerInvariants {
    using IdCodec for BillId;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// A bill's amount divided by where it stands, and what is set aside for it; minor units.
    struct Parts {
        uint256 unjudged;
        uint256 waiting;
        uint256 pending;
        uint256 settled;
        uint256 held;
        uint256 arrears;
        uint256 voided;
        uint256 holds;
    }

    Handler private handler;
    IPaymentLedger private ledger;
    IAppealRegistry private registry;
    IDigitalCurrency private currency;
    SupplierId private constant SUPPLIER = SupplierId.wrap(1);

    function setUp() external {
        handler = new Handler();
        handler.setUp();
        (ledger, registry, currency) = handler.system();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[17] memory list = [
            Handler.deposit.selector,
            Handler.withdraw.selector,
            Handler.moveBalance.selector,
            Handler.grantMandate.selector,
            Handler.revokeMandate.selector,
            Handler.confirm.selector,
            Handler.payArrears.selector,
            Handler.post.selector,
            Handler.cancel.selector,
            Handler.withdrawCredit.selector,
            Handler.judge.selector,
            Handler.release.selector,
            Handler.settleArrears.selector,
            Handler.passTime.selector,
            Handler.answer.selector,
            Handler.judge.selector,
            Handler.post.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), new bytes4[](list.length));
        for (uint256 i; i < list.length; ++i) {
            targets[0].selectors[i] = list[i];
        }
    }

    function invariant_SumsBalance() external view {
        Totals memory sums = ledger.totals();
        uint256 owed = uint256(sums.accounts) + sums.credit + sums.pending + sums.holds;
        require(owed <= currency.balanceOf(address(ledger)), "INV-01 the ledger holds the currency that it owes");
        uint256 parts = uint256(sums.unjudged) + sums.waiting + sums.pending + sums.settled + sums.held;
        require(parts + sums.arrears + sums.voided == sums.billed, "INV-02 billed is the sum of its states");
    }

    function invariant_TotalsAreTheSumsOfBills() external view {
        Parts memory all;
        uint256 billed;
        for (uint256 i; i < handler.billCount(); ++i) {
            BillId bill = handler.bills(i);
            Parts memory parts = _parts(bill);
            uint256 amount = _amount(bill);
            uint256 sum = parts.unjudged + parts.waiting + parts.pending + parts.settled + parts.held;
            require(sum + parts.arrears + parts.voided == amount, "INV-03 a bill's parts are its amount");
            _add(all, parts);
            billed += amount;
        }
        Totals memory totals = ledger.totals();
        require(totals.billed == billed && totals.unjudged == all.unjudged, "INV-07 billed, unjudged");
        require(totals.waiting == all.waiting && totals.pending == all.pending, "INV-07 waiting, pending");
        require(totals.settled == all.settled && totals.held == all.held, "INV-07 settled, held");
        require(totals.arrears == all.arrears && totals.voided == all.voided, "INV-07 arrears, void");
        require(totals.holds == all.holds, "INV-07 holds");
        uint256 credit = ledger.creditOf(SUPPLIER);
        require(totals.credit == credit, "INV-07 credit");
        require(
            credit + handler.withdrawnCredit() == all.settled, "INV-11 credit is what settled less what was withdrawn"
        );
    }

    function invariant_BucketsAreTheirPendingBills() external view {
        for (uint256 i; i < handler.batchCount(); ++i) {
            BatchId batch = handler.batches(i);
            uint256 pending;
            for (uint256 j; j < ledger.batchOf(batch).count; ++j) {
                pending += _parts(IdCodec.bill(batch, j)).pending;
            }
            require(ledger.batchOf(batch).pending == pending, "INV-09 a bucket is its pending bills");
        }
    }

    function invariant_BalancesAreWhatWasPutInLessWhatWasPaid() external view {
        uint256 sum;
        for (uint256 i; i < handler.accountCount(); ++i) {
            AccountId account = handler.accounts(i);
            int256 expected = handler.putIn(account) + int256(handler.paidByOthers(account));
            for (uint256 j; j < handler.billCount(); ++j) {
                BillId bill = handler.bills(j);
                if (_number(bill) != i + 1) continue;
                Parts memory parts = _parts(bill);
                expected -= int256(parts.pending + parts.settled + parts.holds);
            }
            uint256 balance = ledger.accountOf(account).balance;
            require(int256(balance) == expected, "INV-10 a balance is what was put in less what was paid");
            sum += balance;
        }
        require(ledger.totals().accounts == sum, "INV-07 accounts");
    }

    function invariant_NoTwoBillsShareADay() external view {
        uint256 count = handler.billCount();
        for (uint256 i; i < count; ++i) {
            if (!_tookDays(handler.bills(i))) continue;
            for (uint256 j; j < i; ++j) {
                if (_tookDays(handler.bills(j)) && _overlap(handler.bills(i), handler.bills(j))) {
                    bool replaced =
                        ledger.recordOf(handler.bills(i)).replaced || ledger.recordOf(handler.bills(j)).replaced;
                    require(replaced, "INV-08 no two bills share a day, unless one replaces a void one");
                }
            }
        }
        for (uint256 i; i < count; ++i) {
            BillId bill = handler.bills(i);
            if (!_tookDays(bill)) continue;
            uint256 through = ledger.accountOf(handler.accounts(_number(bill) - 1)).billedThrough;
            require(through >= _lastDay(bill), "INV-08 billed through the last day of every bill that took its days");
        }
    }

    function invariant_AppealedIsPaidByConsentAlone() external view {
        for (uint256 i; i < handler.billCount(); ++i) {
            BillId bill = handler.bills(i);
            AppealState state = registry.appealOf(bill).state;
            if (state == AppealState.None) continue;
            Parts memory parts = _parts(bill);
            bool live =
                state == AppealState.Open || state == AppealState.AdjustmentOffered || state == AppealState.Contested;
            require(live == (parts.held != 0), "INV-12 held as long as its appeal lives");
            bool agreed = state == AppealState.Accepted || state == AppealState.Withdrawn;
            uint256 due = parts.settled + parts.pending + parts.arrears;
            require(agreed || due == 0, "INV-12 nothing of an appealed bill is due without the customer's word");
            if (state == AppealState.Accepted) {
                require(due <= registry.appealOf(bill).offeredAmount, "INV-12 no more than was accepted");
            }
        }
    }

    function _parts(BillId bill) private view returns (Parts memory parts) {
        uint256 amount = _amount(bill);
        BillState state = ledger.stateOf(bill);
        BillRecord memory record = ledger.recordOf(bill);
        if (record.state == BillState.Unjudged) {
            if (state == BillState.Unjudged) parts.unjudged = amount;
            else if (state == BillState.Pending) parts.pending = amount;
            else parts.settled = amount;
            return parts;
        }
        parts.voided = state == BillState.Void ? amount : amount - record.amount;
        if (state == BillState.Waiting) {
            parts.waiting = amount;
        } else if (state == BillState.Held) {
            (parts.held, parts.holds) = (amount, record.money);
        } else if (state == BillState.Arrears) {
            (parts.arrears, parts.settled) = (record.money, record.amount - record.money);
        } else if (state == BillState.Pending) {
            (parts.pending, parts.settled) = (record.money, record.amount - record.money);
        } else if (state == BillState.Settled) {
            parts.settled = record.money;
        }
    }

    function _add(Parts memory all, Parts memory parts) private pure {
        all.unjudged += parts.unjudged;
        all.waiting += parts.waiting;
        all.pending += parts.pending;
        all.settled += parts.settled;
        all.held += parts.held;
        all.arrears += parts.arrears;
        all.voided += parts.voided;
        all.holds += parts.holds;
    }

    /// Whether a bill was judged and its days became billed.
    function _tookDays(BillId bill) private view returns (bool) {
        if (ledger.stateOf(bill) == BillState.Unjudged || handler.neverBilled(bill)) return false;
        Reason reason = ledger.recordOf(bill).reason;
        return reason != Reason.Overlap && reason != Reason.WrongUtility && reason != Reason.BadReplacement;
    }

    function _overlap(BillId one, BillId other) private view returns (bool) {
        if (_number(one) != _number(other)) return false;
        return _start(one) <= _lastDay(other) && _start(other) <= _lastDay(one);
    }

    function _number(BillId bill) private view returns (uint256) {
        return uint32(PackedBill.unwrap(handler.wordOf(bill)));
    }

    function _amount(BillId bill) private view returns (uint256) {
        return uint48(PackedBill.unwrap(handler.wordOf(bill)) >> 80);
    }

    function _start(BillId bill) private view returns (uint256) {
        return uint16(PackedBill.unwrap(handler.wordOf(bill)) >> 128);
    }

    function _lastDay(BillId bill) private view returns (uint256) {
        return _start(bill) + uint8(PackedBill.unwrap(handler.wordOf(bill)) >> 144) - 1;
    }
}
