// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Voice} from "../../src/types/Accounts.sol";
import {BillState} from "../../src/types/Bills.sol";
import {Books} from "./Books.sol";

/// What the handlers share: chance, actors, and calls that must succeed or must be refused.
abstract contract Steps is Books {
    /// What a handler did. `Refused` counts calls that the books forbid, and that the contracts refused.
    enum Step {
        Refused,
        OpenAccount,
        Deposit,
        DepositForOther,
        DepositWithPermit,
        Move,
        Withdraw,
        GrantMandate,
        GrantBySignature,
        RevokeMandate,
        SetTariff,
        Post,
        PostReplacement,
        Judge,
        JudgeByGate,
        JudgedPending,
        JudgedArrears,
        JudgedHeld,
        JudgedWaiting,
        JudgedVoid,
        JudgedReplacement,
        Release,
        ReleaseAgain,
        CancelUnjudged,
        CancelPending,
        CancelWaiting,
        CancelArrears,
        CancelPartlyPaid,
        WithdrawCredit,
        Confirm,
        PayAll,
        PayPart,
        PayFromBalance,
        SettleToPending,
        SettleToCredit,
        SettleNothing,
        GiveUp,
        ScoreAgain,
        Concede,
        Offer,
        Contest,
        Accept,
        AcceptToArrears,
        Refuse,
        WithdrawAppeal,
        WithdrawAppealToArrears,
        AnswerByAgent,
        AgentRefused,
        ExpireToVoid,
        ExpireToContest,
        SetClass,
        SetPresets,
        SetPeriods,
        EndOperator,
        NameOperator,
        Resign,
        Equivocate,
        Freeze,
        Thaw,
        FrozenRefused,
        Stray,
        Burn,
        Wait,
        Challenge,
        Demand,
        Answer,
        AnswerByReadings,
        Enforce,
        ChallengeByReadings,
        LeafRefused,
        PutToPay,
        PutToHold,
        PutToWait,
        PostBond,
        WithdrawBond,
        WithdrawStake,
        Pause,
        Resume,
        SetArbiter,
        Vote,
        RulePaying,
        RuleToVoid,
        Undisputed,
        UndisputedNothing,
        ReclaimPending,
        ReclaimSettled,
        ReclaimArrears,
        ReclaimPledging,
        ReclaimReserved,
        RefundToDebt,
        RequestRefund,
        ForwardRefund,
        RejectRefund,
        SignRefund,
        PayRefund,
        PayRefundWhole,
        ReturnRefund,
        ResubmitRefund,
        CancelRefund,
        EscalateRefund,
        RefundByHead,
        RefundTaken
    }

    uint256 internal constant PAYERS = 3;
    /// Of the first stakes, which nobody changes.
    uint256 internal constant SLASH = 100_000;

    address internal neighbour = _actor("neighbour");
    address internal keeper = _actor("keeper");
    address internal secondAgent = _actor("second agent");
    address internal secondOperator = _actor("second operator");
    uint256[PAYERS] internal payerKeys;
    address[PAYERS] internal payers;

    mapping(Step => uint256) public reached;

    uint256 private now_;
    uint256 internal chance;

    /// Draws follow from the fuzzer's seed. The clock is set again, since forge does not keep it from call to call.
    modifier step(uint256 seed) {
        chance = uint256(keccak256(abi.encode(seed, chance)));
        vm.warp(now_);
        _;
        now_ = block.timestamp;
    }

    function _startClock() internal {
        fairTime = block.timestamp;
        now_ = block.timestamp;
    }

    /// From 0 to `count` - 1.
    function _draw(uint256 count) internal returns (uint256) {
        chance = uint256(keccak256(abi.encode(chance)));
        return chance % count;
    }

    /// One time in `count`.
    function _rarely(uint256 count) internal returns (bool) {
        return _draw(count) == 0;
    }

    /// Calls as `caller`. Where `forbidden` says why the call must be refused, it must be; else it must succeed, and
    /// what it reverts with is passed on.
    function _call(address caller, address target, bytes memory data, string memory forbidden, Step done)
        internal
        returns (bool success)
    {
        bytes memory result;
        vm.prank(caller);
        (success, result) = target.call(data);
        bool allowed = bytes(forbidden).length == 0;
        require(allowed || !success, forbidden);
        if (allowed && !success) {
            // What broke before, between two audits, may be why.
            string memory broken = audit();
            require(bytes(broken).length == 0, broken);
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
        ++reached[success ? done : Step.Refused];
    }

    /// An operator pays for a lie, unless it has left and taken its stake before someone enforced a demand, and pays in
    /// again, so that it is not expelled and its stake covers the next. Returns what goes to whom it wronged.
    function _slashed(address signer, address rewarded) internal returns (uint256 rest) {
        uint256 lost = staked[signer] < SLASH ? staked[signer] : SLASH;
        uint256 reward = rewarded == address(0) ? 0 : lost / 4;
        (bonds[signer], staked[signer]) = (bonds[signer] - lost, staked[signer] - lost);
        bonds[rewarded] += reward;
        if (lost != 0) _postBond(signer, lost);
        return lost - reward;
    }

    /// Paid by another, whom nobody has frozen.
    function _postBond(address holder, uint256 amount) internal {
        _bond(holder, keeper, amount);
        bonds[holder] += amount;
        if (fairTime < lockedUntil[holder]) staked[holder] += amount;
        ++reached[Step.PostBond];
    }

    /// A bill in `state`, or any other where none is.
    function _anyBill(BillState state) internal returns (uint256 place) {
        uint256 count = bills.length;
        uint256 first = _draw(count);
        for (uint256 i; i < count; ++i) {
            place = (first + i) % count;
            if (bills[place].state == state) return place;
        }
    }

    /// Its owner, or now and then someone else.
    function _callerFor(address owner) internal returns (address) {
        return _rarely(16) ? keeper : owner;
    }

    /// The owner of the account at `place`, or its agent, or now and then someone else; and with what voice it may have
    /// `amount` paid of a bill.
    function _speakerFor(uint256 place, uint256 amount) internal returns (address speaker, Voice voice) {
        speaker = _rarely(16) ? keeper : _rarely(2) ? accounts[place].owner : _rarely(8) ? secondAgent : agent;
        voice = _voiceOf(place, speaker, amount);
        bool isAgent = speaker == agent || speaker == secondAgent;
        if (isAgent) ++reached[voice == Voice.Agent ? Step.AnswerByAgent : Step.AgentRefused];
    }

    function _anyHolder() internal returns (address) {
        uint256 drawn = _draw(PAYERS + 3);
        if (drawn < PAYERS) return payers[drawn];
        return drawn == PAYERS ? neighbour : suppliers[drawn - PAYERS - 1].owner;
    }

    /// Why a transfer with this address must be refused: it is frozen, or as said.
    function _frozenOr(address holder, string memory forbidden) internal returns (string memory) {
        if (!frozen[holder]) return forbidden;
        ++reached[Step.FrozenRefused];
        return "INV-01: a frozen address took part in a transfer";
    }
}
