// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../../../src/interfaces/ILedgerDesk.sol";
import {IStanding} from "../../../src/interfaces/IStanding.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {TradeErrors} from "../../../src/libraries/TradeErrors.sol";
import {AccountId, PackedBill} from "../../../src/types/Ids.sol";
import {Rules, Source} from "../../../src/types/Standing.sol";
import {PartId, Payment} from "../../../src/types/Trade.sol";
import {Mandate} from "../../../src/types/Accounts.sol";
import {TradeBase} from "../../TradeBase.sol";

/// What the ledger asks of an owner's standing before a mandate's caps are raised.
contract MandateCapTest is TradeBase {
    uint48 private constant CAP = 1_000_000;
    uint48 private constant REWARDED = 5_000_000;

    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _open(buyer);
        vm.prank(governor);
        ledger.setStanding(standing);
    }

    function test_grantMandate__AtAndAboveTheCap__RefusedAbove() external {
        _grant(account, _mandateOf(address(0), CAP, CAP));
        _refuse(CAP + 1, CAP, CAP + 1, CAP);
        _refuse(CAP, CAP + 1, CAP + 1, CAP);
        _refuse(CAP + 1, CAP + 2, CAP + 2, CAP);
        _equal(ledger.accountOf(account).capPerMonth, CAP, "what it was");
    }

    /// Suspended until the second at which it ends: what was granted goes on, and pays; it may be lowered and prolonged.
    function test_grantMandate__AroundTheEndOfASuspension__RaisedOnlyFromThenOn() external {
        _grant(account, _mandateOf(address(0), 60_000, 60_000));
        _fund(account, 100_000);
        for (uint256 i; i < 3; ++i) {
            _penalize();
        }
        _equal(standing.mandateCapOf(buyer), 0, "nothing while it is suspended");
        _refuse(60_001, 60_000, 60_001, 0);
        Mandate memory longer = _mandateOf(address(0), 60_000, 60_000);
        longer.lastDay += 365;
        _grant(account, longer);
        PackedBill bill = _billOf(account, 60_000);
        _run(bill, PAY);
        _equal(ledger.accountOf(account).balance, 40_000, "its bill is paid");

        uint256 end = standing.standingOf(buyer).suspendedUntil;
        vm.warp(end - 1);
        _refuse(60_001, 60_000, 60_001, 0);
        vm.warp(end);
        _grant(account, _mandateOf(address(0), CAP, CAP));
    }

    function test_grantMandate__WithTheReward__UpToTheHigherCap() external {
        for (uint256 i; i < 50; ++i) {
            PartId part = _begin(_trade(40_000), Payment.Direct, 0);
            _report(Source.Buyer, PartId.unwrap(part));
        }
        require(standing.standingOf(buyer).rewarded, "rewarded");
        _grant(account, _mandateOf(address(0), REWARDED, REWARDED));
        _refuse(REWARDED + 1, REWARDED, REWARDED + 1, REWARDED);
    }

    function test_setStanding__ByAnother__Refused() external {
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, ILedgerDesk.setStanding.selector)
        );
        vm.prank(stranger);
        ledger.setStanding(IStanding(stranger));
    }

    function test_setStanding__ToNobody__BoundsNothing() external {
        vm.prank(governor);
        ledger.setStanding(IStanding(address(0)));
        require(address(ledger.standing()) == address(0), "nobody");
        _grant(account, _mandate());
    }

    function test_setRules__WithARewardThatLowersTheCap__Refused() external {
        Rules memory one = standing.rulesOf(1);
        one.rewardedCap = one.mandateCap - 1;
        vm.expectRevert(TradeErrors.CreditStanding_RulesMalformed.selector);
        vm.prank(governor);
        standing.setRules(one);
    }

    function _refuse(uint48 bill, uint48 month, uint256 cap, uint256 most) private {
        _refused(Errors.PaymentLedger_CapAboveStanding.selector, AccountId.unwrap(account), cap, most);
        vm.prank(buyer);
        ledger.grantMandate(account, _mandateOf(address(0), bill, month));
    }
}
