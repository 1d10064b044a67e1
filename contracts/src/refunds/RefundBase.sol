// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Managed} from "../Managed.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedRefunds} from "../libraries/PackedRefunds.sol";
import {RefundErrors} from "../libraries/RefundErrors.sol";
import {Roles} from "../libraries/Roles.sol";
import {AccountId, BillId, SupplierId} from "../types/Ids.sol";
import {PackedRefund, RefundFault, RefundOrder, RefundReason, RefundState, RefundTerms} from "../types/Refunds.sol";

/// The orders, and who may take a step with them.
abstract contract RefundBase is Managed {
    using IdCodec for AccountId;
    using PackedRefunds for PackedRefund;

    uint256 internal constant REQUESTED = 1 << uint8(RefundState.Requested);
    uint256 internal constant AT_FINANCE = 1 << uint8(RefundState.Forwarded) | 1 << uint8(RefundState.Signed);
    uint256 internal constant RETURNED = 1 << uint8(RefundState.Returned);
    uint256 internal constant OPEN = REQUESTED | AT_FINANCE | RETURNED;

    /// Keeps the money, fixed at deployment.
    IPaymentLedger public immutable ledger;

    RefundTerms internal _terms;
    mapping(BillId bill => PackedRefund) internal _orders;
    mapping(BillId bill => address) internal _signers;
    mapping(bytes32 content => bool) internal _seen;

    constructor(IPaymentLedger ledger_) {
        ledger = ledger_;
    }

    /* CHECKS */

    /// The order, in one of `states` and of the version that the caller means.
    function _checkOrder(BillId bill, uint16 version, uint256 states) internal view returns (RefundOrder memory order) {
        order = _orders[bill].load();
        if ((states >> uint8(order.state)) & 1 == 0) revert RefundErrors.RefundDesk_WrongState(bill, order.state);
        if (order.version != version) revert RefundErrors.RefundDesk_WrongVersion(bill, order.version);
    }

    /// The caller is of marketing, and neither asks nor gets.
    function _checkMarketing(BillId bill, RefundOrder memory order) internal view {
        _checkDepartment(bill, order, Roles.MARKETING, Roles.MARKETING_HEAD);
        _checkApart(bill, order);
    }

    /// The caller is of finance, and neither asks nor gets, nor has forwarded it.
    function _checkFinance(BillId bill, RefundOrder memory order) internal view {
        _checkDepartment(bill, order, Roles.FINANCE, Roles.FINANCE_HEAD);
        if (order.marketing == msg.sender) revert RefundErrors.RefundDesk_SamePerson(bill, msg.sender);
        _checkApart(bill, order);
    }

    function _checkDepartment(BillId bill, RefundOrder memory order, uint64 department, uint64 head) internal view {
        SupplierId supplier = order.account.supplier();
        if (_isOf(department, supplier) || (order.escalated && _isOf(head, supplier))) return;
        revert RefundErrors.RefundDesk_NotOfDepartment(bill, msg.sender);
    }

    /// Whether the caller is of a department. Who acts only after a delay does so by the manager, and is not seen here.
    function _isOf(uint64 department, SupplierId supplier) internal view returns (bool) {
        (bool member, uint32 delay) = authority.hasRole(department | SupplierId.unwrap(supplier), msg.sender);
        return member && delay == 0;
    }

    function _checkFault(RefundFault fault) internal pure {
        if (fault == RefundFault.None) revert RefundErrors.RefundDesk_NoReason();
    }

    /// The caller neither asks for the money nor gets it.
    function _checkApart(BillId bill, RefundOrder memory order) private view {
        if (order.requester == msg.sender || ledger.ownerOf(order.account) == msg.sender) {
            revert RefundErrors.RefundDesk_SamePerson(bill, msg.sender);
        }
    }

    /* EFFECTS */

    /// Notes that a content is before a department; none is a second time.
    function _see(BillId bill, uint48 amount, RefundReason reason, bytes32 attachments) internal {
        bytes32 content = _contentOf(bill, amount, reason, attachments);
        if (_seen[content]) revert RefundErrors.RefundDesk_SeenBefore(bill, content);
        _seen[content] = true;
    }

    /// Puts an order into a state, and keeps it.
    function _enter(BillId bill, RefundOrder memory order, RefundState state) internal {
        if (order.state == RefundState.Signed) delete _signers[bill];
        (order.state, order.since, order.escalated) = (state, uint40(block.timestamp), false);
        _orders[bill].store(order);
    }

    /// From when on an open order can be escalated, Unix seconds.
    function _deadlineOf(RefundOrder memory order) internal view returns (uint256) {
        bool atFinance = (AT_FINANCE >> uint8(order.state)) & 1 == 1;
        return order.since + (atFinance ? _terms.financeTime : _terms.marketingTime);
    }

    function _contentOf(BillId bill, uint48 amount, RefundReason reason, bytes32 attachments)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(bill, amount, reason, attachments));
    }
}
