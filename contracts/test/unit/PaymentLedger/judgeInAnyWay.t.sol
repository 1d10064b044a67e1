// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {Mandate} from "../../../src/types/Accounts.sol";
import {BillState, Totals} from "../../../src/types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

/// The plain loops and the function for any bill judge alike: a batch with a cancelled bill goes through the latter
/// alone.
contract JudgeInAnyWayTest is Base {
    uint256 private constant COUNT = 12;

    function testFuzz_GivenACancelledBill_JudgesTheOthersAlike(uint256 seed) external {
        PackedBill[] memory bills = _bills(seed);
        bytes memory verdicts = _randomVerdicts(seed);
        uint256 start = vm.snapshotState();

        bytes32 plain = _outcome(bills, verdicts, false);
        vm.revertToState(start);
        bytes32 general = _outcome(bills, verdicts, true);

        require(plain == general, "judged alike");
        _balanced();
    }

    /// What the batch did to all but its last bill, which is void either way.
    function _outcome(PackedBill[] memory bills, bytes memory verdicts, bool cancel) private returns (bytes32 digest) {
        BatchId batch = _post(bills);
        if (cancel) {
            vm.prank(supplierOwner);
            ledger.cancelBill(IdCodec.bill(batch, COUNT), bills[COUNT], _lastProof(bills));
        }
        _judge(batch, bills, verdicts);
        require(ledger.stateOf(IdCodec.bill(batch, COUNT)) == BillState.Void, "the last bill is void");
        Totals memory sums = ledger.totals();
        digest = keccak256(abi.encode(sums, ledger.batchOf(batch).pending));
        for (uint256 i; i < COUNT; ++i) {
            BillId bill = IdCodec.bill(batch, i);
            AccountId account = AccountId.wrap(uint64((1 << 32) | (i / 2 + 1)));
            digest = keccak256(
                abi.encode(digest, ledger.recordOf(bill), ledger.stateOf(bill), registry.appealOf(bill).state)
            );
            digest = keccak256(abi.encode(digest, ledger.accountOf(account)));
        }
    }

    /// Two bills an account, of overlapping or following days, and a last one whose account is for another utility.
    function _bills(uint256 seed) private returns (PackedBill[] memory bills) {
        bills = new PackedBill[](COUNT + 1);
        for (uint256 i; i < COUNT; i += 2) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            AccountId account = _open(payer);
            if (dice & 3 != 0) _fund(account, dice % 200_000 + 1);
            uint48 cap = uint48((dice >> 32) % 150_000);
            uint48 monthly = cap + uint48((dice >> 64) % 100_000);
            if (dice & 28 != 0) _grant(account, _mandateOf(address(0), cap, monthly));
            bills[i] = _bill(account, (dice >> 96) % 3000, TODAY - 60, 10 + (dice >> 128) % 20);
            bills[i + 1] = _bill(account, (dice >> 144) % 3000, TODAY - 50 + (dice >> 176) % 20, 10);
        }
        for (uint256 i; i < COUNT; ++i) {
            if (uint48(PackedBill.unwrap(bills[i]) >> 80) == 0) {
                bills[i] = PackedBill.wrap(PackedBill.unwrap(bills[i]) | (1 << 80));
            }
        }
        bills[COUNT] = _bill(_openWater(), 1000, TODAY - 30, 10);
    }

    function _randomVerdicts(uint256 seed) private pure returns (bytes memory verdicts) {
        verdicts = _verdicts(COUNT + 1, PAY);
        for (uint256 i; i <= COUNT; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i, "verdict"))) % 5;
            verdicts[12 * i] = dice == 0 ? INSUFFICIENT : dice == 1 ? APPEAL : PAY;
        }
    }

    /// Of the last of 13 bills, in the second of two groups: the four others of its group, and the first group's hash.
    function _lastProof(PackedBill[] memory bills) private pure returns (bytes32[] memory proof) {
        proof = new bytes32[](5);
        PackedBill[8] memory group;
        for (uint256 i; i < 8; ++i) {
            group[i] = bills[i];
            if (i < 4) proof[i] = bytes32(PackedBill.unwrap(bills[8 + i]));
        }
        proof[4] = keccak256(abi.encode(group));
    }
}
