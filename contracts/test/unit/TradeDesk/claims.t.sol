// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ITradeDesk} from "../../../src/interfaces/ITradeDesk.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {TradeErrors} from "../../../src/libraries/TradeErrors.sol";
import {ChangeId, Source, Standing} from "../../../src/types/Standing.sol";
import {OfferId, OfferRequest, PartId, PartState, Payment, Refusal, TradeId} from "../../../src/types/Trade.sol";
import {TradeBase} from "../../TradeBase.sol";

/// The risk control of CN108932622B, a test a claim.
contract ClaimsTest is TradeBase {
    /// The total is split by the first control threshold until the rest no longer meets the instalment condition; below
    /// the second one, with enough balance, the buyer chooses how a part is paid, otherwise a third party keeps it.
    function test_claim1__total__splitAndEachPartPaidAsTheThresholdsSay() external {
        TradeId trade = _trade(3_400_000);
        _equal(desk.tradeOf(trade).parts, 3, "parts");
        for (uint256 i; i < 2; ++i) {
            (bool free, uint48 amount) = desk.choiceOf(trade);
            require(!free, "from the second threshold on");
            _equal(amount, 1_000_000, "the first threshold");
            _refused(TradeErrors.TradeDesk_EscrowOnly.selector, TradeId.unwrap(trade), 1_000_000);
            _begin(trade, Payment.Direct, 0);
            _expectPart(_begin(trade, Payment.Escrow, 0), PartState.Funded);
        }
        (, uint48 last) = desk.choiceOf(trade);
        _equal(last, 1_400_000, "the rest");
        _begin(trade, Payment.Escrow, 0);

        TradeId small = _trade(400_000);
        (bool chosen,) = desk.choiceOf(small);
        require(chosen, "below the second threshold");
        _expectPart(_begin(small, Payment.Direct, 0), PartState.Paid);
        _expectPart(_begin(_trade(400_000), Payment.Instalments, 4), PartState.Instalments);
        _expectPart(_begin(_trade(400_000), Payment.Escrow, 0), PartState.Funded);

        uint256 balance = desk.balanceOf(buyer);
        vm.prank(buyer);
        desk.withdraw(balance - 79_999, buyer);
        TradeId poor = _trade(400_000);
        _refused(TradeErrors.TradeDesk_EscrowOnly.selector, TradeId.unwrap(poor), 400_000);
        _begin(poor, Payment.Instalments, 12);
        _deskBalanced();
    }

    /// An offer is published if its parameters keep to the discriminating parameters of its category, and refused with
    /// the reason if not.
    function test_claim2__offer__publishedOrRefusedWithTheReason() external {
        OfferRequest memory good = _request(1_000, 10);
        _publishRefused(_with(good, 1, 99), Refusal.PriceTooLow, 99, 100);
        _publishRefused(_with(good, 1, 10_000_000_001), Refusal.PriceTooHigh, 10_000_000_001, 10_000_000_000);
        _publishRefused(_with(good, 2, 0), Refusal.QuantityOutOfBounds, 0, 100_000);
        _publishRefused(_with(good, 2, 100_001), Refusal.QuantityOutOfBounds, 100_001, 100_000);
        _publishRefused(_with(good, 3, 61), Refusal.DeliveryOutOfBounds, 61, 60);
        _publishRefused(_with(good, 4, 25), Refusal.TooManyInstalments, 25, 24);
        _publishRefused(_with(good, 5, 8), Refusal.UnknownCategory, 8, 0);

        _equal(desk.offerOf(_publish(1_000, 10)).quantity, 10, "published");
    }

    /// A price outside the normal range warns, and blocks nothing.
    function test_claim3__priceOutsideTheNormalRange__warnedOfInEveryLaterEvent() external {
        vm.prank(operator);
        rules.proposeRange(CATEGORY, 900, 1_100, keccak256("reference prices"));
        require(!desk.offerOf(_publish(1_100, 1)).warned && !desk.offerOf(_publish(900, 1)).warned, "normal");
        OfferId dear = _publish(1_101, 100);
        require(desk.offerOf(dear).warned && desk.offerOf(_publish(899, 1)).warned, "warned of");

        TradeId trade = _buy(dear, 100);
        require(desk.tradeOf(trade).warned, "bought");
        vm.expectEmit(address(desk));
        emit ITradeDesk.PartPaid(
            PartId.wrap(uint64(TradeId.unwrap(trade)) << 16), buyer, supplierOwner, 110_100, 550, 550, true
        );
        _begin(trade, Payment.Direct, 0);
    }

    /// Bonus conditions add to the credit value; an abnormal one is flagged and blocks nothing; the reward comes once, and
    /// lets fees off.
    function test_claim4__bonuses__raiseTheValueUntilTheRewardThatLetsFeesOff() external {
        uint256 change;
        while (standing.feeCreditOf(buyer) == 0) {
            PartId part = _begin(_trade(20_000), Payment.Direct, 0);
            change = ChangeId.unwrap(_report(Source.Buyer, PartId.unwrap(part)));
        }
        _expectValue(buyer, 700);
        _equal(change, 50, "payments of a fee of 100 each, for a reward of 3,000");
        uint256 before = desk.balanceOf(buyer);
        PartId free = _begin(_trade(400_000), Payment.Direct, 0);
        _equal(before - desk.balanceOf(buyer), 400_000, "the buyer's fee let off");
        _equal(desk.creditUsed(buyer), 2_000, "of the credit");
        _report(Source.Buyer, PartId.unwrap(free));
        _begin(_trade(400_000), Payment.Direct, 0);
        _equal(desk.creditUsed(buyer), 3_000, "all of it");
        _equal(standing.feeCreditOf(buyer), 3_000, "and no more");
        while (standing.valueOf(buyer) < 900) {
            _report(Source.Buyer, PartId.unwrap(_begin(_trade(20_000), Payment.Direct, 0)));
        }
        require(!standing.standingOf(buyer).abnormal, "at the bound");
        _report(Source.Buyer, PartId.unwrap(_begin(_trade(20_000), Payment.Direct, 0)));
        require(standing.standingOf(buyer).abnormal && standing.mayTrade(buyer), "flagged, not blocked");
        _deskBalanced();
    }

    /// Penalties suspend for a set time, suspensions ban for good; debts, balance and appeal stay open.
    function test_claim5__penalties__suspendAndThenBan() external {
        PartId debt = _begin(_trade(480_000), Payment.Instalments, 12);
        for (uint256 i = 1; i <= 3; ++i) {
            for (uint256 j = 1; j <= 3; ++j) {
                require(standing.mayTrade(buyer), "not yet");
                _penalize();
            }
            require(!standing.mayTrade(buyer), "suspended");
            Standing memory one = standing.standingOf(buyer);
            require(one.banned == (i == 3), "banned with the third suspension");
            vm.warp(uint256(one.suspendedUntil) - 1);
            require(!standing.mayTrade(buyer), "until its last second");
            vm.prank(buyer);
            desk.payInstalments(debt, 1);
            vm.prank(buyer);
            desk.withdraw(1, buyer);
            vm.warp(one.suspendedUntil);
            require(standing.mayTrade(buyer) == (i < 3), "over");
        }
        OfferId offer = _publish(20_000, 1);
        vm.expectRevert(abi.encodeWithSelector(TradeErrors.TradeDesk_StandingTooLow.selector, buyer));
        _buy(offer, 1);
        ChangeId penalty = _report(Source.Instalment, (uint256(PartId.unwrap(debt)) << 8) | desk.partOf(debt).paid);
        vm.prank(buyer);
        standing.appeal(penalty);
    }

    function _publishRefused(OfferRequest memory request, Refusal reason, uint256 value, uint256 bound) private {
        _refused(TradeErrors.TradeDesk_OfferRefused.selector, uint256(reason), value, bound);
        vm.prank(supplierOwner);
        desk.publish(request);
    }

    function _with(OfferRequest memory good, uint256 field, uint256 value)
        private
        pure
        returns (OfferRequest memory one)
    {
        one = abi.decode(abi.encode(good), (OfferRequest));
        if (field == 1) one.unitPrice = uint48(value);
        else if (field == 2) one.quantity = uint32(value);
        else if (field == 3) one.deliveryDays = uint16(value);
        else if (field == 4) one.instalments = uint8(value);
        else one.category = uint16(value);
    }
}
