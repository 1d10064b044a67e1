// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "../../src/interfaces/IAppealRegistry.sol";
import {IDigitalCurrency} from "../../src/interfaces/IDigitalCurrency.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {Account, Mandate} from "../../src/types/Accounts.sol";
import {Appeal, AppealState} from "../../src/types/Appeals.sol";
import {Batch, BillRecord, BillState, Reason} from "../../src/types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill} from "../../src/types/Ids.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Presets} from "../../src/types/Verdicts.sol";
import {Base} from "../Base.sol";

/// Everybody at once: customers, a supplier, the operator, the governor and passers-by. No call may revert: each first
/// makes sure that it is allowed. Remembers what cannot be read from the chain.
contract Handler is Base {
    using IdCodec for BillId;

    uint256 private constant ACCOUNTS = 5;
    uint256 private constant MOST_BATCHES = 40;

    AccountId[] public accounts;
    BillId[] public bills;
    BatchId[] public batches;
    mapping(BillId bill => PackedBill) public wordOf;
    mapping(BillId bill => bytes1) public verdictOf;
    /// Cancelled before it was judged.
    mapping(BillId bill => bool) public neverBilled;
    /// Deposits and moves in less withdrawals and moves out, and what others paid for the account's bills; minor units.
    mapping(AccountId account => int256) public putIn;
    mapping(AccountId account => uint256) public paidByOthers;
    /// The supplier's, minor units.
    uint256 public withdrawnCredit;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < ACCOUNTS; ++i) {
            accounts.push(_open(payer));
        }
        vm.prank(governor);
        gate.setPresets(Utility.Electricity, 1, Presets(0, 0, 2, 60_000));
        vm.prank(classifier);
        ledger.setClass(_one(accounts[0]), 1);
    }

    function system() external view returns (IPaymentLedger, IAppealRegistry, IDigitalCurrency) {
        return (ledger, registry, currency);
    }

    function billCount() external view returns (uint256) {
        return bills.length;
    }

    function batchCount() external view returns (uint256) {
        return batches.length;
    }

    function accountCount() external pure returns (uint256) {
        return ACCOUNTS;
    }

    /* CUSTOMERS */

    function deposit(uint256 which, uint24 amount) external {
        AccountId account = accounts[which % ACCOUNTS];
        _fund(account, amount);
        putIn[account] += int256(uint256(amount));
    }

    function withdraw(uint256 which, uint256 amount) external {
        AccountId account = accounts[which % ACCOUNTS];
        amount %= _balance(account) + 1;
        vm.prank(payer);
        ledger.withdraw(account, amount, payer);
        putIn[account] -= int256(amount);
    }

    function moveBalance(uint256 from, uint256 to, uint256 amount) external {
        AccountId source = accounts[from % ACCOUNTS];
        AccountId target = accounts[to % ACCOUNTS];
        amount %= _balance(source) + 1;
        vm.prank(payer);
        ledger.moveBalance(source, target, amount);
        putIn[source] -= int256(amount);
        putIn[target] += int256(amount);
    }

    function grantMandate(uint256 which, uint24 capPerBill, uint24 capPerMonth, uint16 lasting) external {
        uint16 lastDay = uint16(block.timestamp / 1 days + lasting % 100);
        _grant(accounts[which % ACCOUNTS], Mandate(capPerBill, capPerMonth, lastDay, false));
    }

    function revokeMandate(uint256 which) external {
        vm.prank(payer);
        ledger.revokeMandate(accounts[which % ACCOUNTS]);
    }

    function confirm(uint256 which) external {
        BillId bill = _find(which, BillState.Waiting);
        if (BillId.unwrap(bill) == 0) return;
        BillRecord memory record = ledger.recordOf(bill);
        if (_balance(record.account) < record.amount) return;
        vm.prank(payer);
        ledger.confirmBills(_one(bill));
    }

    function payArrears(uint256 which, uint256 amount, bool fromBalance) external {
        BillId bill = _find(which, BillState.Arrears);
        if (BillId.unwrap(bill) == 0) return;
        BillRecord memory record = ledger.recordOf(bill);
        amount = amount % record.money + 1;
        if (fromBalance) {
            if (_balance(record.account) < amount) return;
            vm.prank(payer);
            ledger.payArrearsFromBalance(bill, amount);
            return;
        }
        _mint(stranger, amount);
        vm.startPrank(stranger);
        currency.approve(address(ledger), amount);
        ledger.payArrears(bill, amount);
        vm.stopPrank();
        paidByOthers[record.account] += amount;
    }

    /* SUPPLIER */

    function post(uint256 dice, uint8 count) external {
        if (batches.length == MOST_BATCHES) return;
        PackedBill[] memory words = new PackedBill[](count % 4 + 1);
        uint256 today = block.timestamp / 1 days;
        for (uint256 i; i < words.length; ++i) {
            dice = uint256(keccak256(abi.encode(dice, i)));
            uint256 length = 1 + (dice >> 8) % 5;
            words[i] =
                _bill(accounts[dice % ACCOUNTS], 1 + (dice >> 16) % 2000, today - length - (dice >> 64) % 8, length);
            if ((dice >> 96) % 4 == 0) words[i] = _named(words[i], dice >> 128);
        }
        _expectRefusedAtAnotherPrice(words);
        BatchId batch = _post(words);
        batches.push(batch);
        for (uint256 i; i < words.length; ++i) {
            BillId bill = IdCodec.bill(batch, i);
            bills.push(bill);
            wordOf[bill] = words[i];
        }
    }

    function cancel(uint256 which) external {
        if (bills.length == 0) return;
        BillId bill = bills[which % bills.length];
        BillState state = ledger.stateOf(bill);
        if (state == BillState.Settled || state == BillState.Held || state == BillState.Void) return;
        bytes32[] memory proof = _proof(bill);
        vm.prank(supplierOwner);
        ledger.cancelBill(bill, wordOf[bill], proof);
        if (state == BillState.Unjudged) neverBilled[bill] = true;
    }

    function withdrawCredit(uint256 amount) external {
        amount %= ledger.creditOf(supplier) + 1;
        vm.prank(supplierOwner);
        ledger.withdrawCredit(supplier, amount, supplierOwner);
        withdrawnCredit += amount;
    }

    /* OPERATOR AND PASSERS-BY */

    function judge(uint256 which, uint256 dice) external {
        if (batches.length == 0) return;
        BatchId batch = batches[which % batches.length];
        Batch memory posted = ledger.batchOf(batch);
        if (posted.judgedAt != 0) return;
        PackedBill[] memory words = new PackedBill[](posted.count);
        bytes memory verdicts = _verdicts(posted.count, PAY);
        for (uint256 i; i < posted.count; ++i) {
            BillId bill = IdCodec.bill(batch, i);
            words[i] = wordOf[bill];
            uint256 side = uint256(keccak256(abi.encode(dice, i))) % 8;
            verdicts[12 * i] = side == 0 ? INSUFFICIENT : side < 3 ? APPEAL : PAY;
            verdictOf[bill] = verdicts[12 * i];
        }
        _judge(batch, words, verdicts);
        for (uint256 i; i < posted.count; ++i) {
            _expectAsJudged(IdCodec.bill(batch, i));
        }
    }

    function release(uint256 which) external {
        if (batches.length == 0) return;
        BatchId batch = batches[which % batches.length];
        if (!gate.isReleasable(batch)) return;
        vm.prank(stranger);
        ledger.release(_one(batch));
        require(ledger.batchOf(batch).pending == 0, "INV-09 a released bucket is empty");
    }

    function settleArrears(uint256 which) external {
        BillId bill = _find(which, BillState.Arrears);
        if (BillId.unwrap(bill) == 0) return;
        BillRecord memory record = ledger.recordOf(bill);
        bool allowed = ledger.collectable(bill) == Reason.None;
        vm.prank(stranger);
        uint256 settled = ledger.settleArrears(_one(bill));
        _equal(settled, allowed ? record.money : 0, "INV-05 collected is what is owed, under a mandate");
        if (allowed) _expectCovered(record.account, record.money);
    }

    function passTime(uint24 time) external {
        vm.warp(block.timestamp + time % 12 days);
    }

    /* APPEALS */

    function answer(uint256 which, uint256 how, uint16 quantity) external {
        BillId bill = _find(which, BillState.Held);
        if (BillId.unwrap(bill) == 0) return;
        Appeal memory appeal = registry.appealOf(bill);
        if (block.timestamp >= appeal.deadline) return registry.expire(_one(bill));
        how %= 6;
        if (how == 0) {
            vm.prank(supplierOwner);
            registry.concede(_one(bill));
        } else if (how == 1) {
            vm.prank(payer);
            registry.withdrawAppeals(_one(bill));
        } else if (appeal.state == AppealState.Open) {
            _answerOpen(bill, how, quantity);
        } else if (appeal.state == AppealState.AdjustmentOffered) {
            vm.prank(payer);
            if (how < 5) registry.acceptAdjustments(_one(bill));
            else registry.refuseAdjustments(_one(bill));
        }
    }

    function _answerOpen(BillId bill, uint256 how, uint48 quantity) private {
        uint256 amount = ledger.priceOf(supplier, Utility.Electricity, 1, quantity);
        bool below = amount < ledger.recordOf(bill).amount;
        vm.prank(supplierOwner);
        if (how < 5 && below) registry.offerAdjustments(_one(bill), _oneQuantity(quantity));
        else registry.contest(bill, 0);
    }

    /* HELP */

    /// The first bill from a place on that is in `state`; 0 for none.
    function _find(uint256 from, BillState state) private view returns (BillId) {
        for (uint256 i; i < bills.length; ++i) {
            BillId bill = bills[(from % bills.length + i) % bills.length];
            if (ledger.stateOf(bill) == state) return bill;
        }
        return BillId.wrap(0);
    }

    /// For the days of some earlier bill of its account, which it names.
    function _named(PackedBill word, uint256 dice) private view returns (PackedBill) {
        if (bills.length == 0) return word;
        BillId other = bills[dice % bills.length];
        uint256 days_ = PackedBill.unwrap(wordOf[other]) & (uint256(0xffffff) << 128);
        uint256 number = uint32(PackedBill.unwrap(wordOf[other]));
        uint256 rest = PackedBill.unwrap(word) & ((1 << 128) - (1 << 32));
        return _replacing(PackedBill.wrap(rest | number | days_), other);
    }

    function _expectRefusedAtAnotherPrice(PackedBill[] memory words) private {
        PackedBill right = words[0];
        words[0] = PackedBill.wrap(PackedBill.unwrap(right) + (1 << 80));
        vm.prank(supplierOwner);
        try ledger.postBills(supplier, Utility.Electricity, words) {
            revert("INV-06 an amount is what the tariff gives");
        } catch {}
        words[0] = right;
    }

    function _expectAsJudged(BillId bill) private view {
        BillState state = ledger.stateOf(bill);
        if (state == BillState.Void) return;
        bytes1 verdict = verdictOf[bill];
        require((verdict == APPEAL) == (state == BillState.Held), "INV-04 appealed is held, and nothing else is");
        require(state != BillState.Waiting || verdict == INSUFFICIENT, "INV-04 only INSUFFICIENT waits");
        if (state != BillState.Pending) return;
        uint256 word = PackedBill.unwrap(wordOf[bill]);
        AccountId account = IdCodec.account(supplier, uint32(word));
        uint256 amount = uint48(word >> 80);
        uint256 cap = ledger.accountOf(account).class == 1 ? 60_000 : 0;
        require(verdict == PAY || amount <= cap, "INV-04 INSUFFICIENT pays up to its class's cap");
        _expectCovered(account, amount);
    }

    function _expectCovered(AccountId id, uint256 amount) private view {
        Account memory account = ledger.accountOf(id);
        require(account.mandateLastDay >= block.timestamp / 1 days, "INV-05 a mandate in force");
        require(amount <= account.capPerBill, "INV-05 within the cap a bill");
        require(account.spent <= account.capPerMonth, "INV-05 within the cap a month");
    }

    function _proof(BillId bill) private view returns (bytes32[] memory proof) {
        uint256 count = ledger.batchOf(bill.batch()).count;
        uint256 index = bill.index();
        bytes32[4] memory words;
        for (uint256 i; i < count; ++i) {
            words[i] = bytes32(PackedBill.unwrap(wordOf[IdCodec.bill(bill.batch(), i)]));
        }
        bytes32 right = count == 4 ? keccak256(abi.encode(words[2], words[3])) : words[2];
        if (count == 1) return proof;
        if (index == 2 && count == 3) {
            proof = new bytes32[](1);
            proof[0] = keccak256(abi.encode(words[0], words[1]));
            return proof;
        }
        proof = new bytes32[](count == 2 ? 1 : 2);
        proof[0] = words[index ^ 1];
        if (count > 2) proof[1] = index < 2 ? right : keccak256(abi.encode(words[0], words[1]));
    }
}
