// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Managed} from "../Managed.sol";
import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {BillState} from "../types/Bills.sol";
import {AccountId, BillId, PackedRecord} from "../types/Ids.sol";
import {DeskBase} from "./DeskBase.sol";
import {Sum} from "./LedgerBase.sol";

/// What the credit line pays of bills in arrears, and what is given back of it.
abstract contract DeskLending is DeskBase, ILedgerDesk, Managed {
    using IdCodec for BillId;
    using PackedRecords for PackedRecord;

    /// @inheritdoc ILedgerDesk
    function lendArrears(BillId[] calldata bills) external override restricted returns (uint256 paid) {
        for (uint256 i; i < bills.length; ++i) {
            // Check:
            (PackedRecord record, AccountId account) = _inState(bills[i], BillState.Arrears);
            uint256 owed = record.money();

            // Effect:
            _reopen(bills[i], account, record);
            _records[bills[i]] = record.with(BillState.Settled, record.reason(), record.amount()).asLent();
            _settle(bills[i], owed, Sum.Arrears);
            paid += owed;

            emit BillPaid(bills[i], account, 0, 0, owed, 0, false);
        }

        // Interaction:
        _pull(paid);
    }

    /// @inheritdoc ILedgerDesk
    function collectReturns(BillId[] calldata bills) external override restricted returns (uint256[] memory amounts) {
        amounts = new uint256[](bills.length);
        uint256 sum;
        for (uint256 i; i < bills.length; ++i) {
            // Effect:
            amounts[i] = _claims[bills[i]].returned;
            if (amounts[i] == 0) continue;
            _claims[bills[i]].returned = 0;
            sum += amounts[i];

            uint256 number = _records[bills[i]].number();
            emit ReturnCollected(IdCodec.account(_batches[bills[i].batch()].supplier, number), bills[i], amounts[i]);
        }
        _lower(Sum.Holds, sum);

        // Interaction:
        _push(msg.sender, sum);
    }
}
