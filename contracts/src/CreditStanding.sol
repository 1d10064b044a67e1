// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IAppealRegistry} from "./interfaces/IAppealRegistry.sol";
import {IArbitrable} from "./interfaces/IArbiter.sol";
import {ICreditStanding} from "./interfaces/ICreditStanding.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {ITradeDesk} from "./interfaces/ITradeDesk.sol";
import {Errors} from "./libraries/Errors.sol";
import {TradeErrors} from "./libraries/TradeErrors.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {PackedBills} from "./libraries/PackedBills.sol";
import {StandingBook} from "./standing/StandingBook.sol";
import {StandingRules} from "./standing/StandingRules.sol";
import {AppealState} from "./types/Appeals.sol";
import {Batch, BillRecord, BillState, Reason} from "./types/Bills.sol";
import {AccountId, BillId, PackedBill} from "./types/Ids.sol";
import {Change, ChangeId, Conduct, Fact, Source} from "./types/Standing.sol";

/// Credit standing of suppliers and customers, by address.
///
/// It takes nothing from anyone and stops nothing but what others ask it before: publishing, buying, paying in
/// instalments, raising a mandate's caps. Whoever is suspended or banned pays its debts, withdraws and appeals as before.
///
/// Assumed: an address is cheap. A new one begins at the start with no reward, so that leaving one behind gains only what
/// a suspension took; who must not come back has to be kept from registering elsewhere. Trusted: the arbiter, to rule on
/// penalties.
// The analyser does not see that getters with a type of our own as a key implement their functions.
// slither-disable-next-line unimplemented-functions
contract CreditStanding is StandingBook {
    using IdCodec for AccountId;
    using IdCodec for BillId;
    using PackedBills for PackedBill;

    /// What it reads, fixed at deployment.
    IPaymentLedger public immutable ledger;
    IAppealRegistry public immutable registry;
    ITradeDesk public immutable desk;

    address private _arbiter;
    mapping(ChangeId change => address) private _arbiters;
    /// @inheritdoc ICreditStanding
    mapping(ChangeId change => uint40) public override appealDeadlineOf;

    constructor(
        IAccessManager authority_,
        IFairClock clock_,
        IPaymentLedger ledger_,
        IAppealRegistry registry_,
        ITradeDesk desk_
    ) StandingRules(authority_, clock_) {
        (ledger, registry, desk) = (ledger_, registry_, desk_);
    }

    /// @inheritdoc ICreditStanding
    function report(Source source, uint72[] calldata ids) external override {
        bool counted;
        for (uint256 i; i < ids.length; ++i) {
            if (_count(source, ids[i], _factOf(source, ids[i]))) counted = true;
        }
        if (!counted) revert TradeErrors.CreditStanding_NothingCounts(source, ids.length == 0 ? 0 : ids[0]);
    }

    /// @inheritdoc ICreditStanding
    function reportBill(BillId bill, PackedBill packed, bytes32[] calldata proof) external override {
        // Check:
        Batch memory batch = ledger.batchOf(bill.batch());
        bytes32 leaf = bytes32(PackedBill.unwrap(packed));
        if (!MerkleTree.verify(batch.commitment, leaf, bill.index(), batch.count, proof)) {
            revert TradeErrors.CreditStanding_NotCommitted(bill);
        }

        // Effect:
        uint72 id = BillId.unwrap(bill);
        bool counted = _count(Source.Bill, id, _ofBill(bill, batch, IdCodec.account(batch.supplier, packed.number())));
        if (!counted) revert TradeErrors.CreditStanding_NothingCounts(Source.Bill, id);
    }

    /// @inheritdoc ICreditStanding
    function appeal(ChangeId change) external override {
        // Check:
        Change memory penalty = _changes[change];
        if (penalty.party != msg.sender || !_isPenalty(penalty.conduct)) {
            revert TradeErrors.CreditStanding_NotPenalized(change, msg.sender);
        }
        uint40 time = clock.time();
        bool over = time >= penalty.at + _rules[penalty.version].appealPeriod;
        if (over || appealDeadlineOf[change] != 0) revert TradeErrors.CreditStanding_NotAppealable(change);

        // Effect:
        uint40 deadline = time + _rules[penalty.version].rulingPeriod;
        (appealDeadlineOf[change], _arbiters[change]) = (deadline, _arbiter);

        emit AppealContested(BillId.wrap(ChangeId.unwrap(change)), _arbiter, 0, deadline);
    }

    /// @inheritdoc IArbitrable
    function rule(BillId bill, uint48 due) external override {
        // Check:
        ChangeId change = ChangeId.wrap(BillId.unwrap(bill));
        if (_arbiters[change] != msg.sender) revert TradeErrors.CreditStanding_NotArbiter(change, msg.sender);
        uint40 deadline = appealDeadlineOf[change];
        if (clock.time() >= deadline) revert TradeErrors.CreditStanding_DeadlineOver(change, deadline);
        uint16 points = _changes[change].points;
        if (due > points) revert TradeErrors.CreditStanding_KeptTooLarge(change, due, points);

        // Effect:
        // Over at once: there is one ruling.
        appealDeadlineOf[change] = clock.time();

        emit AppealRuled(bill, msg.sender, due);

        _relieve(change, uint16(due));
    }

    /// @inheritdoc ICreditStanding
    function setArbiter(address arbiter) external override restricted {
        // Effect:
        // Zero stands for nobody.
        // slither-disable-next-line missing-zero-check
        _arbiter = arbiter;

        emit StandingArbiterSet(arbiter);
    }

    /// @inheritdoc IArbitrable
    function arbiterOf(BillId bill) external view override returns (address) {
        return _arbiters[ChangeId.wrap(BillId.unwrap(bill))];
    }

    function _factOf(Source source, uint72 id) private view returns (Fact memory fact) {
        if (source >= Source.Instalment) return desk.factOf(source, id);
        // An id with more bits than there are would be another name of the same event.
        bool appealed = source == Source.AppealSupplier || source == Source.AppealCustomer;
        if (appealed && id <= type(uint64).max) return _ofAppeal(BillId.wrap(uint64(id)), source);
    }

    /// A ruling that nothing of the bill was due: the supplier lost, the customer was right.
    function _ofAppeal(BillId bill, Source source) private view returns (Fact memory fact) {
        if (registry.appealOf(bill).state != AppealState.Ruled) return fact;
        BillRecord memory record = ledger.recordOf(bill);
        if (record.state != BillState.Void || record.reason != Reason.Ruled) return fact;
        fact.at = ledger.batchOf(bill.batch()).judgedAt;
        bool supplier = source == Source.AppealSupplier;
        fact.conduct = supplier ? Conduct.AppealLost : Conduct.AppealUpheld;
        fact.party = supplier ? ledger.supplierOwner(record.account.supplier()) : ledger.ownerOf(record.account);
    }

    /// Arrears count for want of balance only: without a mandate nobody has agreed to pay.
    function _ofBill(BillId bill, Batch memory batch, AccountId account) private view returns (Fact memory fact) {
        (fact.party, fact.at) = (ledger.ownerOf(account), batch.judgedAt);
        BillRecord memory record = ledger.recordOf(bill);
        if (record.state == BillState.Unjudged) {
            if (ledger.stateOf(bill) == BillState.Settled) fact.conduct = Conduct.BillPaid;
        } else if (record.state == BillState.Arrears && record.reason == Reason.Balance) {
            uint256 end = uint256(batch.judgedAt) + _rules[versionAt(batch.judgedAt)].grace;
            if (clock.time() >= end) fact.conduct = Conduct.BillUnpaid;
        }
    }
}
