// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Voice} from "../../../src/types/Accounts.sol";
import {BillRecord, BillState, Reason, Totals} from "../../../src/types/Bills.sol";
import {AccountId, BillId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract CloseAppealTest is Base {
    /// Whatever was held, is due and has come in since: the hold first, then with consent the balance, the rest is
    /// owed.
    function testFuzz_GivenHold_DividesIt(uint16 balance, uint16 due, uint16 since, bool consent) external {
        uint256 amount = 60_000;
        due = uint16(due % (amount + 1));
        AccountId account = _account(balance);
        BillId bill = _run(_billOf(account, amount), APPEAL);
        _fund(account, since);
        uint256 held = balance < amount ? balance : amount;
        uint256 free = uint256(balance) - held + since;
        _close(bill, due, consent);

        uint256 fromHold = held < due ? held : due;
        uint256 fromBalance = consent ? (free < due - fromHold ? free : due - fromHold) : 0;
        uint256 owed = due - fromHold - fromBalance;
        Totals memory sums = ledger.totals();
        _equal(_balance(account), free - fromBalance + held - fromHold, "balance");
        _equal(ledger.creditOf(supplier), fromHold + fromBalance, "credit");
        _equal(sums.voided, amount - due, "void");
        _equal(sums.arrears, owed, "arrears");
        _equal(sums.settled, fromHold + fromBalance, "settled");
        _equal(uint256(sums.held) + sums.holds, 0, "nothing held");
        _expect(bill, amount, due, owed);
        _balanced();
    }

    function test_RevertWhen_NotRegistry() external {
        BillId bill = _run(_billOf(_account(0), 60_000), APPEAL);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_NotRegistry.selector, supplierOwner));
        vm.prank(supplierOwner);
        ledger.closeAppeal(bill, 0, 0, Reason.Conceded, Voice.None);
    }

    function test_RevertWhen_MoreDueThanBilled() external {
        BillId bill = _run(_billOf(_account(0), 60_000), APPEAL);
        _refused(Errors.PaymentLedger_DueTooLarge.selector, BillId.unwrap(bill), 60_001, 60_000);
        _close(bill, 60_001, true);
    }

    function test_RevertGiven_NotHeld() external {
        BillId bill = _run(_billOf(_account(0), 60_000), APPEAL);
        _close(bill, 0, false);
        _refused(Errors.PaymentLedger_WrongState.selector, BillId.unwrap(bill), uint256(BillState.Void));
        _close(bill, 0, false);
    }

    function _close(BillId bill, uint48 due, bool consent) private {
        vm.prank(address(registry));
        ledger.closeAppeal(bill, due, 0, Reason.Adjusted, consent ? Voice.Owner : Voice.None);
    }

    function _expect(BillId bill, uint256 amount, uint256 due, uint256 owed) private view {
        BillRecord memory record = ledger.recordOf(bill);
        if (due == 0) _expectRecord(bill, BillState.Void, Reason.Adjusted, amount, 0);
        else if (owed != 0) _expectRecord(bill, BillState.Arrears, Reason.AppealShortfall, due, owed);
        else _expectRecord(bill, BillState.Settled, due < amount ? Reason.Adjusted : Reason.None, due, due);
        require(!record.replaced, "not replaced");
    }
}
