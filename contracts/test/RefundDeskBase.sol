// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../src/interfaces/ILedgerDesk.sol";
import {IRefundDesk} from "../src/interfaces/IRefundDesk.sol";
import {IdCodec} from "../src/libraries/IdCodec.sol";
import {Roles} from "../src/libraries/Roles.sol";
import {AccountId, BillId, PackedBill, SupplierId} from "../src/types/Ids.sol";
import {RefundFault, RefundReason, RefundState, RefundTerms} from "../src/types/Refunds.sol";
import {Base} from "./Base.sol";

/// The system with its refund desk, the supplier's departments, and a settled bill of 60,000 minor units, whose money is
/// the supplier's credit. Terms are those at deployment: two signatures above 100,000, five days a department.
abstract contract RefundDeskBase is Base {
    bytes32 internal constant PAPERS = keccak256("attachments");

    address internal clerk = _actor("clerk");
    address internal reviewer = _actor("reviewer");
    address internal cashier = _actor("cashier");
    address internal controller = _actor("controller");
    address internal marketingHead = _actor("head of marketing");
    address internal financeHead = _actor("head of finance");

    IRefundDesk internal refunds;
    AccountId internal account;
    PackedBill internal packed;
    BillId internal bill;

    function setUp() public virtual override {
        super.setUp();
        refunds = IRefundDesk(_create("RefundDesk", abi.encode(manager, ledger)));
        bytes4[] memory moving = new bytes4[](2);
        (moving[0], moving[1]) = (ILedgerDesk.reserveRefund.selector, ILedgerDesk.endRefund.selector);
        bytes4[] memory setting = new bytes4[](1);
        setting[0] = IRefundDesk.setTerms.selector;
        vm.startPrank(admin);
        manager.setTargetFunctionRole(address(ledger), moving, Roles.REFUNDER);
        manager.grantRole(Roles.REFUNDER, address(refunds), 0);
        manager.setTargetFunctionRole(address(refunds), setting, Roles.GOVERNOR);
        vm.stopPrank();
        _employ(Roles.MARKETING, clerk);
        _employ(Roles.MARKETING, reviewer);
        _employ(Roles.FINANCE, cashier);
        _employ(Roles.FINANCE, controller);
        _employ(Roles.MARKETING_HEAD, marketingHead);
        _employ(Roles.FINANCE_HEAD, financeHead);
        (account, packed, bill) = _paid(60_000);
    }

    function _employ(uint64 department, address who) internal {
        vm.prank(admin);
        manager.grantRole(department | SupplierId.unwrap(supplier), who, 0);
    }

    function _leave(uint64 department, address who) internal {
        vm.prank(admin);
        manager.revokeRole(department | SupplierId.unwrap(supplier), who);
    }

    function _terms(uint48 limit) internal pure returns (RefundTerms memory) {
        return RefundTerms({limit: limit, marketingTime: 5 days, financeTime: 5 days});
    }

    /// A bill of a new account, settled, whose money is credit.
    function _paid(uint256 amount) internal returns (AccountId account_, PackedBill packed_, BillId bill_) {
        account_ = _account(amount);
        packed_ = _billOf(account_, amount);
        bill_ = _run(packed_, PAY);
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(IdCodec.batch(bill_)));
    }

    /// Of the bill's order, from the desk's storage: a call would take the place of the one that is expected to revert.
    function _version() internal view returns (uint16) {
        uint256 slot = uint256(keccak256(abi.encode(bill, uint256(1)))) + 1;
        return uint16(uint256(vm.load(address(refunds), bytes32(slot))) >> 224);
    }

    function _requestAs(address who, uint48 amount, bytes32 papers) internal {
        vm.prank(who);
        refunds.request(bill, packed, new bytes32[](0), amount, RefundReason.Overbilled, papers);
    }

    function _request(uint48 amount) internal {
        _requestAs(payer, amount, PAPERS);
    }

    function _forwardAs(address who) internal {
        uint16 version = _version();
        vm.prank(who);
        refunds.forward(bill, version, packed, new bytes32[](0));
    }

    function _payAs(address who) internal {
        uint16 version = _version();
        vm.prank(who);
        refunds.pay(bill, version);
    }

    function _sendBackAs(address who) internal {
        uint16 version = _version();
        vm.prank(who);
        refunds.sendBack(bill, version, RefundFault.Documents);
    }

    function _rejectAs(address who) internal {
        uint16 version = _version();
        vm.prank(who);
        refunds.reject(bill, version, RefundFault.NotDue);
    }

    function _resubmitAs(address who, uint48 amount, bytes32 papers) internal {
        uint16 version = _version();
        vm.prank(who);
        refunds.resubmit(bill, version, amount, RefundReason.Overbilled, papers);
    }

    function _cancelAs(address who) internal {
        uint16 version = _version();
        vm.prank(who);
        refunds.cancel(bill, version);
    }

    function _escalate() internal {
        uint16 version = _version();
        vm.prank(stranger);
        refunds.escalate(bill, version);
    }

    function _toForwarded(uint48 amount) internal {
        _request(amount);
        _forwardAs(reviewer);
    }

    function _withdrawCredit(uint256 amount) internal {
        vm.prank(supplierOwner);
        ledger.withdrawCredit(supplier, amount, supplierOwner);
    }

    function _expectState(RefundState state) internal view {
        _equal(uint256(refunds.orderOf(bill).state), uint256(state), "order's state");
    }
}
