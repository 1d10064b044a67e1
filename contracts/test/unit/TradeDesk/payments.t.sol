// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ITradeDesk} from "../../../src/interfaces/ITradeDesk.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {TradeErrors} from "../../../src/libraries/TradeErrors.sol";
import {SupplierId} from "../../../src/types/Ids.sol";
import {OfferId, OfferRequest, PartId, PartState, Payment, Terms, TradeId} from "../../../src/types/Trade.sol";
import {TradeBase} from "../../TradeBase.sol";

/// Offers, purchases, instalments and the desk's own money.
contract PaymentsTest is TradeBase {
    uint48 private constant AMOUNT = 480_001;

    function test_payInstalments__Early__TheLastHasTheRest() external {
        uint256 before = desk.balanceOf(buyer);
        PartId part = _begin(_trade(AMOUNT), Payment.Instalments, 12);
        vm.prank(buyer);
        desk.payInstalments(part, 11);

        _expectPart(part, PartState.Paid);
        _equal(desk.partOf(part).late, 0, "none late");
        _equal(before - desk.balanceOf(buyer), uint256(AMOUNT) + 200 + 2_200, "the amount and its fees");
        _deskBalanced();
    }

    function testFuzz_payInstalments__GivenAnyAmountAndNumber__SumsToTheAmount(uint48 amount, uint8 count) external {
        amount = 100 + amount % 499_000;
        count = 2 + count % 11;
        uint256 before = desk.balanceOf(supplierOwner) + desk.balanceOf(treasurer);
        PartId part = _begin(_trade(amount), Payment.Instalments, count);
        vm.startPrank(buyer);
        for (uint256 i = 1; i < count; ++i) {
            desk.payInstalments(part, 1);
        }
        vm.stopPrank();
        _expectPart(part, PartState.Paid);
        uint256 got = desk.balanceOf(supplierOwner) + desk.balanceOf(treasurer) - before;
        require(got >= amount && got <= uint256(amount) + uint256(amount) / 200, "the amount and the buyer's fees");
        _deskBalanced();
    }

    function test_payInstalments__AroundTheDueDate__LateFromItOn() external {
        PartId part = _begin(_trade(AMOUNT), Payment.Instalments, 12);
        uint256 due = block.timestamp + 30 days;
        vm.warp(due - 1);
        _refused(TradeErrors.TradeDesk_NotOverdue.selector, PartId.unwrap(part));
        desk.markOverdue(part);
        vm.warp(due);
        (uint48 owed, uint40 since) = desk.overdueOf(part);
        _equal(owed, 40_000, "owed");
        _equal(since, due, "since");
        vm.expectEmit(address(desk));
        emit ITradeDesk.InstalmentOverdue(part, buyer, 1, 40_000, uint40(due), false);
        desk.markOverdue(part);
        _expectPart(part, PartState.Overdue);
        _refused(TradeErrors.TradeDesk_NotOverdue.selector, PartId.unwrap(part));
        desk.markOverdue(part);
        vm.prank(buyer);
        desk.payInstalments(part, 2);

        _expectPart(part, PartState.Instalments);
        _equal(desk.partOf(part).late, 2, "the first was late, the second early");
        vm.warp(due + 30 days * 3);
        (owed, since) = desk.overdueOf(part);
        _equal(owed, 80_000, "two are");
        _equal(since, due + 60 days, "since the first of them");
        vm.warp(due + 365 days);
        (owed,) = desk.overdueOf(part);
        _equal(owed, AMOUNT - 3 * 40_000, "all that is left");
    }

    function test_payInstalments__ByAnother__Taken() external {
        PartId part = _begin(_trade(AMOUNT), Payment.Instalments, 12);
        _pay(stranger, 41_000);
        vm.prank(stranger);
        desk.payInstalments(part, 1);
        _equal(desk.partOf(part).paid, 2, "paid");
        _equal(desk.balanceOf(stranger), 800, "and the fee");
    }

    function test_payInstalments__WhenNoneOrTooManyOrNotSo__Refused() external {
        PartId part = _begin(_trade(AMOUNT), Payment.Instalments, 12);
        vm.startPrank(buyer);
        _refused(TradeErrors.TradeDesk_InstalmentCount.selector, PartId.unwrap(part), 0, 11);
        desk.payInstalments(part, 0);
        _refused(TradeErrors.TradeDesk_InstalmentCount.selector, PartId.unwrap(part), 12, 11);
        desk.payInstalments(part, 12);
        vm.stopPrank();
        PartId escrow = _funded(AMOUNT);
        _refused(TradeErrors.TradeDesk_WrongState.selector, PartId.unwrap(escrow), uint256(PartState.Funded));
        desk.payInstalments(escrow, 1);
    }

    function test_pay__WhenNotTheBuyersOrNothingLeftOrTooLate__Refused() external {
        TradeId trade = _trade(AMOUNT);
        _refused(TradeErrors.TradeDesk_NotBuyer.selector, TradeId.unwrap(trade), stranger);
        vm.prank(stranger);
        desk.pay(trade, Payment.Direct, 0);
        _begin(trade, Payment.Direct, 0);
        _refused(TradeErrors.TradeDesk_NothingToPay.selector, TradeId.unwrap(trade));
        _begin(trade, Payment.Direct, 0);
        TradeId late = _trade(AMOUNT);
        uint256 payBy = desk.tradeOf(late).payBy;
        vm.warp(payBy);
        _refused(TradeErrors.TradeDesk_TooLate.selector, TradeId.unwrap(late), payBy);
        _begin(late, Payment.Direct, 0);
        vm.warp(payBy - 1);
        _begin(late, Payment.Direct, 0);
    }

    function test_pay__InstalmentsNotTaken__Refused() external {
        TradeId trade = _trade(AMOUNT);
        uint256 part = uint256(TradeId.unwrap(trade)) << 16;
        _refused(TradeErrors.TradeDesk_InstalmentsNotTaken.selector, part, 1, 12);
        _begin(trade, Payment.Instalments, 1);
        _refused(TradeErrors.TradeDesk_InstalmentsNotTaken.selector, part, 13, 12);
        _begin(trade, Payment.Instalments, 13);
    }

    function test_buy__OwnOfferOrNotOffered__Refused() external {
        OfferId offer = _publish(1_000, 5);
        _refused(TradeErrors.TradeDesk_QuantityNotOffered.selector, OfferId.unwrap(offer), 6, 5);
        _buy(offer, 6);
        _refused(TradeErrors.TradeDesk_QuantityNotOffered.selector, OfferId.unwrap(offer), 0, 5);
        _buy(offer, 0);
        _refused(TradeErrors.TradeDesk_OwnOffer.selector, OfferId.unwrap(offer));
        vm.prank(supplierOwner);
        desk.buy(offer, 1);
        vm.prank(supplierOwner);
        desk.withdrawOffer(offer);
        _refused(TradeErrors.TradeDesk_QuantityNotOffered.selector, OfferId.unwrap(offer), 1, 0);
        _buy(offer, 1);
    }

    function test_buy__MorePartsThanCanBeCountedOrTooMuch__Refused() external {
        OfferId offer = _publish(10_000_000_000, 100_000);
        _refused(TradeErrors.TradeDesk_AmountTooLarge.selector, 1e15);
        _buy(offer, 100_000);
        _refused(TradeErrors.TradeDesk_TooManyParts.selector, 70_000, 65_535);
        _buy(offer, 7);
        _equal(desk.tradeOf(_buy(offer, 6)).parts, 60_000, "parts");
    }

    function test_publish__WhenNotItsOwner__Refused() external {
        OfferRequest memory request = _request(1_000, 1);
        _refused(TradeErrors.TradeDesk_NotSupplierOwner.selector, SupplierId.unwrap(supplier), stranger);
        vm.prank(stranger);
        desk.publish(request);
    }

    function test_setTerms__GivenPurchaseBefore__ItKeepsItsOwn() external {
        TradeId before = _trade(AMOUNT);
        Terms memory terms = rules.termsOf(1);
        (terms.feePpm, terms.second) = (0, 1);
        vm.prank(governor);
        rules.setTerms(terms);
        (bool free,) = desk.choiceOf(before);
        require(free, "as bought");
        (free,) = desk.choiceOf(_trade(AMOUNT));
        require(!free, "bought later");
    }

    function test_withdraw__MoreThanThereIsOrToItself__Refused() external {
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(TradeErrors.TradeDesk_InsufficientBalance.selector, stranger, 0, 1));
        desk.withdraw(1, stranger);
        vm.expectRevert(TradeErrors.TradeDesk_ToItself.selector);
        desk.withdraw(0, address(desk));
        vm.stopPrank();
    }

    function test_deposit__TooLarge__Refused() external {
        _refused(TradeErrors.TradeDesk_AmountTooLarge.selector, 1 << 64);
        desk.deposit(buyer, 1 << 64);
    }

    /// A currency that says no, and one that calls back while it pays.
    function test_withdraw__GivenHostileCurrency__NobodyGetsMoreThanItsOwn() external {
        vm.etch(address(currency), address(new HostileCurrency()).code);
        vm.expectRevert(TradeErrors.TradeDesk_TransferFailed.selector);
        desk.deposit(buyer, 1);
        vm.expectRevert(TradeErrors.TradeDesk_TransferFailed.selector);
        vm.prank(buyer);
        desk.withdraw(1, buyer);
        Greedy greedy = new Greedy(desk);
        vm.prank(buyer);
        desk.deposit(address(greedy), 100);
        vm.expectRevert(
            abi.encodeWithSelector(TradeErrors.TradeDesk_InsufficientBalance.selector, address(greedy), 0, 100)
        );
        greedy.withdraw();
    }
}

/// Takes what is 100, calls whom it pays, and refuses everything else.
contract HostileCurrency {
    function isFrozen(address) external pure returns (bool) {
        return false;
    }

    function transferFrom(address, address, uint256 amount) external pure returns (bool) {
        return amount == 100;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (amount != 100) return false;
        Greedy(to).withdraw();
        return true;
    }
}

/// Withdraws as often as it is called.
contract Greedy {
    ITradeDesk private immutable _desk;

    constructor(ITradeDesk desk) {
        _desk = desk;
    }

    function withdraw() external {
        _desk.withdraw(100, address(this));
    }
}
