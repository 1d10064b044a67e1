// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Mandate, Voice} from "../../../src/types/Accounts.sol";
import {AccountId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

/// An account of 100,000 whose mandate has caps of 60,000 a bill and 90,000 a month, and an agent.
contract VoiceOfTest is Base {
    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _open(payer);
        _fund(account, 100_000);
        _grant(account, _mandateOf(agent, 60_000, 90_000));
    }

    function test_voiceOf__Anyone__IsWhatItIs() external view {
        _expect(payer, type(uint256).max, Voice.Owner);
        _expect(agent, 60_000, Voice.Agent);
        _expect(stranger, 0, Voice.None);
        _expect(address(0), 0, Voice.None);
        require(ledger.voiceOf(AccountId.wrap(9), address(0), 0) == Voice.None, "no such account");
    }

    function test_voiceOf__AgentAboveACap__IsExcessive() external {
        _expect(agent, 60_001, Voice.Excessive);
        _run(_billOf(account, 60_000), PAY);
        _expect(agent, 30_000, Voice.Agent);
        _expect(agent, 30_001, Voice.Excessive);
    }

    function test_voiceOf__AgentAboveTheBalance__MayAgree() external {
        vm.prank(payer);
        ledger.withdraw(account, 99_999, payer);
        _expect(agent, 60_000, Voice.Agent);
    }

    function test_voiceOf__AfterTheLastDay__AgentHasNone() external {
        Mandate memory mandate = _mandateOf(agent, 60_000, 90_000);
        mandate.lastDay = uint16(TODAY + 1);
        _grant(account, mandate);
        vm.warp((TODAY + 2) * 1 days - 1);
        _expect(agent, 60_000, Voice.Agent);
        vm.warp((TODAY + 2) * 1 days);
        _expect(agent, 0, Voice.None);
        _expect(payer, 0, Voice.Owner);
    }

    function test_voiceOf__Revoked__AgentHasNone() external {
        vm.prank(payer);
        ledger.revokeMandate(account);
        _expect(agent, 0, Voice.None);
        require(ledger.agentOf(account) == address(0), "none is kept");
    }

    function test_voiceOf__MandateReplaced__OnlyTheNewAgentHasOne() external {
        address successor = _actor("second agent");
        _grant(account, _mandateOf(successor, 60_000, 90_000));
        _expect(agent, 0, Voice.None);
        _expect(successor, 60_000, Voice.Agent);
        _grant(account, _mandate());
        _expect(successor, 0, Voice.None);
    }

    function test_voiceOf__OwnerAsItsAgent__IsTheOwner() external {
        _grant(account, _mandateOf(payer, 0, 0));
        _expect(payer, 1, Voice.Owner);
    }

    function _expect(address who, uint256 amount, Voice voice) private view {
        _equal(uint256(ledger.voiceOf(account, who, amount)), uint256(voice), "voice");
    }
}
