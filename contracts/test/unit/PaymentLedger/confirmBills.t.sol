// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {ILedgerEvents} from "../../../src/interfaces/ILedgerEvents.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BillId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract ConfirmBillsTest is Base {
    AccountId private account;
    BillId private bill;

    function setUp() public override {
        super.setUp();
        account = _open(payer);
        _fund(account, 60_000);
        bill = _run(_billOf(account, 60_000), INSUFFICIENT);
    }

    function test_WhenCustomer_PaysWithoutMandate() external {
        vm.prank(payer);
        ledger.confirmBills(_one(bill));

        _expectRecord(bill, BillState.Settled, Reason.None, 60_000, 60_000);
        _equal(ledger.creditOf(supplier), 60_000, "credit");
        _equal(_balance(account), 0, "balance");
        _balanced();
    }

    function test_RevertGiven_BalanceTooSmall() external {
        vm.prank(payer);
        ledger.withdraw(account, 1, payer);
        _refused(Errors.PaymentLedger_InsufficientBalance.selector, AccountId.unwrap(account), 59_999, 60_000);
        vm.prank(payer);
        ledger.confirmBills(_one(bill));
    }

    function test_WhenAgent_PaysWithinTheCapsAndCountsIt() external {
        _grant(account, _mandateOf(agent, 60_000, 100_000));
        vm.expectEmit(address(ledger));
        emit ILedgerEvents.AgentAgreed(account, bill, agent, 60_000);
        vm.prank(agent);
        ledger.confirmBills(_one(bill));

        _expectRecord(bill, BillState.Settled, Reason.None, 60_000, 60_000);
        _equal(ledger.accountOf(account).spent, 60_000, "spent");
        _equal(_balance(account), 0, "balance");
        _balanced();
    }

    function test_WhenAgentOfMany_PassesOverWhatIsNotCovered() external {
        BillId[] memory bills = new BillId[](4);
        AccountId[4] memory accounts = [account, _open(payer), _open(payer), _open(payer)];
        for (uint256 i; i < 4; ++i) {
            if (i != 0) bills[i] = _run(_billOf(accounts[i], 60_000), INSUFFICIENT);
            if (i > 1) _fund(accounts[i], 60_000);
            _grant(accounts[i], _mandateOf(agent, i == 2 ? 59_999 : 60_000, 100_000));
        }
        bills[0] = bill;
        vm.prank(payer);
        ledger.confirmBills(_one(bill));
        vm.prank(agent);
        ledger.confirmBills(bills);

        require(ledger.stateOf(bills[1]) == BillState.Waiting, "the balance is too small");
        require(ledger.stateOf(bills[2]) == BillState.Waiting, "the cap is too small");
        require(ledger.stateOf(bills[3]) == BillState.Settled, "confirmed");
        _balanced();
    }

    function test_RevertWhen_AgentOfOne_OfMore() external {
        _grant(account, _mandateOf(agent, 59_999, 100_000));
        _refused(Errors.PaymentLedger_BeyondMandate.selector, BillId.unwrap(bill), 60_000);
        vm.prank(agent);
        ledger.confirmBills(_one(bill));
    }

    function test_RevertWhen_FormerAgent() external {
        _grant(account, _mandateOf(agent, 60_000, 100_000));
        vm.prank(payer);
        ledger.revokeMandate(account);
        _refused(Errors.PaymentLedger_NotAccountOwner.selector, AccountId.unwrap(account), agent);
        vm.prank(agent);
        ledger.confirmBills(_one(bill));
    }

    function test_RevertWhen_Twice() external {
        vm.startPrank(payer);
        ledger.confirmBills(_one(bill));
        _refused(Errors.PaymentLedger_WrongState.selector, BillId.unwrap(bill), uint256(BillState.Settled));
        ledger.confirmBills(_one(bill));
    }

    function test_RevertWhen_NotCustomer() external {
        _refused(Errors.PaymentLedger_NotAccountOwner.selector, AccountId.unwrap(account), stranger);
        vm.prank(stranger);
        ledger.confirmBills(_one(bill));
    }
}
