// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AppealState} from "../../../src/types/Appeals.sol";
import {AccountId, BillId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

/// An open appeal against a bill of 60,000 minor units, all of it held.
abstract contract AppealBase is Base {
    AccountId internal account;
    BillId internal bill;

    function setUp() public virtual override {
        super.setUp();
        account = _account(100_000);
        bill = _run(_billOf(account, 60_000), APPEAL);
    }

    function _offer(uint48 quantity) internal {
        vm.prank(supplierOwner);
        registry.offerAdjustments(_one(bill), _oneQuantity(quantity));
    }

    function _contest() internal {
        vm.prank(supplierOwner);
        registry.contest(bill, keccak256("supplier's evidence"));
    }

    /// Names the agent for the account, with caps in minor units a bill and a month.
    function _appoint(uint48 capPerBill, uint48 capPerMonth) internal {
        _grant(account, _mandateOf(agent, capPerBill, capPerMonth));
    }

    function _expectState(AppealState state) internal view {
        _equal(uint256(registry.appealOf(bill).state), uint256(state), "appeal's state");
    }
}
