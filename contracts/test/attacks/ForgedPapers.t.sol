// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {PackedPapers} from "../../src/libraries/PackedPapers.sol";
import {PapersErrors} from "../../src/libraries/PapersErrors.sol";
import {PaperOffice} from "../../src/papers/PaperOffice.sol";
import {BatchId, BillId, PackedBill} from "../../src/types/Ids.sol";
import {Entry, Filing, Kind, Return} from "../../src/types/Papers.sol";
import {Base} from "../Base.sol";
import {PapersBase} from "../PapersBase.sol";
import {AttackBase, Weakened} from "./AttackBase.sol";

/// A large bill is to look approved by two people although it was one, with a second key that the owner gave it; and a bill
/// that the ledger never paid is to have a paid voucher.
contract ForgedPapersAttack is PapersBase, AttackBase {
    address private second = _actor("second key of the first approver");

    function setUp() public override(Base, PapersBase) {
        super.setUp();
        vm.prank(supplierOwner);
        trace.appoint(supplier, second, keccak256("first approver"), uint16(1 << uint256(Kind.SecondApproval)));
    }

    function test_secondKey__keysCompared__approvesOnTwoLevels() external {
        _replace(address(trace), address(new ByKeys(_aside(address(trace)), ledger)));
        BillId bill = _paid(MIDDLE);
        _writeUpTo(Kind.FirstApproval, bill, MIDDLE);
        _writeBy(second, Kind.SecondApproval, bill, MIDDLE);
        require(_stands(bill, Kind.SecondApproval), "one person on two levels");
    }

    function test_secondKey__ours__refused() external {
        BillId bill = _paid(MIDDLE);
        _writeUpTo(Kind.FirstApproval, bill, MIDDLE);
        uint8 person = trace.personOf(supplier, keccak256("first approver"));
        vm.expectRevert(
            abi.encodeWithSelector(PapersErrors.BillTrace_SamePerson.selector, bill, Kind.SecondApproval, person)
        );
        _writeBy(second, Kind.SecondApproval, bill, MIDDLE);
    }

    function test_paidVoucher__writtenByHand__saysWhatNeverWas() external {
        _replace(address(trace), address(new ByHand(_aside(address(trace)), ledger)));
        BillId bill = _unpaid();
        _writeBy(stranger, Kind.Paid, bill, SMALL);
        require(_stands(bill, Kind.Paid), "a paid voucher of a bill that nobody paid");
    }

    function test_paidVoucher__ours__refused() external {
        BillId bill = _unpaid();
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NotByHand.selector, Kind.Paid));
        _writeBy(stranger, Kind.Paid, bill, SMALL);
        vm.expectRevert(PapersErrors.BillTrace_NothingToVouch.selector);
        trace.vouch(_one(bill));
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NotPaid.selector, bill));
        _write(Kind.Payment, bill, SMALL);
    }

    /// In arrears, with everything before the payment.
    function _unpaid() private returns (BillId bill) {
        PackedBill packed = _billOf(_account(0), SMALL);
        bill = _run(packed, PAY);
        _archive(bill, packed);
        _writeUpTo(Kind.FirstApproval, bill, SMALL);
    }
}

/// Papers of which all but writing is ours.
abstract contract WeakPapers is Weakened, PaperOffice {
    constructor(address strong, IPaymentLedger ledger_) Weakened(strong) PaperOffice(ledger_) {}

    function archive(BatchId, Filing[] calldata) external override {
        _handOn();
    }

    function giveBack(Kind, Return[] calldata) external override {
        _handOn();
    }

    function vouch(BillId[] calldata) external override {
        _handOn();
    }

    function _handOn() internal {
        (bool success, bytes memory result) = _strong.delegatecall(msg.data);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }
}

/// Takes a key for a person.
contract ByKeys is WeakPapers {
    constructor(address strong, IPaymentLedger ledger_) WeakPapers(strong, ledger_) {}

    function write(Kind kind, Entry[] calldata entries) external override {
        // As if each key were somebody else's.
        _papers[entries[0].bill] = PackedPapers.withPerson(_papers[entries[0].bill], PackedPapers.FIRST, 0);
        _handOn();
    }
}

/// Has paid vouchers written as any other document.
contract ByHand is WeakPapers {
    constructor(address strong, IPaymentLedger ledger_) WeakPapers(strong, ledger_) {}

    function write(Kind kind, Entry[] calldata entries) external override {
        if (kind != Kind.Paid) return _handOn();
        Entry calldata one = entries[0];
        _append(
            one.bill, _papers[one.bill], kind, 0, PackedPapers.issueOf(msg.sender, one.amount, one.tax), one.content
        );
    }
}
