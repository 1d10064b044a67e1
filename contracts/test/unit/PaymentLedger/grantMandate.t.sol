// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Account, Mandate} from "../../../src/types/Accounts.sol";
import {AccountId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract GrantMandateTest is Base {
    uint48 private constant LARGEST = (1 << 44) - 1;

    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _open(payer);
    }

    function testFuzz_WithinBounds_IsKept(
        uint48 bill,
        uint48 month,
        uint16 lastDay,
        bool disclose,
        bool signed,
        address agent_
    ) external {
        (bill, month) = (bill & LARGEST, month & LARGEST);
        if (lastDay < TODAY) lastDay = uint16(TODAY);
        _grant(account, Mandate(bill, month, lastDay, disclose, signed, agent_));

        Account memory kept = ledger.accountOf(account);
        _equal(kept.capPerBill, bill, "cap a bill");
        _equal(kept.capPerMonth, month, "cap a month");
        _equal(kept.mandateLastDay, lastDay, "last day");
        require(kept.discloseReadings == disclose, "disclose");
        require(kept.signedOnly == signed, "signed only");
        require(ledger.agentOf(account) == agent_, "agent");
        _equal(kept.mandateNonce, 1, "nonce");
    }

    function test_GivenSpentThisMonth_KeepsIt() external {
        _fund(account, 1e9);
        _grant(account, _mandate());
        _run(_billOf(account, 60_000), PAY);
        _grant(account, _mandate());

        _equal(ledger.accountOf(account).spent, 60_000, "spent");
    }

    function test_RevertWhen_CapTooLarge() external {
        Mandate memory mandate = _mandate();
        mandate.capPerBill = LARGEST + 1;
        _refused(Errors.PaymentLedger_CapTooLarge.selector, uint256(LARGEST) + 1, LARGEST);
        vm.prank(payer);
        ledger.grantMandate(account, mandate);
    }

    function test_RevertWhen_InThePast() external {
        Mandate memory mandate = _mandate();
        mandate.lastDay = uint16(TODAY - 1);
        _refused(Errors.PaymentLedger_MandateInThePast.selector, TODAY - 1, TODAY);
        vm.prank(payer);
        ledger.grantMandate(account, mandate);
    }

    function test_RevertWhen_NotOwner() external {
        _refused(Errors.PaymentLedger_NotAccountOwner.selector, AccountId.unwrap(account), stranger);
        vm.prank(stranger);
        ledger.grantMandate(account, _mandate());
    }
}
