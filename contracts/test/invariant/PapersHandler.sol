// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBillTrace} from "../../src/interfaces/IBillTrace.sol";
import {BillState} from "../../src/types/Bills.sol";
import {BillId, PackedBill} from "../../src/types/Ids.sol";
import {Defect, Entry, Kind, Papers} from "../../src/types/Papers.sol";
import {PapersBase} from "../PapersBase.sol";

/// Random documents by random keys of an office in which people have many duties and some have two keys, over bills of every fate,
/// with books of its own: a document each kind in plain arrays, and what rests on what by going through the pairs. No call
/// of it may revert but for a broken invariant.
contract PapersHandler is PapersBase {
    struct Book {
        bool[KINDS] stands;
        uint256[KINDS] by;
        uint256 amount;
        uint256 applied;
        bool vouched;
        bytes19 digest;
    }

    uint256 private constant BILLS = 12;
    uint256 private constant KEYS = 8;

    address[KEYS] private keys;
    uint256[KEYS] private duties;
    /// Keys 6 and 7 are second keys of the people of 0 and 1.
    uint256[KEYS] private people = [1, 2, 3, 4, 5, 6, 1, 2];
    BillId[BILLS] private bills;
    PackedBill[BILLS] private packed;
    mapping(uint256 bill => Book) private _books;
    uint256 private _random;
    uint256 private _waited;
    mapping(uint256 step => uint256) public reached;
    /// Documents written, refused to the same person, returned, vouchers, vouchers taken back.
    uint256[5] public found;

    modifier step(uint256 seed, uint256 number) {
        _random = seed;
        ++reached[number];
        _;
    }

    function setUp() public override {
        super.setUp();
        vm.startPrank(supplierOwner);
        for (uint256 i; i < KEYS; ++i) {
            keys[i] = address(uint160(0x5000 + i));
            duties[i] = i < 2 ? type(uint16).max : uint256(keccak256(abi.encode("duties", i))) % (1 << 12);
            trace.appoint(supplier, keys[i], bytes32(people[i] + 100), uint16(duties[i]));
        }
        vm.stopPrank();
        for (uint256 i; i < BILLS; ++i) {
            uint256 amount = [SMALL, MIDDLE, LARGE][i % 3];
            packed[i] = _billOf(_account(i % 4 == 3 ? 0 : amount * 2), amount);
            bills[i] = _run(packed[i], PAY);
            _books[i].amount = amount;
        }
    }

    function write(uint256 seed) external step(seed, 0) {
        (uint256 i, uint256 key) = (_draw(BILLS), _draw(KEYS));
        Kind kind = _likely(i);
        uint256 amount = _draw(8) == 0 ? _books[i].amount + 1 : _books[i].amount - _draw(2);
        bool allowed = _allowed(i, key, kind, amount);
        bytes32 content = keccak256(abi.encode(seed));
        bool success = kind == Kind.Archive
            ? _call(keys[key], abi.encodeCall(IBillTrace.archive, (_batchOf(bills[i]), _filing(packed[i], content))))
            : _call(keys[key], abi.encodeCall(IBillTrace.write, (kind, _entryOf(i, amount, content))));
        require(success == allowed, "PAPER-01: a document is written before those that it rests on, or cannot be");
        if (success) _note(i, key, kind, amount, content);
    }

    function giveBack(uint256 seed) external step(seed, 1) {
        (uint256 i, uint256 key) = (_draw(BILLS), _draw(KEYS));
        Kind kind = Kind(1 + _draw(11));
        Book storage book = _books[i];
        bool duty = duties[key] & (1 << uint256(kind)) != 0;
        for (uint256 other; other < 12; ++other) {
            if (_rests(other, uint256(kind), _levels(i)) && duties[key] & (1 << other) != 0) duty = true;
        }
        // Rarely, or nothing would ever be finished.
        if (_draw(4) != 0) return;
        bool allowed = duty && book.stands[uint256(kind)] && !book.vouched;
        bytes memory data = abi.encodeCall(IBillTrace.giveBack, (kind, _return(kind, bills[i], Defect.Refused)));
        bool success = _call(keys[key], data);
        require(success == allowed, "PAPER-01: a document is returned that does not stand, or cannot be");
        if (!success) return;
        ++found[2];
        _fall(i, uint256(kind));
        _extend(i, kind, Defect.Refused, keys[key], 0, 0, keccak256(abi.encode("reasons", kind)));
    }

    function vouch(uint256 seed) external step(seed, 2) {
        uint256 i = _draw(BILLS);
        Book storage book = _books[i];
        bool settled = ledger.stateOf(bills[i]) == BillState.Settled;
        bool stood = book.stands[uint256(Kind.Paid)];
        bool allowed = book.stands[uint256(Kind.Payment)] && settled != stood;
        bool success = _call(stranger, abi.encodeCall(IBillTrace.vouch, (_one(bills[i]))));
        require(success == allowed, "PAPER-02: a paid voucher says what the ledger does not");
        if (!success) return;
        book.stands[uint256(Kind.Paid)] = settled;
        if (!settled) {
            ++found[4];
            _extend(i, Kind.Paid, Defect.Superseded, address(ledger), 0, 0, 0);
            return;
        }
        book.vouched = true;
        ++found[3];
        uint40 judgedAt = ledger.batchOf(_batchOf(bills[i])).judgedAt;
        bytes32 content =
            keccak256(abi.encode(block.chainid, ledger, bills[i], supplier, book.amount, uint256(judgedAt)));
        _extend(i, Kind.Paid, Defect.None, address(ledger), book.amount, 0, content);
    }

    /// What the ledger does with the bills meanwhile.
    function settle(uint256 seed) external step(seed, 3) {
        uint256 i = _draw(BILLS);
        // All within the time in which a bill can be appealed by hand.
        if (_waited < 30 && _draw(4) == 0) {
            ++_waited;
            vm.warp(block.timestamp + 1 days);
        }
        _callOn(address(ledger), stranger, abi.encodeCall(ledger.release, (_one(_batchOf(bills[i])))));
        if (_books[i].stands[uint256(Kind.Paid)] && _draw(2) == 0) {
            _callOn(
                address(registry), payer, abi.encodeCall(registry.appealByHand, (bills[i], packed[i], new bytes32[](0)))
            );
        } else {
            _callOn(address(registry), payer, abi.encodeCall(registry.withdrawAppeals, (_one(bills[i]))));
        }
    }

    /// All that must hold after any of it.
    function audit() external view {
        for (uint256 i; i < BILLS; ++i) {
            Papers memory papers = trace.papersOf(bills[i]);
            Book storage book = _books[i];
            for (uint256 kind; kind < KINDS; ++kind) {
                bool stands = papers.standing & (1 << kind) != 0;
                require(stands == book.stands[kind], "PAPER-01: other documents stand than were written");
            }
            require(papers.digest == book.digest, "PAPER-03: the digest is not that of the documents");
            if (book.stands[8] && book.stands[9]) {
                require(people[book.by[8]] != people[book.by[9]], "PAPER-04: one person approved on two levels");
            }
            if (book.stands[10]) {
                require(people[book.by[8]] != people[book.by[10]], "PAPER-04: one person approved on two levels");
                require(people[book.by[9]] != people[book.by[10]], "PAPER-04: one person approved on two levels");
            }
        }
    }

    function _allowed(uint256 i, uint256 key, Kind kind, uint256 amount) private returns (bool) {
        Book storage book = _books[i];
        uint256 number = uint256(kind);
        if (duties[key] & (1 << number) == 0 || book.stands[number]) return false;
        if (kind == Kind.Archive) return true;
        for (uint256 other; other < KINDS; ++other) {
            if (_needs(number, other, _levels(i)) && !book.stands[other]) return false;
        }
        if (amount > book.amount && kind != Kind.Invoice) return false;
        if (number >= 8 && number <= 10 && number - 7 > _levels(i)) return false;
        if (!_another(i, key, number)) {
            ++found[1];
            return false;
        }
        BillState state = ledger.stateOf(bills[i]);
        return kind != Kind.Payment || state == BillState.Pending || state == BillState.Settled;
    }

    function _another(uint256 i, uint256 key, uint256 kind) private view returns (bool) {
        Book storage book = _books[i];
        uint256 person = people[key];
        if (kind == 2) return person != people[book.by[1]];
        if (kind == 4) return person != people[book.by[3]];
        for (uint256 earlier = 7; kind >= 8 && kind <= 10 && earlier < kind; ++earlier) {
            if (person == people[book.by[earlier]]) return false;
        }
        return true;
    }

    function _note(uint256 i, uint256 key, Kind kind, uint256 amount, bytes32 content) private {
        Book storage book = _books[i];
        ++found[0];
        (book.stands[uint256(kind)], book.by[uint256(kind)]) = (true, key);
        if (kind == Kind.Application) book.applied = amount;
        if (kind == Kind.Archive) amount = book.amount;
        _extend(i, kind, Defect.None, keys[key], amount, kind == Kind.Archive ? 0 : TAX, content);
    }

    function _extend(uint256 i, Kind kind, Defect defect, address by, uint256 amount, uint32 tax, bytes32 content)
        private
    {
        bytes memory what = _what(_books[i].digest, bills[i], kind, defect, _levels(i));
        _books[i].digest = _extended(what, _by(by, amount, tax), content);
    }

    function _fall(uint256 i, uint256 kind) private {
        for (uint256 other; other < KINDS; ++other) {
            if (other == kind || _rests(other, kind, _levels(i))) _books[i].stands[other] = false;
        }
    }

    function _levels(uint256 i) private view returns (uint256) {
        uint256 applied = _books[i].applied;
        if (applied == 0) return 0;
        return applied > MIDDLE ? 3 : applied > SMALL ? 2 : 1;
    }

    /// What rests directly on what, pair by pair.
    function _needs(uint256 kind, uint256 on, uint256 levels) private pure returns (bool) {
        if (kind == 11) return on == 7 || on == 7 + levels;
        if (kind == 2 || kind == 3) return on == 1;
        if (kind == 4) return on == 2 || on == 3;
        if (kind == 7) return on == 5 || on == 6;
        return kind != 0 && on == kind - 1;
    }

    function _rests(uint256 kind, uint256 on, uint256 levels) private pure returns (bool) {
        for (uint256 parent; parent < kind; ++parent) {
            if (_needs(kind, parent, levels) && (parent == on || _rests(parent, on, levels))) return true;
        }
        return false;
    }

    /// Mostly the next that is lacking.
    function _likely(uint256 i) private returns (Kind) {
        if (_draw(6) == 0) return Kind(_draw(12));
        for (uint256 kind; kind < 12; ++kind) {
            bool needed = kind < 8 || kind > 10 || kind - 7 <= _levels(i);
            if (!_books[i].stands[kind] && needed) return Kind(kind);
        }
        return Kind.Payment;
    }

    function _entryOf(uint256 i, uint256 amount, bytes32 content) private view returns (Entry[] memory list) {
        list = new Entry[](1);
        list[0] = Entry({bill: bills[i], amount: uint48(amount), tax: TAX, content: content});
    }

    function _draw(uint256 below) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % below;
    }

    function _call(address caller, bytes memory data) private returns (bool success) {
        vm.prank(caller);
        (success,) = address(trace).call(data);
    }

    /// Whether it succeeds is the ledger's affair.
    function _callOn(address target, address caller, bytes memory data) private {
        vm.prank(caller);
        (bool success,) = target.call(data);
        success;
    }
}
