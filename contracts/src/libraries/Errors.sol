// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AppealState} from "../types/Appeals.sol";
import {BillState} from "../types/Bills.sol";
import {AccountId, BatchId, BillId, SupplierId} from "../types/Ids.sol";
import {Utility} from "../types/Utilities.sol";
import {VerdictPolicy} from "../types/Verdicts.sol";

/// Every error, named `Contract_Condition(values)`. Amounts are minor units, quantities base units, days days since
/// 1970-01-01, times Unix seconds. An interface, so that the ledger's ABI can name its desk's as well.
interface Errors {
    /* DIGITAL CURRENCY */

    /// Thrown when a frozen address would send or receive.
    error DigitalCurrency_Frozen(address holder);
    /// Thrown when the issuer tries to freeze the ledger.
    error DigitalCurrency_LedgerCannotBeFrozen(address ledger);

    /* ROLES */

    /// Thrown when the access manager does not let the caller call a function at once.
    error Managed_Unauthorized(address caller, bytes4 selector);

    /* CLOCK */

    /// Thrown when a pause is to begin during one, which ends by itself at `until`, Unix seconds.
    error FairClock_Paused(uint256 until);
    /// Thrown when a pause is to be ended and there is none.
    error FairClock_NotPaused();
    /// Thrown when a pause is to begin and the allowance is used up.
    error FairClock_NoAllowance();

    /* LEDGER: WHO */

    /// Thrown when a function of the gate is called by another.
    error PaymentLedger_NotGate(address caller);
    /// Thrown when a function of the registry is called by another.
    error PaymentLedger_NotRegistry(address caller);
    /// Thrown when the caller does not own the supplier, or there is no such supplier.
    error PaymentLedger_NotSupplierOwner(SupplierId supplier, address caller);
    /// Thrown when the caller does not own the account, nor is its agent where that would do, or there is no such account.
    error PaymentLedger_NotAccountOwner(AccountId account, address caller);

    /* LEDGER: ACCOUNTS AND MANDATES */

    /// Thrown when an account is to be opened with a supplier that does not exist.
    error PaymentLedger_NoSuchSupplier(SupplierId supplier);
    /// Thrown when an account does not exist.
    error PaymentLedger_NoSuchAccount(AccountId account);
    /// Thrown when an account is to be opened, or a tariff set, without a utility.
    error PaymentLedger_NoUtility();
    /// Thrown when an account is to be opened without an owner.
    error PaymentLedger_NoOwner();
    /// Thrown when an amount is larger than the ledger's sums can be.
    error PaymentLedger_AmountTooLarge(uint256 amount);
    /// Thrown when the currency answers that it did not move the money.
    error PaymentLedger_TransferFailed();
    /// Thrown when two lists that go together differ in length.
    error PaymentLedger_LengthMismatch(uint256 first, uint256 second);
    /// Thrown when an account's balance would exceed its 48 bits.
    error PaymentLedger_BalanceTooLarge(AccountId account, uint256 balance);
    /// Thrown when more is asked of an account's free balance than it has.
    error PaymentLedger_InsufficientBalance(AccountId account, uint256 balance, uint256 amount);
    /// Thrown when money would be paid out to the ledger.
    error PaymentLedger_ToItself();
    /// Thrown when a frozen owner of an account or a supplier would withdraw.
    error PaymentLedger_Frozen(address owner);
    /// Thrown when a mandate's cap exceeds its 44 bits.
    error PaymentLedger_CapTooLarge(uint256 cap, uint256 largest);
    /// Thrown when a mandate's cap would be raised above what its owner's standing allows.
    error PaymentLedger_CapAboveStanding(AccountId account, uint256 cap, uint256 most);
    /// Thrown when an account would get a class that there is not.
    error PaymentLedger_ClassTooLarge(uint256 class, uint256 largest);
    /// Thrown when a mandate would end before today.
    error PaymentLedger_MandateInThePast(uint256 lastDay, uint256 today);
    /// Thrown when a mandate's signature comes after its deadline.
    error PaymentLedger_SignatureExpired(AccountId account, uint256 deadline);
    /// Thrown when a mandate's signature is not the account owner's over the account's next nonce.
    error PaymentLedger_SignatureInvalid(AccountId account, uint256 nonce);
    /// Thrown when an agent would confirm a bill of more than the mandate covers.
    error PaymentLedger_BeyondMandate(BillId bill, uint256 amount);

