// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Voice} from "../types/Accounts.sol";
import {BillState, Reason} from "../types/Bills.sol";
import {BillId, PackedBill} from "../types/Ids.sol";
import {Correction, Slashing} from "../types/Verdicts.sol";
import {ILedgerEvents} from "./ILedgerEvents.sol";

/// The ledger's functions for appealed bills, for bills whose verdict was shown wrong, and for bonds. They are part of IPaymentLedger and called there.
interface IAppealDesk is ILedgerEvents {
    /// Ends an appeal with `due` minor units to pay, beside the `settled` that are, taken from the hold, and with the
    /// consent of customer or agent from the balance as well; what is not covered becomes arrears, what is left of the
    /// hold goes back to the balance. What is paid with an agent's consent the mandate counts as collected. Registry
    /// only.
    function closeAppeal(BillId bill, uint48 due, uint48 settled, Reason voidReason, Voice consent) external;
    /// Settles from an appealed bill's hold what its tariff gives for `quantity` base units, rounded down, all but one
    /// minor unit of the bill at most; the rest stays under appeal. Registry only. Returns the minor units settled.
    function settleUndisputed(BillId bill, uint48 quantity) external returns (uint48 settled);
    /// A customer's appeal by hand begins: what was paid of the bill is set aside from the bucket, or from the supplier's
    /// credit as far as it is not pledged; for the rest its credit is pledged. A twentieth of the amount, at least 1, is
    /// set aside from the balance as the customer's bond. Registry only.
    function reclaim(BillId bill, PackedBill packed, bytes32[] calldata proof) external;
    /// An appeal by hand ends with `due` minor units to be paid in all. What was paid above it goes back to the balance:
    /// from what was set aside, and then from the supplier's credit as far as it has any; what is lacking stays its debt
    /// (`collectRefunds`). What was paid below it is paid by consent from the balance, and else owed. The bond goes back,
    /// but to the supplier if all of the bill is due. Registry only.
    function closeReclaimed(BillId bill, uint48 due, Reason voidReason, Voice consent) external;
    /// Pays what suppliers owe for bills after appeals by hand, as far as their credit goes. Anyone may call. Returns the
    /// minor units paid.
    function collectRefunds(BillId[] calldata bills) external returns (uint256 refunded);

    /* BONDS */

    /// Adds to a bond, the caller's or another's, from the caller's currency; to an operator's stake, while that is
    /// locked (IOperators.seatOf). At most 2^48 - 1 at a time.
    function depositBond(address holder, uint256 amount) external;
    /// Pays out the caller's bond; what is staked only when it is no longer locked.
    function withdrawBond(uint256 amount, address to) external;
    /// Makes all of an operator's bond the stake of its number. Operators only.
    function stake(address operator, uint8 number) external;
    /// Announces a challenge: `commitment` is keccak256(abi.encode(challenger, bill, nonce)), of which 19 bytes are kept.
    /// A challenger has one announcement at a time, which a later one replaces.
    function announce(bytes32 commitment) external;
    /// Moves `amount` of one bond to another. Challenges only, for what is put on a demand.
    function moveBond(address from, address to, uint256 amount) external;
    /// Slashes for two things said of a bill's batch. Returns the signers, a bit a number, whose stake covers no further
    /// slash. Operators only.
    function slash(BillId bill, Slashing calldata slashing) external returns (uint128 exhausted);
    /// Puts a bill where the right verdict puts it, as if it had been judged so at first: what was debited or set aside
    /// for it goes back, and is debited or set aside anew as judging does. A bill that its customer has paid, that is
    /// void, or whose money is the supplier's already, stays where it is; of one in arrears that was paid in part, the
    /// rest moves. Challenges only, once for each way of showing a verdict wrong; slashes at the first. Returns where
    /// it stood and stands, the signers whose stake covers no further slash, and whether its verdict had been corrected
    /// before.
    function reverse(BillId bill, PackedBill packed, Correction calldata correction, Slashing calldata slashing)
        external
        returns (BillState from, BillState to, uint128 exhausted, bool again);
}
