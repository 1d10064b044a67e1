// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Mandate} from "../src/types/Accounts.sol";
import {IdCodec} from "../src/libraries/IdCodec.sol";
import {AccountId, BatchId, BillId, PackedBill, PackedVerdict} from "../src/types/Ids.sol";
import {Leaf, Shown, SignedReadings} from "../src/types/Readings.sol";
import {Utility} from "../src/types/Utilities.sol";
import {Presets} from "../src/types/Verdicts.sol";
import {Merkle} from "./Merkle.sol";
import {QuorumBase} from "./QuorumBase.sol";

/// A batch with evidence, honest or not, and what it takes to challenge it. Meters read 1,000 base units on each of the
/// 31 days of the reference period, and 10 more each day after; bills are for 31 days from day 16,960 on.
abstract contract ChallengeBase is QuorumBase {
    uint256 internal constant METER_KEY = 0x3e7e4;
    uint256 internal constant START = 16_960;
    uint256 internal constant DAYS = 31;
    /// What those meters counted, and a bill that exceeds it far enough for an appeal.
    uint256 internal constant LAST_YEAR = 31 * 1_000 + 10 * 465;
    uint256 internal constant FAR_MORE = 100_000;

    BatchId internal batch;
    PackedBill[] internal bills;
    bytes[] internal readings;
    uint96[] internal missing;
    bytes internal verdicts;
    bytes32 internal root;

    function setUp() public virtual override {
        super.setUp();
        vm.prank(governor);
        meters.setMeter(supplier, Utility.Electricity, vm.addr(METER_KEY));
    }

    /* THE BATCH */

    /// A bill of a new account with this balance.
    function _addBill(uint256 quantity, uint256 balance) internal returns (AccountId account) {
        account = _account(balance);
        Mandate memory mandate = _mandate();
        mandate.discloseReadings = true;
        _grant(account, mandate);
        bills.push(_bill(account, quantity, START, DAYS));
        readings.push(_lastYear());
        missing.push(0);
    }

    function _lastYear() internal pure returns (bytes memory all) {
        for (uint256 day; day < DAYS; ++day) {
            all = bytes.concat(all, bytes5(uint40(1_000 + 10 * day)));
        }
    }

    /// The verdicts that follow from the readings.
    function _rightVerdicts() internal view returns (bytes memory all) {
        for (uint256 i; i < bills.length; ++i) {
            all = bytes.concat(all, PackedVerdict.unwrap(_rightVerdict(i)));
        }
    }

    function _rightVerdict(uint256 index) internal view returns (PackedVerdict) {
        Presets memory presets = gate.presetsOf(gate.parameterVersion(), Utility.Electricity, 0);
        return challenges.evaluate(bills[index], readings[index], missing[index], presets);
    }

    /// Posts the bills and has Base's operator and the numbers 1 to `more` say `said` of them.
    function _judgeAs(bytes memory said, uint256 more) internal {
        batch = _post(bills);
        _judgeNow(said, more);
    }

    function _judgeNow(bytes memory said, uint256 more) internal {
        (verdicts, root) = (said, Merkle.root(_leaves()));
        bytes memory signatures = _signatures(1, more, batch, root, verdicts);
        vm.prank(operator);
        gate.submitVerdicts(batch, root, bills, verdicts, signatures);
    }

    /// With another decision and the growths as they are.
    function _withDecision(bytes memory said, uint256 index, bytes1 decision) internal pure returns (bytes memory) {
        said[12 * index] = decision;
        if (decision != INSUFFICIENT) return said;
        for (uint256 i = 1; i < 12; ++i) {
            said[12 * index + i] = 0;
        }
        return said;
    }

    /* WHAT IS SHOWN */

    function _id(uint256 index) internal view returns (BillId) {
        return IdCodec.bill(batch, index);
    }

    function _shown(uint256 index) internal view returns (Shown memory) {
        return Shown({
            bill: _id(index),
            packed: bills[index],
            billProof: Merkle.path(_words(), index),
            verdicts: _slice(verdicts, 192 * (index / 16), 192),
            verdictProof: Merkle.path(_groups(verdicts), index / 16)
        });
    }

    function _leaf(uint256 index) internal view returns (Leaf memory) {
        return Leaf({
            readings: readings[index], missing: missing[index], salt: _salt(index), proof: Merkle.path(_leaves(), index)
        });
    }

    function _words() internal view returns (bytes32[] memory words) {
        words = new bytes32[](bills.length);
        for (uint256 i; i < words.length; ++i) {
            words[i] = bytes32(PackedBill.unwrap(bills[i]));
        }
    }

    /// As README of the evidence has them: no code of the contracts.
    function _leaves() internal view returns (bytes32[] memory) {
        return _leaves(true);
    }

    /// Without salts, as the gate computes them.
    function _openLeaves() internal view returns (bytes32[] memory) {
        return _leaves(false);
    }

    function _leaves(bool salted) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](bills.length);
        for (uint256 i; i < leaves.length; ++i) {
            bytes memory head = abi.encodePacked(
                keccak256("Fairmeter evidence 1"), uint64(block.chainid), address(gate), uint48(BatchId.unwrap(batch))
            );
            // 2016-06-08 is day 16,960 and the leap day of that year lies between.
            bytes memory place = abi.encodePacked(uint16(i), bills[i], uint16(START - 366), uint8(DAYS));
            leaves[i] =
                keccak256(bytes.concat(head, place, readings[i], bytes12(missing[i]), salted ? _salt(i) : bytes32(0)));
        }
    }

    function _salt(uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", index));
    }

    /// One snapshot of `count` days from the day `from` of the reference period on, signed alone.
    function _snapshot(uint256 index, uint256 from, uint256 count, uint40 issuedAt)
        internal
        view
        returns (SignedReadings memory one)
    {
        one.firstDay = uint16(START - 366 + from);
        one.issuedAt = issuedAt;
        one.readings = _slice(readings[index], 5 * from, 5 * count);
        one.salt = _salt(index);
        one.count = 1;
        _signAlone(index, one);
    }

    function _signAlone(uint256 index, SignedReadings memory one) internal view {
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = meters.snapshotLeaf(_accountOf(index), one);
        bytes32 digest = meters.snapshotsDigest(supplier, Utility.Electricity, Merkle.root(leaves), 1);
        one.signature = _compact(METER_KEY, digest);
    }

    function _accountOf(uint256 index) internal view returns (AccountId) {
        return IdCodec.account(supplier, uint32(PackedBill.unwrap(bills[index])));
    }

    /* STEPS */

    function _announce(address challenger, uint256 index) internal {
        vm.prank(challenger);
        ledger.announce(keccak256(abi.encode(challenger, _id(index), bytes32("nonce"))));
        vm.roll(block.number + 1);
    }

    function _challenge(address challenger, uint256 index) internal {
        Shown memory shown = _shown(index);
        Leaf memory leaf = _leaf(index);
        vm.prank(challenger);
        challenges.challenge(shown, leaf, "nonce");
    }

    function _refuseChallenge(address challenger, uint256 index, bytes memory reason) internal {
        Shown memory shown = _shown(index);
        Leaf memory leaf = _leaf(index);
        vm.expectRevert(reason);
        vm.prank(challenger);
        challenges.challenge(shown, leaf, "nonce");
    }

    function _demand(address challenger, uint256 index) internal {
        Shown memory shown = _shown(index);
        vm.prank(challenger);
        challenges.demand(shown);
    }

    function _answer(address answerer, uint256 index) internal {
        Shown memory shown = _shown(index);
        Leaf memory leaf = _leaf(index);
        vm.prank(answerer);
        challenges.answer(shown, leaf);
    }

    function _enforce(address caller, uint256 index) internal {
        Shown memory shown = _shown(index);
        vm.prank(caller);
        challenges.enforce(shown);
    }
}