    /* LEDGER: SUPPLIERS AND TARIFFS */

    /// Thrown when a supplier has less credit that is not pledged for refunds than it would withdraw, or give back.
    error PaymentLedger_InsufficientCredit(SupplierId supplier, uint256 credit, uint256 amount);
    /// Thrown when more is to be refunded of a bill than is paid of it and not reserved, minor units.
    error PaymentLedger_RefundTooLarge(BillId bill, uint256 amount, uint256 left);
    /// Thrown when a refund is to be paid of a bill of which nothing is reserved, or no longer.
    error PaymentLedger_NothingReserved(BillId bill);
    /// Thrown when a tariff has no block or more than eight.
    error PaymentLedger_TariffBlockCount(uint256 count);
    /// Thrown when a tariff's blocks do not ascend, or the last one does not end at the largest quantity.
    error PaymentLedger_TariffBlockOrder(uint256 index, uint256 upTo);
    /// Thrown when a tariff version does not begin after the one before, or after today once bills were posted.
    error PaymentLedger_TariffTooEarly(uint256 fromDay, uint256 latest);
    /// Thrown when no version of a tariff is in force on a day.
    error PaymentLedger_NoTariff(SupplierId supplier, Utility utility, uint256 day);

    /// Thrown when a quantity to be priced is larger than a bill may have.
    error PaymentLedger_QuantityTooLarge(uint256 quantity, uint256 largest);

    /* LEDGER: POSTING */

    /// Thrown when a batch has no bill or too many.
    error PaymentLedger_BillCount(uint256 count, uint256 most);
    /// Thrown when a bill names an account number that the supplier does not have.
    error PaymentLedger_NoSuchAccountNumber(uint256 index, uint256 number);
    /// Thrown when a bill's days, quantity or spare bits are out of bounds.
    error PaymentLedger_BillMalformed(uint256 index, uint256 word);
    /// Thrown when a bill's period has not ended before today.
    error PaymentLedger_PeriodNotOver(uint256 index, uint256 lastDay, uint256 today);
    /// Thrown when a bill's amount is not what the tariff gives.
    error PaymentLedger_AmountNotTariff(uint256 index, uint256 amount, uint256 expected);

    /* LEDGER: BILLS */

    /// Thrown when a batch, or a bill in it, does not exist.
    error PaymentLedger_NoSuchBill(BillId bill);
    /// Thrown when a bill's packed word is not in its batch's commitment.
    error PaymentLedger_BillNotCommitted(BillId bill);
    /// Thrown when a bill is not in a state that the step needs.
    error PaymentLedger_WrongState(BillId bill, BillState state);
    /// Thrown when arrears are to be collected during a pause.
    error PaymentLedger_Paused();
    /// Thrown when a batch is not judged, or its window not over, or the clock paused.
    error PaymentLedger_NotReleasable(BatchId batch);
    /// Thrown when a payment is nothing.
    error PaymentLedger_NoPayment(BillId bill);

    /* LEDGER: JUDGING AND APPEALS */

    /// Thrown when a batch does not exist or was judged already.
    error PaymentLedger_NotUnjudged(BatchId batch);
    /// Thrown when the bills to be judged are not the bills that were posted.
    error PaymentLedger_BillsNotCommitted(BatchId batch);
    /// Thrown when there are not 12 bytes of verdict a bill.
    error PaymentLedger_VerdictLength(uint256 length, uint256 expected);
    /// Thrown when a verdict's decision is unknown or its reserved bits are not zero.
    error PaymentLedger_VerdictMalformed(uint256 index, uint256 head);
    /// Thrown when an appeal would end with more to pay than was billed.
    error PaymentLedger_DueTooLarge(BillId bill, uint256 due, uint256 amount);

    /* LEDGER: BONDS AND REVERSALS */

    /// Thrown when a function of the operators' contract is called by another.
    error PaymentLedger_NotOperators(address caller);
    /// Thrown when a function of the challenges' contract is called by another.
    error PaymentLedger_NotChallenges(address caller);
    /// Thrown when an operator, or who was one not long enough ago, would withdraw its bond.
    error PaymentLedger_BondLocked(address holder);
    /// Thrown when more is asked of a bond than there is.
    error PaymentLedger_InsufficientBond(address holder, uint256 bond, uint256 amount);
    /// Thrown when a verdict was corrected in this way before, or in one that overrides it.
    error PaymentLedger_AlreadyCorrected(BillId bill);

