// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "../interfaces/IAppealRegistry.sol";
import {IFairClock} from "../interfaces/IFairClock.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {IVerdictGate} from "../interfaces/IVerdictGate.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {Voice} from "../types/Accounts.sol";
import {Appeal, AppealState} from "../types/Appeals.sol";
import {BillRecord, BillState, Reason} from "../types/Bills.sol";
import {AccountId, BatchId, BillId} from "../types/Ids.sol";
import {Periods} from "../types/Verdicts.sol";

/// The registry's storage, and what every step checks and does.
abstract contract AppealBase is IAppealRegistry {
    using IdCodec for AccountId;
    using IdCodec for BillId;

    /// States of an appeal, a bit each; from the live ones it can still be conceded or withdrawn.
    uint256 internal constant OPEN = 1 << uint8(AppealState.Open);
    uint256 internal constant OFFERED = 1 << uint8(AppealState.AdjustmentOffered);
    uint256 internal constant CONTESTED = 1 << uint8(AppealState.Contested);
    uint256 internal constant LIVE = OPEN | OFFERED | CONTESTED;

    /// @inheritdoc IAppealRegistry
    IFairClock public immutable override clock;
    /// @inheritdoc IAppealRegistry
    IPaymentLedger public immutable override ledger;
    /// @inheritdoc IAppealRegistry
    IVerdictGate public immutable override gate;

    /// Bit i of a batch's two words: the appeal that a verdict opened against bill i waits for the supplier's answer. It
    /// has nothing else of its own here, so that opening 500 of them writes two slots. One that a challenge opened has
    /// nothing here at all: the ledger holds its bill, and knows since when.
    mapping(BatchId batch => uint256[2]) internal _open;
    /// All other appeals.
    mapping(BillId bill => Appeal) internal _appeals;

    constructor(IFairClock clock_, IPaymentLedger ledger_, IVerdictGate gate_) {
        clock = clock_;
        ledger = ledger_;
        gate = gate_;
    }

    /// @inheritdoc IAppealRegistry
    function appealOf(BillId bill) public view override returns (Appeal memory appeal) {
        appeal = _appeals[bill];
        uint40 openedAfter;
        if (!_isOpen(bill)) {
            if (appeal.state != AppealState.None && appeal.state != AppealState.Overturned) return appeal;
            BillRecord memory record = ledger.recordOf(bill);
            if (record.state != BillState.Held) return appeal;
            openedAfter = record.openedAfter;
        }
        appeal.state = AppealState.Open;
        appeal.deadline = gate.verdictRecordOf(bill.batch()).judgedAt + openedAfter + _periodsOf(bill).reply;
    }

    /* CHECKS */

    /// The appeal, which must be in one of `states` and before its deadline.
    function _checkStep(BillId bill, uint256 states) internal view returns (Appeal memory appeal) {
        appeal = appealOf(bill);
        if (!_isIn(appeal.state, states)) revert Errors.AppealRegistry_WrongState(bill, appeal.state);
        if (clock.time() >= appeal.deadline) revert Errors.AppealRegistry_DeadlinePassed(bill, appeal.deadline);
    }

    /// Takes a step with each bill of a list that is in one of `states` and before its deadline, which others may have
    /// changed meanwhile, and covered by the mandate where an agent takes it; refuses a list of which none is.
    function _takeEach(
        BillId[] calldata bills,
        uint256 states,
        function(BillId, Appeal memory) internal returns (bool) step
    ) internal {
        bool taken;
        for (uint256 i; i < bills.length; ++i) {
            Appeal memory appeal = appealOf(bills[i]);
            if (!_isIn(appeal.state, states) || clock.time() >= appeal.deadline) continue;
            if (step(bills[i], appeal)) taken = true;
        }
        if (taken || bills.length == 0) return;
        _checkStep(bills[0], states);
        revert Errors.AppealRegistry_BeyondMandate(bills[0], msg.sender);
    }

    function _checkSupplier(BillId bill) internal view returns (BillRecord memory record) {
        record = ledger.recordOf(bill);
        if (ledger.supplierOwner(record.account.supplier()) != msg.sender) {
            revert Errors.AppealRegistry_NotSupplier(bill, msg.sender);
        }
    }

    /// With what voice the caller, the customer or its agent, says that `due` minor units of a bill shall be paid in all.
    function _checkCustomer(BillId bill, AccountId account, uint256 due) internal view returns (Voice voice) {
        voice = ledger.voiceOf(account, msg.sender, due);
        if (voice == Voice.None) revert Errors.AppealRegistry_NotCustomer(bill, msg.sender);
    }

    /* STEPS */

    /// Puts an appeal into a state that a verdict has not opened, until `deadline`, fair time in seconds.
    function _enter(BillId bill, AppealState state, uint40 deadline) internal {
        if (_isOpen(bill)) _open[bill.batch()][bill.index() >> 8] &= ~(1 << (bill.index() & 0xff));
        _appeals[bill].state = state;
        _appeals[bill].deadline = deadline;
    }

    /// Has the ledger end an appeal with `due` minor units of the bill to be paid in all.
    function _close(BillId bill, Appeal memory appeal, uint48 due, Reason voidReason, Voice consent) internal {
        // Interaction:
        if (appeal.byHand) return ledger.closeReclaimed(bill, due, voidReason, consent);
        uint48 rest = due > appeal.settled ? due - appeal.settled : 0;
        ledger.closeAppeal(bill, rest, appeal.settled, voidReason, consent);
    }

    /* READ */

    function _periodsOf(BillId bill) internal view returns (Periods memory) {
        return gate.periodsOf(ledger.batchOf(bill.batch()).parameterVersion);
    }

    function _isOpen(BillId bill) internal view returns (bool) {
        uint256 index = bill.index();
        return index < 512 && (_open[bill.batch()][index >> 8] >> (index & 0xff)) & 1 == 1;
    }

    function _isIn(AppealState state, uint256 states) internal pure returns (bool) {
        return (states >> uint8(state)) & 1 == 1;
    }
}
