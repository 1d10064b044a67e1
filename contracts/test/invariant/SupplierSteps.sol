// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../../src/interfaces/ILedgerDesk.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {BatchId, BillId, PackedBill} from "../../src/types/Ids.sol";
import {TariffBlock, Utility} from "../../src/types/Utilities.sol";
import {CustomerSteps} from "./CustomerSteps.sol";

/// What suppliers do: tariffs, posting, cancelling, and taking their credit; and releasing, which anyone does for them.
abstract contract SupplierSteps is CustomerSteps {
    uint256 private constant MOST_BILLS = 10;

    function setTariff(uint256 seed) external step(seed) {
        if (!_rarely(3)) return;
        uint256 supplier_ = _draw(2);
        Utility utility = Utility(1 + _draw(2));
        TariffVersion[] storage versions = tariffs[supplier_][utility];
        uint256 last = versions[versions.length - 1].fromDay;
        uint256 from = (last > _today() ? last : _today()) + 1 + _draw(20);
        if (_rarely(4)) from = last;
        _setTariff(supplier_, utility, from, from == last ? "INV-06: a tariff of days gone by was changed" : "");
    }

    function post(uint256 seed) external step(seed) {
        _post(_draw(2), 0);
    }

    /// Bills that name a void one, or one that is not.
    function postReplacement(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _anyBill(BillState.Void);
        _post(batches[bills[place].batch].supplier, 1 + place);
    }

    function cancelBill(uint256 seed) external step(seed) {
        if (bills.length == 0 || !_rarely(3)) return;
        _cancel(_anyBill(BillState.Unjudged));
    }

    function cancelJudgedBill(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        _cancel(_anyBill(BillState(1 + _draw(6))));
    }

    function release(uint256 seed) external step(seed) {
        if (batches.length == 0) return;
        uint256 place = _draw(batches.length);
        bool again = _bucketOf(place) == 0;
        string memory forbidden = _isReleasable(place) ? "" : "INV-09: released before its window's end";
        bytes memory data = abi.encodeCall(IPaymentLedger.release, (_one(BatchId.wrap(uint48(place + 1)))));
        if (!_call(keeper, address(ledger), data, forbidden, again ? Step.ReleaseAgain : Step.Release)) return;
        for (uint256 i; i < batches[place].count; ++i) {
            BillBook storage bill = bills[batches[place].first + i];
            if (bill.state != BillState.Pending) continue;
            _settle(batches[place].first + i, BillState.Pending, bill.parts[uint256(BillState.Pending)]);
            bill.state = BillState.Settled;
        }
    }

    function withdrawCredit(uint256 seed) external step(seed) {
        SupplierBook storage book = suppliers[_draw(2)];
        address caller = _callerFor(book.owner);
        address to = _rarely(2) ? book.owner : neighbour;
        uint256 free = _free(book);
        uint256 amount = _rarely(3) ? free + _draw(2) : _draw(free + 1);
        string memory forbidden = amount > free
            ? "INV-11: more was withdrawn than the credit that is not pledged"
            : caller != book.owner ? "INV-11: another than the supplier withdrew its credit" : "";
        bytes memory data = abi.encodeCall(ILedgerDesk.withdrawCredit, (book.id, amount, to));
        forbidden = _frozenOr(caller, _frozenOr(to, forbidden));
        if (_call(caller, address(ledger), data, forbidden, Step.WithdrawCredit)) book.credit -= amount;
    }

    /// Of a batch, added up from its bills.
    function _bucketOf(uint256 batch) internal view returns (uint256 pending) {
        for (uint256 i; i < batches[batch].count; ++i) {
            pending += bills[batches[batch].first + i].parts[uint256(BillState.Pending)];
        }
    }

    function _setTariff(uint256 supplier_, Utility utility, uint256 from, string memory forbidden) internal {
        uint256 blockCount = 1 + _draw(2);
        TariffVersion memory tariff = TariffVersion({
            fromDay: uint16(from),
            standing: uint48(_draw(2) * _draw(3_000)),
            firstUpTo: blockCount == 1 ? MAX_QUANTITY : uint48(1 + _draw(4_000)),
            firstPrice: uint32(1 + _draw(60_000)),
            secondPrice: uint32(1 + _draw(60_000))
        });
        TariffBlock[] memory blocks = new TariffBlock[](blockCount);
        blocks[0] = TariffBlock({upTo: tariff.firstUpTo, price: tariff.firstPrice});
        if (blockCount == 2) blocks[1] = TariffBlock({upTo: MAX_QUANTITY, price: tariff.secondPrice});
        SupplierBook storage book = suppliers[supplier_];
        bytes memory data =
            abi.encodeCall(ILedgerDesk.setTariff, (book.id, utility, tariff.fromDay, tariff.standing, blocks));
        if (_call(book.owner, address(ledger), data, forbidden, Step.SetTariff)) {
            tariffs[supplier_][utility].push(tariff);
        }
    }

    /* POSTING */

    function _post(uint256 supplier_, uint256 replaced) private {
        Utility utility = Utility(1 + _draw(2));
        if (replaced != 0) utility = accounts[bills[replaced - 1].account].utility;
        uint256 count = 1 + _draw(MOST_BILLS);
        PackedBill[] memory words = new PackedBill[](count);
        string memory forbidden = "";
        uint256 billed;
        for (uint256 i; i < count; ++i) {
            uint256 word = replaced != 0 && i == 0 ? _replacement(replaced - 1) : _freshBill(supplier_, utility);
            bool good;
            (word, good) = _priced(supplier_, utility, word);
            if (!good) forbidden = "INV-06: a bill was posted that its tariff does not give";
            words[i] = PackedBill.wrap(word);
            billed += _amountOf(word);
        }
        if (periods[version].window == 0 && billed > 100_000) {
            forbidden = "INV-09: a batch too large for a window of zero was posted";
        }
        SupplierBook storage book = suppliers[supplier_];
        bytes memory data = abi.encodeCall(IPaymentLedger.postBills, (book.id, utility, words));
        Step done = replaced == 0 ? Step.Post : Step.PostReplacement;
        if (_call(book.owner, address(ledger), data, forbidden, done)) _enterBatch(supplier_, utility, words);
    }

    /// For the account's next days; now and then for days that are taken, or of an account of another utility.
    function _freshBill(uint256 supplier_, Utility utility) private returns (uint256) {
        uint256[] storage places = suppliers[supplier_].accounts;
        uint256 number = _draw(places.length);
        for (uint256 i; i < places.length && !_rarely(24); ++i) {
            if (accounts[places[number]].utility == utility) break;
            number = (number + 1) % places.length;
        }
        CustomerAccount storage account = accounts[places[number]];
        uint256 length = 1 + (_rarely(12) ? _draw(93) : _draw(20));
        uint256 start = account.postedThrough + 1 + _draw(3) * _draw(2);
        if (_rarely(12) || start + length > _today()) start = account.postedThrough - _draw(100);
        if (start + length > _today()) start = _today() - length;
        if (start + length - 1 > account.postedThrough) account.postedThrough = uint16(start + length - 1);
        return (number + 1) | (start << 128) | (length << 144);
    }

    /// Within the days of the bill that it names, or around them.
    function _replacement(uint256 place) private returns (uint256) {
        uint256 word = bills[place].word;
        uint256 length = 1 + _draw(_daysOf(word));
        uint256 start = _startOf(word) + _draw(_daysOf(word) - length + 1);
        if (_rarely(8)) --start;
        uint256 id = BillId.unwrap(_idOf(place));
        return uint32(word) | (start << 128) | (length << 144) | (id << 152);
    }

    /// With a quantity and its price; now and then with another price.
    function _priced(uint256 supplier_, Utility utility, uint256 word) private returns (uint256, bool good) {
        uint256 quantity = _rarely(12) ? _draw(3) : _draw(5_000);
        uint256 cost = _costOf(supplier_, utility, _startOf(word) + _daysOf(word) - 1, quantity);
        uint256 amount = _rarely(2) ? (cost + 500) / 1000 : (cost + 499) / 1000;
        if (_rarely(64)) amount = _rarely(2) ? amount + 1 : amount - 1;
        return (word | (quantity << 32) | (amount << 80), _isNearest(amount, cost));
    }

    function _enterBatch(uint256 supplier_, Utility utility, PackedBill[] memory words) private {
        BatchBook storage batch = batches.push();
        (batch.supplier, batch.utility, batch.version) = (uint8(supplier_), utility, version);
        batch.arbiter = arbiters[supplier_] == address(0) ? arbiters[2] : arbiters[supplier_];
        (batch.first, batch.count) = (uint32(bills.length), uint16(words.length));
        batch.postedOn = uint40(block.timestamp);
        for (uint256 i; i < words.length; ++i) {
            BillBook storage bill = bills.push();
            bill.word = PackedBill.unwrap(words[i]);
            bill.account = uint16(suppliers[supplier_].accounts[uint32(bill.word) - 1]);
            bill.batch = uint16(batches.length - 1);
            bill.amount = _amountOf(bill.word);
            bill.postedClass = accounts[bill.account].class;
            bill.signedOnly = accounts[bill.account].signedOnly;
            bill.parts[uint256(BillState.Unjudged)] = bill.amount;
        }
    }

    /* CANCELLING */

    function _cancel(uint256 place) private {
        BillBook storage bill = bills[place];
        SupplierBook storage book = _supplierOf(place);
        address caller = _callerFor(book.owner);
        BillState from = bill.state;
        string memory forbidden = from == BillState.Settled || from == BillState.Void
            ? "INV-03: a bill that had ended was cancelled"
            : from == BillState.Held ? "INV-12: an appealed bill was cancelled" : "";
        if (caller != book.owner) forbidden = "INV-03: another than the supplier cancelled a bill";
        uint48 paid = _settledOf(bill);
        bool partly = paid != 0;
        bool cancels = from != BillState.Settled && from != BillState.Void && from != BillState.Held;
        if (cancels && paid > _free(book)) forbidden = "INV-11: more was given back than the credit";
        Step done = _stepOfCancelling(from, partly);
        bytes memory data =
            abi.encodeCall(ILedgerDesk.cancelBill, (_idOf(place), PackedBill.wrap(bill.word), _proofOf(place)));
        if (!_call(caller, address(ledger), data, forbidden, done)) return;
        bill.unbilled = from == BillState.Unjudged;
        if (from == BillState.Pending) _giveBack(bill);
        _pass(bill, BillState.Settled, BillState.Void, paid);
        book.credit -= paid;
        accounts[bill.account].balance += paid;
        _voidRest(bill, from, Reason.Cancelled);
    }

    function _giveBack(BillBook storage bill) private {
        uint48 amount = bill.parts[uint256(BillState.Pending)];
        accounts[bill.account].balance += amount;
        if (batches[bill.batch].judgedMonth == month) collected[bill.account][month] -= amount;
    }

    function _stepOfCancelling(BillState from, bool partly) private pure returns (Step) {
        if (partly) return Step.CancelPartlyPaid;
        if (from == BillState.Unjudged) return Step.CancelUnjudged;
        if (from == BillState.Pending) return Step.CancelPending;
        return from == BillState.Waiting ? Step.CancelWaiting : Step.CancelArrears;
    }

    /// The other bills of its group, then RFC 9162, section 2.1.3.1, over the groups.
    function _proofOf(uint256 place) internal view returns (bytes32[] memory proof) {
        BatchBook storage batch = batches[bills[place].batch];
        uint256 group = (place - batch.first) / 8;
        bytes32[] memory path = _path(batch, group, 0, (uint256(batch.count) + 7) / 8);
        (uint256 from, uint256 until) = _boundsOf(batch, group);
        proof = new bytes32[](until - from - 1 + path.length);
        uint256 used;
        for (uint256 i = from; i < until; ++i) {
            if (i != place) proof[used++] = bytes32(bills[i].word);
        }
        for (uint256 i; i < path.length; ++i) {
            proof[used++] = path[i];
        }
    }

    function _path(BatchBook storage batch, uint256 group, uint256 from, uint256 until)
        private
        view
        returns (bytes32[] memory path)
    {
        if (until - from == 1) return path;
        uint256 middle = from + _split(until - from);
        bool left = group < middle;
        bytes32[] memory below = left ? _path(batch, group, from, middle) : _path(batch, group, middle, until);
        path = new bytes32[](below.length + 1);
        for (uint256 i; i < below.length; ++i) {
            path[i] = below[i];
        }
        path[below.length] = left ? _rootOf(batch, middle, until) : _rootOf(batch, from, middle);
    }

    function _rootOf(BatchBook storage batch, uint256 from, uint256 until) private view returns (bytes32) {
        if (until - from == 1) return _groupOf(batch, from);
        uint256 middle = from + _split(until - from);
        return keccak256(abi.encodePacked(_rootOf(batch, from, middle), _rootOf(batch, middle, until)));
    }

    function _groupOf(BatchBook storage batch, uint256 group) private view returns (bytes32) {
        (uint256 from, uint256 until) = _boundsOf(batch, group);
        bytes memory words;
        for (uint256 i = from; i < until; ++i) {
            words = bytes.concat(words, bytes32(bills[i].word));
        }
        return keccak256(words);
    }

    /// The bills of a group: from the first until before the second.
    function _boundsOf(BatchBook storage batch, uint256 group) private view returns (uint256 from, uint256 until) {
        from = batch.first + 8 * group;
        until = from + 8;
        if (until > batch.first + batch.count) until = batch.first + batch.count;
    }

    /// The largest power of two below `count`.
    function _split(uint256 count) private pure returns (uint256 power) {
        for (power = 1; power * 2 < count; power *= 2) {}
    }
}
