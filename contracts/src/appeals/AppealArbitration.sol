// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "../Managed.sol";
import {IAppealRegistry} from "../interfaces/IAppealRegistry.sol";
import {IArbitrable} from "../interfaces/IArbiter.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {Revisions} from "../libraries/Revisions.sol";
import {Voice} from "../types/Accounts.sol";
import {Appeal, AppealState} from "../types/Appeals.sol";
import {Reason} from "../types/Bills.sol";
import {BatchId, BillId, SupplierId} from "../types/Ids.sol";
import {AppealBase} from "./AppealBase.sol";

/// Disputes: who rules on them, and the rulings. No arbiter is ever called.
abstract contract AppealArbitration is AppealBase, Managed {
    using IdCodec for BillId;
    using Revisions for Revisions.History;

    /// Whoever rules on a supplier's bills, by the first batch that it rules on; of supplier 0 for all that have nobody
    /// of their own.
    mapping(SupplierId supplier => Revisions.History) private _arbiters;

    constructor(IAccessManager authority_) Managed(authority_) {}

    /// @inheritdoc IAppealRegistry
    function setArbiter(SupplierId supplier, address arbiter) external override restricted {
        // Effect:
        uint256 firstBatch = ledger.batchCount() + 1;
        _arbiters[supplier].add(firstBatch, uint160(arbiter));

        emit ArbiterSet(supplier, arbiter, BatchId.wrap(uint48(firstBatch)));
    }

    /// @inheritdoc IArbitrable
    function rule(BillId bill, uint48 due) external override {
        // Check:
        if (arbiterOf(bill) != msg.sender) revert Errors.AppealRegistry_NotArbiter(bill, msg.sender);
        Appeal memory appeal = _checkStep(bill, CONTESTED);
        uint256 billed = uint256(ledger.recordOf(bill).amount) + appeal.settled;
        if (due > billed) revert Errors.AppealRegistry_DueTooLarge(bill, due, billed);

        // Effect:
        _enter(bill, AppealState.Ruled, 0);

        emit AppealRuled(bill, msg.sender, due);

        _close(bill, appeal, due, Reason.Ruled, Voice.None);
    }

    /// @inheritdoc IArbitrable
    function arbiterOf(BillId bill) public view override returns (address) {
        uint256 batch = BatchId.unwrap(bill.batch());
        // slither-disable-next-line unused-return
        (, uint256 arbiter) = _arbiters[ledger.batchOf(bill.batch()).supplier].find(batch);
        // slither-disable-next-line unused-return
        if (arbiter == 0) (, arbiter) = _arbiters[SupplierId.wrap(0)].find(batch);
        return address(uint160(arbiter));
    }

    /// Contested from `since`, fair time in seconds.
    function _contest(BillId bill, bytes32 evidenceHash, uint40 since) internal {
        uint40 deadline = since + _periodsOf(bill).contest;
        _enter(bill, AppealState.Contested, deadline);

        emit AppealContested(bill, arbiterOf(bill), evidenceHash, deadline);
    }
}
