// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountRequest} from "../../src/types/Accounts.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {AccountId, BatchId, BillId, PackedBill} from "../../src/types/Ids.sol";
import {Rules} from "../../src/types/Screening.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Presets, VerdictPolicy} from "../../src/types/Verdicts.sol";
import {Base} from "../Base.sol";

/// Whole transactions, calldata and intrinsic gas included, each on cold storage (`isolate`), of a batch of 500 bills
/// of distinct customers.
/// forge-config: default.isolate = true
contract BatchGas is Base {
    uint256 private constant COUNT = 500;
    uint256 private constant SCREENED = 400;
    uint256 private constant TRANSACTION_LIMIT = 16_777_216;
    /// What the batches measured here do not have: account numbers without a zero byte, in calldata twice; more
    /// signatures than one; presets that were changed often.
    uint256 private constant RESERVE = 150_000;

    PackedBill[] private bills;
    AccountId[] private accounts;

    function setUp() public override {
        super.setUp();
        AccountRequest[] memory requests = new AccountRequest[](COUNT);
        uint256[] memory amounts = new uint256[](COUNT);
        for (uint256 i; i < COUNT; ++i) {
            requests[i] = AccountRequest({supplier: supplier, utility: Utility.Electricity, owner: payer});
            amounts[i] = 1e9;
        }
        accounts = ledger.openAccounts(requests);
        _mint(payer, 1e9 * COUNT);
        vm.startPrank(payer);
        currency.approve(address(ledger), 1e9 * COUNT);
        ledger.deposit(accounts, amounts);
        for (uint256 i; i < COUNT; ++i) {
            ledger.grantMandate(accounts[i], _mandate());
        }
        vm.stopPrank();
        _warmUp();
        for (uint256 i; i < COUNT; ++i) {
            bills.push(_bill(accounts[i], 300_001 + 517 * i - (300_001 + 517 * i) % 50, TODAY - 40, 31));
        }
    }

    /// Not the first batch of all: sums and credit are not zero.
    function _warmUp() private {
        PackedBill bill = _billOf(_account(1e9), 60_000);
        _run(bill, APPEAL);
        AccountId account = _account(1e9);
        BatchId paid = IdCodec.batch(_run(_billOf(account, 60_000), PAY));
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(paid));
        _run(_billOf(account, 60_000), PAY);
    }

    function test_GivenAllPay_PostAndJudge() external {
        BatchId batch = _post(bills);
        uint256 posting = vm.snapshotGasLastCall("batch of 500", "post");
        _judge(batch, bills, _verdicts(COUNT, PAY));
        uint256 judging = vm.snapshotGasLastCall("batch of 500", "judge, all PAY");
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(batch));
        uint256 releasing = vm.snapshotGasLastCall("batch of 500", "release");
        uint256 each = (posting + judging + releasing) / COUNT;
        vm.snapshotValue("batch of 500", "a bill posted, judged PAY and settled", each);
        require(each <= 9_000, "a bill costs at most 9,000 gas");
    }

    /// Twelve bytes a bill, whoever says them: a class that a model judges costs what the others do.
    function test_GivenAllPayByAModel_Judge() external {
        vm.prank(governor);
        gate.setPresets(Utility.Electricity, 0, Presets(10_000, 0, 2, 0, VerdictPolicy.Model, "model"));
        BatchId batch = _post(bills);
        _judge(batch, bills, _verdicts(COUNT, PAY));
        uint256 judging = vm.snapshotGasLastCall("batch of 500", "judge, all PAY, by a model");
        require(judging <= 8_000 * COUNT, "as by the trend");
    }

    /// Of a class that is not screened, in a utility that has one that is.
    function test_GivenAllPayAndNoRuleOfTheirClass_Judge() external {
        _judgeScreened(SCREENED, 5, type(uint48).max - 1, "judge, 400 bills, all PAY, another class is screened");
    }

    /// The most that can be posted where a class is screened: every bill breaks two rules.
    function test_GivenAllFired_Judge() external {
        uint256 judging = _judgeScreened(SCREENED, 0, 1, "judge, 400 bills, all appealed by two rules");
        require(judging + RESERVE < TRANSACTION_LIMIT, "fits into a transaction");
    }

    function test_GivenNoneFired_Judge() external {
        _judgeScreened(SCREENED, 0, type(uint48).max - 1, "judge, 400 bills, all PAY, screened");
    }

    function _judgeScreened(uint256 count, uint8 class, uint48 amount, string memory name) private returns (uint256) {
        PackedBill[] memory next = new PackedBill[](count);
        PackedBill[] memory first = new PackedBill[](count);
        for (uint256 i; i < count; ++i) {
            first[i] = bills[i];
            next[i] = _bill(accounts[i], 300_001 + 517 * i - (300_001 + 517 * i) % 50, TODAY - 9, 2);
        }
        _judge(_post(first), first, _verdicts(count, PAY));
        vm.prank(governor);
        screening.setRules(Utility.Electricity, class, Rules(amount, amount == 1 ? 20 : 1, 40, false, "source"));
        BatchId batch = _post(next);
        _judge(batch, next, _verdicts(count, PAY));
        return vm.snapshotGasLastCall("batch of 500", name);
    }

    function test_GivenAllAppealed_Judge() external {
        BatchId batch = _post(bills);
        _judge(batch, bills, _verdicts(COUNT, APPEAL));
        uint256 judging = vm.snapshotGasLastCall("batch of 500", "judge, all APPEAL");
        require(judging + RESERVE < TRANSACTION_LIMIT, "fits into a transaction");
    }

    /// No batch that can be posted may be too heavy to be judged: where one bill is cancelled the plain loops do not
    /// run.
    function test_GivenAllAppealedAndOneCancelled_Judge() external {
        BatchId batch = _post(bills);
        bytes32[] memory proof = _proofOfLast();
        vm.prank(supplierOwner);
        ledger.cancelBill(IdCodec.bill(batch, COUNT - 1), bills[COUNT - 1], proof);
        _judge(batch, bills, _verdicts(COUNT, APPEAL));
        uint256 judging = vm.snapshotGasLastCall("batch of 500", "judge, one cancelled, all others APPEAL");
        require(judging + RESERVE < TRANSACTION_LIMIT, "fits into a transaction");
    }

    function test_GivenAllInArrears_Judge() external {
        for (uint256 i; i < COUNT; ++i) {
            vm.prank(payer);
            ledger.withdraw(accounts[i], 1e9, payer);
        }
        BatchId batch = _post(bills);
        _judge(batch, bills, _verdicts(COUNT, PAY));
        uint256 judging = vm.snapshotGasLastCall("batch of 500", "judge, all PAY, all in arrears");
        require(judging + RESERVE < TRANSACTION_LIMIT, "fits into a transaction");
    }

    function test_GivenAllInsufficientAndOfDifferentClasses_Judge() external {
        for (uint256 i; i < COUNT; ++i) {
            vm.prank(classifier);
            ledger.setClass(_one(accounts[i]), uint8(i % 32));
        }
        for (uint256 i; i < 32; ++i) {
            vm.prank(governor);
            gate.setPresets(Utility.Electricity, uint8(i), Presets(0, 0, 2, 0, VerdictPolicy.Trend, 0));
        }
        BatchId batch = _post(bills);
        _judge(batch, bills, _verdicts(COUNT, INSUFFICIENT));
        uint256 judging = vm.snapshotGasLastCall("batch of 500", "judge, all INSUFFICIENT, of 32 classes");
        require(judging + RESERVE < TRANSACTION_LIMIT, "fits into a transaction");
    }

    function test_GivenAppealsAndArrearsInTurn_Judge() external {
        _judgeInTurn(PAY, "judge, APPEAL and PAY in arrears in turn");
    }

    function test_GivenAppealsAndInsufficientInTurn_Judge() external {
        for (uint256 i; i < 32; ++i) {
            vm.prank(governor);
            gate.setPresets(Utility.Electricity, uint8(i), Presets(0, 0, 2, type(uint48).max, VerdictPolicy.Trend, 0));
        }
        for (uint256 i; i < COUNT; ++i) {
            vm.prank(classifier);
            ledger.setClass(_one(accounts[i]), uint8(i % 32));
        }
        _judgeInTurn(INSUFFICIENT, "judge, APPEAL and INSUFFICIENT in arrears in turn");
    }

    /// In turn, so that no loop judges two bills running; quantities and amounts without a zero byte.
    function _judgeInTurn(bytes1 other, string memory name) private {
        PackedBill[] memory dear = new PackedBill[](COUNT);
        bytes memory verdicts = _verdicts(COUNT, APPEAL);
        for (uint256 i; i < COUNT; ++i) {
            dear[i] = _bill(accounts[i], 0x020202020202, TODAY - 40, 31);
            if (i % 2 == 0) verdicts[12 * i] = other;
        }
        BatchId batch = _post(dear);
        _judge(batch, dear, verdicts);
        uint256 judging = vm.snapshotGasLastCall("batch of 500", name);
        require(judging + RESERVE < TRANSACTION_LIMIT, "fits into a transaction");
    }

    /// The heaviest of all: each bill replaces one of another batch.
    function test_GivenAllReplacingAndAppealed_Judge() external {
        uint256 count = 350;
        PackedBill[] memory again = new PackedBill[](count);
        for (uint256 i; i < count; ++i) {
            BillId void = _run(bills[i], PAY);
            _cancel(void, bills[i]);
            again[i] = _replacing(bills[i], void);
        }
        BatchId batch = _post(again);
        _judge(batch, again, _verdicts(count, APPEAL));
        uint256 judging = vm.snapshotGasLastCall("batch of 350", "judge, all replacing, all APPEAL");
        require(judging + RESERVE < TRANSACTION_LIMIT, "fits into a transaction");
    }

    /// The proof of the last of 500 bills, in the 63rd group: the three others of its group, and five whole subtrees of
    /// groups, 63 = 32 + 16 + 8 + 4 + 2 + 1.
    function _proofOfLast() private view returns (bytes32[] memory proof) {
        proof = new bytes32[](8);
        for (uint256 i; i < 3; ++i) {
            proof[i] = bytes32(PackedBill.unwrap(bills[496 + i]));
        }
        proof[3] = _over(60, 2);
        proof[4] = _over(56, 4);
        proof[5] = _over(48, 8);
        proof[6] = _over(32, 16);
        proof[7] = _over(0, 32);
    }

    /// The node over `count` groups from group `from` on.
    function _over(uint256 from, uint256 count) private view returns (bytes32) {
        if (count > 1) return keccak256(abi.encode(_over(from, count / 2), _over(from + count / 2, count / 2)));
        PackedBill[8] memory group;
        for (uint256 i; i < 8; ++i) {
            group[i] = bills[8 * from + i];
        }
        return keccak256(abi.encode(group));
    }
}
