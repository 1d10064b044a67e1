// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Managed} from "../Managed.sol";
import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedDebts} from "../libraries/PackedDebts.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {Step} from "../types/Arrears.sol";
import {BillState} from "../types/Bills.sol";
import {AccountId, BillId, PackedRecord} from "../types/Ids.sol";
import {DeskBase} from "./DeskBase.sol";
import {Sum} from "./LedgerBase.sol";

/// What the arrears register reads of bills in arrears, and notes in their records.
abstract contract DeskDebts is DeskBase, ILedgerDesk, Managed {
    using IdCodec for BillId;
    using PackedDebts for uint256;
    using PackedRecords for PackedRecord;

    /// Of a record: the note and the step in it, the state, and the state of a bill in arrears.
    uint256 private constant NOTE = uint256(type(uint32).max) << 216;
    uint256 private constant STEP = uint256(uint8(Step.GiveUp)) << 216;
    uint256 private constant STATE = uint256(0xff) << 152;
    uint256 private constant ARREARS = uint256(uint8(BillState.Arrears)) << 152;

    /// @inheritdoc ILedgerDesk
    function readArrears(uint256[] calldata bills) external view override returns (uint256[] memory) {
        (uint256 state, uint256 arrears) = (STATE, ARREARS);
        assembly ("memory-safe") {
            mstore(0x20, _records.slot)
            let answer := mload(0x40)
            mstore(answer, 0x20)
            mstore(add(answer, 0x20), bills.length)
            let end := add(answer, 0x40)
            for { let i := 0 } lt(i, bills.length) { i := add(i, 1) } {
                mstore(0x00, and(calldataload(add(bills.offset, shl(5, i))), 0xffffffffffffffff))
                let record := sload(keccak256(0x00, 0x40))
                mstore(end, mul(record, eq(and(record, state), arrears)))
                end := add(end, 0x20)
            }
            // The answer as the encoder would give it.
            return(answer, sub(end, answer))
        }
    }

    /// @inheritdoc ILedgerDesk
    function noteArrears(uint256[] calldata notes) external override restricted {
        uint256[] memory debts = new uint256[](notes.length);
        (uint256 i, uint256 count, uint256 givenUp) = (0, 0, 0);
        while (true) {
            // Effect:
            (i, count, givenUp) = _noteWhile(notes, i, debts, count, givenUp);
            if (i == notes.length) break;
            _renote(notes[i++]);
        }
        if (count == 0) return;
        _raise(Sum.GivenUp, givenUp);

        assembly ("memory-safe") {
            mstore(debts, count)
        }
        emit ArrearsGivenUp(debts);
    }

    /// Notes what is said of debts from index `i` on while none of them was given up before. Of those that now are it
    /// adds the words to `debts`, which has `count`, and the minor units to `givenUp`. Returns where it ended, and both.
    function _noteWhile(uint256[] calldata notes, uint256 i, uint256[] memory debts, uint256 count, uint256 givenUp)
        private
        returns (uint256, uint256, uint256)
    {
        (uint256 note, uint256 step, uint256 state, uint256 arrears) = (NOTE, STEP, STATE, ARREARS);
        assembly ("memory-safe") {
            mstore(0x20, _records.slot)
            for {} lt(i, notes.length) { i := add(i, 1) } {
                let word := calldataload(add(notes.offset, shl(5, i)))
                mstore(0x00, and(word, 0xffffffffffffffff))
                let slot := keccak256(0x00, 0x40)
                let record := sload(slot)
                if iszero(eq(and(record, state), arrears)) { continue }
                if eq(and(record, step), step) { break }
                let said := and(shl(152, word), note)
                sstore(slot, or(and(record, not(note)), said))
                if eq(and(said, step), step) {
                    let owed := and(shr(168, record), 0xffffffffffff)
                    givenUp := add(givenUp, owed)
                    count := add(count, 1)
                    mstore(add(debts, shl(5, count)), or(mload(0x00), shl(64, owed)))
                }
            }
        }
        return (i, count, givenUp);
    }

    /// Notes what is said of a debt that was given up.
    function _renote(uint256 word) private {
        BillId bill = word.bill();
        PackedRecord record = _records[bill];
        PackedRecord noted = record.withNote(word.note());
        if (!noted.isGivenUp()) {
            _reopen(bill, IdCodec.account(_batches[bill.batch()].supplier, record.number()), record);
        }
        _records[bill] = noted;
    }
}
