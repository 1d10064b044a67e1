// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ArbiterPanel} from "../../../src/ArbiterPanel.sol";
import {IArbiterPanel} from "../../../src/interfaces/IArbiterPanel.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {BillId} from "../../../src/types/Ids.sol";
import {AppealBase} from "../AppealRegistry/AppealBase.sol";

/// A panel of three, of which two rule.
contract VoteTest is AppealBase {
    function test_vote__GivenEnoughForTheSameAmount__Rules() external {
        _contest();
        vm.expectEmit(address(panel));
        emit IArbiterPanel.Voted(bill, panelists[0], 30_000, "half of it was estimated");
        _vote(0, 30_000);
        _expectState(AppealState.Contested);
        _vote(1, 20_000);
        _expectState(AppealState.Contested);
        _vote(2, 30_000);

        _expectState(AppealState.Ruled);
        _expectRecord(bill, BillState.Settled, Reason.Ruled, 30_000, 30_000);
        (bool ruled, uint48 due) = panel.rulingOf(bill);
        require(ruled && due == 30_000, "on record");
        _equal(panel.members().length, 3, "members");
    }

    function test_vote__WhenVotedBefore__TakesThePlaceOfTheFirstVote() external {
        _contest();
        _vote(0, 30_000);
        _vote(0, 20_000);
        _equal(panel.votesFor(bill, 30_000), 0, "no longer");
        _vote(1, 30_000);
        _expectState(AppealState.Contested);
        _vote(1, 20_000);
        _expectState(AppealState.Ruled);
    }

    function test_vote__GivenNoDispute__TheLastOneIsRefused() external {
        _vote(0, 0);
        _refused(Errors.AppealRegistry_WrongState.selector, BillId.unwrap(bill), uint256(AppealState.Open));
        _vote(1, 0);
    }

    function test_vote__GivenRuled__Refused() external {
        _contest();
        _vote(0, 0);
        _vote(1, 0);
        _refused(Errors.ArbiterPanel_Ruled.selector, BillId.unwrap(bill));
        _vote(2, 0);
    }

    function test_vote__WhenNotMember__Refused() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.ArbiterPanel_NotMember.selector, supplierOwner));
        vm.prank(supplierOwner);
        panel.vote(bill, 0, "mine");
    }

    function test_vote__GivenNoReason__Refused() external {
        _refused(Errors.ArbiterPanel_NoReason.selector, BillId.unwrap(bill));
        vm.prank(panelists[0]);
        panel.vote(bill, 0, "");
    }

    function test_constructor__GivenNoMajority__Refused() external {
        address[] memory members = new address[](4);
        for (uint256 i; i < 4; ++i) {
            members[i] = address(uint160(i + 1));
        }
        _refused(Errors.ArbiterPanel_ThresholdOutOfBounds.selector, 2, 4);
        new ArbiterPanel(registry, members, 2);
        _refused(Errors.ArbiterPanel_ThresholdOutOfBounds.selector, 5, 4);
        new ArbiterPanel(registry, members, 5);
        members[3] = members[0];
        vm.expectRevert(abi.encodeWithSelector(Errors.ArbiterPanel_MemberTwice.selector, members[0]));
        new ArbiterPanel(registry, members, 3);
    }

    function _vote(uint256 member, uint48 due) private {
        vm.prank(panelists[member]);
        panel.vote(bill, due, "half of it was estimated");
    }
}
