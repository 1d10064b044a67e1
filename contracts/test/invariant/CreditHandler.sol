// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICreditLine} from "../../src/interfaces/ICreditLine.sol";
import {BillState} from "../../src/types/Bills.sol";
import {CreditBook, Loan, LoanState} from "../../src/types/Credit.sol";
import {AccountId, BillId, PackedBill} from "../../src/types/Ids.sol";
import {CreditBase} from "../CreditBase.sol";

/// Random steps of customers, the supplier, operators and time at a credit line, with books of its own: what each bill
/// owes whom, by the plainest rules. No call of it may revert but for a broken invariant.
contract CreditHandler is CreditBase {
    struct Book {
        PackedBill packed;
        uint256 account;
        uint256 amount;
        uint256 judgedAt;
        /// Owed to the ledger, and to the line.
        uint256 arrears;
        uint256 loan;
        uint256 drawn;
        uint256 dueAt;
        bool lost;
        bool appealed;
        uint256 bond;
        /// Given back, and fetched by the line.
        uint256 back;
        uint256 fetched;
        /// The last two scores, as told.
        uint256 said;
        uint256 before;
        bool scored;
    }

    enum Fate {
        Unpaid,
        Owing,
        Appealed,
        Back
    }

    uint256 private constant ACCOUNTS = 5;
    uint256 private constant MOST = 200;

    AccountId[ACCOUNTS] private accounts;
    uint256[ACCOUNTS] private balances;
    mapping(bytes32 told => uint256) private _toldAt;
    mapping(uint256 bill => Book) private _book;
    BillId[] private bills;
    uint256 private _free = FUNDS;
    uint256 private _drawnSum;
    uint256 private _repaid;
    uint256 private _returned;
    uint256 private _random;
    /// Drawn, refused though in arrears, an old list refused, repaid, written off, reopened, returned whole, in part and
    /// with a surplus.
    uint256[9] public found;

    modifier step(uint256 seed) {
        _random = seed;
        _;
    }

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < ACCOUNTS; ++i) {
            (accounts[i], balances[i]) = (_account(3_600), 3_600);
        }
    }

    function bill(uint256 seed) external step(seed) {
        if (bills.length == MOST) return;
        vm.warp(block.timestamp + 1 days);
        (uint256 account, uint256 amount) = (_draw(ACCOUNTS), 60 * (1 + _draw(900)));
        PackedBill packed = _bill(accounts[account], amount / 60, block.timestamp / 1 days - 1, 1);
        BillId id = _run(packed, PAY);
        if (amount <= balances[account]) {
            balances[account] -= amount;
            return;
        }
        bills.push(id);
        Book storage book = _book[BillId.unwrap(id)];
        (book.packed, book.account, book.amount, book.arrears) = (packed, account, amount, amount);
        book.judgedAt = block.timestamp;
    }

    function score(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        (BillId id, Book storage book) = _draw(4) == 0 ? _any() : _anyOf(Fate.Unpaid);
        uint256 told = _scoreOf(id, 300_000 + _draw(20) * 20_000);
        _submit(told);
        if (book.arrears == 0) return;
        (book.before, book.said, book.scored) = (book.said, _toldOf(id, told), true);
        _toldAt[keccak256(abi.encodePacked(_one(book.said)))] = block.timestamp;
    }

    function draw(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        (BillId id, Book storage book) = _draw(4) == 0 ? _any() : _anyOf(Fate.Unpaid);
        bool old = _draw(4) == 0;
        uint256 told = old ? book.before : book.said;
        if (told == 0) return;
        bool allowed = _allowed(book, told);
        bool success = _call(stranger, abi.encodeCall(ICreditLine.draw, (_one(told), 0, 1)));
        require(success == allowed, "CREDIT-03: a bill was drawn for against the rule, or was not by it");
        if (!success) {
            if (book.arrears != 0) ++found[old ? 2 : 1];
            return;
        }
        ++found[0];
        (book.loan, book.drawn, book.arrears) = (book.arrears, book.arrears, 0);
        book.dueAt = block.timestamp + 30 days;
        _free -= book.loan;
        _drawnSum += book.loan;
        _expectPaid(id);
    }

    /// Pays the ledger in part or whole, or in advance.
    function pay(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        (BillId id, Book storage book) = _any();
        if (_draw(3) == 0) {
            uint256 more = 1 + _draw(1_000);
            _fund(accounts[book.account], more);
            balances[book.account] += more;
        } else if (book.arrears != 0 && _draw(4) == 0) {
            uint256 part = 1 + _draw(book.arrears);
            _payDebt(id, part);
            (book.arrears, book.scored) = (book.arrears - part, false);
        }
    }

    function repay(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        (BillId id, Book storage book) = _anyOf(Fate.Owing);
        if (book.loan == 0 || _draw(3) == 0) return;
        uint256 part = _draw(2) == 0 ? book.loan : 1 + _draw(book.loan);
        _repay(id, part);
        ++found[3];
        _takeOff(book, part);
        _repaid += part;
    }

    function writeOff(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        (BillId id, Book storage book) = _anyOf(Fate.Owing);
        bool due = book.loan != 0 && !book.lost && block.timestamp >= book.dueAt;
        bool settled = ledger.stateOf(id) == BillState.Settled;
        bool success = _call(stranger, abi.encodeCall(ICreditLine.writeOff, (_one(id))));
        require(success == (due && settled), "CREDIT-02: a debt was lost before its time, or twice");
        if (!success) return;
        ++found[4];
        book.lost = true;
    }

    function appeal(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        (BillId id, Book storage book) = _any();
        for (uint256 i; i < 8 && (book.loan == 0 || book.appealed); ++i) {
            (id, book) = _any();
        }
        if (book.drawn == 0 || book.appealed) return;
        uint256 bond = book.amount < 20 ? 1 : book.amount / 20;
        vm.prank(payer);
        try registry.appealByHand(id, book.packed, new bytes32[](0)) {
            (book.appealed, book.bond) = (true, bond);
            balances[book.account] -= bond;
        } catch {}
    }

    /// Conceded, withdrawn, ruled, or expired.
    function end(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        (BillId id, Book storage book) = _anyOf(Fate.Appealed);
        if (book.bond == 0) return;
        uint256 way = _draw(4);
        uint256 due;
        if (way == 0) _try(supplierOwner, abi.encodeCall(registry.concede, (_one(id))));
        if (way == 1) {
            due = book.amount;
            _try(payer, abi.encodeCall(registry.withdrawAppeals, (_one(id))));
        }
        if (way == 2) {
            due = _draw(book.amount);
            _try(supplierOwner, abi.encodeCall(registry.contest, (id, keccak256("reasons"))));
            for (uint256 i; i < 2; ++i) {
                vm.prank(panelists[i]);
                try panel.vote(id, uint48(due), "measured") {} catch {}
            }
        }
        if (way == 3) _try(stranger, abi.encodeCall(registry.expire, (_one(id))));
        if (ledger.stateOf(id) == BillState.Held) return;
        if (due != book.amount) balances[book.account] += book.bond;
        (book.bond, book.back) = (0, book.amount - due);
    }

    function collect(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        (BillId id, Book storage book) = _anyOf(Fate.Back);
        if (_draw(8) == 0) _withdrawCredit();
        ledger.collectRefunds(_one(id));
        AccountId account = accounts[book.account];
        (uint256 held, uint256 had) = (currency.balanceOf(address(line)), _balance(account));
        bool success = _call(stranger, abi.encodeCall(ICreditLine.collect, (_one(id))));
        if (!success) return;
        uint256 kept = currency.balanceOf(address(line)) - held;
        uint256 surplus = _balance(account) - had;
        book.fetched += kept + surplus;
        bool first = surplus == 0 || kept == book.loan;
        require(first && kept <= book.loan, "CREDIT-04: what was given back did not pay the debt first");
        ++found[surplus != 0 ? 8 : kept == book.drawn ? 6 : 7];
        if (kept != 0) _takeOff(book, kept);
        _returned += kept;
        balances[book.account] += surplus;
    }

    function wait(uint256 seed) external step(seed) {
        vm.warp(block.timestamp + 1 hours + _draw(5 days));
    }

    function fund(uint256 seed) external step(seed) {
        if (_draw(2) == 0 && _free > 100_000) {
            uint256 amount = _draw(_free);
            vm.prank(supplierOwner);
            line.withdraw(supplier, amount, supplierOwner);
            _free -= amount;
        } else {
            uint256 amount = 1 + _draw(200_000);
            _fundLine(amount);
            _free += amount;
        }
    }

    /// All that must hold after any of it.
    function audit() external view {
        CreditBook memory book = line.bookOf(supplier);
        require(currency.balanceOf(address(line)) == _free, "CREDIT-01: the line does not hold what is free");
        require(book.free == _free, "CREDIT-01: another sum is free than was paid in and came back");
        (uint256 open, uint256 lost) = (0, 0);
        uint256[ACCOUNTS] memory owed;
        for (uint256 i; i < bills.length; ++i) {
            Book storage one = _book[BillId.unwrap(bills[i])];
            _auditLoan(bills[i], one);
            if (one.lost) lost += one.loan;
            else open += one.loan;
            owed[one.account] += one.loan;
        }
        require(book.open == open && book.writtenOff == lost, "CREDIT-02: the debts are not what is open and lost");
        require(book.drawn == _drawnSum, "CREDIT-02: another sum was drawn");
        require(book.repaid == _repaid && book.returned == _returned, "CREDIT-02: another sum came back");
        require(_drawnSum == _repaid + _returned + open + lost, "CREDIT-02: a debt to the line vanished");
        for (uint256 i; i < ACCOUNTS; ++i) {
            require(line.owedBy(accounts[i]) == owed[i], "CREDIT-02: an account owes another sum than its bills");
            require(_balance(accounts[i]) == balances[i], "CREDIT-04: a customer has what the line had paid");
        }
        _balanced();
    }

    function _auditLoan(BillId id, Book storage book) private view {
        Loan memory loan = line.loanOf(id);
        bool same = loan.owed == book.loan && loan.drawn == book.drawn;
        LoanState state = book.lost ? LoanState.WrittenOff : book.loan != 0 ? LoanState.Open : LoanState.Closed;
        require(same && (book.drawn == 0 || loan.state == state), "CREDIT-02: a bill owes another sum");
        require(book.fetched <= book.back, "CREDIT-04: more came back than was given back");
    }

    /// The rule, as it is said in words.
    function _allowed(Book storage book, uint256 told) private view returns (bool) {
        uint256 owed = book.arrears;
        uint256 probability = (told >> 72) & 0xfffff;
        if (owed == 0 || !book.scored || probability != (book.said >> 72) & 0xfffff) return false;
        if (block.timestamp > _toldAt[keccak256(abi.encodePacked(_one(told)))] + 14 days) return false;
        if (probability < THRESHOLD || block.timestamp < book.judgedAt + 7 days) return false;
        (uint256 open, uint256 ofAccount) = (0, 0);
        for (uint256 i; i < bills.length; ++i) {
            Book storage other = _book[BillId.unwrap(bills[i])];
            if (!other.lost) open += other.loan;
            if (other.account == book.account) ofAccount += other.loan;
        }
        bool bounded = ofAccount + owed <= 100_000 && open + owed <= 600_000;
        return bounded && owed <= _free && balances[book.account] < owed;
    }

    function _takeOff(Book storage book, uint256 amount) private {
        if (book.lost) ++found[5];
        (book.loan, book.lost) = (book.loan - amount, false);
        _free += amount;
    }

    function _withdrawCredit() private {
        uint256 credit = ledger.creditOf(supplier);
        vm.prank(supplierOwner);
        try ledger.withdrawCredit(supplier, credit, supplierOwner) {} catch {}
    }

    /// One of the last bills, whose fates are open.
    function _any() private returns (BillId id, Book storage book) {
        uint256 recent = bills.length < 12 ? bills.length : 12;
        id = bills[bills.length - 1 - _draw(recent)];
        book = _book[BillId.unwrap(id)];
    }

    /// One that is in arrears, owes its line something, is appealed, or has something given back, if there is any from somewhere on.
    function _anyOf(Fate fate) private returns (BillId id, Book storage book) {
        uint256 first = _draw(bills.length);
        for (uint256 i; i < bills.length; ++i) {
            id = bills[(first + i) % bills.length];
            book = _book[BillId.unwrap(id)];
            if (fate == Fate.Unpaid && book.arrears != 0) return (id, book);
            if (fate == Fate.Owing && book.loan != 0) return (id, book);
            if (fate == Fate.Appealed && book.bond != 0) return (id, book);
            if (fate == Fate.Back && book.back != book.fetched) return (id, book);
        }
        return _any();
    }

    function _draw(uint256 below) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % below;
    }

    function _call(address caller, bytes memory data) private returns (bool success) {
        vm.prank(caller);
        (success,) = address(line).call(data);
    }

    function _try(address caller, bytes memory data) private {
        vm.prank(caller);
        (bool success,) = address(registry).call(data);
        // Too late, or ended already.
        success;
    }
}
