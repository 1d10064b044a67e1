// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillState, Reason} from "../types/Bills.sol";
import {AccountId, BatchId, BillId, SupplierId} from "../types/Ids.sol";
import {TariffBlock, Utility} from "../types/Utilities.sol";

/// What the payment ledger tells: every event that moves money carries what an indexer needs to rebuild every balance.
/// Amounts are minor units of the currency.
interface ILedgerEvents {
    /* SUPPLIERS */

    event SupplierRegistered(SupplierId indexed supplier, address indexed owner, string name);
    event TariffSet(
        SupplierId indexed supplier,
        Utility indexed utility,
        uint256 version,
        uint16 fromDay,
        uint48 standing,
        TariffBlock[] blocks
    );
    event CreditWithdrawn(SupplierId indexed supplier, address indexed to, uint256 amount);

    /* ACCOUNTS AND MANDATES */

    event AccountOpened(AccountId indexed account, address indexed owner, Utility utility);
    event Deposited(AccountId indexed account, address indexed from, uint256 amount);
    event BalanceMoved(AccountId indexed from, AccountId indexed to, uint256 amount);
    event Withdrawn(AccountId indexed account, address indexed to, uint256 amount);
    event MandateGranted(
        AccountId indexed account,
        uint48 capPerBill,
        uint48 capPerMonth,
        uint16 lastDay,
        bool discloseReadings,
        address agent
    );
    event MandateRevoked(AccountId indexed account);
    /// Mandates granted from now on are bounded by what `standing` says, or by nothing if it is zero.
    event StandingSet(address indexed standing);
    /// A mandate begins or ends to have only signed readings count, for batches posted from now on.
    event SignedOnlySet(AccountId indexed account, bool signedOnly);
    event ClassSet(AccountId indexed account, uint8 class);

    /* BILLS */

