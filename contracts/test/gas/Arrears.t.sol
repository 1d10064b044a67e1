// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {BatchId} from "../../src/types/Ids.sol";
import {ArrearsBase} from "../ArrearsBase.sol";

/// Whole transactions, calldata and intrinsic gas included, each on cold storage (`isolate`), of a batch of 500 debts.
/// forge-config: default.isolate = true
contract ArrearsGas is ArrearsBase {
    uint256 private constant COUNT = 500;
    string private constant GROUP = "arrears, batch of 500";

    function test_GivenNewDebts_ScoreContactAndGiveUp() external {
        BatchId batch = _debts(COUNT, 60_000);
        _commit();
        _setHorizon(20);
        (uint256[] memory scores, uint256[] memory contacts) = (new uint256[](COUNT), new uint256[](COUNT));
        for (uint256 i; i < COUNT; ++i) {
            scores[i] = _scoreOf(IdCodec.bill(batch, i), 500_000 + i);
            contacts[i] = _contactOf(IdCodec.bill(batch, i));
        }
        _measure("a debt scored and decided", scores);
        vm.prank(operator);
        register.recordContacts(contacts, "");
        vm.snapshotValue(GROUP, "a contact recorded", vm.snapshotGasLastCall(GROUP, "record contacts") / COUNT);
        vm.warp(block.timestamp + 30 days);
        for (uint256 i; i < COUNT; ++i) {
            scores[i] = _scoreOf(IdCodec.bill(batch, i), i % 100);
        }
        _measure("a debt scored and given up", scores);
    }

    function _measure(string memory name, uint256[] memory scores) private {
        _submit(scores);
        uint256 used = vm.snapshotGasLastCall(GROUP, string.concat("all: ", name));
        vm.snapshotValue(GROUP, name, used / COUNT);
    }
}
