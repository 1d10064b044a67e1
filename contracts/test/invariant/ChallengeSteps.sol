// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IChallenges} from "../../src/interfaces/IChallenges.sol";
import {IAppealDesk} from "../../src/interfaces/IAppealDesk.sol";
import {AppealState} from "../../src/types/Appeals.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {PackedBill, PackedVerdict} from "../../src/types/Ids.sol";
import {Decision} from "../../src/types/Verdicts.sol";
import {AppealSteps} from "./AppealSteps.sol";

/// What watchers do: challenge, demand leaves, and enforce what nobody answered. Operators answer, and are slashed.
abstract contract ChallengeSteps is AppealSteps {
    uint256 private constant DEMAND_BOND = 10_000;
    uint256 private constant DEMAND_PERIOD = 2 days;

    struct DemandBook {
        bool open;
        bool before;
        uint40 deadline;
    }

    mapping(uint256 bill => DemandBook) private demands_;
    /// By readings that the meter operator signed.
    mapping(uint256 bill => bool) private correctedByMeter;

    function challenge(uint256 seed) external step(seed) {
        if (batches.length == 0) return;
        uint256 place = _anyJudged();
        PackedVerdict right = _rightBy(place, _readingsOf(place));
        string memory forbidden = _challengeable(place);
        if (!_leafShows(place, right)) forbidden = _unsigned();
        if (corrected[place]) forbidden = "INV-04: a verdict was corrected twice";
        if (_saidOf(place) == _bytesOf(right)) forbidden = "INV-04: a right verdict was corrected";
        // A stranger to the batch may not show readings, unless they are disclosed; the first operator may.
        bytes memory data = abi.encodeCall(IChallenges.challenge, (_shownOf(place), _leafOf(place), bytes32(0)));
        if (!_call(operator, address(challenges), data, forbidden, Step.Challenge)) return;
        // Nothing was announced.
        _correct(place, right, address(0), true);
    }

    /// By readings that were issued before the judging or after, and that may bear a correction out or take it back.
    function challengeByReadings(uint256 seed) external step(seed) {
        if (batches.length == 0) return;
        uint256 place = _anyJudged();
        uint256 judgedOn = batches[bills[place].batch].judgedOn;
        bool notice = _rarely(2);
        PackedVerdict right = _rightBy(place, _signedReadingsOf(place));
        string memory forbidden = _challengeable(place);
        if (_saidOf(place) == _bytesOf(right) && !corrected[place]) {
            forbidden = "INV-04: a right verdict was corrected";
        }
        if (correctedByMeter[place]) forbidden = "INV-04: readings corrected a verdict twice";
        bytes memory data = abi.encodeCall(
            IChallenges.challengeByReadings,
            (_shownOf(place), _snapshotOf(place, judgedOn < 1 days ? 0 : judgedOn - 1 days + (notice ? 0 : 1)), "")
        );
        if (!_call(operator, address(challenges), data, forbidden, Step.ChallengeByReadings)) return;
        correctedByMeter[place] = true;
        _correct(place, right, address(0), notice && !corrected[place]);
    }

    function demand(uint256 seed) external step(seed) {
        if (batches.length == 0) return;
        uint256 place = _anyJudged();
        DemandBook storage one = demands_[place];
        string memory forbidden = _challengeable(place);
        if (one.before) forbidden = "INV-04: a leaf was demanded twice";
        if (corrected[place]) forbidden = "INV-04: the leaf of a corrected verdict was demanded";
        address owner = accounts[bills[place].account].owner;
        _postBond(owner, DEMAND_BOND);
        bytes memory data = abi.encodeCall(IChallenges.demand, (_shownOf(place)));
        if (!_call(owner, address(challenges), data, forbidden, Step.Demand)) return;
        (one.open, one.before, one.deadline) = (true, true, uint40(fairTime + DEMAND_PERIOD));
        ++openDemands[bills[place].batch];
        _moveBond(owner, address(challenges), DEMAND_BOND);
    }

    /// Also where the verdict is wrong: then the leaf convicts.
    function answer(uint256 seed) external step(seed) {
        if (batches.length == 0) return;
        uint256 place = _anyDemanded();
        DemandBook storage one = demands_[place];
        string memory forbidden = one.open ? "" : "INV-04: a demand was answered that is not open";
        if (one.open && fairTime >= one.deadline) forbidden = "INV-04: a demand was answered too late";
        if (batches[bills[place].batch].judgedAt == 0) forbidden = "INV-04: an unjudged bill was answered for";
        PackedVerdict right = _rightBy(place, _readingsOf(place));
        if (bytes(forbidden).length == 0 && !_leafShows(place, right)) forbidden = _unsigned();
        bytes memory data = abi.encodeCall(IChallenges.answer, (_shownOf(place), _leafOf(place)));
        if (!_call(operator, address(challenges), data, forbidden, Step.Answer)) return;
        if (_saidOf(place) == _bytesOf(right)) _endDemand(place, operator);
        else _correct(place, right, accounts[bills[place].account].owner, true);
    }

    function answerByReadings(uint256 seed) external step(seed) {
        if (batches.length == 0) return;
        uint256 place = _anyDemanded();
        DemandBook storage one = demands_[place];
        PackedVerdict right = _rightBy(place, _signedReadingsOf(place));
        string memory forbidden = one.open ? "" : "INV-04: a demand was answered that is not open";
        if (one.open && fairTime >= one.deadline) forbidden = "INV-04: a demand was answered too late";
        if (_saidOf(place) != _bytesOf(right)) forbidden = "INV-04: readings bore a wrong verdict out";
        uint256 issuedAt = batches[bills[place].batch].judgedOn;
        if (_rarely(4)) (issuedAt, forbidden) = (issuedAt + 1, "INV-04: readings bore out what was said before them");
        bytes memory data =
            abi.encodeCall(IChallenges.answerByReadings, (_shownOf(place), _snapshotOf(place, issuedAt)));
        if (_call(operator, address(challenges), data, forbidden, Step.AnswerByReadings)) _endDemand(place, operator);
    }

    function enforce(uint256 seed) external step(seed) {
        if (batches.length == 0) return;
        uint256 place = _anyDemanded();
        DemandBook storage one = demands_[place];
        string memory forbidden = one.open ? "" : "INV-04: a demand was enforced that is not open";
        if (one.open && fairTime < one.deadline) forbidden = "INV-04: a demand was enforced too early";
        if (batches[bills[place].batch].judgedAt == 0) forbidden = "INV-04: an unjudged bill was enforced";
        bytes memory data = abi.encodeCall(IChallenges.enforce, (_shownOf(place)));
        if (!_call(keeper, address(challenges), data, forbidden, Step.Enforce)) return;
        PackedVerdict appeal = PackedVerdict.wrap(bytes12(bytes1(uint8(Decision.Appeal))));
        _correct(place, appeal, accounts[bills[place].account].owner, true);
    }

    function withdrawBond(uint256 seed) external step(seed) {
        address holder = _rarely(3) ? operator : _rarely(2) ? secondOperator : payers[_draw(PAYERS)];
        uint256 amount = _draw(bonds[holder] + 2);
        string memory forbidden = amount > bonds[holder] ? "INV-01: more was paid out than the bond" : "";
        bool free = amount <= bonds[holder] - staked[holder];
        if (!free && fairTime < lockedUntil[holder]) forbidden = "INV-01: a locked stake was paid out";
        bytes memory data = abi.encodeCall(IAppealDesk.withdrawBond, (amount, holder));
        forbidden = _frozenOr(holder, forbidden);
        if (!_call(holder, address(ledger), data, forbidden, free ? Step.WithdrawBond : Step.WithdrawStake)) return;
        bonds[holder] -= amount;
        if (!free) staked[holder] = 0;
    }

    function _startWatching() internal {
        bondHolders = [operator, secondOperator, address(challenges), payers[0], payers[1], payers[2], keeper];
        for (uint256 i; i < 2; ++i) {
            (bonds[bondHolders[i]], staked[bondHolders[i]]) = (BOND, BOND);
            lockedUntil[bondHolders[i]] = type(uint256).max;
        }
    }

    /* WHAT IS PICKED */

    function _anyJudged() private returns (uint256 place) {
        uint256 first = _draw(batches.length);
        for (uint256 i; i < batches.length && i < 8; ++i) {
            uint256 batch = (first + i) % batches.length;
            place = batches[batch].first + _draw(batches[batch].count);
            if (batches[batch].judgedAt != 0 && fairTime < _windowEndsAt(batch) && !corrected[place]) break;
        }
    }

    function _anyDemanded() private returns (uint256 place) {
        uint256 first = _draw(bills.length);
        for (uint256 i; i < bills.length; ++i) {
            place = (first + i) % bills.length;
            if (demands_[place].open) return place;
        }
    }

    function _challengeable(uint256 place) private view returns (string memory) {
        uint256 batch = bills[place].batch;
        if (batches[batch].judgedAt == 0) return "INV-04: a verdict was challenged that there is not";
        return fairTime < _windowEndsAt(batch) ? "" : "INV-04: a verdict was challenged after its window";
    }

    /* THE BOOK */

    /// Whether the leaf says anything: for who has only signed readings count it says INSUFFICIENT at most, and that when
    /// the meter operator had time to sign.
    function _leafShows(uint256 place, PackedVerdict right) private view returns (bool) {
        if (!bills[place].signedOnly) return true;
        BatchBook storage batch = batches[bills[place].batch];
        bool late = batch.judgedOn >= batch.postedOn + 14 days;
        return late && uint8(_bytesOf(right)[0]) & 3 == uint8(Decision.Insufficient);
    }

    function _unsigned() private returns (string memory) {
        ++reached[Step.LeafRefused];
        return "INV-04: readings that nobody signed counted where only signed ones do";
    }

    function _saidOf(uint256 place) private view returns (bytes12 verdict) {
        bytes memory all = said[bills[place].batch];
        if (all.length == 0) return 0;
        uint256 index = place - batches[bills[place].batch].first;
        for (uint256 i; i < 12; ++i) {
            verdict |= bytes12(all[12 * index + i]) >> (8 * i);
        }
    }

    function _correct(uint256 place, PackedVerdict right, address rewarded, bool slashes) private {
        if (demands_[place].open) _endDemand(place, accounts[bills[place].account].owner);
        BillBook storage bill = bills[place];
        Decision decision = Decision(uint8(_bytesOf(right)[0]) & 3);
        bool withheld = uint8(_saidOf(place)[0]) & 3 != uint8(Decision.Pay) && decision == Decision.Pay;
        BatchBook storage batch = batches[bill.batch];
        uint256 cap = _insufficientCap(batch.version, batch.utility, bill.postedClass);
        if (decision == Decision.Insufficient && _amountOf(bill.word) <= cap) decision = Decision.Pay;
        (corrected[place], bill.recorded) = (true, true);
        _putRight(place, decision);
        uint256 rest = slashes ? _slashed(signers[bill.batch], rewarded) : 0;
        if (withheld) _supplierOf(place).credit += rest;
        else accounts[bill.account].balance += uint48(rest);
        BillState found = ledger.stateOf(_idOf(place));
        require(found == bill.state, "INV-04: a correction put a bill where the right verdict does not");
    }

    /// Undone and done again, as if it had been judged so at first.
    function _putRight(uint256 place, Decision right) private {
        BillBook storage bill = bills[place];
        BillState from = bill.state;
        bool stays = from == BillState.Pending || from == BillState.Arrears
            ? right == Decision.Pay
            : from == BillState.Held
                ? right == Decision.Appeal
                : from == BillState.Waiting ? right == Decision.Insufficient : true;
        // What the parties do or have done stands, whatever the verdict.
        bool parties = from == BillState.Held ? bill.byHand : bill.reason == Reason.AppealShortfall;
        if (stays || parties) return;
        uint48 amount = bill.parts[uint256(from)];
        CustomerAccount storage account = accounts[bill.account];
        if (from == BillState.Pending) {
            account.balance += amount;
            if (batches[bill.batch].judgedMonth == month) collected[bill.account][month] -= amount;
        }
        if (from == BillState.Held) {
            account.balance += bill.hold;
            (bill.hold, bill.appeal, bill.agreed) = (0, AppealState.Overturned, type(uint48).max);
            bill.apart = bill.parts[uint256(BillState.Settled)];
        }
        _doRight(bill, account, from, right, amount);
        ++reached[right == Decision.Pay ? Step.PutToPay : right == Decision.Appeal ? Step.PutToHold : Step.PutToWait];
    }

    function _doRight(
        BillBook storage bill,
        CustomerAccount storage account,
        BillState from,
        Decision right,
        uint48 amount
    ) private {
        Reason reason = right == Decision.Insufficient ? Reason.Insufficient : Reason.None;
        BillState to = right == Decision.Insufficient ? BillState.Waiting : BillState.Held;
        if (right == Decision.Pay) {
            reason = _refusalOf(bill.account, amount);
            if (reason == Reason.None && bill.amount > account.capPerBill) reason = Reason.CapPerBill;
            to = reason == Reason.None ? BillState.Pending : BillState.Arrears;
        }
        if (to == BillState.Pending) _collect(bill.account, amount);
        if (to == BillState.Held) {
            bill.hold = amount < account.balance ? amount : account.balance;
            account.balance -= bill.hold;
            bill.appeal = AppealState.Open;
            bill.agreed = 0;
            bill.deadline = uint40(fairTime) + periods[batches[bill.batch].version].reply;
        }
        _pass(bill, from, to, amount);
        _enter(bill, to, reason);
        if (bill.amount == amount) return;
        (bill.amount, bill.replaced) = (amount, true);
        bill.apart = bill.parts[uint256(BillState.Settled)];
    }

    function _endDemand(uint256 place, address winner) private {
        demands_[place].open = false;
        --openDemands[bills[place].batch];
        _moveBond(address(challenges), winner, DEMAND_BOND);
    }

    function _moveBond(address from, address to, uint256 amount) private {
        bonds[from] -= amount;
        bonds[to] += amount;
    }
}
