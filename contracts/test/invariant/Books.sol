// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {Account} from "../../src/types/Accounts.sol";
import {Appeal, AppealState} from "../../src/types/Appeals.sol";
import {BillRecord, BillState, Totals} from "../../src/types/Bills.sol";
import {IRefundDesk} from "../../src/interfaces/IRefundDesk.sol";
import {BatchId, BillId} from "../../src/types/Ids.sol";
import {RefundOrder, RefundState} from "../../src/types/Refunds.sol";
import {Debts} from "./Debts.sol";

/// Compares the contracts with the second set of books, invariant by invariant.
abstract contract Books is Debts {
    /// What a check carries from book to book.
    struct Audit {
        /// What is broken, a line each; empty where nothing is.
        string broken;
        /// By the second set of books: amounts by state, as `BillState` numbers them.
        uint256[7] states;
        uint256 holds;
        uint256 balances;
        uint256 credit;
        uint256 billed;
        uint256 givenUp;
        /// What the ledger owes, as it says itself of each account, supplier, batch and bill.
        uint256 owed;
    }

    /// A bill's refund.
    struct RefundBook {
        RefundState state;
        address requester;
        address marketing;
        /// Who signed, while another is to sign as well.
        address signer;
        bool escalated;
        uint16 version;
        /// By the block's clock.
        uint40 since;
        uint48 amount;
        /// Set aside for it.
        uint48 reserved;
    }

    IRefundDesk internal refunds;
    mapping(uint256 bill => RefundBook) internal orders;

    uint256 private constant FIRST_MONTH = 558; // July 2016, from January 1970

    /// Every invariant that is broken, with its number; empty where none is.
    function audit() public view returns (string memory) {
        Audit memory result;
        _auditBills(result);
        _auditAccounts(result);
        _auditSuppliers(result);
        _auditTotals(result);
        uint256 held = currency.balanceOf(address(ledger));
        _same(result, "INV-01: currency of the ledger, less what was sent by mistake", held - surplus, result.owed);
        return result.broken;
    }

    /* BILLS AND BATCHES */

    function _auditBills(Audit memory result) private view {
        for (uint256 i; i < batches.length; ++i) {
            uint256 pending = ledger.batchOf(BatchId.wrap(uint48(i + 1))).pending;
            uint256 expected;
            for (uint256 j; j < batches[i].count; ++j) {
                expected += _auditBill(result, batches[i].first + j, batches[i].judgedAt != 0);
            }
            _same(result, "INV-09: pending bucket", pending, expected);
            result.owed += pending;
        }
    }

    /// Returns what is pending of the bill.
    function _auditBill(Audit memory result, uint256 place, bool judged) private view returns (uint256) {
        BillBook memory bill = bills[place];
        BillId id = _idOf(place);
        uint256 sum;
        for (uint256 i; i < 7; ++i) {
            result.states[i] += bill.parts[i];
            sum += bill.parts[i];
        }
        result.billed += sum;
        if (givenUp[_slotOf(bills[place])]) result.givenUp += bill.parts[uint256(BillState.Arrears)];
        result.holds += uint256(bill.hold) + bill.bond + orders[place].reserved;
        result.owed += bill.bond;
        _same(result, "INV-02: parts of a bill", sum, _amountOf(bill.word));
        BillState found = ledger.stateOf(id);
        _same(result, "INV-03: state of a bill", uint256(found), uint256(bill.state));
        bool unjudged = found == BillState.Unjudged;
        if (unjudged == judged && !bill.unbilled) {
            _note(result, "INV-04: a bill left Unjudged without a verdict, or stayed");
        }
        if (bill.recorded) _auditRecord(result, bill, orders[place].reserved, ledger.recordOf(id));
        if (orders[place].version != 0) _auditOrder(result, orders[place], refunds.orderOf(id));
        if (bill.appeal != AppealState.None) _auditAppeal(result, bill, registry.appealOf(id));
        return bill.parts[uint256(BillState.Pending)];
    }

    function _auditRecord(Audit memory result, BillBook memory bill, uint48 reserved, BillRecord memory record)
        private
        pure
    {
        bool none = bill.state == BillState.Void || bill.state == BillState.Waiting;
        uint256 money = none ? 0 : bill.parts[uint256(bill.state)];
        if (bill.state == BillState.Held) money = bill.hold;
        if (bill.state == BillState.Settled) money -= bill.apart + reserved;
        _same(result, "INV-03: money of a record", record.money, money);
        _same(result, "INV-03: amount of a record", record.amount, bill.amount);
        _same(result, "INV-03: reason of a record", uint256(record.reason), uint256(bill.reason));
        _same(result, "INV-08: whether its days are billed again", record.replaced ? 1 : 0, bill.replaced ? 1 : 0);
        if (record.state == BillState.Held) result.owed += record.money;
        if (record.state == BillState.Settled) {
            result.owed += record.amount - record.money;
            _same(result, "REFUND-01: reserved of what was paid", record.amount - record.money, reserved);
        }
        if (bill.appeal != AppealState.None && _paid(record) > bill.agreed) {
            _note(result, "INV-12: more of an appealed bill was paid than its customer agreed to");
        }
    }

    function _auditOrder(Audit memory result, RefundBook memory order, RefundOrder memory found) private pure {
        _same(result, "REFUND-04: state of a refund", uint256(found.state), uint256(order.state));
        _same(result, "REFUND-04: version of a refund", found.version, order.version);
        _same(result, "REFUND-04: since when", found.since, order.since);
        _same(result, "REFUND-04: escalated", found.escalated ? 1 : 0, order.escalated ? 1 : 0);
        _same(result, "REFUND-03: amount of a refund", found.amount, order.amount);
        _same(result, "REFUND-02: who asked", uint160(found.requester), uint160(order.requester));
        _same(result, "REFUND-02: who forwarded", uint160(found.marketing), uint160(order.marketing));
    }

    function _auditAppeal(Audit memory result, BillBook memory bill, Appeal memory appeal) private pure {
        _same(result, "INV-12: state of an appeal", uint256(appeal.state), uint256(bill.appeal));
        bool ended = bill.state != BillState.Held;
        _same(result, "INV-12: deadline of an appeal", appeal.deadline, ended ? 0 : bill.deadline);
    }

    /// What left its account for the supplier.
    function _paid(BillRecord memory record) private pure returns (uint256) {
        if (record.state == BillState.Settled || record.state == BillState.Pending) return record.amount;
        return record.state == BillState.Arrears ? record.amount - record.money : 0;
    }

    /* ACCOUNTS, SUPPLIERS, SUMS */

    function _auditAccounts(Audit memory result) private view {
        for (uint256 i; i < accounts.length; ++i) {
            CustomerAccount memory expected = accounts[i];
            Account memory found = ledger.accountOf(expected.id);
            result.balances += expected.balance;
            result.owed += found.balance;
            _same(result, "INV-10: balance", found.balance, expected.balance);
            _same(result, "INV-08: billed through", found.billedThrough, expected.billedThrough);
            uint256 spent = found.month == FIRST_MONTH + month ? found.spent : 0;
            _same(result, "INV-05: collected this month", spent, collected[i][month]);
            _same(result, "INV-05: agent", uint160(ledger.agentOf(expected.id)), uint160(expected.agent));
            _same(result, "INV-05: cap a bill", found.capPerBill, expected.capPerBill);
            _same(result, "INV-05: cap a month", found.capPerMonth, expected.capPerMonth);
            _same(result, "INV-05: last day of the mandate", found.mandateLastDay, expected.mandateLastDay);
        }
    }

    function _auditSuppliers(Audit memory result) private view {
        for (uint256 i; i < suppliers.length; ++i) {
            uint256 found = ledger.creditOf(suppliers[i].id);
            result.credit += suppliers[i].credit;
            result.owed += found;
            _same(result, "INV-11: credit", found, suppliers[i].credit);
        }
    }

    function _auditTotals(Audit memory result) private view {
        Totals memory totals = ledger.totals();
        uint256 parts = uint256(totals.unjudged) + totals.waiting + totals.pending + totals.settled + totals.held
            + totals.arrears + totals.voided;
        _same(result, "INV-02: billed, and the sum of its states", totals.billed, parts);
        _same(result, "INV-07: billed", totals.billed, result.billed);
        _same(result, "INV-07: unjudged", totals.unjudged, result.states[uint256(BillState.Unjudged)]);
        _same(result, "INV-07: pending", totals.pending, result.states[uint256(BillState.Pending)]);
        _same(result, "INV-07: settled", totals.settled, result.states[uint256(BillState.Settled)]);
        _same(result, "INV-07: waiting", totals.waiting, result.states[uint256(BillState.Waiting)]);
        _same(result, "INV-07: held", totals.held, result.states[uint256(BillState.Held)]);
        _same(result, "INV-07: arrears", totals.arrears, result.states[uint256(BillState.Arrears)]);
        _same(result, "INV-07: void", totals.voided, result.states[uint256(BillState.Void)]);
        _same(result, "INV-07: accounts", totals.accounts, result.balances);
        _same(result, "INV-07: holds", totals.holds, result.holds);
        _same(result, "INV-07: credit", totals.credit, result.credit);
        _same(result, "INV-13: what fell into arrears, and where it went", opened, repaid + adjusted + totals.arrears);
        _same(result, "INV-13: given up", totals.givenUp, result.givenUp);
        _auditBonds(result, totals.bonds);
    }

    function _auditBonds(Audit memory result, uint256 total) private view {
        uint256 sum;
        for (uint256 i; i < bondHolders.length; ++i) {
            uint256 found = ledger.bondOf(bondHolders[i]);
            _same(result, "INV-07: bond", found, bonds[bondHolders[i]]);
            sum += found;
        }
        _same(result, "INV-07: bonds", total, sum);
        result.owed += sum;
    }

    /* TARIFFS */

    /// Whether every bill is still what the tariff on chain gives for its last day: no version reaches back.
    function auditTariffs() external view {
        for (uint256 i; i < bills.length; ++i) {
            uint256 word = bills[i].word;
            uint16 lastDay = uint16(_startOf(word) + _daysOf(word) - 1);
            BatchBook storage batch = batches[bills[i].batch];
            uint256 price = ledger.priceOf(suppliers[batch.supplier].id, batch.utility, lastDay, uint48(word >> 32));
            uint256 amount = _amountOf(word);
            // Exactly between two minor units both are right.
            require(amount <= price + 1 && price <= amount + 1, "INV-06: a bill is not what its tariff gives");
            require(_isNearest(amount, _costOf(batch.supplier, batch.utility, lastDay, uint48(word >> 32))), "INV-06");
        }
    }

    function _same(Audit memory result, string memory what, uint256 found, uint256 expected) private pure {
        if (found == expected) return;
        _note(result, string.concat(what, ": ", Strings.toString(found), ", expected ", Strings.toString(expected)));
    }

    function _note(Audit memory result, string memory what) private pure {
        result.broken = string.concat(result.broken, "\n", what);
    }
}
