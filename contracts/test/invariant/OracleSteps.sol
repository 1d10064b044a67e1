// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../../src/interfaces/ILedgerDesk.sol";
import {IOperators} from "../../src/interfaces/IOperators.sol";
import {IVerdictGate} from "../../src/interfaces/IVerdictGate.sol";
import {BillState} from "../../src/types/Bills.sol";
import {BatchId, PackedBill} from "../../src/types/Ids.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Attestation, Decision, Periods, Presets, VerdictPolicy} from "../../src/types/Verdicts.sol";
import {SupplierSteps} from "./SupplierSteps.sol";

/// What operators, governor and classifier do.
abstract contract OracleSteps is SupplierSteps {
    /// Of each version, a bit an operator: the first, the second.
    mapping(uint256 version => uint256) private members;
    /// Until when the second operator signs, fair time; the largest while it is active.
    uint256 private signsUntil;
    /// Of any version so far.
    uint256 private longestWindow;
    mapping(uint256 batch => bool) private equivocated;

    function judge(uint256 seed) external step(seed) {
        _judge();
    }

    /// Twice as often as most steps: nothing else moves bills on.
    function judgeMore(uint256 seed) external step(seed) {
        _judge();
    }

    /// By readings that the meter operator signed, or now and then another; anyone brings them.
    function judgeByGate(uint256 seed) external step(seed) {
        if (batches.length == 0 || !_rarely(3)) return;
        uint256 place = _anyBatch();
        (bytes memory evidence, bytes32 root, bytes memory verdicts) = _shownToGate(place);
        uint256 key = _rarely(8) ? PAYER_KEY : METER_KEY;
        string memory forbidden =
            key != METER_KEY ? "INV-04: the gate judged by readings that the meter operator did not sign" : "";
        if (_isPaused()) forbidden = "INV-04: a batch was judged during a pause";
        if (batches[place].judgedAt != 0) forbidden = "INV-03: a batch was judged twice";
        BatchId batch = BatchId.wrap(uint48(place + 1));
        bytes memory signature = _signedBy(key, meters.batchDigest(batch, root));
        bytes memory data = abi.encodeCall(IVerdictGate.submitVerified, (batch, _wordsOf(place), evidence, signature));
        if (!_call(keeper, address(gate), data, forbidden, Step.JudgeByGate)) return;
        (said[place], batches[place].byGate) = (verdicts, true);
        Decision[] memory decisions = new Decision[](batches[place].count);
        for (uint256 i; i < decisions.length; ++i) {
            decisions[i] = Decision(uint8(verdicts[12 * i]) & 3);
        }
        _enterVerdicts(place, decisions);
    }

    function setClass(uint256 seed) external step(seed) {
        uint256 place = _draw(accounts.length);
        uint8 class = uint8(_draw(3));
        address caller = _callerFor(classifier);
        string memory forbidden = caller != classifier ? "INV-04: another than the classifier set a class" : "";
        bytes memory data = abi.encodeCall(ILedgerDesk.setClass, (_one(accounts[place].id), class));
        if (_call(caller, address(ledger), data, forbidden, Step.SetClass)) accounts[place].class = class;
    }

    function setPresets(uint256 seed) external step(seed) {
        if (!_rarely(2)) return;
        Utility utility = Utility(1 + _draw(2));
        uint8 class = uint8(_draw(3));
        uint48 cap = uint48(_draw(100_000));
        Presets memory set = Presets({
            first: 200_000, second: 0, degree: 1, insufficientCap: cap, policy: VerdictPolicy.Trend, model: 0
        });
        bytes memory data = abi.encodeCall(IVerdictGate.setPresets, (utility, class, set));
        if (!_governs(data, Step.SetPresets)) return;
        _advance();
        presets.push(PresetsBook({version: version, utility: utility, class: class, insufficientCap: cap}));
    }

    function setPeriods(uint256 seed) external step(seed) {
        if (!_rarely(2)) return;
        Periods memory set = Periods({
            window: uint32(_rarely(4) ? 0 : _draw(40 days)),
            reply: uint32(1 days + _draw(30 days)),
            acceptance: uint32(1 days + _draw(30 days)),
            contest: uint32(1 days + _draw(30 days)),
            review: uint32(_draw(60 days))
        });
        if (!_governs(abi.encodeCall(IVerdictGate.setPeriods, (set)), Step.SetPeriods)) return;
        _advance();
        periods[version] = set;
        if (set.window > longestWindow) longestWindow = set.window;
    }

    function setOperator(uint256 seed) external step(seed) {
        bool name = signsUntil != type(uint256).max;
        // Seldom, so that it comes to withdraw what it had staked.
        if (name && !_rarely(8)) return;
        if (name && bonds[secondOperator] < BOND) _postBond(secondOperator, BOND - bonds[secondOperator]);
        bytes memory data = abi.encodeCall(IOperators.setOperator, (secondOperator, name));
        Step done = name ? Step.NameOperator : Step.EndOperator;
        if (!_governsAt(address(operators), data, done)) return;
        _advance();
        members[version] ^= 2;
        if (!name) return _leave();
        (signsUntil, lockedUntil[secondOperator]) = (type(uint256).max, type(uint256).max);
        staked[secondOperator] = bonds[secondOperator];
    }

    function resign(uint256 seed) external step(seed) {
        if (!_rarely(4)) return;
        bool active = signsUntil == type(uint256).max;
        string memory forbidden = active ? "" : "INV-04: an operator left twice";
        bytes memory data = abi.encodeCall(IOperators.resign, ());
        if (!_call(secondOperator, address(operators), data, forbidden, Step.Resign)) return;
        _advance();
        members[version] ^= 2;
        _leave();
    }

    /// The second operator leaves two things with the gate, and pays for it; the first says one, and does not.
    function equivocate(uint256 seed) external step(seed) {
        if (batches.length == 0) return;
        uint256 place = _anyBatch();
        if (batches[place].judgedAt != 0 || !_judges(secondOperator, place)) return;
        BatchId batch = BatchId.wrap(uint48(place + 1));
        Attestation memory one = Attestation("one", "verdicts", "");
        Attestation memory other = Attestation("other", "verdicts", "");
        vm.startPrank(secondOperator);
        gate.attest(batch, one.evidenceRoot, one.verdictCommitment);
        gate.attest(batch, other.evidenceRoot, other.verdictCommitment);
        vm.stopPrank();
        bytes memory data = abi.encodeCall(IOperators.slashEquivocation, (operator, batch, one, other));
        _call(keeper, address(operators), data, "INV-01: an operator paid for what it has not said", Step.Refused);
        string memory forbidden = equivocated[place] ? "INV-01: an operator paid twice for one lie" : "";
        data = abi.encodeCall(IOperators.slashEquivocation, (secondOperator, batch, one, other));
        if (!_call(keeper, address(operators), data, forbidden, Step.Equivocate)) return;
        equivocated[place] = true;
        suppliers[batches[place].supplier].credit += _slashed(secondOperator, keeper);
    }

    function _startOracle() internal {
        _addOperator(secondOperator);
        version = gate.parameterVersion();
        members[version] = 3;
        signsUntil = type(uint256).max;
        longestWindow = 7 days;
        periods[version] = gate.periodsOf(version);
    }

    /// Notice, the longest window and demand, and time to enforce it.
    function _leave() private {
        signsUntil = fairTime + 7 days;
        lockedUntil[secondOperator] = signsUntil + longestWindow + 2 days + 7 days;
    }

    function _advance() internal {
        ++version;
        (periods[version], members[version]) = (periods[version - 1], members[version - 1]);
    }

    function _governs(bytes memory data, Step done) private returns (bool) {
        return _governsAt(address(gate), data, done);
    }

    function _governsAt(address target, bytes memory data, Step done) private returns (bool) {
        address caller = _callerFor(governor);
        string memory forbidden = caller != governor ? "INV-04: another than the governor set parameters" : "";
        return _call(caller, target, data, forbidden, done);
    }

    /// Whether an operator judges a batch alone.
    function _judges(address caller, uint256 batch) private view returns (bool) {
        uint256 bit = caller == operator ? 1 : caller == secondOperator ? 2 : 0;
        if (members[batches[batch].version] & bit == 0) return false;
        return bit == 1 || fairTime < signsUntil;
    }

    /* JUDGING */

    /// Now and then with a bill that was not posted.
    function _judge() private {
        if (batches.length == 0) return;
        uint256 place = _anyBatch();
        PackedBill[] memory words = _wordsOf(place);
        (bytes memory verdicts, Decision[] memory decisions) = _anyVerdicts(place);
        address caller = _rarely(3) ? secondOperator : operator;
        string memory forbidden =
            !_judges(caller, place) ? "INV-04: a batch was judged by another than an operator" : "";
        if (_rarely(24)) {
            words[_draw(words.length)] = PackedBill.wrap(_draw(type(uint256).max));
            forbidden = "INV-04: a bill was judged that was not posted";
        }
        if (_isPaused()) forbidden = "INV-04: a batch was judged during a pause";
        if (batches[place].judgedAt != 0) forbidden = "INV-03: a batch was judged twice";
        bytes memory data = abi.encodeCall(
            IVerdictGate.submitVerdicts, (BatchId.wrap(uint48(place + 1)), _rootOf(place), words, verdicts, "")
        );
        if (!_call(caller, address(gate), data, forbidden, Step.Judge)) return;
        (said[place], signers[place]) = (verdicts, caller);
        _enterVerdicts(place, decisions);
    }

    /// Most often the oldest that is not judged, so that an account's days come in order; now and then any.
    function _anyBatch() private returns (uint256 place) {
        if (_rarely(12)) return _draw(batches.length);
        while (place + 1 < batches.length && batches[place].judgedAt != 0) {
            ++place;
        }
    }

    function _wordsOf(uint256 batch) private view returns (PackedBill[] memory words) {
        words = new PackedBill[](batches[batch].count);
        for (uint256 i; i < words.length; ++i) {
            words[i] = PackedBill.wrap(bills[batches[batch].first + i].word);
        }
    }

    /// Mostly PAY, so that the loop for the common path has runs to judge; now and then what follows from the readings.
    function _anyVerdicts(uint256 batch) private returns (bytes memory verdicts, Decision[] memory decisions) {
        uint256 count = batches[batch].count;
        verdicts = new bytes(count * 12);
        decisions = new Decision[](count);
        uint256 likely = 1 + _draw(3);
        for (uint256 i; i < count; ++i) {
            if (_rarely(4)) {
                bytes12 right = _bytesOf(_rightBy(batches[batch].first + i, _readingsOf(batches[batch].first + i)));
                decisions[i] = Decision(uint8(right[0]) & 3);
                for (uint256 j; j < 12; ++j) {
                    verdicts[i * 12 + j] = right[j];
                }
                continue;
            }
            uint256 decision = _rarely(2) ? likely : 1 + _draw(3);
            decisions[i] = Decision(decision);
            verdicts[i * 12] = bytes1(uint8(decision | (_draw(4) << 4)));
            // Actual growth from 0 to 300 %, expected from -120 % to 180 %.
            _write(verdicts, i * 12 + 2, _draw(3_000_000));
            _write(verdicts, i * 12 + 7, (1 << 40) + _draw(3_000_000) - 1_200_000);
        }
    }

    /// An int40, big-endian.
    function _write(bytes memory verdicts, uint256 place, uint256 number) private pure {
        for (uint256 i; i < 5; ++i) {
            verdicts[place + i] = bytes1(uint8(number >> (32 - 8 * i)));
        }
    }

    function _enterVerdicts(uint256 place, Decision[] memory decisions) private {
        BatchBook storage batch = batches[place];
        (batch.judgedAt, batch.judgedOn) = (uint40(fairTime), uint40(block.timestamp));
        batch.judgedMonth = month;
        for (uint256 i; i < batch.count; ++i) {
            uint256 bill = batch.first + i;
            if (bills[bill].recorded) continue;
            _judgeBill(bill, decisions[i]);
            _checkOutcome(bill);
            ++reached[_stepOfOutcome(bills[bill].state)];
            if (_replacedBy(bills[bill].word) != 0 && bills[bill].state != BillState.Void) {
                ++reached[Step.JudgedReplacement];
            }
        }
    }

    function _checkOutcome(uint256 place) private view {
        BillBook storage bill = bills[place];
        BillState found = ledger.stateOf(_idOf(place));
        if (found == bill.state) return;
        require(bill.state != BillState.Void, "INV-08: a bill was judged for days that it cannot have");
        require(
            found != BillState.Pending || bill.state != BillState.Arrears,
            "INV-05: a bill was collected that no mandate and balance cover"
        );
        revert("INV-04: judging did to a bill what its verdict does not say");
    }

    function _stepOfOutcome(BillState state) private pure returns (Step) {
        if (state == BillState.Pending) return Step.JudgedPending;
        if (state == BillState.Arrears) return Step.JudgedArrears;
        if (state == BillState.Held) return Step.JudgedHeld;
        return state == BillState.Waiting ? Step.JudgedWaiting : Step.JudgedVoid;
    }
}
