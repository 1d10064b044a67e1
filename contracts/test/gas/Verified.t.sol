// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountId, BatchId, BillId, PackedBill} from "../../src/types/Ids.sol";
import {Errors} from "../../src/libraries/Errors.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {Mandate} from "../../src/types/Accounts.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Presets, VerdictPolicy} from "../../src/types/Verdicts.sol";
import {Base} from "../Base.sol";
import {QuorumBase} from "../QuorumBase.sol";
import {Merkle} from "../Merkle.sol";

/// Whole transactions, calldata and intrinsic gas included, each on cold storage (`isolate`): 100 bills of distinct
/// customers, of a class that asks for it, judged by verdicts that the gate computes itself.
/// forge-config: default.isolate = true
contract VerifiedGas is QuorumBase {
    uint256 private constant COUNT = 100;
    uint256 private constant METER_KEY = 0x3e7e4;
    uint8 private constant CLASS = 3;
    uint256 private constant MOST = 250;

    PackedBill[] private bills;

    function setUp() public override(Base) {
        super.setUp();
        vm.startPrank(governor);
        meters.setMeter(supplier, Utility.Electricity, vm.addr(METER_KEY));
        gate.setPresets(Utility.Electricity, CLASS, Presets(200_000, 0, 2, 0, VerdictPolicy.Verified, 0));
        vm.stopPrank();
        // Not the first batch of all: sums and credit are not zero.
        BatchId paid = IdCodec.batch(_settled());
        ledger.release(_one(paid));
        _run(_billOf(_account(1e9), 60_000), PAY);
    }

    function test_submitVerified__Of31Days__Bounded() external {
        uint256 each = _gasOf(31, 31, "31 days");
        require(each <= 19_000, "a bill costs at most 19,000 gas");
    }

    function test_submitVerified__Of93Days__Reported() external {
        _gasOf(93, 94, "93 days of 94");
    }

    /// As many as may be posted, each of 93 days, replacing another, of an account whose class is new, and appealed.
    function test_submitVerified__LargestBatch__FitsIntoATransaction() external {
        uint256 start = 17_167;
        vm.warp((start + 93 + 40) * 1 days);
        uint256 most = MOST;
        for (uint256 i; i < most; ++i) {
            AccountId account = _discloser();
            PackedBill first = _bill(account, 0x020202020202, start, 93);
            _setClass(account, 0);
            BillId void = _run(first, PAY);
            _cancel(void, first);
            _setClass(account, CLASS);
            bills.push(_replacing(first, void));
        }
        BatchId batch = _post(bills);
        (bytes memory evidence, bytes32 root) = _evidence(batch, start, 94);
        bytes memory signature = _compact(METER_KEY, meters.batchDigest(batch, root));
        gate.submitVerified(batch, bills, evidence, signature);
        uint256 judging = vm.snapshotGasLastCall("verified, largest batch", "judge, all replacing, all APPEAL, 93 days");
        require(ledger.batchOf(batch).pending == 0 && ledger.totals().held > 0, "all appealed");
        require(judging + 150_000 < 16_777_216, "fits into a transaction");
    }

    function test_postBills__MoreThanTheGateCanJudge__Refused() external {
        uint256 most = MOST;
        AccountId account = _discloser();
        for (uint256 i; i <= most; ++i) {
            bills.push(_billOf(account, 60_000));
        }
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_TooManyToVerify.selector, most + 1, most));
        vm.prank(supplierOwner);
        ledger.postBills(supplier, Utility.Electricity, bills);
        bills.pop();
        _post(bills);
    }

    /// Days that a period has and its reference period, which may reach over the leap day.
    function _gasOf(uint256 periodDays, uint256 referenceDays, string memory name) private returns (uint256 each) {
        uint256 start = referenceDays == periodDays ? TODAY - 40 : 17_167;
        for (uint256 i; i < COUNT; ++i) {
            bills.push(_bill(_discloser(), 1_050 * periodDays - 50 * (i % 7), start, periodDays));
        }
        vm.warp((start + periodDays + 40) * 1 days);
        BatchId batch = _post(bills);
        uint256 posting = vm.snapshotGasLastCall("verified, batch of 100", string.concat("post, ", name));
        (bytes memory evidence, bytes32 root) = _evidence(batch, start, referenceDays);
        bytes memory signature = _compact(METER_KEY, meters.batchDigest(batch, root));
        vm.prank(stranger);
        gate.submitVerified(batch, bills, evidence, signature);
        uint256 judging = vm.snapshotGasLastCall("verified, batch of 100", string.concat("judge, ", name));
        require(ledger.batchOf(batch).pending != 0 && gate.isReleasable(batch), "all paid at once");
        ledger.release(_one(batch));
        uint256 releasing = vm.snapshotGasLastCall("verified, batch of 100", string.concat("release, ", name));
        each = (posting + judging + releasing) / COUNT;
        vm.snapshotValue("verified, batch of 100", string.concat("a bill, ", name), each);
    }

    /// An account of the class, with money and a mandate that discloses readings.
    function _discloser() private returns (AccountId account) {
        account = _account(1e9);
        Mandate memory mandate = _mandate();
        mandate.discloseReadings = true;
        _grant(account, mandate);
        _setClass(account, CLASS);
    }

    function _setClass(AccountId account, uint8 class) private {
        vm.prank(classifier);
        ledger.setClass(_one(account), class);
    }

    /// Readings that go up a little, so that nothing is appealed and every regression is computed.
    function _evidence(BatchId batch, uint256 start, uint256 referenceDays)
        private
        view
        returns (bytes memory all, bytes32 root)
    {
        bytes32[] memory leaves = new bytes32[](bills.length);
        bytes memory head = abi.encodePacked(
            keccak256("Fairmeter evidence 1"), uint64(block.chainid), address(gate), uint48(BatchId.unwrap(batch))
        );
        bytes memory readings;
        for (uint256 day; day < referenceDays; ++day) {
            readings = bytes.concat(readings, bytes5(uint40(900 + day * 7 % 50)));
        }
        readings = bytes.concat(readings, bytes12(0));
        for (uint256 i; i < bills.length; ++i) {
            bytes memory place = abi.encodePacked(uint16(i), bills[i], uint16(start - 366), uint8(referenceDays));
            leaves[i] = keccak256(bytes.concat(head, place, readings, bytes32(0)));
            all = bytes.concat(all, readings);
        }
        return (all, Merkle.root(leaves));
    }
}