    /* GATE */

    /// Thrown when a function of the screening rules is called by another.
    error VerdictGate_NotScreeningRules(address caller);
    /// Thrown when a function of Operators and Meters is called by another.
    error VerdictGate_NotParameters(address caller);
    /// Thrown when a function of the challenges' contract is called by another.
    error VerdictGate_NotChallenges(address caller);
    /// Thrown when a batch that was not posted, or is judged, is attested.
    error VerdictGate_NotUnjudged(BatchId batch);
    /// Thrown when a batch is to be judged during a pause.
    error VerdictGate_Paused();
    /// Thrown when operators judge a bill, by its place in the batch, whose class asks for verified verdicts.
    error VerdictGate_VerifiedOnly(uint256 index);
    /// Thrown when readings are shown that the mandate does not disclose, by the bill's place in the batch.
    error VerdictGate_NotDisclosed(uint256 index);
    /// Thrown when there is more evidence than the bills have days, bytes.
    error VerdictGate_EvidenceLength(uint256 length, uint256 expected);
    /// Thrown when presets are set without a utility.
    error VerdictGate_NoUtility();
    /// Thrown when a preset lies outside -10^7..10^7 ppm.
    error VerdictGate_PresetOutOfBounds(int256 preset);
    /// Thrown when a regression's degree is neither 1 nor 2.
    error VerdictGate_DegreeOutOfBounds(uint256 degree);
    /// Thrown when presets name a model without the policy, or have the policy and name none.
    error VerdictGate_ModelMismatch(VerdictPolicy policy, bytes32 model);
    /// Thrown when a model's rate of false appeals is no share, ppm.
    error VerdictGate_RateOutOfBounds(int256 rate);
    /// Thrown when the gate is to compute the verdict of a bill, by its place in the batch, whose class a model judges.
    error VerdictGate_ModelOnly(uint256 index);
    /// Thrown when a period exceeds its bound, or is zero where it may not be.
    error VerdictGate_PeriodOutOfBounds(uint256 period, uint256 longest);
    /// Thrown when a batch is too large for a window of zero.
    error VerdictGate_WindowNeeded(uint256 billed, uint256 most);
    /// Thrown when a batch has more bills than the gate could judge in one transaction.
    error VerdictGate_TooManyToVerify(uint256 count, uint256 most);
    /// Thrown when a batch has more bills than fit a transaction where a class of its utility has screening rules.
    error VerdictGate_TooManyToScreen(uint256 count, uint256 most);

    /* SCREENING RULES */

    /// Thrown when a function of the gate is called by another.
    error ScreeningRules_NotGate(address caller);
    /// Thrown when the fewest days between bills are more than the most.
    error ScreeningRules_NoDayBetween(uint256 shortest, uint256 longest);
    /// Thrown when rules alone decide about a class and bound nothing.
    error ScreeningRules_NoBound(uint8 class);

    /* OPERATORS */

    /// Thrown when an address is named that is an operator already.
    error Operators_AlreadyOperator(address operator);
    /// Thrown when notice is given to an address that is no operator.
    error Operators_NotOperator(address operator);
    /// Thrown when an operator is named whose bond is too small.
    error Operators_BondTooSmall(address operator, uint256 bond, uint256 least);
    /// Thrown when an operator beyond the 128th would be added.
    error Operators_TooMany();
    /// Thrown when a quorum is zero or more than there are operators.
    error Operators_QuorumOutOfBounds(uint256 quorum, uint256 count);
    /// Thrown when more would be slashed than the bond that is asked for.
    error VerdictGate_SlashAboveBond(uint256 slash, uint256 bond);
    /// Thrown when a challenger's share lies outside 100,000..500,000 ppm.
    error VerdictGate_ShareOutOfBounds(uint256 share);
    /// Thrown when the time to answer a demand lies outside an hour to 30 days.
    error VerdictGate_DemandOutOfBounds(uint256 period);
    /// Thrown when there are not 65 bytes a signature.
    error Operators_SignatureLength(uint256 length);
    /// Thrown when signatures do not ascend by operator's number.
    error Operators_SignatureOrder(uint256 index);
    /// Thrown when a signature is not the operator's over this batch's verdicts.
    error Operators_SignatureInvalid(uint256 index);
    /// Thrown when an address may not sign for batches of a version: it was not in its set, or its time is over.
    error Operators_NotSigner(uint256 version, address operator);
    /// Thrown when a signature is brought of an operator number of which the same is true.
    error Operators_NumberNotSigner(uint256 version, uint256 index);
    /// Thrown when fewer operators say the same than the quorum.
    error Operators_NoQuorum(uint256 count, uint256 quorum);
    /// Thrown when a function of the challenges' contract is called by another.
    error Operators_NotChallenges(address caller);
    /// Thrown when the two attestations of an equivocation say the same.
    error Operators_SameAttestation(BatchId batch);
    /// Thrown when an operator has neither signed nor left what it is said to have attested.
    error Operators_NotSaid(address operator, BatchId batch);
    /// Thrown when an operator was slashed before for equivocating on a batch.
    error Operators_AlreadySlashed(address operator, BatchId batch);

