// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBillTrace} from "./interfaces/IBillTrace.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {PackedBills} from "./libraries/PackedBills.sol";
import {PackedPapers} from "./libraries/PackedPapers.sol";
import {PaperOrder} from "./libraries/PaperOrder.sol";
import {PapersErrors} from "./libraries/PapersErrors.sol";
import {PaperOffice} from "./papers/PaperOffice.sol";
import {BillRecord, BillState} from "./types/Bills.sol";
import {BatchId, BillId, PackedBill} from "./types/Ids.sol";
import {Defect, Entry, Filing, Kind, Office, Return} from "./types/Papers.sol";

/// The papers of bills, from the archive record to the paid voucher (IBillTrace).
///
/// Trusted: the ledger, for which bills there are, over how much, and what became of them; it is told nothing, and a fault
/// here cannot reach it. A supplier's owner, for who is whom in its office: two identities of one person look like two
/// people. Nobody, for the rest: what stands rests on what stood.
contract BillTrace is PaperOffice {
    using PackedBills for PackedBill;
    using PackedPapers for uint256;

    uint32 private constant PPM = 1_000_000;

    constructor(IPaymentLedger ledger_) PaperOffice(ledger_) {}

    /// @inheritdoc IBillTrace
    function archive(BatchId batch, Filing[] calldata filings) external override {
        // Check:
        Desk memory desk;
        _sit(desk, batch);
        _checkDuty(desk, Kind.Archive, PaperOrder.bit(Kind.Archive));
        if (filings.length != desk.count || _rootOf(filings) != desk.commitment) {
            revert PapersErrors.BillTrace_NotThatBatch(batch);
        }

        // Effect:
        for (uint256 i; i < filings.length; ++i) {
            Filing calldata one = filings[i];
            if (one.content == 0) continue;
            BillId bill = IdCodec.bill(batch, i);
            if (_papers[bill] != 0) revert PapersErrors.BillTrace_Stands(bill, Kind.Archive);
            uint256 amount = one.bill.amount();
            uint256 by = PackedPapers.issueOf(msg.sender, amount, 0);
            _append(bill, uint256(0).withAmount(amount), Kind.Archive, 0, by, one.content);
        }
    }

    /// @inheritdoc IBillTrace
    function write(Kind kind, Entry[] calldata entries) external override {
        // Check:
        if (kind == Kind.Archive || kind == Kind.Paid) revert PapersErrors.BillTrace_NotByHand(kind);
        Desk memory desk;

        // Effect:
        for (uint256 i; i < entries.length; ++i) {
            Entry calldata entry = entries[i];
            _sit(desk, IdCodec.batch(entry.bill));
            _checkDuty(desk, kind, PaperOrder.bit(kind));
            uint256 word = _papers[entry.bill];
            uint256 parents = _checkEntry(entry, word, kind);
            word = _noted(entry, word, kind, desk);
            uint256 by = PackedPapers.issueOf(msg.sender, entry.amount, entry.tax);
            _append(entry.bill, word, kind, parents, by, entry.content);
        }
    }

    /// @inheritdoc IBillTrace
    function giveBack(Kind kind, Return[] calldata returns_) external override {
        // Check:
        if (kind == Kind.Archive || kind == Kind.Paid) revert PapersErrors.BillTrace_NotByHand(kind);
        Desk memory desk;

        // Effect:
        for (uint256 i; i < returns_.length; ++i) {
            Return calldata one = returns_[i];
            _sit(desk, IdCodec.batch(one.bill));
            _checkDuty(desk, kind, PaperOrder.fallen(kind));
            uint256 word = _papers[one.bill];
            if (word.isClosed()) revert PapersErrors.BillTrace_Closed(one.bill);
            if (word.standing() & PaperOrder.bit(kind) == 0) revert PapersErrors.BillTrace_NotThere(one.bill, kind);
            if (one.defect == Defect.None) revert PapersErrors.BillTrace_NoReason(one.bill);
            // slither-disable-next-line unused-return
            _remove(one.bill, word, kind, one.defect, msg.sender, one.content);
        }
    }

    /// @inheritdoc IBillTrace
    function vouch(BillId[] calldata bills) external override {
        Desk memory desk;
        bool said;

        // Effect:
        for (uint256 i; i < bills.length; ++i) {
            _sit(desk, IdCodec.batch(bills[i]));
            if (_vouch(bills[i], desk)) said = true;
        }

        // Check:
        if (!said) revert PapersErrors.BillTrace_NothingToVouch();
    }

    /// Returns whether there was anything to say.
    function _vouch(BillId bill, Desk memory desk) private returns (bool said) {
        uint256 word = _papers[bill];
        if (word.standing() & PaperOrder.bit(Kind.Payment) == 0) return false;
        (bool settled, uint256 amount) = _settled(bill, word.amount());
        if (word.standing() & PaperOrder.bit(Kind.Paid) != 0) {
            if (settled && amount == word.amount()) return false;
            word = _remove(bill, word, Kind.Paid, Defect.Superseded, address(ledger), 0);
            said = true;
        }
        if (!settled) return said;
        bytes32 content = keccak256(abi.encode(block.chainid, ledger, bill, desk.supplier, amount, desk.judgedAt));
        uint256 by = PackedPapers.issueOf(address(ledger), amount, 0);
        _append(bill, word.withAmount(amount).asClosed(), Kind.Paid, PaperOrder.bit(Kind.Payment), by, content);
        return true;
    }

    /// Whether the ledger says that a bill is settled, and with how much of it; `posted` of a bill that never left the
    /// common path.
    function _settled(BillId bill, uint256 posted) private view returns (bool, uint256) {
        if (ledger.stateOf(bill) != BillState.Settled) return (false, 0);
        BillRecord memory record = ledger.recordOf(bill);
        // Only a record has days: what it says is the amount less what became void of it.
        return (true, record.periodDays == 0 ? posted : record.amount);
    }

    /// The root over the packed bills alone.
    function _rootOf(Filing[] calldata filings) private pure returns (bytes32) {
        uint256 base;
        assembly ("memory-safe") {
            base := mload(0x40)
            let from := filings.offset
            for { let i := 0 } lt(i, filings.length) { i := add(i, 1) } {
                mstore(add(base, shl(5, i)), calldataload(add(from, shl(6, i))))
            }
        }
        return MerkleTree.rootAt(base, filings.length);
    }

    function _checkDuty(Desk memory desk, Kind kind, uint256 any) private view {
        if (desk.duties & any == 0) revert PapersErrors.BillTrace_NoDuty(desk.supplier, msg.sender, kind);
    }

    /// Returns what the document rests on.
    function _checkEntry(Entry calldata entry, uint256 word, Kind kind) private view returns (uint256 parents) {
        parents = PaperOrder.parents(kind, word.levels());
        uint256 missing = parents & ~word.standing();
        if (missing != 0) revert PapersErrors.BillTrace_Missing(entry.bill, kind, uint16(missing));
        if (word.standing() & PaperOrder.bit(kind) != 0) revert PapersErrors.BillTrace_Stands(entry.bill, kind);
        // An invoice says what it says: to find it wrong is verification's.
        if (entry.amount == 0 || (entry.amount > word.amount() && kind != Kind.Invoice)) {
            revert PapersErrors.BillTrace_WrongAmount(entry.bill, entry.amount, uint48(word.amount()));
        }
        if (entry.tax > PPM) revert PapersErrors.BillTrace_WrongTax(entry.bill, entry.tax);
        if (kind == Kind.Payment) {
            BillState state = ledger.stateOf(entry.bill);
            if (state != BillState.Pending && state != BillState.Settled) {
                revert PapersErrors.BillTrace_NotPaid(entry.bill);
            }
        }
    }

    /// The word with who does what others must not do; refuses who must not.
    function _noted(Entry calldata entry, uint256 word, Kind kind, Desk memory desk) private view returns (uint256) {
        uint256 person = desk.person;
        if (kind == Kind.Payable) return word.withPerson(PackedPapers.PUSHER, person);
        if (kind == Kind.Invoice) return word.withPerson(PackedPapers.COLLECTOR, person);
        if (kind == Kind.Application) return _applied(entry, word, desk);
        if (kind == Kind.TaxCheck) _checkOther(entry.bill, word, kind, person, PackedPapers.PUSHER);
        if (kind == Kind.Verification) _checkOther(entry.bill, word, kind, person, PackedPapers.COLLECTOR);
        if (kind < Kind.FirstApproval || kind > Kind.ThirdApproval) return word;
        return _approved(entry.bill, word, kind, person);
    }

    /// An application takes as many approvals as its amount does by the limits of now.
    function _applied(Entry calldata entry, uint256 word, Desk memory desk) private view returns (uint256) {
        Office storage office = _offices[desk.supplier];
        uint256 levels = entry.amount > office.third ? 3 : entry.amount > office.second ? 2 : 1;
        return word.withLevels(levels).withPerson(PackedPapers.APPLICANT, desk.person);
    }

    function _approved(BillId bill, uint256 word, Kind kind, uint256 person) private pure returns (uint256) {
        uint256 level = uint256(kind) - uint256(Kind.Application);
        if (level > word.levels()) revert PapersErrors.BillTrace_NotNeeded(bill, kind);
        _checkOther(bill, word, kind, person, PackedPapers.APPLICANT);
        if (level == 1) return word.withPerson(PackedPapers.FIRST, person);
        _checkOther(bill, word, kind, person, PackedPapers.FIRST);
        if (level == 2) return word.withPerson(PackedPapers.SECOND, person);
        _checkOther(bill, word, kind, person, PackedPapers.SECOND);
        return word;
    }

    function _checkOther(BillId bill, uint256 word, Kind kind, uint256 person, uint256 place) private pure {
        if (person == word.person(place)) revert PapersErrors.BillTrace_SamePerson(bill, kind, uint8(person));
    }
}
