// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BatchId, BillId} from "../../../src/types/Ids.sol";
import {AppealBase} from "./AppealBase.sol";

/// A bill of 1,000 base units at 60 minor units each, of which half is expected: a = 100 %, e = 0.
contract SettleUndisputedTest is AppealBase {
    /// 1,000·1,000,000/2,000,001, rounded down, at 60 each.
    uint256 private constant PART = 499 * 60;

    bytes private verdicts;

    function setUp() public override {
        super.setUp();
        account = _account(100_000);
        verdicts = _growths(1_000_000, 0);
        bill = _judged(account);
    }

    function test_settleUndisputed__GivenWindowOver__PaysWhatIsExpectedAndHoldsTheRest() external {
        vm.warp(block.timestamp + 7 days);
        _settle(stranger);

        _expectRecord(bill, BillState.Held, Reason.None, 60_000 - PART, 60_000 - PART);
        _equal(registry.appealOf(bill).settled, PART, "settled");
        _equal(ledger.creditOf(supplier), PART, "credit");
        _balanced();
        _settle(stranger);
        _equal(ledger.creditOf(supplier), PART, "once");
    }

    function test_settleUndisputed__GivenConceded__KeepsItAndVoidsTheRest() external {
        _settle(payer);
        vm.prank(supplierOwner);
        registry.concede(_one(bill));

        _expectRecord(bill, BillState.Settled, Reason.Conceded, PART, PART);
        _equal(_balance(account), 100_000 - PART, "balance");
        _balanced();
    }

    function test_settleUndisputed__GivenWithdrawn__PaysTheWholeBillInAll() external {
        _settle(payer);
        vm.prank(payer);
        registry.withdrawAppeals(_one(bill));

        _expectRecord(bill, BillState.Settled, Reason.None, 60_000, 60_000);
        _equal(ledger.creditOf(supplier), 60_000, "credit");
        _balanced();
    }

    function test_settleUndisputed__GivenOfferBelow__ThePartStays() external {
        _settle(payer);
        _offer(100);
        vm.prank(payer);
        registry.acceptAdjustments(_one(bill));

        _expectRecord(bill, BillState.Settled, Reason.Adjusted, PART, PART);
        _balanced();
    }

    function test_settleUndisputed__GivenSmallHold__PaysOnlyThat() external {
        account = _account(1_000);
        bill = _judged(account);
        _settle(payer);

        _expectRecord(bill, BillState.Held, Reason.None, 59_000, 0);
        _balanced();
    }

    /// At most what the exact figures give, for any growths that a verdict can tell.
    function testFuzz_settleUndisputed__GivenAnyGrowths__NeverAboveTheExactPart(uint40 actual, int40 expected)
        external
    {
        int256 growth = int256(uint256(actual)) % 1e11 - 1e6;
        account = _account(100_000);
        verdicts = _growths(int40(growth), expected);
        bill = _judged(account);
        _settle(payer);
        // Q1·(1 + e)/(1 + a), with e a millionth more and a as told: above the exact one.
        int256 most = growth == -1e6 ? int256(1000) : 1000 * (int256(expected) + 1e6 + 1) / (growth + 1e6);
        if (most < 0) most = 0;
        require(ledger.creditOf(supplier) <= uint256(most) * 60 + 60, "not above");
        require(ledger.creditOf(supplier) < 60_000, "something stays under appeal");
        _balanced();
    }

    function test_settleUndisputed__GivenNothingExpected__NothingIsSettled() external {
        int40[3] memory actual = [type(int40).max, int40(1_000_000), int40(-1_000_001)];
        int40[3] memory expected = [int40(0), int40(-1_000_000), int40(0)];
        for (uint256 i; i < 3; ++i) {
            account = _account(100_000);
            verdicts = _growths(actual[i], expected[i]);
            bill = _judged(account);
            _settle(payer);
            // Of a tariff without a standing charge the least price is one minor unit.
            require(ledger.creditOf(supplier) <= i + 1, "nothing but the least price");
        }
    }

    function test_settleUndisputed__WhenNotTheCustomerInTheWindow__Refused() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotCustomer.selector, bill, supplierOwner));
        _settle(supplierOwner);
    }

    function test_settleUndisputed__WhenTheAgentInTheWindow__Settles() external {
        _grant(account, _mandateOf(agent, 0, 0));
        _settle(agent);
        require(ledger.creditOf(supplier) != 0, "settled");
        _balanced();
    }

    function test_settleUndisputed__GivenOtherVerdicts__Refused() external {
        verdicts[11] = 0x01;
        _refused(Errors.AppealRegistry_VerdictsNotCommitted.selector, BatchId.unwrap(IdCodec.batch(bill)));
        _settle(payer);
    }

    function test_settleUndisputed__GivenNoSuchBill__Refused() external {
        _refused(Errors.AppealRegistry_VerdictsNotCommitted.selector, BatchId.unwrap(IdCodec.batch(bill)));
        vm.prank(payer);
        registry.settleUndisputed(IdCodec.batch(bill), _one(uint256(1)), verdicts);
    }

    function _judged(AccountId of_) private returns (BillId) {
        BatchId batch = _post(_one(_billOf(of_, 60_000)));
        _judge(batch, _one(_billOf(of_, 60_000)), verdicts);
        return IdCodec.bill(batch, 0);
    }

    function _settle(address caller) private {
        vm.prank(caller);
        registry.settleUndisputed(IdCodec.batch(bill), _one(uint256(0)), verdicts);
    }

    function _growths(int40 actual, int40 expected) private pure returns (bytes memory) {
        return abi.encodePacked(APPEAL, bytes1(0), actual, expected);
    }
}