    /* METERS */

    /// Thrown when readings are not signed by the meter operator; zero where there is none.
    error Meters_NotSigned(address key);
    /// Thrown when a snapshot is shown, or told of, that is not newer than `latest`, Unix seconds, which replaces it.
    error Meters_Superseded(AccountId account, uint16 firstDay, uint256 latest);

    /* CHALLENGES */

    /// Thrown when a batch is not judged, or its verdicts were computed on chain.
    error Challenges_NotChallengeable(BatchId batch);
    /// Thrown when the bill or the verdict that is shown is not what its batch committed to.
    error Challenges_NotCommitted(BillId bill);
    /// Thrown when the leaf that is shown is not under the evidence root.
    error Challenges_LeafNotCommitted(BillId bill);
    /// Thrown when a challenge or demand comes after the window.
    error Challenges_WindowOver(BillId bill, uint256 windowEndsAt);
    /// Thrown when another than customer or operator would show readings that the mandate does not disclose.
    error Challenges_NotDisclosed(AccountId account, address caller);
    /// Thrown when signed readings are shown against a model's verdict: no contract can compute it from them.
    error Challenges_JudgedByModel(BillId bill);
    /// Thrown when the challenged verdict is right.
    error Challenges_VerdictRight(BillId bill);
    /// Thrown when signed readings that answer a demand do not bear the verdict out.
    error Challenges_VerdictWrong(BillId bill);
    /// Thrown when a leaf is shown where only readings count that the meter operator signed.
    error Challenges_LeafNotSigned(BillId bill);
    /// Thrown when readings that answer a demand were signed after the judging, at `issuedAt`, Unix seconds.
    error Challenges_SignedLater(BillId bill, uint256 issuedAt);
    /// Thrown when the snapshots leave out a day of the reference period.
    error Challenges_DayNotSigned(BillId bill, uint256 day);
    /// Thrown when a snapshot has more than 256 days, or not five bytes a day.
    error Challenges_SnapshotMalformed(BillId bill);
    /// Thrown when a bill's leaf was demanded before.
    error Challenges_DemandedBefore(BillId bill);
    /// Thrown when the leaf of a verdict is demanded that was corrected already.
    error Challenges_CorrectedBefore(BillId bill);
    /// Thrown when no demand of a bill is open.
    error Challenges_NotDemanded(BillId bill);
    /// Thrown when a demand is answered at its deadline or later.
    error Challenges_DeadlinePassed(BillId bill, uint256 deadline);
    /// Thrown when a demand is enforced before its deadline.
    error Challenges_DeadlineAhead(BillId bill, uint256 deadline);

    /* REGISTRY */

    /// Thrown when a function of the challenges' contract is called by another.
    error AppealRegistry_NotChallenges(address caller);

