// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../../src/interfaces/ILedgerDesk.sol";
import {IRefundDesk} from "../../src/interfaces/IRefundDesk.sol";
import {Roles} from "../../src/libraries/Roles.sol";
import {Voice} from "../../src/types/Accounts.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {PackedBill, SupplierId} from "../../src/types/Ids.sol";
import {RefundFault, RefundReason, RefundState, RefundTerms} from "../../src/types/Refunds.sol";
import {ReclaimSteps} from "./ReclaimSteps.sol";

/// Refunds: what customers and the suppliers' departments ask for, check, pay and send back.
abstract contract RefundSteps is ReclaimSteps {
    uint48 private constant LIMIT = 1_000;
    uint32 private constant DEPARTMENT_TIME = 5 days;

    /// The first payer is of both departments, of both suppliers; the others of one.
    address[4] private marketing;
    address[4] private finance;
    address private marketingHead = _actor("head of marketing");
    address private financeHead = _actor("head of finance");
    mapping(bytes32 content => bool) private seen;
    uint256 private papers;
    /// The bills that have had an order.
    uint256[] private ordered;

    function requestRefund(uint256 seed) external step(seed) {
        if (bills.length == 0) return;
        uint256 place = _rarely(2) ? _lastSettled() : _anyBill(_rarely(16) ? BillState.Arrears : BillState.Settled);
        (address caller, Voice voice) = _speakerFor(bills[place].account, 0);
        if (_rarely(2)) {
            caller = marketing[_draw(4)];
            voice = _voiceOf(bills[place].account, caller, 0);
        }
        uint48 amount = uint48(_rarely(4) ? bills[place].amount : _draw(_amountOf(bills[place].word) + 2));
        bytes32 root = _anyPapers();
        string memory forbidden = _unasked(place, amount, _contentOf(place, amount, RefundReason.Overbilled, root));
        if (voice == Voice.None && !_isIn(marketing, caller)) forbidden = "REFUND-02: a stranger asked for a refund";
        bytes memory data = _request(place, amount, root);
        if (!_call(caller, address(refunds), data, forbidden, Step.RequestRefund)) return;
        if (orders[place].version == 0) ordered.push(place);
        orders[place].requester = caller;
        orders[place].marketing = address(0);
        _ask(place, amount, RefundReason.Overbilled, root);
        _put(orders[place], RefundState.Requested);
    }

    /// What the departments do, marketing the most.
    function workOnRefund(uint256 seed) external step(seed) {
        if (ordered.length == 0) return;
        uint256 drawn = _draw(8);
        if (drawn < 3) _check();
        else if (drawn < 6) _answer();
        else if (drawn == 6) _correctOrder();
        else _escalate();
    }

    /// Marketing forwards or rejects.
    function _check() private {
        uint256 place = _anyOrder(RefundState.Requested);
        RefundBook storage order = orders[place];
        address caller = _anyOf(marketing, marketingHead);
        bool forwards = !_rarely(4);
        string memory forbidden = forwards ? _unreserved(place, order.amount) : "";
        forbidden = _refusedTo(place, caller, marketing, marketingHead, forbidden);
        if (order.state != RefundState.Requested) forbidden = "REFUND-04: a refund was checked that waits for another";
        bytes memory data = forwards
            ? abi.encodeCall(
                IRefundDesk.forward, (_idOf(place), order.version, PackedBill.wrap(bills[place].word), _proofOf(place))
            )
            : abi.encodeCall(IRefundDesk.reject, (_idOf(place), order.version, RefundFault.NotDue));
        if (!_call(caller, address(refunds), data, forbidden, forwards ? Step.ForwardRefund : Step.RejectRefund)) {
            return;
        }
        if (caller == marketingHead) ++reached[Step.RefundByHead];
        if (!forwards) return _put(order, RefundState.Rejected);
        order.marketing = caller;
        _reserve(place, order.amount);
    }

    /// Finance signs, pays or sends back.
    function _answer() private {
        uint256 place = _rarely(4) ? _anyTaken() : _anyOrder(_rarely(2) ? RefundState.Signed : RefundState.Forwarded);
        RefundBook storage order = orders[place];
        address caller = _anyOf(finance, financeHead);
        bool pays = !_rarely(4);
        bool signs = pays && order.state == RefundState.Forwarded && order.amount > LIMIT;
        bool gone = pays && !signs && order.reserved == 0;
        string memory forbidden = gone ? "REFUND-03: a refund was paid that an appeal had taken" : "";
        forbidden = _refusedTo(place, caller, finance, financeHead, forbidden);
        if (caller == order.marketing) forbidden = "REFUND-02: who forwarded a refund paid it";
        bool again = pays && order.state == RefundState.Signed && caller == order.signer;
        if (again) forbidden = "REFUND-02: one of finance signed twice";
        if (!_isAtFinance(order.state)) forbidden = "REFUND-04: a refund was paid that waits for another";
        bytes memory data = pays
            ? abi.encodeCall(IRefundDesk.pay, (_idOf(place), order.version))
            : abi.encodeCall(IRefundDesk.sendBack, (_idOf(place), order.version, RefundFault.Documents));
        Step done = !pays ? Step.ReturnRefund : signs ? Step.SignRefund : Step.PayRefund;
        if (!_call(caller, address(refunds), data, forbidden, done)) {
            if (gone && _isAtFinance(order.state)) ++reached[Step.RefundTaken];
            return;
        }
        if (!pays) _giveBack(place, RefundState.Returned);
        else if (signs) _sign(order, caller);
        else _refund(place);
    }

    /// Marketing corrects what came back, or it or the requester gives it up.
    function _correctOrder() private {
        uint256 place = _rarely(4) ? ordered[_draw(ordered.length)] : _anyOrder(RefundState.Returned);
        if (_rarely(4)) return _cancelOrder(place);
        address caller = _anyOf(marketing, marketingHead);
        uint48 amount = uint48(_draw(bills[place].amount + 2));
        bytes32 root = _anyPapers();
        bool again = seen[_contentOf(place, amount, RefundReason.Other, root)];
        string memory forbidden = again ? "REFUND-04: a content was reviewed twice" : _unreserved(place, amount);
        if (amount == 0) forbidden = "REFUND-01: nothing was to be refunded";
        forbidden = _refusedTo(place, caller, marketing, marketingHead, forbidden);
        RefundBook storage order = orders[place];
        if (order.state != RefundState.Returned) {
            forbidden = "REFUND-04: a refund was corrected that had not come back";
        }
        bytes memory data =
            abi.encodeCall(IRefundDesk.resubmit, (_idOf(place), order.version, amount, RefundReason.Other, root));
        if (!_call(caller, address(refunds), data, forbidden, Step.ResubmitRefund)) return;
        order.marketing = caller;
        _ask(place, amount, RefundReason.Other, root);
        _reserve(place, amount);
    }

    function _escalate() private {
        uint256 place = ordered[_draw(ordered.length)];
        for (uint256 i; i < ordered.length && !_isOverdue(orders[place]) && !_rarely(8); ++i) {
            place = ordered[_draw(ordered.length)];
        }
        string memory forbidden = _isOverdue(orders[place]) ? "" : "REFUND-04: a refund was escalated before its time";
        bytes memory data = abi.encodeCall(IRefundDesk.escalate, (_idOf(place), orders[place].version));
        if (_call(keeper, address(refunds), data, forbidden, Step.EscalateRefund)) orders[place].escalated = true;
    }

    function _startRefunds() internal {
        refunds = IRefundDesk(_create("RefundDesk", abi.encode(manager, ledger)));
        marketing = [payers[0], _actor("reviewer"), _actor("clerk"), _actor("mover")];
        finance = [payers[0], _actor("cashier"), _actor("controller"), marketing[3]];
        bytes4[] memory moving = new bytes4[](2);
        (moving[0], moving[1]) = (ILedgerDesk.reserveRefund.selector, ILedgerDesk.endRefund.selector);
        bytes4[] memory setting = new bytes4[](1);
        setting[0] = IRefundDesk.setTerms.selector;
        vm.startPrank(admin);
        manager.setTargetFunctionRole(address(ledger), moving, Roles.REFUNDER);
        manager.grantRole(Roles.REFUNDER, address(refunds), 0);
        manager.setTargetFunctionRole(address(refunds), setting, Roles.GOVERNOR);
        for (uint256 i; i < suppliers.length; ++i) {
            uint64 id = SupplierId.unwrap(suppliers[i].id);
            for (uint256 j; j < 4; ++j) {
                manager.grantRole(Roles.MARKETING | id, marketing[j], 0);
                manager.grantRole(Roles.FINANCE | id, finance[j], 0);
            }
            manager.grantRole(Roles.MARKETING_HEAD | id, marketingHead, 0);
            manager.grantRole(Roles.FINANCE_HEAD | id, financeHead, 0);
        }
        vm.stopPrank();
        vm.prank(governor);
        refunds.setTerms(RefundTerms({limit: LIMIT, marketingTime: DEPARTMENT_TIME, financeTime: DEPARTMENT_TIME}));
    }

    function _cancelOrder(uint256 place) private {
        RefundBook storage order = orders[place];
        address caller = _rarely(2) ? order.requester : _anyOf(marketing, marketingHead);
        bool own = caller == order.requester;
        bool member = _isIn(marketing, caller) || (order.escalated && caller == marketingHead);
        string memory forbidden = _isOpen(order.state) ? "" : "REFUND-04: a refund was cancelled that had ended";
        if (!own && (order.state == RefundState.Requested || !member)) {
            forbidden = "REFUND-02: another cancelled a refund";
        }
        bytes memory data = abi.encodeCall(IRefundDesk.cancel, (_idOf(place), order.version));
        if (_call(caller, address(refunds), data, forbidden, Step.CancelRefund)) {
            _giveBack(place, RefundState.Cancelled);
        }
    }

    /* BOOKS */

    /// A content is before a department, under the next version.
    function _ask(uint256 place, uint48 amount, RefundReason reason, bytes32 root) private {
        seen[_contentOf(place, amount, reason, root)] = true;
        orders[place].amount = amount;
        ++orders[place].version;
    }

    function _put(RefundBook storage order, RefundState state) private {
        if (state != RefundState.Signed) order.signer = address(0);
        (order.state, order.since, order.escalated) = (state, uint40(block.timestamp), false);
    }

    function _sign(RefundBook storage order, address signer) private {
        _put(order, RefundState.Signed);
        order.signer = signer;
    }

    function _reserve(uint256 place, uint48 amount) private {
        _put(orders[place], RefundState.Forwarded);
        orders[place].reserved = amount;
        _supplierOf(place).credit -= amount;
        bills[place].recorded = true;
    }

    function _giveBack(uint256 place, RefundState state) private {
        _put(orders[place], state);
        _supplierOf(place).credit += orders[place].reserved;
        orders[place].reserved = 0;
    }

    /// What is refunded is void; of a bill of which nothing is left, all is.
    function _refund(uint256 place) private {
        RefundBook storage order = orders[place];
        BillBook storage bill = bills[place];
        require(order.reserved == order.amount, "REFUND-03: another amount was reserved than was asked for");
        _put(order, RefundState.Paid);
        _pass(bill, BillState.Settled, BillState.Void, order.amount);
        accounts[bill.account].balance += order.amount;
        order.reserved = 0;
        if (_settledOf(bill) != 0) {
            bill.amount -= order.amount;
        } else {
            _enter(bill, BillState.Void, Reason.Refunded);
            ++reached[Step.PayRefundWhole];
        }
    }

    /* RULES */

    /// Why the desk must refuse a request of this content, whoever makes it.
    function _unasked(uint256 place, uint48 amount, bytes32 content) private view returns (string memory) {
        if (amount == 0 || amount > _amountOf(bills[place].word)) {
            return "REFUND-01: more was asked for than was billed, or nothing";
        }
        if (_isOpen(orders[place].state)) return "REFUND-04: a bill had two refunds at a time";
        return seen[content] ? "REFUND-04: a content was reviewed twice" : "";
    }

    function _contentOf(uint256 place, uint48 amount, RefundReason reason, bytes32 root)
        private
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(_idOf(place), amount, reason, root));
    }

    /// Why the ledger must refuse to set the money aside.
    function _unreserved(uint256 place, uint48 amount) private view returns (string memory) {
        BillBook storage bill = bills[place];
        if (bill.state != BillState.Settled) return "REFUND-01: a bill was refunded that is not settled";
        if (amount > _settledOf(bill) - orders[place].reserved) return "REFUND-01: more was refunded than was paid";
        return amount > _free(_supplierOf(place)) ? "INV-11: a refund was taken of credit that is not free" : "";
    }

    /// Why the desk must refuse a department's step to who takes it, or as said.
    function _refusedTo(
        uint256 place,
        address caller,
        address[4] storage department,
        address head,
        string memory forbidden
    ) private view returns (string memory) {
        RefundBook storage order = orders[place];
        bool own = caller == order.requester || caller == accounts[bills[place].account].owner;
        if (own) return "REFUND-02: who asked for a refund, or gets it, decided on it";
        bool member = _isIn(department, caller) || (order.escalated && caller == head);
        return member ? forbidden : "REFUND-02: a refund was decided on outside the department";
    }

    function _isOverdue(RefundBook storage order) private view returns (bool) {
        return _isOpen(order.state) && !order.escalated && block.timestamp >= order.since + DEPARTMENT_TIME;
    }

    function _isAtFinance(RefundState state) private pure returns (bool) {
        return state == RefundState.Forwarded || state == RefundState.Signed;
    }

    function _isOpen(RefundState state) private pure returns (bool) {
        return state == RefundState.Requested || _isAtFinance(state) || state == RefundState.Returned;
    }

    /* CHANCE */

    /// Attachments, now and then the last ones again.
    function _anyPapers() private returns (bytes32) {
        return bytes32(_rarely(8) ? papers : ++papers);
    }

    function _request(uint256 place, uint48 amount, bytes32 root) private view returns (bytes memory) {
        PackedBill packed = PackedBill.wrap(bills[place].word);
        return abi.encodeCall(
            IRefundDesk.request, (_idOf(place), packed, _proofOf(place), amount, RefundReason.Overbilled, root)
        );
    }

    /// One of a department, now and then its head or someone of the other.
    function _anyOf(address[4] storage department, address head) private returns (address) {
        if (_rarely(4)) return head;
        if (_rarely(16)) return _rarely(2) ? marketing[1 + _draw(3)] : finance[1 + _draw(3)];
        return department[_draw(4)];
    }

    /// An order in `state`, or any other where none is.
    function _anyOrder(RefundState state) private returns (uint256 place) {
        uint256 first = _draw(ordered.length);
        for (uint256 i; i < ordered.length; ++i) {
            place = ordered[(first + i) % ordered.length];
            if (orders[place].state == state) return place;
        }
    }

    /// The last bill that is settled, which can still be appealed by hand, or the first of all.
    function _lastSettled() private view returns (uint256 place) {
        for (place = bills.length - 1; place != 0; --place) {
            if (bills[place].state == BillState.Settled && !_isOpen(orders[place].state)) return place;
        }
    }

    /// An order at finance whose money an appeal has taken, or any other where none is.
    function _anyTaken() private returns (uint256 place) {
        uint256 first = _draw(ordered.length);
        for (uint256 i; i < ordered.length; ++i) {
            place = ordered[(first + i) % ordered.length];
            if (_isAtFinance(orders[place].state) && orders[place].reserved == 0) return place;
        }
    }

    function _isIn(address[4] storage department, address who) private view returns (bool) {
        for (uint256 i; i < 4; ++i) {
            if (department[i] == who) return true;
        }
        return false;
    }
}
