// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICreditStanding} from "../../src/interfaces/ICreditStanding.sol";
import {ILedgerDesk} from "../../src/interfaces/ILedgerDesk.sol";
import {ITradeDesk} from "../../src/interfaces/ITradeDesk.sol";
import {Account, Mandate} from "../../src/types/Accounts.sol";
import {AccountId, BillId, SupplierId} from "../../src/types/Ids.sol";
import {Change, ChangeId, Conduct, Fact, Rules, Source} from "../../src/types/Standing.sol";
import {OfferId, OfferRequest, Part, PartId, PartState, Payment, TradeId} from "../../src/types/Trade.sol";
import {TradeBase} from "../TradeBase.sol";

/// Random steps of buyers, suppliers, arbiters, reporters and time at the trade desk, with books of its own: what was
/// paid in and out, which events have counted, and every party's standing by the plainest state machine. No call of it
/// may revert but for a broken invariant.
contract TradeHandler is TradeBase {
    struct Book {
        int256 points;
        uint256 penalties;
        uint256 suspensions;
        uint256 until;
        bool rewarded;
    }

    /// Low enough for debts of parties that are suspended.
    int16 private constant LATER_FROM = 300;
    /// Points above the start: few enough for a party that is sometimes penalized.
    int16 private constant REWARD_AFTER = 4;

    address[5] private parties = [
        _actor("first buyer"),
        _actor("second buyer"),
        _actor("third buyer"),
        _actor("first seller"),
        _actor("second seller")
    ];
    AccountId[5] private accounts;
    SupplierId[2] private sellers;
    uint256 private _random;
    uint256 private _paidIn;
    uint256 private _offers;
    uint256 private _trades;
    uint256 private _changes;
    mapping(address party => Book) private _books;
    mapping(bytes32 cause => bool) private _counted;
    mapping(uint256 change => bool) private _undone;
    mapping(uint256 step => uint256) public reached;
    /// Suspensions and bans that were seen, penalties undone, debts paid by who may not trade, caps that a standing refused
    /// and that the reward allowed.
    uint256[6] public found;

    modifier step(uint256 seed, uint256 number) {
        _random = seed;
        ++reached[number];
        _;
    }

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < 2; ++i) {
            vm.prank(parties[3 + i]);
            sellers[i] = ledger.registerSupplier("seller");
        }
        for (uint256 i; i < 5; ++i) {
            _pay(parties[i], 50_000_000);
            _paidIn += 50_000_000;
            accounts[i] = _open(parties[i]);
        }
        Rules memory one = standing.rulesOf(1);
        (one.laterFrom, one.rewardFrom, one.reward, one.freeCap) = (LATER_FROM, 600 + REWARD_AFTER, 150, 0);
        vm.startPrank(governor);
        standing.setRules(one);
        ledger.setStanding(standing);
        vm.stopPrank();
        vm.prank(operator);
        rules.proposeRange(CATEGORY, 20_000, 300_000, keccak256("reference prices"));
    }

    function publish(uint256 seed) external step(seed, 0) {
        uint256 seller = _draw(2);
        address owner = parties[3 + seller];
        OfferRequest memory request = _request(uint48(10_000 + _draw(400_000)), uint32(1 + _draw(10)));
        request.supplier = sellers[seller];
        bool allowed = _mayTrade(owner);
        bool success = _call(owner, address(desk), abi.encodeCall(ITradeDesk.publish, (request)));
        require(success == allowed, "TRADE-02: a suspended or banned party publishes, or another does not");
        if (success) ++_offers;
    }

    function buy(uint256 seed) external step(seed, 1) {
        if (_offers == 0) return;
        address party = parties[_draw(5)];
        OfferId offer = OfferId.wrap(uint32(1 + _draw(_offers)));
        bool success = _call(party, address(desk), abi.encodeCall(ITradeDesk.buy, (offer, uint32(1 + _draw(5)))));
        require(!success || _mayTrade(party), "TRADE-02: a suspended or banned party buys");
        if (success) ++_trades;
    }

    function pay(uint256 seed) external step(seed, 2) {
        if (_trades == 0) return;
        TradeId trade = _anyTrade();
        address party = desk.tradeOf(trade).buyer;
        Payment payment = Payment(_draw(3));
        bool later = payment == Payment.Instalments;
        bool success =
            _call(party, address(desk), abi.encodeCall(ITradeDesk.pay, (trade, payment, uint8(2 + _draw(11)))));
        require(!success || !later || _valueOf(party) >= LATER_FROM, "TRADE-02: instalments below the value they take");
    }

    /// Whoever owes can pay, whatever its standing.
    function payInstalments(uint256 seed) external step(seed, 3) {
        if (_trades == 0) return;
        PartId id;
        Part memory part;
        address party;
        bool owes;
        // Debts are left to grow old, and looked for where their buyer is suspended.
        for (uint256 i; i < 20 && !(owes && (!_mayTrade(party) || _draw(8) == 0)); ++i) {
            TradeId trade = TradeId.wrap(uint48(1 + _draw(_trades)));
            id = PartId.wrap(uint64(TradeId.unwrap(trade)) << 16);
            (part, party) = (desk.partOf(id), desk.tradeOf(trade).buyer);
            owes = part.state == PartState.Instalments || part.state == PartState.Overdue;
        }
        bool rich = desk.balanceOf(party) >= uint256(part.amount) * 2;
        bool success = _call(party, address(desk), abi.encodeCall(ITradeDesk.payInstalments, (id, 1)));
        require(success || !owes || !rich, "TRADE-03: someone cannot pay its debt");
        if (success && !_mayTrade(party)) ++found[3];
    }

    function escrow(uint256 seed) external step(seed, 4) {
        if (_trades == 0) return;
        PartId id = _anyPart();
        address buyer_ = desk.tradeOf(TradeId.wrap(uint48(PartId.unwrap(id) >> 16))).buyer;
        address seller = parties[3 + _draw(2)];
        uint256 kind = _draw(8);
        if (kind < 3) _call(seller, address(desk), abi.encodeCall(ITradeDesk.markDelivered, (id)));
        else if (kind == 3) _call(seller, address(desk), abi.encodeCall(ITradeDesk.refund, (id)));
        else if (kind == 4) _call(buyer_, address(desk), abi.encodeCall(ITradeDesk.dispute, (id)));
        else if (kind == 5) _call(buyer_, address(desk), abi.encodeCall(ITradeDesk.confirm, (id)));
        else if (kind == 6) _call(stranger, address(desk), abi.encodeCall(ITradeDesk.expire, (id)));
        else _call(stranger, address(desk), abi.encodeCall(ITradeDesk.markOverdue, (id)));
    }

    function ruleDispute(uint256 seed) external step(seed, 5) {
        if (_trades == 0) return;
        PartId id = _anyPart();
        uint48 amount = desk.partOf(id).amount;
        uint48 due = _draw(3) == 0 ? amount : uint48(_draw(2) * _draw(uint256(amount) + 1));
        _call(address(deskPanel), address(desk), abi.encodeWithSignature("rule(uint64,uint48)", PartId.unwrap(id), due));
    }

    /// Anything, by its name and by names that are not its own.
    function report(uint256 seed) external step(seed, 6) {
        if (_trades == 0) return;
        Source source = Source(4 + _draw(4));
        uint72 id = uint72(PartId.unwrap(_anyPart()));
        if (source == Source.Instalment) id = (id << 8) | uint72(_draw(12));
        if (source == Source.Trade) id >>= 16;
        if (_draw(8) == 0) id |= uint72(1) << uint72(48 + _draw(24));
        uint72[] memory ids = new uint72[](2);
        (ids[0], ids[1]) = (id, id);
        Fact memory fact = desk.factOf(source, id);
        bool bonus = fact.conduct == Conduct.PaidInTime || fact.conduct == Conduct.Delivered;
        bytes32 cause = keccak256(abi.encode(source, _named(source, id)));
        bool counts = fact.conduct != Conduct.None && !_counted[cause] && (!bonus || fact.fee >= 100);
        bool success = _call(stranger, address(standing), abi.encodeCall(ICreditStanding.report, (source, ids)));
        require(success == counts, "TRADE-04: an event counts twice, or not at all");
        if (!success) return;
        _counted[cause] = true;
        ++_changes;
        Book storage book = _books[fact.party];
        int256 points = _pointsOf(fact.conduct);
        book.points += points;
        if (book.points >= REWARD_AFTER) book.rewarded = true;
        if (points < 0 && ++book.penalties % 3 == 0) {
            ++found[0];
            if (++book.suspensions == 3) ++found[1];
            book.until = (book.until > block.timestamp ? book.until : block.timestamp) + 30 days;
        }
    }

    function appeal(uint256 seed) external step(seed, 7) {
        if (_changes == 0) return;
        uint256 change = 1 + _draw(_changes);
        Change memory one = standing.changeOf(ChangeId.wrap(uint64(change)));
        _call(one.party, address(standing), abi.encodeCall(ICreditStanding.appeal, (ChangeId.wrap(uint64(change)))));
        if (_draw(2) == 0) return;
        bool success =
            _call(address(standingPanel), address(standing), abi.encodeWithSignature("rule(uint64,uint48)", change, 0));
        if (!success) return;
        require(!_undone[change], "TRADE-04: a penalty is undone twice");
        _undone[change] = true;
        ++found[2];
        Book storage book = _books[one.party];
        book.points += int256(uint256(one.points));
        if (book.points >= REWARD_AFTER) book.rewarded = true;
        if (book.penalties-- % 3 == 0) {
            --book.suspensions;
            book.until -= 30 days;
        }
    }

    /// Whoever has a balance can withdraw it, whatever its standing.
    function withdraw(uint256 seed) external step(seed, 8) {
        address party = parties[_draw(5)];
        uint256 balance = desk.balanceOf(party);
        uint256 amount = _draw(_draw(20) == 0 ? balance + 1 : balance / 50 + 1);
        bool frozen = _draw(4) == 0;
        _freeze(party, frozen);
        bool success = _call(party, address(desk), abi.encodeCall(ITradeDesk.withdraw, (amount, party)));
        _freeze(party, false);
        require(success != frozen, "TRADE-03: someone cannot withdraw, or a frozen one can");
        if (success) _paidIn -= amount;
    }

    function deposit(uint256 seed) external step(seed, 9) {
        uint256 amount = _draw(2_000_000);
        _pay(parties[_draw(5)], amount);
        _paidIn += amount;
    }

    function wait(uint256 seed) external step(seed, 10) {
        vm.warp(block.timestamp + 1 + _draw(_draw(8) == 0 ? 40 days : 2 days));
    }

    /// A cap is raised as far as the standing allows, and kept or lowered whatever it is.
    function grant(uint256 seed) external step(seed, 11) {
        uint256 number = _draw(5);
        address party = parties[number];
        Mandate memory mandate = _mandateOf(address(0), uint48(_draw(7_000_000)), uint48(_draw(7_000_000)));
        mandate.lastDay = type(uint16).max;
        Account memory present = ledger.accountOf(accounts[number]);
        uint256 most = _mayTrade(party) ? (_books[party].rewarded ? 5_000_000 : 1_000_000) : 0;
        bool allowed = (mandate.capPerBill <= most || mandate.capPerBill <= present.capPerBill)
            && (mandate.capPerMonth <= most || mandate.capPerMonth <= present.capPerMonth);
        bool success =
            _call(party, address(ledger), abi.encodeCall(ILedgerDesk.grantMandate, (accounts[number], mandate)));
        require(success == allowed, "TRADE-05: a cap above what the standing allows, or one refused that it does");
        if (!success) ++found[4];
        if (success && mandate.capPerBill > 1_000_000) ++found[5];
        if (success && _draw(4) == 0) {
            _call(party, address(ledger), abi.encodeCall(ILedgerDesk.revokeMandate, (accounts[number])));
        }
    }

    /// All that must hold after any of it.
    function audit() external view {
        (uint256 balances, uint256 escrowed) = desk.totals();
        // The buyer of the unit tests has its own.
        _equal(balances + escrowed, _paidIn + 100_000_000, "TRADE-01: owed is what was paid in less what was paid out");
        _equal(currency.balanceOf(address(desk)), balances + escrowed, "TRADE-01: the desk holds what it owes");
        uint256 sum = desk.balanceOf(treasurer) + desk.balanceOf(buyer);
        for (uint256 i; i < 5; ++i) {
            address party = parties[i];
            sum += desk.balanceOf(party);
            require(standing.valueOf(party) == _valueOf(party), "TRADE-04: a value is not the sum of its events");
            require(standing.mayTrade(party) == _mayTrade(party), "TRADE-02: suspended, and nobody knows why");
            _equal(standing.suspensionsOf(party).length, _books[party].suspensions, "TRADE-02: suspensions");
            require(desk.creditUsed(party) <= standing.feeCreditOf(party), "TRADE-01: more let off than granted");
        }
        _equal(sum, balances, "TRADE-01: balances are the sum of each");
    }

    function _mayTrade(address party) private view returns (bool) {
        return _books[party].suspensions < 3 && block.timestamp >= _books[party].until;
    }

    function _valueOf(address party) private view returns (int256) {
        return 600 + _books[party].points;
    }

    function _pointsOf(Conduct conduct) private pure returns (int256) {
        if (conduct == Conduct.PaidInTime || conduct == Conduct.Delivered) return 2;
        if (conduct == Conduct.PaidLate) return -20;
        if (conduct == Conduct.NotDelivered) return -30;
        return conduct == Conduct.DisputeLost ? -40 : -10;
    }

    /// The event that an id names, whatever bits stand above it.
    function _named(Source source, uint72 id) private pure returns (uint256) {
        if (source == Source.Instalment) return id;
        return source == Source.Trade ? uint48(id) : uint64(id);
    }

    function _freeze(address party, bool on) private {
        vm.prank(issuer);
        currency.setFrozen(party, on);
    }

    function _anyTrade() private returns (TradeId) {
        uint256 recent = _trades < 30 ? _trades : 30;
        return TradeId.wrap(uint48(_trades - _draw(recent)));
    }

    function _anyPart() private returns (PartId) {
        TradeId trade = _anyTrade();
        uint256 begun = desk.tradeOf(trade).begun;
        return PartId.wrap((uint64(TradeId.unwrap(trade)) << 16) | uint64(_draw(begun == 0 ? 1 : begun)));
    }

    function _draw(uint256 below) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % below;
    }

    function _call(address caller, address target, bytes memory data) private returns (bool success) {
        vm.prank(caller);
        (success,) = target.call(data);
    }
}