    /// Thrown when a function of the gate is called by another.
    error AppealRegistry_NotGate(address caller);
    /// Thrown when the caller is not the supplier of the appealed bill.
    error AppealRegistry_NotSupplier(BillId bill, address caller);
    /// Thrown when the caller is neither the customer of the bill nor its agent under a mandate in force.
    error AppealRegistry_NotCustomer(BillId bill, address caller);
    /// Thrown when an agent would agree to more of the bill than the mandate covers.
    error AppealRegistry_BeyondMandate(BillId bill, address agent);
    /// Thrown when an appeal is not in a state that the step needs.
    error AppealRegistry_WrongState(BillId bill, AppealState state);
    /// Thrown when a step comes at its deadline or later.
    error AppealRegistry_DeadlinePassed(BillId bill, uint256 deadline);
    /// Thrown when `expire` comes before the deadline.
    error AppealRegistry_DeadlineAhead(BillId bill, uint256 deadline);
    /// Thrown when an adjustment is not below the bill.
    error AppealRegistry_AdjustmentNotBelow(BillId bill, uint256 offered, uint256 amount);
    /// Thrown when two lists that go together differ in length.
    error AppealRegistry_LengthMismatch(uint256 first, uint256 second);
    /// Thrown when the caller is not the arbiter of the disputed bill.
    error AppealRegistry_NotArbiter(BillId bill, address caller);
    /// Thrown when a ruling would have more paid than was billed.
    error AppealRegistry_DueTooLarge(BillId bill, uint256 due, uint256 amount);
    /// Thrown when verdicts are shown that are not the batch's, or a bill's is not among them.
    error AppealRegistry_VerdictsNotCommitted(BatchId batch);
    /// Thrown when the queue is read with a limit of zero.
    error AppealRegistry_NoLimit();

    /* ARBITERS */

    /// Thrown when a panel's threshold is not more than half of its members, or they are too many.
    error ArbiterPanel_ThresholdOutOfBounds(uint256 threshold, uint256 count);
    /// Thrown when a panel would have a member twice.
    error ArbiterPanel_MemberTwice(address member);
    /// Thrown when another than a member votes.
    error ArbiterPanel_NotMember(address caller);
    /// Thrown when a vote comes without a reason.
    error ArbiterPanel_NoReason(BillId bill);
    /// Thrown when a member votes after the ruling.
    error ArbiterPanel_Ruled(BillId bill);

    /* READINGS ARBITER */

    /// Thrown when a bill is not disputed.
    error ReadingsArbiter_NotDisputed(BillId bill);
    /// Thrown when another than a party shows readings that the mandate does not disclose.
    error ReadingsArbiter_NotDisclosed(AccountId account, address caller);
    /// Thrown when the snapshots leave a day of the bill out.
    error ReadingsArbiter_DayNotSigned(BillId bill, uint256 day);
    /// Thrown when the meter has no reading of a day of the bill.
    error ReadingsArbiter_DayMissing(BillId bill, uint256 day);
    /// Thrown when a snapshot has half a reading, or more than 256 days.
    error ReadingsArbiter_SnapshotMalformed(BillId bill);
    /* TREND VERDICT */

    /// Thrown when a billing period has no day or too many.
    error TrendVerdict_PeriodDaysOutOfBounds(uint256 periodDays, uint256 most);
    /// Thrown when a reference period has no day or too many.
    error TrendVerdict_ReferenceDaysOutOfBounds(uint256 referenceDays, uint256 most);
    /// Thrown when a billing period and its reference period differ by more than a day.
    error TrendVerdict_PeriodsApart(uint256 periodDays, uint256 referenceDays);
    /// Thrown when there are not five bytes of readings a day of the reference period.
    error TrendVerdict_ReadingsLength(uint256 length, uint256 expected);
    /// Thrown when a day beyond the reference period is called missing.
    error TrendVerdict_MissingBeyondPeriod(uint256 missing, uint256 referenceDays);
    /// Thrown when a day that is called missing has a reading.
    error TrendVerdict_ReadingOfMissingDay(uint256 day, uint256 reading);
    /// Thrown when a bill's quantity is too large.
    error TrendVerdict_QuantityTooLarge(uint256 quantity, uint256 largest);
    /// Thrown when a preset lies further from zero than it may, ppm.
    error TrendVerdict_PresetOutOfBounds(int256 preset, uint256 furthest);
    /// Thrown when a regression's degree is neither 1 nor 2.
    error TrendVerdict_DegreeOutOfBounds(uint256 degree);

    /* MODEL VERDICT */

    /// Thrown when what is shown as a model's statement has another length, bytes.
    error ModelVerdict_StatementLength(uint256 length, uint256 expected);
    /// Thrown when a statement is another model's than the presets name.
    error ModelVerdict_AnotherModel(bytes32 model, bytes32 named);
    /// Thrown when a statement allows a bill nothing at all: no growth is over nothing.
    error ModelVerdict_NothingAllowed();

    /* CALENDAR */

    /// Thrown when a billing period has no day, or lies outside the years of which reference periods are known.
    error Calendar_PeriodOutOfRange(uint256 startDay, uint256 periodDays);
}
