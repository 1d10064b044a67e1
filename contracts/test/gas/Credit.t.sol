// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {CreditTerms, LoanState} from "../../src/types/Credit.sol";
import {AccountId, BatchId, BillId} from "../../src/types/Ids.sol";
import {CreditBase} from "../CreditBase.sol";

/// Whole transactions, calldata and intrinsic gas included, each on cold storage (`isolate`): draws for the bills of a
/// list of 500 scores, of as many customers, and what becomes of a debt.
/// forge-config: default.isolate = true
contract CreditGas is CreditBase {
    uint256 private constant COUNT = 500;
    uint256 private constant DRAWN = 300;
    string private constant GROUP = "credit";

    BatchId private owing;

    function test_GivenAListOf500_DrawsAndEnds() external {
        uint256[] memory told = _list();
        // Not the line's first.
        line.draw(told, DRAWN, DRAWN + 1);
        line.draw(told, 0, DRAWN);
        uint256 used = vm.snapshotGasLastCall(GROUP, "draw, 300 bills of a list of 500");
        vm.snapshotValue(GROUP, "a bill drawn, of 300", used / DRAWN);
        require(used < 16_777_216, "fits into a transaction");
        line.draw(told, COUNT - 1, COUNT);
        vm.snapshotGasLastCall(GROUP, "draw, one bill of a list of 500");
        BillId bill = IdCodec.bill(owing, 0);
        _repay(bill, 10_000);
        _measureRepaying(bill);
        BillId[] memory late = new BillId[](100);
        for (uint256 i; i < late.length; ++i) {
            late[i] = IdCodec.bill(owing, 100 + i);
        }
        vm.warp(block.timestamp + 30 days);
        line.writeOff(late);
        used = vm.snapshotGasLastCall(GROUP, "write off, 100 bills");
        vm.snapshotValue(GROUP, "a bill written off, of 100", used / late.length);
        _expectLoan(late[0], LoanState.WrittenOff, 60_000);
    }

    function test_GivenAVoidBill_Collects() external {
        (BillId bill, AccountId account) = _appealed(60_000, 3_000);
        _repay(bill, 20_000);
        _expire(bill);
        line.collect(_one(bill));
        vm.snapshotGasLastCall(GROUP, "collect, with a surplus");
        _equal(_balance(account), 23_000, "its own");
    }

    function _list() private returns (uint256[] memory told) {
        CreditTerms memory terms = _creditTerms();
        terms.cap = 1e12;
        vm.prank(supplierOwner);
        line.setTerms(supplier, terms);
        _fundLine(COUNT * 60_000);
        owing = _debts(COUNT, 60_000);
        vm.warp(block.timestamp + 7 days);
        told = new uint256[](COUNT);
        for (uint256 i; i < COUNT; ++i) {
            told[i] = _scoreOf(IdCodec.bill(owing, i), GOOD + i);
        }
        _submit(told);
        for (uint256 i; i < COUNT; ++i) {
            told[i] = _toldOf(IdCodec.bill(owing, i), told[i]);
        }
    }

    function _measureRepaying(BillId bill) private {
        _mint(stranger, 50_000);
        vm.startPrank(stranger);
        currency.approve(address(line), 50_000);
        line.repay(bill, 50_000);
        vm.snapshotGasLastCall(GROUP, "repay");
        vm.stopPrank();
    }
}
