// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "./Managed.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IScreeningRules} from "./interfaces/IScreeningRules.sol";
import {IVerdictGate} from "./interfaces/IVerdictGate.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {Errors} from "./libraries/Errors.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {PackedAccounts} from "./libraries/PackedAccounts.sol";
import {PackedBills} from "./libraries/PackedBills.sol";
import {Revisions} from "./libraries/Revisions.sol";
import {Basis, Batch} from "./types/Bills.sol";
import {BatchId, BillId, PackedAccount, PackedBill} from "./types/Ids.sol";
import {Rule, Rules} from "./types/Screening.sol";
import {Utility} from "./types/Utilities.sol";
import {Decision} from "./types/Verdicts.sol";

/// Bounds of amounts and intervals by class, checked on chain when a batch is judged.
///
/// Trusted: the governor, for rules of batches posted afterwards; the classifier, for classes. Neither reaches a posted
/// batch, and a rule moves no money but into an appeal. Accounts' classes are the ledger's.
contract ScreeningRules is IScreeningRules, Managed {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;
    using PackedBills for uint256[];
    using Revisions for Revisions.History;

    /// Of a verdict's first byte, the decision.
    bytes1 private constant DECISION = 0x0f;
    /// Places for the accounts of a batch: twice as many as there may be bills, so that few share one.
    uint256 private constant PLACES = 1024;

    /// What screening carries from bill to bill.
    struct Screening {
        BatchId id;
        Batch batch;
        /// Of the posting, days since 1970-01-01.
        uint256 postedDay;
        /// By number of the bill: the account's word.
        uint256[] accounts;
        /// By class, read when the first bill is of it: packed as in `_rules`.
        uint256[] rules;
        /// Account number << 16 | the last day of the batch's bills of the account so far; empty until an interval is
        /// asked for.
        uint256[] lastDays;
        /// Bit i of the two words together: a rule fired on bill i.
        uint256[2] fired;
    }

    /// The gate, fixed at deployment.
    IVerdictGate public immutable gate;
    /// The ledger, fixed at deployment.
    IPaymentLedger public immutable ledger;

    /// amount 48 · shortest 16 · longest 16 · alone 8 · the version of their setting 32, bit 0 the lowest
    mapping(Utility utility => mapping(uint8 class => Revisions.History)) private _rules;
    /// Of the rules that were set with a version.
    mapping(uint256 version => bytes32 source) private _sources;
    mapping(BatchId batch => uint256[2]) private _fired;

    constructor(IAccessManager authority_, IPaymentLedger ledger_, IVerdictGate gate_) Managed(authority_) {
        ledger = ledger_;
        gate = gate_;
    }

    // The gate is ours and calls nobody back.
    // slither-disable-start reentrancy-benign

    /// @inheritdoc IScreeningRules
    function setRules(Utility utility, uint8 class, Rules calldata rules) external override restricted {
        // Check:
        if (utility == Utility.None) revert Errors.VerdictGate_NoUtility();
        if (class > PackedAccounts.MAX_CLASS) {
            revert Errors.PaymentLedger_ClassTooLarge(class, PackedAccounts.MAX_CLASS);
        }
        if (rules.shortest > rules.longest) {
            revert Errors.ScreeningRules_NoDayBetween(rules.shortest, rules.longest);
        }
        bool bounded = rules.amount != type(uint48).max || rules.shortest != 0 || rules.longest != type(uint16).max;
        // Else every bill of the class would be paid, whatever it charges.
        if (rules.alone && !bounded) revert Errors.ScreeningRules_NoBound(class);

        // Interaction:
        uint32 version = gate.markScreened(utility, class, bounded);

        // After the interaction, since the gate counts the versions.
        uint256 value = uint256(rules.amount) | uint256(rules.shortest) << 48 | uint256(rules.longest) << 64;
        value |= (rules.alone ? uint256(1) << 80 : 0) | uint256(version) << 88;
        _rules[utility][class].add(version, value);
        _sources[version] = rules.source;

        emit RulesSet(version, utility, class, rules);
    }

    // slither-disable-end reentrancy-benign

    /// @inheritdoc IScreeningRules
    function screen(BatchId batch, uint256[] calldata bills, bytes calldata verdicts, uint256 classes)
        external
        override
        returns (bytes memory judged)
    {
        // Check:
        if (msg.sender != address(gate)) revert Errors.ScreeningRules_NotGate(msg.sender);
        // No need to check that these are the batch's bills and as many verdicts: the ledger refuses the rest.
        Screening memory run;
        run.id = batch;
        run.batch = ledger.batchOf(batch);
        run.postedDay = Calendar.dayOf(run.batch.postedAt);
        run.accounts = ledger.accountWords(run.batch.supplier, bills);
        run.rules = new uint256[](PackedAccounts.MAX_CLASS + 1);
        judged = verdicts;

        // Effect:
        for (uint256 i; i < bills.length; ++i) {
            _screenOne(run, judged, i, bills.read(i), classes);
        }
        if (run.fired[0] | run.fired[1] != 0) _fired[batch] = run.fired;
    }

    /// @inheritdoc IScreeningRules
    function isFired(BillId bill) public view override returns (bool) {
        uint256 index = bill.index();
        return (_fired[bill.batch()][index >> 8] >> (index & 0xff)) & 1 == 1;
    }

    /// @inheritdoc IScreeningRules
    function decisionOf(BillId bill, Basis calldata basis, Decision decision)
        external
        view
        override
        returns (Decision)
    {
        if (isFired(bill)) return Decision.Appeal;
        if (basis.signedOnly) return decision;
        return rulesOf(basis.parameterVersion, basis.utility, basis.class).alone ? Decision.Pay : decision;
    }

    /// @inheritdoc IScreeningRules
    function rulesOf(uint32 version, Utility utility, uint8 class) public view override returns (Rules memory) {
        (bool found, uint256 value) = _rules[utility][class].find(version);
        if (!found) value = type(uint48).max | uint256(type(uint16).max) << 64;
        return Rules({
            amount: uint48(value),
            shortest: uint16(value >> 48),
            longest: uint16(value >> 64),
            alone: uint8(value >> 80) == 1,
            source: found ? _sources[value >> 88] : bytes32(0)
        });
    }

    function _screenOne(Screening memory run, bytes memory judged, uint256 index, PackedBill bill, uint256 classes)
        private
    {
        PackedAccount account = PackedAccount.wrap(run.accounts[index]);
        (uint8 class, bool signedOnly) = _basisOf(run, account, bill);
        if ((classes >> class) & 1 == 0) return;
        uint256 rules = run.rules[class];
        if (rules == 0) rules = _readRules(run, class);
        uint256 place = 12 * index;
        if (_fires(run, index, class, rules, bill, account)) {
            run.fired[index >> 8] |= 1 << (index & 0xff);
            judged[place] = (judged[place] & ~DECISION) | bytes1(uint8(Decision.Appeal));
        } else if (uint8(rules >> 80) == 1 && !signedOnly) {
            judged[place] = (judged[place] & ~DECISION) | bytes1(uint8(Decision.Pay));
        }
    }

    /// Names each rule that the bill breaks.
    function _fires(
        Screening memory run,
        uint256 index,
        uint8 class,
        uint256 rules,
        PackedBill bill,
        PackedAccount account
    ) private returns (bool fires) {
        BillId id = IdCodec.bill(run.id, index);
        uint32 version = run.batch.parameterVersion;
        uint256 amount = bill.amount();
        if (amount > uint48(rules)) {
            emit RuleFired(id, class, Rule.Amount, version, amount, uint48(rules));
            fires = true;
        }
        (uint256 shortest, uint256 longest) = (uint16(rules >> 48), uint16(rules >> 64));
        if (shortest == 0 && longest == type(uint16).max) return fires;
        uint256 interval = _intervalOf(run, bill, account);
        if (interval == 0) return fires;
        if (interval < shortest) {
            emit RuleFired(id, class, Rule.TooSoon, version, interval, shortest);
            fires = true;
        } else if (interval > longest) {
            emit RuleFired(id, class, Rule.TooLate, version, interval, longest);
            fires = true;
        }
    }

    /// Days from the last day billed before, in earlier batches or in this one, to the bill's own; 0 of an account's
    /// first bill, and of one that bills days again.
    function _intervalOf(Screening memory run, PackedBill bill, PackedAccount account)
        private
        pure
        returns (uint256 interval)
    {
        if (run.lastDays.length == 0) run.lastDays = new uint256[](PLACES);
        (uint256[] memory lastDays, uint256 number) = (run.lastDays, bill.number());
        uint256 place = number % PLACES;
        while (lastDays[place] != 0 && lastDays[place] >> 16 != number) {
            place = (place + 1) % PLACES;
        }
        uint256 through = lastDays[place] == 0 ? account.billedThrough() : uint16(lastDays[place]);
        if (bill.start() <= through) return 0;
        lastDays[place] = number << 16 | bill.lastDay();
        return through == 0 ? 0 : bill.lastDay() - through;
    }

    /// The packed rules of a class in the batch's version, which are not zero: they name the version they were set with.
    function _readRules(Screening memory run, uint8 class) private view returns (uint256 rules) {
        // slither-disable-next-line unused-return
        (, rules) = _rules[run.batch.utility][class].find(run.batch.parameterVersion);
        run.rules[class] = rules;
    }

    /// The class of the batch's posting, and whether only signed readings counted then: the present ones, unless they
    /// were set on that day or later.
    function _basisOf(Screening memory run, PackedAccount account, PackedBill bill) private view returns (uint8, bool) {
        if (account.basisSince() < run.postedDay) {
            uint256 value = account.basis();
            return (uint8(value), PackedAccounts.isSignedOnly(value));
        }
        Basis memory basis = ledger.basisOf(run.id, uint32(bill.number()));
        return (basis.class, basis.signedOnly);
    }
}