    event BillsPosted(
        BatchId indexed batch,
        SupplierId indexed supplier,
        Utility utility,
        uint256 count,
        uint256 billed,
        bytes32 commitment,
        uint32 parameterVersion
    );
    /// Judged PAY (or INSUFFICIENT within its class's cap): `amount` left the account for the batch's pending bucket.
    /// Here and below the account alone is indexed: a topic costs more than a word, and one of these comes with every
    /// bill.
    event BillPending(AccountId indexed account, BillId bill, uint256 amount);
    /// Judged APPEAL: `held` left the account's balance and is set aside.
    event BillHeld(AccountId indexed account, BillId bill, uint256 held);
    /// Judged INSUFFICIENT: waits for the customer's word.
    event BillWaiting(AccountId indexed account, BillId bill, uint256 amount);
    /// `owed` minor units of a bill could not be settled.
    event ArrearsOpened(AccountId indexed account, BillId bill, uint256 owed, Reason reason);
    /// Bills in arrears are given up: nobody is reminded, and they can still be paid. Of each the bill 0..63 · owed
    /// 64..111, minor units.
    event ArrearsGivenUp(uint256[] debts);
    /// `owed` minor units of a bill are no longer given up, since it was paid, even in part, changed its state, or is
    /// scored anew.
    event ArrearsReopened(AccountId indexed account, BillId bill, uint256 owed);
    /// `amount` of a bill is void; `refunded` went back to the account's balance.
    event BillVoided(AccountId indexed account, BillId bill, uint256 amount, Reason reason, uint256 refunded);
    /// `fromBalance` left the account's balance and `fromHold` its hold for a bill outside the common path; `toPending`
    /// says whether it went to the batch's pending bucket or to the supplier's credit; `refunded` went from hold to
    /// balance.
    event BillPaid(
        BillId indexed bill,
        AccountId indexed account,
        uint256 fromBalance,
        uint256 fromHold,
        uint256 fromPayer,
        uint256 refunded,
        bool toPending
    );
    /// `amount` of a bill is paid because its account's agent said so: the mandate's caps count it as collected.
    event AgentAgreed(AccountId indexed account, BillId bill, address agent, uint256 amount);
    /// A customer appealed by hand against a bill that was in `from`: all of it is held, `amount`, of which `owed` was
    /// not paid. Set aside are `fromPending` of the batch's bucket, `fromCredit` of the supplier's credit, and `bond` of
    /// the account's balance.
    event BillReclaimed(
        AccountId indexed account,
        BillId bill,
        BillState from,
        uint256 amount,
        uint256 owed,
        uint256 fromPending,
        uint256 fromCredit,
        uint256 bond
    );
    /// Such an appeal ended: `kept` of the bill stays paid. Of what was set aside `toSupplier` went to the supplier's
    /// credit, `refunded` to the balance, and the bond to the one if `bondLost` and else to the other; the supplier owes
    /// `debt`. What else becomes of the bill is told by events of its own.
    event ReclaimClosed(
        AccountId indexed account,
        BillId bill,
        uint256 kept,
        uint256 toSupplier,
        uint256 refunded,
        uint256 debt,
        uint256 bond,
        bool bondLost
    );
    /// `amount` that had been paid of a bill is void with it: it went from the supplier's credit back to the balance.
    event PaymentReturned(AccountId indexed account, BillId bill, uint256 amount);
    /// `amount` of the supplier's credit went to the account's balance, for what it owed after an appeal by hand.
    event Refunded(BillId indexed bill, AccountId indexed account, uint256 amount);
    /// `amount` that was paid of a bill left the supplier's credit and is set aside for a refund; was given back to the
    /// credit; or went to the account's balance, and is void.
    event RefundReserved(AccountId indexed account, BillId bill, uint256 amount);
    event RefundReleased(AccountId indexed account, BillId bill, uint256 amount);
    event RefundPaid(AccountId indexed account, BillId bill, uint256 amount);
    /// `amount` that was just given back of a bill left the account's balance again: the credit line had paid the bill,
    /// and it is set aside for the line; and went to the line.
    event ReturnKept(AccountId indexed account, BillId bill, uint256 amount);
    event ReturnCollected(AccountId indexed account, BillId bill, uint256 amount);
    /// A batch's pending bucket became the supplier's credit: its pending bills are settled.
    event BatchReleased(BatchId indexed batch, SupplierId indexed supplier, uint256 amount);
    /// A verdict was shown wrong: `amount` of a bill passed from state to state, for `reason`, as judging would have
    /// put it; `refunded` went to the account's balance from the bucket or the hold, and `taken` from the balance to the
    /// bucket or a new hold.
    event BillReversed(
        BillId indexed bill,
        AccountId indexed account,
        BillState from,
        BillState to,
        Reason reason,
        uint256 amount,
        uint256 refunded,
        uint256 taken
    );

    /* BONDS */

    event BondDeposited(address indexed holder, address indexed from, uint256 amount);
    event BondWithdrawn(address indexed holder, address indexed to, uint256 amount);
    event BondMoved(address indexed from, address indexed to, uint256 amount);
    /// `amount` of an operator's bond became its stake, which is locked and can be slashed; and was free again.
    event BondStaked(address indexed operator, uint256 indexed number, uint256 amount);
    event BondFreed(address indexed operator, uint256 indexed number, uint256 amount);
    /// The operators i with bit i set in `signers`, as a number, lost `each` of their stakes for a verdict on the bill, or for
    /// two things said of its batch. Of it all `reward` joined the bond of `rewarded`, and `rest` the balance of an
    /// account, or the credit of a supplier as its account number 0.
    event StakesSlashed(
        BillId indexed bill,
        address indexed rewarded,
        AccountId indexed wronged,
        bytes32 signers,
        uint256 each,
        uint256 reward,
        uint256 rest
    );
    /// So much less than the others, since there was no more, lost operator `number` in the StakesSlashed that follows.
    event StakeExhausted(uint256 indexed number, BillId indexed bill, uint256 lacking);
}
