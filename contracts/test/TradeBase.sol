// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IArbiterPanel} from "../src/interfaces/IArbiterPanel.sol";
import {ICreditStanding} from "../src/interfaces/ICreditStanding.sol";
import {ITradeDesk} from "../src/interfaces/ITradeDesk.sol";
import {ITradeRules} from "../src/interfaces/ITradeRules.sol";
import {Roles} from "../src/libraries/Roles.sol";
import {BillId} from "../src/types/Ids.sol";
import {ChangeId, Source} from "../src/types/Standing.sol";
import {Category, OfferId, OfferRequest, PartId, PartState, Payment, TradeId} from "../src/types/Trade.sol";
import {Base} from "./Base.sol";

/// The system with its trade desk, a category, a buyer with money, and panels for both kinds of dispute.
abstract contract TradeBase is Base {
    uint16 internal constant CATEGORY = 7;

    address internal buyer = _actor("buyer");
    address internal treasurer = _actor("treasurer");

    ICreditStanding internal standing;
    ITradeRules internal rules;
    ITradeDesk internal desk;
    IArbiterPanel internal deskPanel;
    IArbiterPanel internal standingPanel;

    function setUp() public virtual override {
        super.setUp();
        uint64 nonce = vm.getNonce(address(this));
        address predicted = vm.computeCreateAddress(address(this), nonce + 2);
        standing = ICreditStanding(_create("CreditStanding", abi.encode(manager, clock, ledger, registry, predicted)));
        rules = ITradeRules(_create("TradeRules", abi.encode(manager, operators)));
        desk = ITradeDesk(_create("TradeDesk", abi.encode(clock, ledger, rules, standing, treasurer)));
        require(address(desk) == predicted, "address as predicted");
        deskPanel = _panelOf(address(desk));
        standingPanel = _panelOf(address(standing));
        _assignTradeRoles();
        vm.startPrank(governor);
        rules.setCategory(CATEGORY, _category());
        rules.setArbiter(address(deskPanel));
        standing.setArbiter(address(standingPanel));
        vm.stopPrank();
        _pay(buyer, 100_000_000);
    }

    function _panelOf(address arbitrable) private returns (IArbiterPanel) {
        address[] memory members = new address[](3);
        (members[0], members[1], members[2]) = (panelists[0], panelists[1], panelists[2]);
        return IArbiterPanel(_create("ArbiterPanel", abi.encode(arbitrable, members, 2)));
    }

    function _assignTradeRoles() private {
        bytes4[] memory trading = new bytes4[](3);
        (trading[0], trading[1]) = (ITradeRules.setCategory.selector, ITradeRules.setTerms.selector);
        trading[2] = ITradeRules.setArbiter.selector;
        bytes4[] memory standings = new bytes4[](2);
        (standings[0], standings[1]) = (ICreditStanding.setRules.selector, ICreditStanding.setArbiter.selector);
        vm.startPrank(admin);
        manager.setTargetFunctionRole(address(rules), trading, Roles.GOVERNOR);
        manager.setTargetFunctionRole(address(standing), standings, Roles.GOVERNOR);
        vm.stopPrank();
    }

    function _category() internal pure returns (Category memory) {
        return
            Category({minPrice: 100, maxPrice: 10_000_000_000, maxQuantity: 100_000, maxDeliveryDays: 60, open: true});
    }

    /* STEPS */

    function _pay(address party, uint256 amount) internal {
        _mint(party, amount);
        vm.startPrank(party);
        currency.approve(address(desk), amount);
        desk.deposit(party, amount);
        vm.stopPrank();
    }

    function _request(uint48 unitPrice, uint32 quantity) internal view returns (OfferRequest memory) {
        return OfferRequest({
            supplier: supplier,
            category: CATEGORY,
            unitPrice: unitPrice,
            quantity: quantity,
            deliveryDays: 10,
            instalments: 12
        });
    }

    function _publish(uint48 unitPrice, uint32 quantity) internal returns (OfferId) {
        OfferRequest memory request = _request(unitPrice, quantity);
        vm.prank(supplierOwner);
        return desk.publish(request);
    }

    function _buy(OfferId offer, uint32 quantity) internal returns (TradeId) {
        vm.prank(buyer);
        return desk.buy(offer, quantity);
    }

    /// A purchase of one piece.
    function _trade(uint48 amount) internal returns (TradeId) {
        return _buy(_publish(amount, 1), 1);
    }

    function _begin(TradeId trade, Payment payment, uint8 instalments) internal returns (PartId) {
        vm.prank(buyer);
        return desk.pay(trade, payment, instalments);
    }

    /// A part of `amount` in escrow.
    function _funded(uint48 amount) internal returns (PartId) {
        return _begin(_trade(amount), Payment.Escrow, 0);
    }

    function _delivered(uint48 amount) internal returns (PartId part) {
        part = _funded(amount);
        vm.prank(supplierOwner);
        desk.markDelivered(part);
    }

    function _disputed(uint48 amount) internal returns (PartId part) {
        part = _delivered(amount);
        vm.prank(buyer);
        desk.dispute(part);
    }

    function _rule(IArbiterPanel by, uint64 id, uint48 due) internal {
        for (uint256 i; i < 2; ++i) {
            vm.prank(panelists[i]);
            by.vote(BillId.wrap(id), due, "as the papers say");
        }
    }

    function _report(Source source, uint256 id) internal returns (ChangeId) {
        uint72[] memory ids = new uint72[](1);
        ids[0] = uint72(id);
        standing.report(source, ids);
        return standing.changeBy(source, uint72(id));
    }

    /// Counts a penalty of the buyer's: a purchase that it left.
    function _penalize() internal returns (ChangeId) {
        TradeId trade = _trade(40_000);
        vm.warp(desk.tradeOf(trade).payBy);
        return _report(Source.Trade, TradeId.unwrap(trade));
    }

    /* ASSERTIONS */

    function _expectPart(PartId part, PartState state) internal view {
        _equal(uint256(desk.partOf(part).state), uint256(state), "state");
    }

    /// Owed is held, whatever was done.
    function _deskBalanced() internal view {
        (uint256 balances, uint256 escrowed) = desk.totals();
        _equal(
            balances + escrowed, currency.balanceOf(address(desk)), "TRADE-01: the desk holds the currency that it owes"
        );
        uint256 known = desk.balanceOf(buyer) + desk.balanceOf(supplierOwner) + desk.balanceOf(treasurer);
        _equal(known, balances, "TRADE-01: balances are the sum of each");
    }

    function _expectValue(address party, int256 value) internal view {
        require(standing.valueOf(party) == value, "value");
    }
}
