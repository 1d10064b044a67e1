// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {TradeErrors} from "../../../src/libraries/TradeErrors.sol";
import {BillId} from "../../../src/types/Ids.sol";
import {PartId, PartState} from "../../../src/types/Trade.sol";
import {TradeBase} from "../../TradeBase.sol";

/// Escrow: each deadline a second before, at and after it, disputes, and parties that are frozen.
contract EscrowTest is TradeBase {
    uint48 private constant AMOUNT = 600_000;
    uint256 private constant FEE = 3_000;

    function test_confirm__GivenDelivered__PaysTheSupplierLessItsFee() external {
        uint256 before = desk.balanceOf(buyer);
        PartId part = _delivered(AMOUNT);
        vm.prank(buyer);
        desk.confirm(part);

        _expectPart(part, PartState.Released);
        _equal(before - desk.balanceOf(buyer), AMOUNT + FEE, "the buyer's amount and fee");
        _equal(desk.balanceOf(supplierOwner), AMOUNT - FEE, "the supplier's");
        _equal(desk.balanceOf(treasurer), 2 * FEE, "fees");
        _deskBalanced();
    }

    function test_expire__GivenNotDelivered__RefundsFromTheDeadlineOn() external {
        uint256 before = desk.balanceOf(buyer);
        PartId part = _funded(AMOUNT);
        uint256 deadline = desk.partOf(part).deadline;
        _equal(deadline, block.timestamp + 10 days, "delivery days");
        vm.warp(deadline - 1);
        _refused(TradeErrors.TradeDesk_TooEarly.selector, PartId.unwrap(part), deadline);
        desk.expire(part);
        vm.warp(deadline);
        _refused(TradeErrors.TradeDesk_DeadlineOver.selector, PartId.unwrap(part), deadline);
        vm.prank(supplierOwner);
        desk.markDelivered(part);
        vm.warp(deadline + 1);
        desk.expire(part);

        _expectPart(part, PartState.NotDelivered);
        _equal(desk.partOf(part).at, deadline, "by the deadline, whoever called when");
        _equal(desk.balanceOf(buyer), before, "all of it, the fee too");
        _deskBalanced();
    }

    function test_markDelivered__ASecondBeforeTheDeadline__Taken() external {
        PartId part = _funded(AMOUNT);
        vm.warp(uint256(desk.partOf(part).deadline) - 1);
        vm.prank(supplierOwner);
        desk.markDelivered(part);
        _expectPart(part, PartState.Delivered);
    }

    function test_expire__GivenNoWordOfTheBuyer__ReleasesFromTheDeadlineOn() external {
        PartId part = _delivered(AMOUNT);
        uint256 deadline = desk.partOf(part).deadline;
        vm.warp(deadline - 1);
        _refused(TradeErrors.TradeDesk_TooEarly.selector, PartId.unwrap(part), deadline);
        desk.expire(part);
        vm.warp(deadline);
        _refused(TradeErrors.TradeDesk_DeadlineOver.selector, PartId.unwrap(part), deadline);
        vm.prank(buyer);
        desk.dispute(part);
        desk.expire(part);

        _expectPart(part, PartState.Released);
        _deskBalanced();
    }

    function test_expire__GivenNoRuling__RefundsFromTheDeadlineOn() external {
        PartId part = _disputed(AMOUNT);
        uint256 deadline = desk.partOf(part).deadline;
        vm.warp(deadline - 1);
        _refused(TradeErrors.TradeDesk_TooEarly.selector, PartId.unwrap(part), deadline);
        desk.expire(part);
        vm.warp(deadline);
        desk.expire(part);

        _expectPart(part, PartState.Refunded);
        _refused(TradeErrors.TradeDesk_WrongState.selector, PartId.unwrap(part), uint256(PartState.Refunded));
        desk.expire(part);
        _deskBalanced();
    }

    function test_expire__WhilePaused__Waits() external {
        PartId part = _funded(AMOUNT);
        uint256 deadline = desk.partOf(part).deadline;
        _pause();
        vm.warp(deadline + 1);
        _refused(TradeErrors.TradeDesk_TooEarly.selector, PartId.unwrap(part), deadline);
        desk.expire(part);
    }

    function test_rule__GivenPanel__DividesWhatIsDisputed() external {
        uint256 before = desk.balanceOf(buyer);
        PartId part = _disputed(AMOUNT);
        require(desk.arbiterOf(BillId.wrap(PartId.unwrap(part))) == address(deskPanel), "arbiter");
        _rule(deskPanel, PartId.unwrap(part), 200_000);

        _expectPart(part, PartState.Ruled);
        _equal(before - desk.balanceOf(buyer), 201_000, "what is due, and its fee");
        _equal(desk.balanceOf(supplierOwner), 199_000, "the supplier's");
        _deskBalanced();
    }

    function test_rule__WhenNotTheArbiterOrTooMuch__Refused() external {
        PartId part = _disputed(AMOUNT);
        _refused(TradeErrors.TradeDesk_NotArbiter.selector, PartId.unwrap(part), stranger);
        vm.prank(stranger);
        desk.rule(BillId.wrap(PartId.unwrap(part)), 0);
        _refused(TradeErrors.TradeDesk_DueTooLarge.selector, PartId.unwrap(part), AMOUNT + 1, AMOUNT);
        vm.prank(address(deskPanel));
        desk.rule(BillId.wrap(PartId.unwrap(part)), AMOUNT + 1);
    }

    function test_refund__InEachLiveState__GivesAllBack() external {
        uint256 before = desk.balanceOf(buyer);
        PartId[3] memory parts = [_funded(AMOUNT), _delivered(AMOUNT), _disputed(AMOUNT)];
        for (uint256 i; i < 3; ++i) {
            vm.prank(supplierOwner);
            desk.refund(parts[i]);
            _expectPart(parts[i], PartState.Refunded);
            _refused(TradeErrors.TradeDesk_WrongState.selector, PartId.unwrap(parts[i]), uint256(PartState.Refunded));
            vm.prank(supplierOwner);
            desk.refund(parts[i]);
        }
        _equal(desk.balanceOf(buyer), before, "all");
        _deskBalanced();
    }

    function test_dispute__WhenNotTheBuyer__Refused() external {
        PartId part = _delivered(AMOUNT);
        _refused(TradeErrors.TradeDesk_NotPartsBuyer.selector, PartId.unwrap(part), stranger);
        vm.prank(stranger);
        desk.dispute(part);
    }

    /// Whoever is frozen waits with its own money, and nobody else does.
    function test_confirm__GivenFrozenParties__EndsForTheOther() external {
        PartId part = _delivered(AMOUNT);
        PartId late = _funded(AMOUNT);
        vm.startPrank(issuer);
        currency.setFrozen(supplierOwner, true);
        currency.setFrozen(buyer, true);
        currency.setFrozen(treasurer, true);
        vm.stopPrank();
        vm.prank(buyer);
        desk.confirm(part);
        vm.warp(desk.partOf(late).deadline);
        desk.expire(late);
        vm.expectRevert(abi.encodeWithSelector(TradeErrors.TradeDesk_Frozen.selector, supplierOwner));
        vm.prank(supplierOwner);
        desk.withdraw(1, stranger);
        vm.prank(issuer);
        currency.setFrozen(supplierOwner, false);
        vm.prank(supplierOwner);
        desk.withdraw(AMOUNT - FEE, supplierOwner);
        _equal(currency.balanceOf(supplierOwner), AMOUNT - FEE, "paid out");
        _deskBalanced();
    }
}
