// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Account} from "../../../src/types/Accounts.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BillId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract RevokeMandateTest is Base {
    function test_WhenOwner_EndsItAtOnce() external {
        AccountId account = _account(1e9);
        vm.prank(payer);
        ledger.revokeMandate(account);

        Account memory kept = ledger.accountOf(account);
        _equal(uint256(kept.mandateLastDay) + kept.capPerBill + kept.capPerMonth, 0, "nothing left");
        _equal(kept.mandateNonce, 2, "nonce");
        _equal(kept.balance, 1e9, "balance");
        BillId bill = _run(_billOf(account, 60_000), PAY);
        _expectRecord(bill, BillState.Arrears, Reason.NoMandate, 60_000, 60_000);
    }

    function test_RevertWhen_NotOwner() external {
        AccountId account = _account(0);
        _refused(Errors.PaymentLedger_NotAccountOwner.selector, AccountId.unwrap(account), stranger);
        vm.prank(stranger);
        ledger.revokeMandate(account);
    }
}
