// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {TradeErrors} from "../../../src/libraries/TradeErrors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {AccountId, BillId, PackedBill} from "../../../src/types/Ids.sol";
import {Change, ChangeId, Conduct, Rules, Source} from "../../../src/types/Standing.sol";
import {PartId, Payment, TradeId} from "../../../src/types/Trade.sol";
import {TradeBase} from "../../TradeBase.sol";

/// Events counted once, penalties appealed, rules that farming does not pay under.
contract StandingTest is TradeBase {
    /* REPORTS */

    function test_report__Twice__CountedOnce() external {
        PartId part = _begin(_trade(40_000), Payment.Direct, 0);
        _report(Source.Buyer, PartId.unwrap(part));
        _expectValue(buyer, 602);
        _nothing(Source.Buyer, PartId.unwrap(part));
        // The same event by a number with more bits.
        _nothing(Source.Buyer, uint256(PartId.unwrap(part)) | 1 << 64);
        _nothing(Source.Trade, PartId.unwrap(part) >> 16 | 1 << 48);
        _nothing(Source.Seller, PartId.unwrap(part));
        _expectValue(buyer, 602);
    }

    function test_report__FeeBelowTheLeast__NotCounted() external {
        PartId part = _begin(_trade(19_999), Payment.Direct, 0);
        _nothing(Source.Buyer, PartId.unwrap(part));
    }

    function test_report__GivenEachEndingOfAnEscrow__CountsBothSides() external {
        PartId released = _delivered(40_000);
        vm.prank(buyer);
        desk.confirm(released);
        _report(Source.Buyer, PartId.unwrap(released));
        _report(Source.Seller, PartId.unwrap(released));
        _expectValue(buyer, 602);
        _expectValue(supplierOwner, 602);
        PartId lost = _disputed(40_000);
        _rule(deskPanel, PartId.unwrap(lost), 0);
        _nothing(Source.Buyer, PartId.unwrap(lost));
        _report(Source.Seller, PartId.unwrap(lost));
        _expectValue(supplierOwner, 562);
        PartId won = _disputed(40_000);
        _rule(deskPanel, PartId.unwrap(won), 40_000);
        _nothing(Source.Seller, PartId.unwrap(won));
        _report(Source.Buyer, PartId.unwrap(won));
        _expectValue(buyer, 562);
        PartId late = _funded(40_000);
        vm.warp(desk.partOf(late).deadline);
        desk.expire(late);
        _report(Source.Seller, PartId.unwrap(late));
        _expectValue(supplierOwner, 532);
    }

    function test_report__GivenInstalments__EachOnceByItsDueDate() external {
        uint256 part = PartId.unwrap(_begin(_trade(480_000), Payment.Instalments, 12));
        _report(Source.Instalment, part << 8);
        _expectValue(buyer, 602);
        _nothing(Source.Instalment, (part << 8) | 1);
        vm.warp(block.timestamp + 30 days);
        _report(Source.Instalment, (part << 8) | 1);
        _expectValue(buyer, 582);
        vm.prank(buyer);
        desk.payInstalments(PartId.wrap(uint64(part)), 2);
        _nothing(Source.Instalment, (part << 8) | 1);
        _report(Source.Instalment, (part << 8) | 2);
        _expectValue(buyer, 584);
        _nothing(Source.Instalment, (part << 8) | 12);
        TradeId trade = _trade(480_000);
        vm.expectRevert(abi.encodeWithSelector(TradeErrors.TradeDesk_StandingTooLow.selector, buyer));
        _begin(trade, Payment.Instalments, 12);
    }

    function test_reportBill__GivenPaidOnes__EveryThirdAddsAPointUpToTheCap() external {
        AccountId account = _account(1e9);
        for (uint256 i; i < 6; ++i) {
            _reportSettled(account, 31 * i);
        }
        _expectValue(payer, 602);
        _equal(standing.countOf(payer, Conduct.BillPaid), 6, "counted");
    }

    function test_reportBill__GivenArrears__CountedAfterTheGraceForWantOfBalanceOnly() external {
        PackedBill owed = _billOf(_account(0), 60_000);
        BillId bill = _run(owed, PAY);
        uint256 begun = block.timestamp;
        vm.warp(begun + 30 days - 1);
        _refused(TradeErrors.CreditStanding_NothingCounts.selector, uint256(Source.Bill), BillId.unwrap(bill));
        standing.reportBill(bill, owed, new bytes32[](0));
        vm.warp(begun + 30 days);
        standing.reportBill(bill, owed, new bytes32[](0));
        _expectValue(payer, 580);

        PackedBill unasked = _billOf(_open(payer), 60_000);
        bill = _run(unasked, PAY);
        vm.warp(block.timestamp + 60 days);
        _refused(TradeErrors.CreditStanding_NothingCounts.selector, uint256(Source.Bill), BillId.unwrap(bill));
        standing.reportBill(bill, unasked, new bytes32[](0));
        _refused(TradeErrors.CreditStanding_NotCommitted.selector, BillId.unwrap(bill));
        standing.reportBill(bill, owed, new bytes32[](0));
    }

    function test_report__GivenAppealThatTheSupplierLost__CountsBothSides() external {
        BillId bill = _run(_billOf(_account(60_000), 60_000), APPEAL);
        _nothing(Source.AppealSupplier, BillId.unwrap(bill));
        vm.prank(supplierOwner);
        registry.contest(bill, keccak256("evidence"));
        _rule(panel, BillId.unwrap(bill), 0);
        _report(Source.AppealSupplier, BillId.unwrap(bill));
        _report(Source.AppealCustomer, BillId.unwrap(bill));
        _expectValue(supplierOwner, 570);
        _expectValue(payer, 605);
        _nothing(Source.AppealCustomer, uint256(BillId.unwrap(bill)) | 1 << 64);
    }

    /* APPEALS */

    function test_appeal__WonByTheThirdPenalty__UndoesPointsAndSuspension() external {
        _penalize();
        _penalize();
        ChangeId third = _penalize();
        require(!standing.mayTrade(buyer), "suspended");
        _expectValue(buyer, 570);
        vm.prank(buyer);
        standing.appeal(third);
        _rule(standingPanel, ChangeId.unwrap(third), 0);

        require(standing.mayTrade(buyer), "restored");
        _expectValue(buyer, 580);
        _equal(standing.standingOf(buyer).penalties, 2, "penalties");
        _equal(standing.suspensionsOf(buyer).length, 0, "suspensions");
        _penalize();
        require(!standing.mayTrade(buyer), "the next one suspends again");
    }

    function test_appeal__LostOrInPart__Stands() external {
        _penalize();
        _penalize();
        ChangeId third = _penalize();
        vm.prank(buyer);
        standing.appeal(third);
        _refused(TradeErrors.CreditStanding_KeptTooLarge.selector, ChangeId.unwrap(third), 11, 10);
        vm.prank(address(standingPanel));
        standing.rule(BillId.wrap(ChangeId.unwrap(third)), 11);
        _rule(standingPanel, ChangeId.unwrap(third), 4);
        _expectValue(buyer, 576);
        require(!standing.mayTrade(buyer), "suspended all the same");
        _refused(TradeErrors.CreditStanding_DeadlineOver.selector, ChangeId.unwrap(third), block.timestamp);
        vm.prank(address(standingPanel));
        standing.rule(BillId.wrap(ChangeId.unwrap(third)), 0);
    }

    function test_appeal__AroundItsDeadlines__RefusedFromThemOn() external {
        ChangeId penalty = _penalize();
        uint256 begun = block.timestamp;
        vm.expectRevert(abi.encodeWithSelector(TradeErrors.CreditStanding_NotPenalized.selector, penalty, stranger));
        vm.prank(stranger);
        standing.appeal(penalty);
        vm.warp(begun + 14 days);
        _refused(TradeErrors.CreditStanding_NotAppealable.selector, ChangeId.unwrap(penalty));
        vm.prank(buyer);
        standing.appeal(penalty);
        vm.warp(begun + 14 days - 1);
        vm.prank(buyer);
        standing.appeal(penalty);
        _refused(TradeErrors.CreditStanding_NotAppealable.selector, ChangeId.unwrap(penalty));
        vm.prank(buyer);
        standing.appeal(penalty);
        _refused(TradeErrors.CreditStanding_NotArbiter.selector, ChangeId.unwrap(penalty), stranger);
        vm.prank(stranger);
        standing.rule(BillId.wrap(ChangeId.unwrap(penalty)), 0);
        uint256 deadline = standing.appealDeadlineOf(penalty);
        vm.warp(deadline);
        _refused(TradeErrors.CreditStanding_DeadlineOver.selector, ChangeId.unwrap(penalty), deadline);
        vm.prank(address(standingPanel));
        standing.rule(BillId.wrap(ChangeId.unwrap(penalty)), 0);
        _expectValue(buyer, 590);
    }

    /* RULES */

    function test_setRules__WhereFarmingPays__Refused() external {
        Rules memory one = standing.rulesOf(1);
        one.reward = 4_000;
        _refused(TradeErrors.CreditStanding_FarmingPays.selector, 8_000, 8_000);
        _set(one);
        one.reward = 3_999;
        _set(one);
        (one.rewardFrom, one.reward) = (620, 1);
        _refused(TradeErrors.CreditStanding_FarmingPays.selector, 0, 2);
        _set(one);
    }

    function test_setRules__Malformed__Refused() external {
        Rules memory one = standing.rulesOf(1);
        one.every[4] = 2;
        vm.expectRevert(TradeErrors.CreditStanding_RulesMalformed.selector);
        _set(one);
        (one.every[4], one.penalties) = (1, 0);
        vm.expectRevert(TradeErrors.CreditStanding_RulesMalformed.selector);
        _set(one);
    }

    function test_report__GivenNewRules__TheEventsOwnHold() external {
        PartId before = _begin(_trade(40_000), Payment.Direct, 0);
        vm.warp(block.timestamp + 1);
        Rules memory one = standing.rulesOf(1);
        (one.points[0], one.reward) = (9, 0);
        _set(one);
        PartId later = _begin(_trade(40_000), Payment.Direct, 0);
        _report(Source.Buyer, PartId.unwrap(before));
        _expectValue(buyer, 602);
        ChangeId change = _report(Source.Buyer, PartId.unwrap(later));
        _expectValue(buyer, 611);
        Change memory counted = standing.changeOf(change);
        _equal(counted.version, 2, "version");
    }

    /// Whatever rules are taken, a party that does nothing but pay itself points pays more in fees than it is let off.
    function testFuzz_setRules__GivenAnyThatAreTaken__FarmingCostsMore(
        uint16 gap,
        uint16 points,
        uint8 every,
        uint48 fee,
        uint48 reward
    ) external {
        Rules memory one = standing.rulesOf(1);
        one.rewardFrom = int16(uint16(one.freeCap + uint16(one.start) + gap % 20_000));
        (one.points[0], one.every[0], one.minFee, one.reward) = (1 + points % 1_000, 1 + every % 200, fee, reward);
        (one.points[1], one.every[1]) = (one.points[0], one.every[0]);
        vm.prank(governor);
        try standing.setRules(one) {}
        catch {
            return;
        }
        uint256 needed = uint256(int256(one.rewardFrom) - one.start - int256(uint256(one.freeCap)));
        uint256 events = ((needed + one.points[0] - 1) / one.points[0]) * one.every[0];
        require(reward == 0 || events * fee > reward, "farming costs more than the reward");
    }

    function _set(Rules memory one) private {
        vm.prank(governor);
        standing.setRules(one);
    }

    function _nothing(Source source, uint256 id) private {
        uint72[] memory ids = new uint72[](1);
        ids[0] = uint72(id);
        _refused(TradeErrors.CreditStanding_NothingCounts.selector, uint256(source), id);
        standing.report(source, ids);
    }

    function _reportSettled(AccountId account, uint256 shift) private {
        PackedBill packed = _bill(account, 1_000, TODAY - 31 + shift, 31);
        vm.warp((TODAY + shift) * 1 days + 12 hours);
        BillId bill = _run(packed, PAY);
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(IdCodec.batch(bill)));
        standing.reportBill(bill, packed, new bytes32[](0));
    }
}
