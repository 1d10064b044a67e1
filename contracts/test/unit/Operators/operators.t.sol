// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerEvents} from "../../../src/interfaces/ILedgerEvents.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {BatchId, BillId, PackedBill} from "../../../src/types/Ids.sol";
import {Attestation, Periods, Slashing, Stakes} from "../../../src/types/Verdicts.sol";
import {QuorumBase} from "../../QuorumBase.sol";

contract OperatorsTest is QuorumBase {
    bytes32 private constant ROOT = keccak256("evidence");

    function test_setOperator__Named__InLaterSetsOnly() external {
        uint32 before = gate.parameterVersion();
        _addOperator(stranger);
        (, uint128 members) = operators.setAt(before);
        _equal(members, 1, "before");
        (, members) = operators.setAt(gate.parameterVersion());
        _equal(members, 3, "since");
        require(operators.isOperator(stranger), "is operator");
    }

    function test_setOperator__EndedAndNamedAgain__KeepsItsNumber() external {
        _set(operator, false);
        require(!operators.isOperator(operator), "ended");
        _set(operator, true);
        (, uint128 members) = operators.setAt(gate.parameterVersion());
        _equal(members, 1, "number 0");
    }

    function test_setOperator__BondTooSmall__Refused() external {
        _bond(stranger, BOND - 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_BondTooSmall.selector, stranger, BOND - 1, BOND));
        _set(stranger, true);
    }

    function test_setOperator__MoreThan128__Refused() external {
        for (uint160 i = 1; i < 128; ++i) {
            _addOperator(address(i + 100));
        }
        _bond(stranger, BOND);
        vm.expectRevert(Errors.Operators_TooMany.selector);
        _set(stranger, true);
    }

    function test_setOperator__NothingToChange__Refused() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NotOperator.selector, stranger));
        _set(stranger, false);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_AlreadyOperator.selector, operator));
        _set(operator, true);
    }

    function test_setOperator__NotGovernor__Refused() external {
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, operators.setOperator.selector)
        );
        vm.prank(stranger);
        operators.setOperator(stranger, true);
    }

    function test_setQuorum__OutOfBounds__Refused() external {
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_QuorumOutOfBounds.selector, 0, 1));
        operators.setQuorum(0);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_QuorumOutOfBounds.selector, 2, 1));
        operators.setQuorum(2);
    }

    function test_setQuorum__AfterPosting__DoesNotTouchTheBatch() external {
        PackedBill[] memory bills = _one(_billOf(_account(60_000), 60_000));
        BatchId batch = _post(bills);
        _addOperators(2, 3);
        _judge(batch, bills, _verdicts(1, PAY));
        _equal(gate.verdictRecordOf(batch).signers, 1, "one was enough");
    }

    function test_setStakes__OutOfBounds__Refused() external {
        vm.startPrank(governor);
        Stakes memory stakes = gate.stakesOf(1);
        stakes.slash = stakes.bond + 1;
        vm.expectRevert(
            abi.encodeWithSelector(Errors.VerdictGate_SlashAboveBond.selector, stakes.bond + 1, stakes.bond)
        );
        gate.setStakes(stakes);
        stakes.slash = stakes.bond;
        stakes.challengerShare = 500_001;
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_ShareOutOfBounds.selector, 500_001));
        gate.setStakes(stakes);
        stakes.challengerShare = 500_000;
        stakes.demandPeriod = 30 days + 1;
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_DemandOutOfBounds.selector, 30 days + 1));
        gate.setStakes(stakes);
    }

    function testFuzz_setStakes__Within__AsSetFromTheVersionOn(
        uint48 bond,
        uint48 slash,
        uint32 share,
        uint48 demandBond,
        uint32 period
    ) external {
        Stakes memory stakes = Stakes({
            bond: bond,
            slash: bond == 0 ? 0 : slash % bond,
            challengerShare: 100_000 + share % 400_001,
            demandBond: demandBond,
            demandPeriod: 1 hours + period % 29 days
        });
        bytes32 before = keccak256(abi.encode(gate.stakesOf(1)));
        vm.prank(governor);
        gate.setStakes(stakes);
        bytes32 since = keccak256(abi.encode(gate.stakesOf(gate.parameterVersion())));
        require(since == keccak256(abi.encode(stakes)), "as set");
        require(before == keccak256(abi.encode(gate.stakesOf(gate.parameterVersion() - 1))), "not before");
    }

    function test_resign__Operator__SignsSevenDaysMoreAndStaysLocked() external {
        PackedBill[] memory bills = _one(_billOf(_account(60_000), 60_000));
        BatchId batch = _post(bills);
        vm.prank(operator);
        operators.resign();
        // 7 days of notice, 7 of the longest window, 2 of a demand, 7 to enforce it.
        uint256 leavesAt = block.timestamp + 23 days;
        vm.warp(block.timestamp + 7 days - 1);
        require(operators.isSigner(ledger.batchOf(batch).parameterVersion, operator), "still signs");
        _judge(batch, bills, _verdicts(1, PAY));
        vm.warp(leavesAt - 1);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_BondLocked.selector, operator));
        ledger.withdrawBond(1, operator);
        vm.warp(leavesAt);
        vm.prank(operator);
        ledger.withdrawBond(BOND, operator);
        _equal(currency.balanceOf(operator), BOND, "paid out");
        _balanced();
    }

    /// Whatever windows there were, who judged at the last moment is slashable until the last demand is enforced.
    function testFuzz_resign__AnyWindow__LeavesAfterIt(uint32 window, uint32 demand) external {
        window = window % 365 days;
        demand = 1 hours + demand % 29 days;
        Stakes memory stakes = gate.stakesOf(1);
        stakes.demandPeriod = demand;
        vm.startPrank(governor);
        gate.setPeriods(Periods(window, 1 days, 1 days, 1 days, 0));
        gate.setStakes(stakes);
        gate.setPeriods(Periods(0, 1 days, 1 days, 1 days, 0));
        vm.stopPrank();
        vm.prank(operator);
        operators.resign();
        vm.warp(block.timestamp + 7 days + window + demand);
        _locked();
    }

    function test_resign__Pause__DoesNotCount() external {
        vm.prank(operator);
        operators.resign();
        _pause();
        vm.warp(block.timestamp + 23 days + 1);
        _locked();
    }

    function test_withdrawBond__MoreThanThereIs__Refused() external {
        _bond(stranger, 100);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_InsufficientBond.selector, stranger, 100, 101));
        ledger.withdrawBond(101, stranger);
    }

    function test_depositBond__OperatorLocked__JoinsItsStake() external {
        _bond(operator, 100);
        _equal(ledger.bondOf(operator), BOND + 100, "bond");
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_BondLocked.selector, operator));
        ledger.withdrawBond(1, operator);
    }

    /// What was free when it was named is staked, and no more than 48 bits hold.
    function test_setOperator__StakeTooLarge__Refused() external {
        uint256 most = type(uint48).max;
        _bond(stranger, most);
        _bond(stranger, 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_AmountTooLarge.selector, most + 1));
        _set(stranger, true);
        vm.prank(stranger);
        ledger.withdrawBond(1, stranger);
        _set(stranger, true);
        _equal(ledger.bondOf(stranger), most, "staked");
        _balanced();
    }

    function test_setOperator__LeftAndNamedAgain__StakesWhatItHas() external {
        vm.prank(operator);
        operators.resign();
        vm.warp(block.timestamp + 23 days);
        vm.prank(operator);
        ledger.withdrawBond(1, operator);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_BondTooSmall.selector, operator, BOND - 1, BOND));
        _set(operator, true);
        _bond(operator, 1);
        _set(operator, true);
        _locked();
        _equal(ledger.bondOf(operator), BOND, "bond");
    }

    function test_depositBond__LargerThanTheSums__Refused() external {
        uint256 amount = 1 << 80;
        _mint(stranger, amount);
        vm.startPrank(stranger);
        currency.approve(address(ledger), amount);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_AmountTooLarge.selector, amount));
        ledger.depositBond(stranger, amount);
    }

    function test_slashing__NotTheContract__Refused() external {
        Slashing memory slashing = Slashing(1, 1, 0, stranger, 0, IdCodec.account(supplier, 0));
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NotChallenges.selector, stranger));
        operators.expel(1);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_NotOperators.selector, stranger));
        ledger.slash(BillId.wrap(0), slashing);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_NotOperators.selector, stranger));
        ledger.stake(operator, 0);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_NotChallenges.selector, stranger));
        ledger.moveBond(operator, stranger, 1);
    }

    /* EQUIVOCATION */

    function test_slashEquivocation__TwoSignatures__SlashedOnce() external {
        (BatchId batch, Attestation memory one, Attestation memory other) = _twoSigned();
        vm.prank(stranger);
        operators.slashEquivocation(_operatorAt(1), batch, one, other);

        _equal(ledger.bondOf(_operatorAt(1)), BOND - 100_000, "bond");
        _equal(ledger.bondOf(stranger), 25_000, "reporter");
        _equal(ledger.creditOf(supplier), 75_000, "supplier");
        _balanced();
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_AlreadySlashed.selector, _operatorAt(1), batch));
        operators.slashEquivocation(_operatorAt(1), batch, other, one);
    }

    function test_slashEquivocation__JudgedAndSigned__Slashed() external {
        (BatchId batch,, Attestation memory other) = _twoSigned();
        vm.prank(_operatorAt(1));
        gate.submitVerdicts(batch, ROOT, _one(_billOf(IdCodec.account(supplier, 1), 60_000)), _verdicts(1, PAY), "");
        Attestation memory judged = Attestation(ROOT, _commitment(_verdicts(1, PAY)), "");
        operators.slashEquivocation(_operatorAt(1), batch, judged, other);
        _equal(ledger.bondOf(_operatorAt(1)), BOND - 100_000, "bond");
    }

    function test_slashEquivocation__NotSaidOrTheSame__Refused() external {
        (BatchId batch, Attestation memory one, Attestation memory other) = _twoSigned();
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_SameAttestation.selector, batch));
        operators.slashEquivocation(_operatorAt(1), batch, one, one);
        other.evidenceRoot = 0;
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NotSaid.selector, _operatorAt(1), batch));
        operators.slashEquivocation(_operatorAt(1), batch, one, other);
        other.signature = "";
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NotSaid.selector, _operatorAt(1), batch));
        operators.slashEquivocation(_operatorAt(1), batch, one, other);
        uint32 version = ledger.batchOf(batch).parameterVersion;
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NotSigner.selector, version, stranger));
        operators.slashEquivocation(stranger, batch, one, other);
    }

    /// Ten slashes take the whole bond; when it covers no further one the operator is out.
    function test_slash__BondUsedUp__Expelled() external {
        _addOperator(_operatorAt(1));
        PackedBill[] memory bills = _one(_billOf(_account(60_000), 60_000));
        for (uint256 i; i < 10; ++i) {
            require(operators.isOperator(_operatorAt(1)), "in");
            BatchId batch = _post(bills);
            operators.slashEquivocation(_operatorAt(1), batch, _signed(batch, PAY), _signed(batch, APPEAL));
        }
        require(!operators.isOperator(_operatorAt(1)), "out");
        require(!operators.isSigner(gate.parameterVersion() - 1, _operatorAt(1)), "signs no more");
        _equal(ledger.bondOf(_operatorAt(1)), 0, "bond");
        _balanced();
    }

    /// A stake that covers less than is to be taken pays what there is, and that is told.
    function test_slash__StakeTooSmall__TakesWhatThereIs() external {
        Stakes memory stakes = gate.stakesOf(1);
        stakes.slash = 700_000;
        vm.prank(governor);
        gate.setStakes(stakes);
        _addOperator(_operatorAt(1));
        PackedBill[] memory bills = _one(_billOf(_account(60_000), 60_000));
        BatchId first = _post(bills);
        BatchId second = _post(bills);
        operators.slashEquivocation(_operatorAt(1), first, _signed(first, PAY), _signed(first, APPEAL));
        require(!operators.isOperator(_operatorAt(1)), "out");

        BillId bill = IdCodec.bill(second, 0);
        (Attestation memory one, Attestation memory other) = (_signed(second, PAY), _signed(second, APPEAL));
        vm.expectEmit(address(ledger));
        emit ILedgerEvents.StakeExhausted(1, bill, 400_000);
        vm.expectEmit(address(ledger));
        emit ILedgerEvents.StakesSlashed(
            bill, stranger, IdCodec.account(supplier, 0), bytes32(uint256(2)), 700_000, 75_000, 225_000
        );
        vm.prank(stranger);
        operators.slashEquivocation(_operatorAt(1), second, one, other);
        _equal(ledger.bondOf(_operatorAt(1)), 0, "bond");
        _balanced();
    }

    function _twoSigned() private returns (BatchId batch, Attestation memory one, Attestation memory other) {
        _addOperator(_operatorAt(1));
        batch = _post(_one(_billOf(_account(60_000), 60_000)));
        (one, other) = (_signed(batch, PAY), _signed(batch, APPEAL));
    }

    function _signed(BatchId batch, bytes1 decision) private view returns (Attestation memory) {
        bytes32 commitment = _commitment(_verdicts(1, decision));
        bytes32 digest = gate.attestationDigest(batch, ROOT, commitment);
        return Attestation(ROOT, commitment, _compact(_key(1), digest));
    }

    function _locked() private view {
        (, bool locked) = operators.seatOf(operator);
        require(locked, "locked");
    }

    function _set(address who, bool active) private {
        vm.prank(governor);
        operators.setOperator(who, active);
    }
}
