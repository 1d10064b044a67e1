// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../src/libraries/Errors.sol";
import {BatchId, PackedBill} from "../../src/types/Ids.sol";
import {QuorumBase} from "../QuorumBase.sol";
import {AttackBase, Weakened} from "./AttackBase.sol";

/// A quorum that nobody gave: one operator's signature counted twice, or signatures of another batch, of another chain
/// or gate.
contract QuorumForgeryAttack is QuorumBase, AttackBase {
    PackedBill[] private bills;
    BatchId private batch;

    function setUp() public override {
        super.setUp();
        _addOperators(4, 3);
        bills.push(_billOf(_account(60_000), 60_000));
        batch = _post(bills);
    }

    function test_quorum__operatorsNotTold__oneIsMany() external {
        _weaken();
        bytes memory one = _signature(1, batch, keccak256("evidence"), _verdicts(1, PAY));
        _submit(stranger, batch, bills, _verdicts(1, PAY), bytes.concat(one, one, one));

        require(ledger.batchOf(batch).judgedAt != 0, "judged by one");
    }

    function test_quorum__oursSameSignatureTwice__refused() external {
        bytes memory one = _signature(1, batch, keccak256("evidence"), _verdicts(1, PAY));
        bytes memory two = _signature(2, batch, keccak256("evidence"), _verdicts(1, PAY));
        _refuse(bytes.concat(one, one, two), Errors.Operators_SignatureOrder.selector);
        _refuse(bytes.concat(one, two, one), Errors.Operators_SignatureOrder.selector);
        _refuse(bytes.concat(one, two), Errors.Operators_NoQuorum.selector);
    }

    function test_quorum__contentNotSigned__countsForEveryBatch() external {
        _weaken();
        bytes32 nothing = keccak256("whatever the batch");
        bytes memory all;
        for (uint256 i = 1; i <= 3; ++i) {
            all = bytes.concat(all, abi.encodePacked(uint8(i), _compact(_key(i), nothing)));
        }
        _submit(stranger, batch, bills, _verdicts(1, PAY), all);

        require(ledger.batchOf(batch).judgedAt != 0, "judged by what was said of another");
    }

    function test_quorum__oursSignaturesForAnotherBatch__refused() external {
        BatchId other = _post(bills);
        _refuse(
            _signatures(1, 3, other, keccak256("evidence"), _verdicts(1, PAY)),
            Errors.Operators_SignatureInvalid.selector
        );
        _refuse(
            _signatures(1, 3, batch, keccak256("other"), _verdicts(1, PAY)), Errors.Operators_SignatureInvalid.selector
        );
        _refuse(
            _signatures(1, 3, batch, keccak256("evidence"), _verdicts(1, APPEAL)),
            Errors.Operators_SignatureInvalid.selector
        );
    }

    function test_quorum__oursSignaturesForAnotherChain__refused() external {
        uint256 home = block.chainid;
        vm.chainId(home + 1);
        bytes memory elsewhere = _signatures(1, 3, batch, keccak256("evidence"), _verdicts(1, PAY));
        vm.chainId(home);
        _refuse(elsewhere, Errors.Operators_SignatureInvalid.selector);
    }

    function _refuse(bytes memory signatures, bytes4 selector) private {
        vm.expectPartialRevert(selector);
        _submit(stranger, batch, bills, _verdicts(1, PAY), signatures);
    }

    function _weaken() private {
        _replace(address(operators), address(new WeakOperators(_aside(address(operators)))));
    }
}

/// Counts signatures of anything, not operators.
contract WeakOperators is Weakened {
    constructor(address strong) Weakened(strong) {}

    function signersOf(uint32, bytes32, address, uint128, bytes calldata signatures) external pure returns (uint128) {
        require(signatures.length >= 3 * 65, "no quorum");
        return 2;
    }
}
