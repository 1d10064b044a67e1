// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "../../src/Managed.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {Sum} from "../../src/ledger/LedgerBase.sol";
import {Errors} from "../../src/libraries/Errors.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {PackedAccounts} from "../../src/libraries/PackedAccounts.sol";
import {PackedBills} from "../../src/libraries/PackedBills.sol";
import {RefundErrors} from "../../src/libraries/RefundErrors.sol";
import {Roles} from "../../src/libraries/Roles.sol";
import {AccountId, BillId, PackedAccount, PackedBill} from "../../src/types/Ids.sol";
import {RefundBase} from "../../src/refunds/RefundBase.sol";
import {RefundOrder, RefundState} from "../../src/types/Refunds.sol";
import {Base} from "../Base.sol";
import {RefundDeskBase} from "../RefundDeskBase.sol";
import {AttackBase, WeakLedger, Weakened} from "./AttackBase.sol";

/// One person in both departments takes the supplier's credit alone; and a customer gets its money twice, by a refund and
/// by an appeal by hand of the same bill.
contract RefundGamesAttack is RefundDeskBase, AttackBase {
    function setUp() public override(Base, RefundDeskBase) {
        super.setUp();
        _employ(Roles.FINANCE, clerk);
    }

    function test_alone__personsNotCompared__emptiesTheCredit() external {
        _replace(address(refunds), address(new WeakPersons(_aside(address(refunds)), manager, ledger)));
        _alone();
        _equal(_balance(account), 60_000, "asked, checked and paid by one");
    }

    function test_alone__ours__refusedAtEachStep() external {
        _requestAs(clerk, 60_000, PAPERS);
        _samePerson();
        _forwardAs(clerk);
        _cancelAs(clerk);
        // Asked by another: it forwards, and still does not pay.
        _request(600);
        _forwardAs(clerk);
        _samePerson();
        _payAs(clerk);
        _equal(_balance(account), 0, "nothing");
    }

    function test_twice__reservedBesideTheRecord__paysTwice() external {
        _replace(address(ledger), address(new WeakReserving(_aside(address(ledger)))));
        _appealMeanwhile();
        _payAs(cashier);
        _equal(_balance(account), 3_000 + 120_000, "twice what was paid");
    }

    function test_twice__ours__once() external {
        _appealMeanwhile();
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_NothingReserved.selector, bill));
        _payAs(cashier);
        _equal(_balance(account), 3_000 + 60_000, "once");
        _balanced();
    }

    function _alone() private {
        _requestAs(clerk, 60_000, PAPERS);
        _forwardAs(clerk);
        _payAs(clerk);
    }

    /// The customer appeals by hand what is about to be refunded, and the supplier, asleep, lets it expire.
    function _appealMeanwhile() private {
        _toForwarded(60_000);
        _fund(account, 3_000);
        vm.prank(payer);
        registry.appealByHand(bill, packed, new bytes32[](0));
        vm.warp(block.timestamp + 60 days);
        registry.expire(_one(bill));
        // The supplier earns, and owes.
        _paid(60_000);
        ledger.collectRefunds(_one(bill));
    }

    function _samePerson() private {
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_SamePerson.selector, bill, clerk));
    }
}

/// Asks of which department somebody is, not what they have done.
contract WeakPersons is Weakened, RefundBase {
    constructor(address strong, IAccessManager authority_, IPaymentLedger ledger_)
        Weakened(strong)
        Managed(authority_)
        RefundBase(ledger_)
    {}

    function forward(BillId bill, uint16 version, PackedBill packed, bytes32[] calldata proof) external {
        RefundOrder memory order = _checkOrder(bill, version, REQUESTED);
        _checkDepartment(bill, order, Roles.MARKETING, Roles.MARKETING_HEAD);
        order.marketing = msg.sender;
        _enter(bill, order, RefundState.Forwarded);
        ledger.reserveRefund(bill, packed, proof, order.amount);
    }

    function pay(BillId bill, uint16 version) external {
        RefundOrder memory order = _checkOrder(bill, version, AT_FINANCE);
        _checkDepartment(bill, order, Roles.FINANCE, Roles.FINANCE_HEAD);
        _enter(bill, order, RefundState.Paid);
        ledger.endRefund(bill, true);
    }
}

/// Sets the money aside, but leaves it in the bill's record.
contract WeakReserving is WeakLedger {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;

    mapping(BillId bill => uint256) private _apart;
    mapping(BillId bill => uint256) private _numbers;

    constructor(address strong) WeakLedger(strong) {}

    function reserveRefund(BillId bill, PackedBill packed, bytes32[] calldata, uint48 amount) external {
        (_apart[bill], _numbers[bill]) = (amount, packed.number());
        _debitSupplier(_batches[bill.batch()].supplier, amount);
        _raise(Sum.Holds, amount);
    }

    function endRefund(BillId bill, bool) external returns (uint256 amount) {
        amount = _apart[bill];
        AccountId account = IdCodec.account(_batches[bill.batch()].supplier, _numbers[bill]);
        _accounts[account] = _accounts[account].credited(amount);
        _raise(Sum.Accounts, amount);
        _lower(Sum.Holds, amount);
    }
}
