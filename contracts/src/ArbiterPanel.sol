// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IArbitrable, IArbiter} from "./interfaces/IArbiter.sol";
import {IArbiterPanel} from "./interfaces/IArbiterPanel.sol";
import {Errors} from "./libraries/Errors.sol";
import {BillId} from "./types/Ids.sol";

/// Rules by vote. Members and threshold are fixed: another panel is another contract, which the governor can name for
/// batches posted later.
///
/// Trusted: that no `threshold` of the members conspire. Fewer of them can decide nothing; a panel that cannot agree
/// rules nothing, and the dispute ends in the customer's favour.
contract ArbiterPanel is IArbiterPanel {
    /// The largest panel.
    uint256 public constant MAX_MEMBERS = 32;

    /// @inheritdoc IArbiter
    IArbitrable public immutable override arbitrable;
    /// @inheritdoc IArbiterPanel
    uint256 public immutable override threshold;

    address[] private _members;
    mapping(address member => bool) private _isMember;
    /// 1 + what a member would have paid, minor units; 0 for no vote.
    mapping(BillId bill => mapping(address member => uint256)) private _votes;
    mapping(BillId bill => mapping(uint48 due => uint256)) private _counts;
    /// 1 + what was ruled, minor units; 0 for no ruling.
    mapping(BillId bill => uint256) private _rulings;

    constructor(IArbitrable arbitrable_, address[] memory members_, uint256 threshold_) {
        if (members_.length > MAX_MEMBERS || threshold_ > members_.length || 2 * threshold_ <= members_.length) {
            revert Errors.ArbiterPanel_ThresholdOutOfBounds(threshold_, members_.length);
        }
        for (uint256 i; i < members_.length; ++i) {
            if (_isMember[members_[i]]) revert Errors.ArbiterPanel_MemberTwice(members_[i]);
            _isMember[members_[i]] = true;
        }
        (arbitrable, threshold, _members) = (arbitrable_, threshold_, members_);
    }

    /// @inheritdoc IArbiterPanel
    function vote(BillId bill, uint48 due, string calldata reason) external override {
        // Check:
        if (!_isMember[msg.sender]) revert Errors.ArbiterPanel_NotMember(msg.sender);
        if (bytes(reason).length == 0) revert Errors.ArbiterPanel_NoReason(bill);
        if (_rulings[bill] != 0) revert Errors.ArbiterPanel_Ruled(bill);

        // Effect:
        uint256 earlier = _votes[bill][msg.sender];
        if (earlier != 0) --_counts[bill][uint48(earlier - 1)];
        _votes[bill][msg.sender] = uint256(due) + 1;
        uint256 count = ++_counts[bill][due];

        emit Voted(bill, msg.sender, due, reason);

        if (count < threshold) return;
        _rulings[bill] = uint256(due) + 1;

        // Interaction:
        // Refuses a bill that is not disputed, or has another arbiter, or costs less.
        arbitrable.rule(bill, due);
    }

    /// @inheritdoc IArbiter
    function rulingOf(BillId bill) external view override returns (bool ruled, uint48 due) {
        uint256 ruling = _rulings[bill];
        if (ruling != 0) (ruled, due) = (true, uint48(ruling - 1));
    }

    /// @inheritdoc IArbiterPanel
    function members() external view override returns (address[] memory) {
        return _members;
    }

    /// @inheritdoc IArbiterPanel
    function votesFor(BillId bill, uint48 due) external view override returns (uint256) {
        return _counts[bill][due];
    }
}
