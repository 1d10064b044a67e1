// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountRequest} from "../../src/types/Accounts.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {AccountId, BatchId, PackedBill} from "../../src/types/Ids.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Base} from "../Base.sol";

/// Whole transactions, calldata and intrinsic gas included, each on cold storage (`isolate`), of a batch of 500 bills
/// of distinct customers.
/// forge-config: default.isolate = true
contract BatchGas is Base {
    uint256 private constant COUNT = 500;
    uint256 private constant TRANSACTION_LIMIT = 16_777_216;

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
        require(each <= 9_200, "a bill costs at most 9,200 gas");
    }

    function test_GivenAllAppealed_Judge() external {
        BatchId batch = _post(bills);
        _judge(batch, bills, _verdicts(COUNT, APPEAL));
        uint256 judging = vm.snapshotGasLastCall("batch of 500", "judge, all APPEAL");
        require(judging < TRANSACTION_LIMIT, "fits into a transaction");
    }
}
