// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "./Managed.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IRefundDesk} from "./interfaces/IRefundDesk.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {PackedBills} from "./libraries/PackedBills.sol";
import {PackedRefunds} from "./libraries/PackedRefunds.sol";
import {RefundErrors} from "./libraries/RefundErrors.sol";
import {Roles} from "./libraries/Roles.sol";
import {RefundBase} from "./refunds/RefundBase.sol";
import {Voice} from "./types/Accounts.sol";
import {Batch} from "./types/Bills.sol";
import {AccountId, BillId, PackedBill} from "./types/Ids.sol";
import {PackedRefund, RefundFault, RefundOrder, RefundReason, RefundState, RefundTerms} from "./types/Refunds.sol";

/// Refunds of settled bills: one of a supplier's marketing forwards what a customer or another of them has asked for, one
/// of finance pays it, or two above a limit, and no one does two of these or gets the money.
///
/// Trusted: the manager behind `authority`, for who is of which department; the governor, for limit and deadlines. Neither
/// can pay. The money is the ledger's, which reserves and pays no more than was paid of the bill, whatever is asked here.
contract RefundDesk is IRefundDesk, RefundBase {
    using IdCodec for AccountId;
    using IdCodec for BillId;
    using PackedBills for PackedBill;
    using PackedRefunds for PackedRefund;

    constructor(IAccessManager authority_, IPaymentLedger ledger_) Managed(authority_) RefundBase(ledger_) {
        _setTerms(RefundTerms({limit: 100_000, marketingTime: 5 days, financeTime: 5 days}));
    }

    /// @inheritdoc IRefundDesk
    function request(
        BillId bill,
        PackedBill packed,
        bytes32[] calldata proof,
        uint48 amount,
        RefundReason reason,
        bytes32 attachments
    ) external override {
        // Check:
        if (reason == RefundReason.None) revert RefundErrors.RefundDesk_NoReason();
        if (amount == 0 || amount > packed.amount()) {
            revert RefundErrors.RefundDesk_AmountOutOfBounds(bill, amount, packed.amount());
        }
        AccountId account = _checkParty(bill, packed, proof);
        RefundOrder memory order = _orders[bill].load();
        if ((OPEN >> uint8(order.state)) & 1 == 1) revert RefundErrors.RefundDesk_StillOpen(bill, order.state);

        // Effect:
        _see(bill, amount, reason, attachments);
        (order.requester, order.marketing, order.account) = (msg.sender, address(0), account);
        (order.amount, order.reason, order.version) = (amount, reason, order.version + 1);
        _enter(bill, order, RefundState.Requested);

        emit RefundRequested(bill, account, order.version, msg.sender, amount, reason, attachments);
    }

    /// @inheritdoc IRefundDesk
    function forward(BillId bill, uint16 version, PackedBill packed, bytes32[] calldata proof) external override {
        // Check:
        RefundOrder memory order = _checkOrder(bill, version, REQUESTED);
        _checkMarketing(bill, order);

        // Effect:
        order.marketing = msg.sender;
        _enter(bill, order, RefundState.Forwarded);

        emit RefundForwarded(bill, version, msg.sender);

        // Interaction:
        ledger.reserveRefund(bill, packed, proof, order.amount);
    }

    /// @inheritdoc IRefundDesk
    function reject(BillId bill, uint16 version, RefundFault fault) external override {
        // Check:
        RefundOrder memory order = _checkOrder(bill, version, REQUESTED);
        _checkMarketing(bill, order);
        _checkFault(fault);

        // Effect:
        _enter(bill, order, RefundState.Rejected);

        emit RefundRejected(bill, version, msg.sender, fault);
    }

    /// @inheritdoc IRefundDesk
    function pay(BillId bill, uint16 version) external override {
        // Check:
        RefundOrder memory order = _checkOrder(bill, version, AT_FINANCE);
        _checkFinance(bill, order);
        bool signed = order.state == RefundState.Signed;
        if (signed && _signers[bill] == msg.sender) revert RefundErrors.RefundDesk_SamePerson(bill, msg.sender);

        // Effect:
        if (!signed && order.amount > _terms.limit) {
            _signers[bill] = msg.sender;
            _enter(bill, order, RefundState.Signed);
            emit RefundSigned(bill, version, msg.sender);
            return;
        }
        _enter(bill, order, RefundState.Paid);

        emit RefundCompleted(bill, version, msg.sender, order.amount);

        // Interaction:
        // slither-disable-next-line unused-return
        ledger.endRefund(bill, true);
    }

    /// @inheritdoc IRefundDesk
    function sendBack(BillId bill, uint16 version, RefundFault fault) external override {
        // Check:
        RefundOrder memory order = _checkOrder(bill, version, AT_FINANCE);
        _checkFinance(bill, order);
        _checkFault(fault);

        // Effect:
        _enter(bill, order, RefundState.Returned);

        emit RefundReturned(bill, version, msg.sender, fault);

        // Interaction:
        // slither-disable-next-line unused-return
        ledger.endRefund(bill, false);
    }

    /// @inheritdoc IRefundDesk
    function resubmit(BillId bill, uint16 version, uint48 amount, RefundReason reason, bytes32 attachments)
        external
        override
    {
        // Check:
        RefundOrder memory order = _checkOrder(bill, version, RETURNED);
        _checkMarketing(bill, order);
        if (reason == RefundReason.None) revert RefundErrors.RefundDesk_NoReason();
        if (amount == 0) revert RefundErrors.RefundDesk_AmountOutOfBounds(bill, 0, type(uint48).max);

        // Effect:
        _see(bill, amount, reason, attachments);
        (order.amount, order.reason, order.marketing) = (amount, reason, msg.sender);
        ++order.version;
        _enter(bill, order, RefundState.Forwarded);

        emit RefundResubmitted(bill, order.version, msg.sender, amount, reason, attachments);

        // Interaction:
        // The bill has a record since it was forwarded first.
        ledger.reserveRefund(bill, PackedBill.wrap(0), new bytes32[](0), amount);
    }

    /// @inheritdoc IRefundDesk
    function cancel(BillId bill, uint16 version) external override {
        // Check:
        RefundOrder memory order = _checkOrder(bill, version, OPEN);
        if (order.requester != msg.sender) {
            if (order.state == RefundState.Requested) revert RefundErrors.RefundDesk_NotParty(bill, msg.sender);
            _checkDepartment(bill, order, Roles.MARKETING, Roles.MARKETING_HEAD);
        }

        // Effect:
        _enter(bill, order, RefundState.Cancelled);

        emit RefundCancelled(bill, version, msg.sender);

        // Interaction:
        // Nothing is reserved before it was forwarded, or after it was returned.
        // slither-disable-next-line unused-return
        ledger.endRefund(bill, false);
    }

    /// @inheritdoc IRefundDesk
    function escalate(BillId bill, uint16 version) external override {
        // Check:
        RefundOrder memory order = _checkOrder(bill, version, OPEN);
        uint256 deadline = _deadlineOf(order);
        if (order.escalated || block.timestamp < deadline) revert RefundErrors.RefundDesk_NotOverdue(bill, deadline);

        // Effect:
        order.escalated = true;
        _orders[bill].store(order);

        emit RefundEscalated(bill, version, order.state);
    }

    /// @inheritdoc IRefundDesk
    function setTerms(RefundTerms calldata terms_) external override restricted {
        // Effect:
        _setTerms(terms_);
    }

    /// @inheritdoc IRefundDesk
    function orderOf(BillId bill) external view override returns (RefundOrder memory) {
        return _orders[bill].load();
    }

    /// @inheritdoc IRefundDesk
    function deadlineOf(BillId bill) external view override returns (uint256) {
        RefundOrder memory order = _orders[bill].load();
        if ((OPEN >> uint8(order.state)) & 1 == 0) revert RefundErrors.RefundDesk_WrongState(bill, order.state);
        return _deadlineOf(order);
    }

    /// @inheritdoc IRefundDesk
    function signerOf(BillId bill) external view override returns (address) {
        return _signers[bill];
    }

    /// @inheritdoc IRefundDesk
    function isSeen(BillId bill, uint48 amount, RefundReason reason, bytes32 attachments)
        external
        view
        override
        returns (bool)
    {
        return _seen[_contentOf(bill, amount, reason, attachments)];
    }

    /// @inheritdoc IRefundDesk
    function terms() external view override returns (RefundTerms memory) {
        return _terms;
    }

    /// Who asks is the account's customer or its agent, or of its supplier's marketing.
    function _checkParty(BillId bill, PackedBill packed, bytes32[] calldata proof)
        private
        view
        returns (AccountId account)
    {
        Batch memory batch = ledger.batchOf(bill.batch());
        bytes32 leaf = bytes32(PackedBill.unwrap(packed));
        if (!MerkleTree.verify(batch.commitment, leaf, bill.index(), batch.count, proof)) {
            revert RefundErrors.RefundDesk_BillNotCommitted(bill);
        }
        account = IdCodec.account(batch.supplier, packed.number());
        if (ledger.voiceOf(account, msg.sender, 0) == Voice.None && !_isOf(Roles.MARKETING, batch.supplier)) {
            revert RefundErrors.RefundDesk_NotParty(bill, msg.sender);
        }
    }

    function _setTerms(RefundTerms memory terms_) private {
        if (terms_.marketingTime == 0 || terms_.financeTime == 0) revert RefundErrors.RefundDesk_NoTime();
        _terms = terms_;

        emit RefundTermsSet(terms_);
    }
}
