// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../../src/interfaces/ILedgerDesk.sol";
import {Roles} from "../../src/libraries/Roles.sol";
import {Step as Said} from "../../src/types/Arrears.sol";
import {BillState} from "../../src/types/Bills.sol";
import {BillId} from "../../src/types/Ids.sol";
import {RefundSteps} from "./RefundSteps.sol";

/// What the arrears register notes of debts: here by an account in its place, of bills in any state.
abstract contract ArrearsSteps is RefundSteps {
    address private register;

    function _startArrears() internal {
        register = _actor("register");
        bytes4[] memory noting = new bytes4[](1);
        noting[0] = ILedgerDesk.noteArrears.selector;
        vm.startPrank(admin);
        manager.setTargetFunctionRole(address(ledger), noting, Roles.COLLECTOR);
        manager.grantRole(Roles.COLLECTOR, register, 0);
        vm.stopPrank();
    }

    /// What is drawn here is drawn apart: the other steps meet what they would without.
    function _noteDebt() internal {
        uint256 kept = chance;
        if (bills.length != 0) {
            if (_rarely(4)) _noteBill(Said.Wait, Step.ScoreAgain);
            else _noteBill(Said.GiveUp, Step.GiveUp);
        }
        chance = kept;
    }

    function _noteBill(Said said, Step done) private {
        uint256 place = _rarely(8) ? _draw(bills.length) : _anyBill(BillState.Arrears);
        uint256[] memory notes = new uint256[](1);
        notes[0] = BillId.unwrap(_idOf(place)) | uint256(said) << 64;
        address caller = _callerFor(register);
        string memory forbidden = caller == register ? "" : "INV-13: another than the register gave a debt up";
        bytes memory data = abi.encodeCall(ILedgerDesk.noteArrears, (notes));
        if (!_call(caller, address(ledger), data, forbidden, done)) return;
        if (bills[place].state == BillState.Arrears) givenUp[_slotOf(bills[place])] = said == Said.GiveUp;
    }
}
