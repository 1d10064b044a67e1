// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {Batch, BillState} from "../types/Bills.sol";
import {AccountId, BillId, PackedAccount, PackedBill, PackedRecord} from "../types/Ids.sol";
import {LedgerBase, Sum} from "./LedgerBase.sol";

/// What the parts of the desks share.
abstract contract DeskBase is LedgerBase {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedRecords for PackedRecord;

    /// The record of a bill that must be in `state`, and its account.
    function _inState(BillId bill, BillState state) internal view returns (PackedRecord record, AccountId account) {
        record = _records[bill];
        if (!record.exists() || record.state() != state) {
            revert Errors.PaymentLedger_WrongState(bill, _stateOf(_batches[bill.batch()], record));
        }
        account = IdCodec.account(_batches[bill.batch()].supplier, record.number());
    }

    function _checkCommitted(Batch storage batch, BillId bill, PackedBill packed, bytes32[] calldata proof)
        internal
        view
    {
        bytes32 leaf = bytes32(PackedBill.unwrap(packed));
        if (!MerkleTree.verify(batch.commitment, leaf, bill.index(), batch.count, proof)) {
            revert Errors.PaymentLedger_BillNotCommitted(bill);
        }
    }

    /// `amount` minor units of a bill, so far in `from`, are settled: the supplier's to withdraw.
    function _settle(BillId bill, uint256 amount, Sum from) internal {
        _shift(amount, from, Sum.Settled);
        _creditSupplier(_batches[bill.batch()].supplier, amount);
    }

    /// `amount` minor units of a bill are paid on the word of the account's agent, whose mandate has room for them.
    function _countAgreed(BillId bill, AccountId account, uint256 amount) internal {
        _accounts[account] = _accounts[account].counted(amount, Calendar.monthOf(block.timestamp));

        emit AgentAgreed(account, bill, _agents[account], amount);
    }

    /// A debt leaves arrears or is paid in part: if it was given up, it is no longer.
    function _reopen(BillId bill, AccountId account, PackedRecord record) internal {
        if (!record.isGivenUp()) return;
        _lower(Sum.GivenUp, record.money());

        emit ArrearsReopened(account, bill, record.money());
    }

    /// What was given back of a bill to its account, `amount` minor units, is set aside for the credit line if that has
    /// paid the bill: the customer has not.
    function _keepForLine(BillId bill, AccountId account, PackedRecord record, uint256 amount) internal {
        if (!record.isLent() || amount == 0) return;
        _accounts[account] = _accounts[account].debited(amount);
        _claims[bill].returned += uint48(amount);
        _lower(Sum.Accounts, amount);
        _raise(Sum.Holds, amount);

        emit ReturnKept(account, bill, amount);
    }

    function _atMost(uint256 amount, uint256 most) internal pure returns (uint256) {
        return amount < most ? amount : most;
    }
}
