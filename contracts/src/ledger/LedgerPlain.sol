// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LedgerBills} from "./LedgerBills.sol";

/// Judging on the two common paths: PAY that is covered, and APPEAL.
///
/// The rules are LedgerJudging's, to which every other bill goes, and a test holds the two together. Here they are a
/// loop each with one branch and no call, its event written by hand: that saves a bill 1,000 gas and more.
abstract contract LedgerPlain is LedgerBills {
    /// A verdict's first two bytes, without what says which growths it gives.
    uint256 private constant HEAD = 0xcfff;
    uint256 private constant PAY_HEAD = 0x0100;
    uint256 private constant APPEAL_HEAD = 0x0200;
    uint256 private constant LOW_56 = 0xffffffffffffff;
    uint256 private constant LOW_48 = 0xffffffffffff;
    uint256 private constant LOW_44 = 0xfffffffffff;
    /// One month, above what was spent in it.
    uint256 private constant MONTH = 0x100000000000;
    /// Where an account has its utility.
    uint256 private constant UTILITIES = 0x00000f0000000000000000000000000000000000000000000000000000000000;
    /// All of an account but spent, month, billedThrough and utility, and all but billedThrough.
    uint256 private constant KEPT_BY_PAYING = 0xfffff0ff0000ffff00000000000000ffffffffffffffffffffffffffffffffff;
    uint256 private constant KEPT_BY_HOLDING = 0xffffffff0000ffffffffffffffffffffffffffffffffffffffffffffffffffff;
    /// A record's state Held.
    uint256 private constant HELD = 0x0000000000000000000000000400000000000000000000000000000000000000;

    /// What judging carries from bill to bill: storage is written once a batch, with the sums.
    struct Run {
        /// The bill to be judged next: its id, where it is in calldata, and where in calldata a word ends with the first
        /// two bytes of its verdict.
        uint256 bill;
        uint256 billAt;
        uint256 headAt;
        /// Ids of the batch's bill 0 and of the supplier's account 0; the index and the number are added.
        uint256 firstBill;
        uint256 firstAccount;
        /// Whether some bills were cancelled: `_payPlain` does not look whether a bill has a record.
        bool cancelled;
        uint256 utility;
        uint256 today;
        uint256 month;
        uint256 parameterVersion;
        /// Amounts by outcome, minor units.
        uint256 pending;
        uint256 waiting;
        uint256 arrears;
        uint256 voided;
        uint256 heldAmount;
        /// Set aside of `heldAmount`, minor units.
        uint256 holds;
        uint256 appealed;
        /// Bit i of the two together: bill i is held.
        uint256 heldLow;
        uint256 heldHigh;
        /// By class: 1 + the largest amount, minor units, that an INSUFFICIENT verdict pays; 0 where not asked yet.
        /// Empty until the first such verdict.
        uint256[] caps;
    }

    /// Judges the bills from `run.bill` on while each of them is on the common path: PAY, replacing nothing, for the
    /// next days of its account, covered by mandate and balance; moves on to the first that is not.
    function _payPlain(Run memory run) internal {
        uint256 from = run.billAt;
        uint256 amounts;
        (run.billAt, run.headAt, amounts) = _payLoop(
            from, run.headAt, run.bill, run.firstAccount, (run.utility << 232) | (run.month << 180), run.today
        );
        unchecked {
            run.bill += (run.billAt - from) / 32;
            run.pending += amounts;
        }
    }

    /// The same for APPEAL: for bills that replace nothing, for the next days of their account. So 500 appealed bills
    /// are judged in one transaction; of each one's gas 27,100 are its record and its account's slot.
    function _holdPlain(Run memory run) internal {
        uint256 from = run.billAt;
        uint256 amounts;
        uint256 holds;
        (run.billAt, run.headAt, amounts, holds) =
            _holdLoop(from, run.headAt, run.bill, run.firstAccount, run.utility << 232);
        unchecked {
            uint256 index = run.bill - run.firstBill;
            uint256 count = (run.billAt - from) / 32;
            _markHeld(run, index, index + count);
            run.bill += count;
            run.heldAmount += amounts;
            run.holds += holds;
        }
    }

    /// `_payPlain` of the bills at `bills` in calldata, with their verdicts at `heads`; the first one's id is `next`,
    /// the supplier's account 0 is `supplier`; `frame` has utility and month where an account has them. Returns where
    /// it ended and the sum of the amounts, minor units.
    ///
    /// Of a bill's 7,170 gas 5,000 are its account's slot and 1,637 the event. What follows the last verdict is none:
    /// that ends the loop, so nothing counts the bills. The event lies where Solidity keeps its free-memory pointer and
    /// its zero, which are put back: so the slot of `_accounts` is written once for all hashes, and the bill's id
    /// counts up in its place. What was spent counts only in its own month: in another the difference of the months,
    /// above it, makes `past` a month or more. Spent, month and billedThrough are written anew; the balance is the
    /// lowest field.
    function _payLoop(uint256 bills, uint256 heads, uint256 next, uint256 supplier, uint256 frame, uint256 today)
        private
        returns (uint256, uint256, uint256 amounts)
    {
        bytes32 topic = BillPending.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(0x20, _accounts.slot)
            mstore(0x40, next)
            for {} eq(and(calldataload(heads), HEAD), PAY_HEAD) { heads := add(heads, 12) } {
                let bill := calldataload(bills)
                mstore(0x00, or(supplier, and(bill, 0xffffffff)))
                let slot := keccak256(0x00, 0x40)
                let account := sload(slot)
                let day := and(shr(128, bill), 0xffff)
                let amount := and(shr(80, bill), LOW_48)
                let past := and(shr(136, xor(account, frame)), LOW_56)
                let spent := add(amount, mul(past, lt(past, MONTH)))
                if or(
                    or(or(gt(amount, and(account, LOW_48)), gt(amount, and(shr(48, account), LOW_44))), shr(152, bill)),
                    or(
                        or(gt(spent, and(shr(92, account), LOW_44)), lt(and(shr(192, account), 0xffff), today)),
                        or(iszero(gt(day, and(shr(208, account), 0xffff))), and(xor(account, frame), UTILITIES))
                    )
                ) { break }
                let dates := or(frame, shl(208, sub(add(and(shr(144, bill), 0xff), day), 1)))
                sstore(slot, or(sub(and(account, KEPT_BY_PAYING), amount), or(dates, shl(136, spent))))
                mstore(0x60, amount)
                log2(0x40, 0x40, topic, mload(0x00))
                amounts := add(amounts, amount)
                mstore(0x40, add(mload(0x40), 1))
                bills := add(bills, 0x20)
            }
            mstore(0x40, free)
            mstore(0x60, 0)
        }
        return (bills, heads, amounts);
    }

    /// `_holdPlain`, as `_payLoop` is `_payPlain`; returns the sum of what is set aside as well, minor units. A record
    /// means that the bill was cancelled; its slot is written afterwards: reading it first costs nothing. `held` is the
    /// lesser of balance and amount.
    function _holdLoop(uint256 bills, uint256 heads, uint256 next, uint256 supplier, uint256 frame)
        private
        returns (uint256, uint256, uint256 amounts, uint256 holds)
    {
        bytes32 topic = BillHeld.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(0x20, _accounts.slot)
            mstore(0x40, next)
            for {} eq(and(calldataload(heads), HEAD), APPEAL_HEAD) { heads := add(heads, 12) } {
                let bill := calldataload(bills)
                mstore(0x00, or(supplier, and(bill, 0xffffffff)))
                let slot := keccak256(0x00, 0x40)
                let account := sload(slot)
                let day := and(shr(128, bill), 0xffff)
                mstore(0x60, _records.slot)
                let place := keccak256(0x40, 0x40)
                if or(
                    or(sload(place), iszero(gt(day, and(shr(208, account), 0xffff)))),
                    or(and(xor(account, frame), UTILITIES), shr(152, bill))
                ) { break }
                let amount := and(shr(80, bill), LOW_48)
                let held := and(account, LOW_48)
                held := xor(held, mul(xor(held, amount), gt(held, amount)))
                day := sub(add(day, and(shr(144, bill), 0xff)), 1)
                sstore(slot, or(sub(and(account, KEPT_BY_HOLDING), held), shl(208, day)))
                sstore(place, or(or(bill, HELD), shl(168, held)))
                amounts := add(amounts, amount)
                holds := add(holds, held)
                mstore(0x60, held)
                log2(0x40, 0x40, topic, mload(0x00))
                mstore(0x40, add(mload(0x40), 1))
                bills := add(bills, 0x20)
            }
            mstore(0x40, free)
            mstore(0x60, 0)
        }
        return (bills, heads, amounts, holds);
    }

    /// Notes that the bills from index `from` until before `until` are held.
    function _markHeld(Run memory run, uint256 from, uint256 until) internal pure {
        unchecked {
            // Two words of 256 bits as one number of 512: a shift by 256 or more gives zero.
            run.heldLow |= (type(uint256).max << from) & ~(type(uint256).max << until);
            uint256 low = from < 256 ? 0 : from - 256;
            uint256 high = until < 256 ? 0 : until - 256;
            run.heldHigh |= (type(uint256).max << low) & ~(type(uint256).max << high);
            run.appealed += until - from;
        }
    }
}
