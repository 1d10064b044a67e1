// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {BatchId, PackedBill} from "../../../src/types/Ids.sol";
import {QuorumBase} from "../../QuorumBase.sol";

contract QuorumTest is QuorumBase {
    bytes32 private constant ROOT = keccak256("evidence");
    /// Half of the order of secp256k1's group.
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    PackedBill[] private bills;
    BatchId private batch;
    bytes private verdicts = _verdicts(1, PAY);

    function setUp() public override {
        super.setUp();
        _addOperators(4, 3);
        bills.push(_billOf(_account(1e6), 60_000));
        batch = _post(bills);
    }

    function test_submitVerdicts__SenderAndTwoSignatures__Judged() external {
        _submit(operator, batch, bills, verdicts, _signatures(1, 2, batch, ROOT, verdicts));

        _equal(gate.verdictRecordOf(batch).signers, 7, "signers");
        require(gate.verdictRecordOf(batch).verdictCommitment == _commitment(verdicts), "commitment");
    }

    function test_submitVerdicts__StrangerBringsThree__Judged() external {
        _submit(stranger, batch, bills, verdicts, _signatures(2, 4, batch, ROOT, verdicts));

        _equal(gate.verdictRecordOf(batch).signers, 28, "signers");
    }

    function test_submitVerdicts__SenderSignsToo__CountedOnce() external {
        bytes memory two = _signatures(1, 2, batch, ROOT, verdicts);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NoQuorum.selector, 2, 3));
        _submit(_operatorAt(1), batch, bills, verdicts, two);
    }

    function test_submitVerdicts__OneTooFew__Refused() external {
        bytes memory one = _signatures(1, 1, batch, ROOT, verdicts);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NoQuorum.selector, 2, 3));
        _submit(operator, batch, bills, verdicts, one);
    }

    function test_submitVerdicts__TwiceTheSame__Refused() external {
        bytes memory one = _signature(1, batch, ROOT, verdicts);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_SignatureOrder.selector, 1));
        _submit(operator, batch, bills, verdicts, bytes.concat(one, one));
    }

    function test_submitVerdicts__MalleableTwin__Refused() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key(2), gate.attestationDigest(batch, ROOT, _commitment(verdicts)));
        uint256 twin = ORDER - uint256(s);
        // EIP-2098 has no room for the twin's highest bit: what is left of it is another number.
        bytes32 vs = bytes32((twin & (type(uint256).max >> 1)) | (uint256(28 - v) << 255));
        bytes memory forged = bytes.concat(_signature(1, batch, ROOT, verdicts), abi.encodePacked(uint8(2), r, vs));
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_SignatureInvalid.selector, 2));
        _submit(operator, batch, bills, verdicts, forged);
    }

    function test_submitVerdicts__SignedForAnother__Refused() external {
        vm.warp(block.timestamp + 60 days);
        BatchId other = _post(bills);
        bytes memory elsewhere = _signatures(1, 2, other, ROOT, verdicts);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_SignatureInvalid.selector, 1));
        _submit(operator, batch, bills, verdicts, elsewhere);
        bytes memory others = _signatures(1, 2, batch, ROOT, _verdicts(1, APPEAL));
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_SignatureInvalid.selector, 1));
        _submit(operator, batch, bills, verdicts, others);
        bytes memory before = _signatures(1, 2, batch, ROOT, verdicts);
        vm.chainId(block.chainid + 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_SignatureInvalid.selector, 1));
        _submit(operator, batch, bills, verdicts, before);
    }

    function test_submitVerdicts__OddLength__Refused() external {
        bytes memory odd = bytes.concat(_signatures(1, 2, batch, ROOT, verdicts), hex"00");
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_SignatureLength.selector, 131));
        _submit(operator, batch, bills, verdicts, odd);
    }

    function test_submitVerdicts__NamedAfterPosting__Refused() external {
        _addOperator(_operatorAt(5));
        uint32 version = ledger.batchOf(batch).parameterVersion;
        bytes memory with = bytes.concat(_signature(1, batch, ROOT, verdicts), _signature(5, batch, ROOT, verdicts));
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NumberNotSigner.selector, version, 5));
        _submit(operator, batch, bills, verdicts, with);
        bytes32 commitment = _commitment(verdicts);
        vm.prank(_operatorAt(5));
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NotSigner.selector, version, _operatorAt(5)));
        gate.attest(batch, ROOT, commitment);
    }

    function test_attest__TwoLeftOnChain__ThirdSubmits() external {
        _attest(1);
        _attest(3);
        _submit(operator, batch, bills, verdicts, "");

        _equal(gate.verdictRecordOf(batch).signers, 11, "signers");
        require(gate.hasAttested(batch, ROOT, _commitment(verdicts), 3), "attested");
        require(!gate.hasAttested(batch, ROOT, _commitment(verdicts), 2), "not attested");
    }

    /// What was attested before the notice ended counts no longer: nothing could be slashed for it in time.
    function test_attest__LeftSince__DoesNotCount() external {
        _attest(1);
        _attest(2);
        vm.prank(_operatorAt(2));
        operators.resign();
        vm.warp(block.timestamp + 7 days);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NoQuorum.selector, 2, 3));
        _submit(operator, batch, bills, verdicts, "");
    }

    function test_attest__Judged__Refused() external {
        _submit(operator, batch, bills, verdicts, _signatures(1, 2, batch, ROOT, verdicts));
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_NotUnjudged.selector, batch));
        gate.attest(batch, ROOT, 0);
    }

    function test_advance__Stranger__Refused() external {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_NotParameters.selector, stranger));
        gate.advance();
    }

    function test_countDemand__Stranger__Refused() external {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_NotChallenges.selector, stranger));
        gate.countDemand(batch, true);
    }

    function testFuzz_submitVerdicts__AnyNumberOfVerdicts__CommitmentAsDefined(uint256 count) external {
        count = 1 + count % 70;
        PackedBill[] memory many = new PackedBill[](count);
        for (uint256 i; i < count; ++i) {
            many[i] = _billOf(_account(60_000), 60_000);
        }
        bytes memory all = _verdicts(count, PAY);
        for (uint256 i; i < count; ++i) {
            all[12 * i + 11] = bytes1(uint8(i));
        }
        BatchId posted = _post(many);
        _submit(operator, posted, many, all, _signatures(1, 2, posted, ROOT, all));

        require(gate.verdictRecordOf(posted).verdictCommitment == _commitment(all), "commitment");
    }

    function _attest(uint256 number) private {
        bytes32 commitment = _commitment(verdicts);
        vm.prank(_operatorAt(number));
        gate.attest(batch, ROOT, commitment);
    }
}
