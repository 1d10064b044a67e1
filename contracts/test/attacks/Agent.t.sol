// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {Errors} from "../../src/libraries/Errors.sol";
import {PackedAccounts} from "../../src/libraries/PackedAccounts.sol";
import {Mandate, Voice} from "../../src/types/Accounts.sol";
import {BillState} from "../../src/types/Bills.sol";
import {AccountId, BillId, PackedAccount} from "../../src/types/Ids.sol";
import {Sum} from "../../src/ledger/LedgerBase.sol";
import {AttackBase, WeakLedger} from "./AttackBase.sol";

/// An agent that takes the customer's money, gives itself a larger mandate, goes on after its end, or makes common cause
/// with a supplier that bills more than the mandate covers.
contract AgentAttack is AttackBase {
    AccountId private account;
    BillId private bill;

    function setUp() public override {
        super.setUp();
        account = _open(payer);
        _fund(account, 100_000);
        _grant(account, _mandateOf(agent, 20_000, 30_000));
        bill = _run(_billOf(account, 60_000), APPEAL);
    }

    function test_withdraw__agentTakenForTheOwner__emptiesTheAccount() external {
        _weaken(new WeakOwners(_aside(address(ledger))));
        _withdraw();
        _equal(currency.balanceOf(agent), 40_000, "taken");
    }

    function test_withdraw__ours__refused() external {
        _refuseAsOwner();
        _withdraw();
        _refuseAsOwner();
        vm.prank(agent);
        ledger.moveBalance(account, account, 1);
        AccountId poor = _open(payer);
        _grant(poor, _mandateOf(agent, 60_000, 60_000));
        BillId owed = _run(_billOf(poor, 60_000), PAY);
        _refused(Errors.PaymentLedger_NotAccountOwner.selector, AccountId.unwrap(poor), agent);
        vm.prank(agent);
        ledger.payArrearsFromBalance(owed, 1);
    }

    function test_grant__agentTakenForTheOwner__raisesItsCaps() external {
        _weaken(new WeakOwners(_aside(address(ledger))));
        _grantItself();
        _settleAll();
        require(ledger.stateOf(bill) == BillState.Settled, "paid beyond the owner's caps");
    }

    function test_grant__ours__refused() external {
        _refuseAsOwner();
        _grantItself();
        _refuseAsOwner();
        vm.prank(agent);
        ledger.revokeMandate(account);
    }

    function test_answer__agentNotForgotten__goesOnAfterRevocation() external {
        _grant(account, _mandateOf(agent, 60_000, 60_000));
        _weaken(new WeakRevoking(_aside(address(ledger))));
        _revoke();
        _settleAll();
        require(ledger.stateOf(bill) == BillState.Settled, "paid after the revocation");
    }

    function test_answer__oursRevoked__refused() external {
        _grant(account, _mandateOf(agent, 60_000, 60_000));
        _revoke();
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotCustomer.selector, bill, agent));
        _settleAll();
    }

    function test_collude__capsNotAsked__paysWhateverIsBilled() external {
        _weaken(new WeakCaps(_aside(address(ledger))));
        _settleAll();
        require(ledger.stateOf(bill) == BillState.Settled, "paid beyond the caps");
    }

    /// However many bills the supplier makes of it: 30,000 in the month.
    function test_collude__ours__paysWithinTheCaps() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_BeyondMandate.selector, bill, agent));
        _settleAll();
        _fund(account, 100_000);
        for (uint256 i = 1; i < 5; ++i) {
            vm.warp(block.timestamp + 1 days);
            bill = _run(_bill(account, 200, TODAY + i - 1, 1), APPEAL);
            if (i > 2) {
                vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_BeyondMandate.selector, bill, agent));
            }
            _settleAll();
        }
        _equal(ledger.creditOf(supplier), 24_000, "within the cap a month");
        _balanced();
    }

    function _weaken(WeakLedger weak) private {
        _replace(address(ledger), address(weak));
    }

    function _withdraw() private {
        vm.prank(agent);
        ledger.withdraw(account, 40_000, agent);
    }

    function _grantItself() private {
        vm.prank(agent);
        ledger.grantMandate(account, _mandateOf(agent, 60_000, 60_000));
    }

    function _revoke() private {
        vm.prank(payer);
        ledger.revokeMandate(account);
    }

    function _settleAll() private {
        vm.prank(agent);
        registry.withdrawAppeals(_one(bill));
    }

    function _refuseAsOwner() private {
        _refused(Errors.PaymentLedger_NotAccountOwner.selector, AccountId.unwrap(account), agent);
    }
}

/// Takes an agent for the owner.
contract WeakOwners is WeakLedger {
    using PackedAccounts for PackedAccount;

    constructor(address strong) WeakLedger(strong) {}

    function withdraw(AccountId account, uint256 amount, address to) external {
        require(_voiceOf(account, msg.sender, 0) != Voice.None, "a stranger");
        _accounts[account] = _debited(account, _accounts[account], amount);
        _lower(Sum.Accounts, amount);
        require(IPaymentLedger(address(this)).currency().transfer(to, amount), "not paid");
    }

    function grantMandate(AccountId account, Mandate calldata mandate) external {
        require(_voiceOf(account, msg.sender, 0) != Voice.None, "a stranger");
        _accounts[account] = _accounts[account].withMandate(mandate);
    }
}

/// Ends a mandate and forgets its agent: not that it was one.
contract WeakRevoking is WeakLedger {
    using PackedAccounts for PackedAccount;

    constructor(address strong) WeakLedger(strong) {}

    function revokeMandate(AccountId account) external {
        _accounts[account] = _accounts[account].withoutMandate();
    }

    function voiceOf(AccountId account, address who, uint256) external view returns (Voice) {
        return who == _agents[account] ? Voice.Agent : Voice.None;
    }
}

/// Lets an agent agree to anything.
contract WeakCaps is WeakLedger {
    constructor(address strong) WeakLedger(strong) {}

    function voiceOf(AccountId account, address who, uint256) external view returns (Voice) {
        return _voiceOf(account, who, 0);
    }
}
