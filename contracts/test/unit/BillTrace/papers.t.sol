// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBillTrace} from "../../../src/interfaces/IBillTrace.sol";
import {PapersErrors} from "../../../src/libraries/PapersErrors.sol";
import {BatchId, BillId, PackedBill} from "../../../src/types/Ids.sol";
import {Defect, Entry, Kind, PackedDocument, PackedIssue, Papers} from "../../../src/types/Papers.sol";
import {PapersBase} from "../../PapersBase.sol";

/// Documents in their order, who may write and return them, and what the ledger alone says.
contract PapersTest is PapersBase {
    /* ORDER */

    function test_write__GivenAllInOrder__EndsWithThePaidVoucher() external {
        BillId bill = _paid(LARGE);
        _writeUpTo(Kind.Payment, bill, LARGE);
        _release(bill);
        bytes19 digest = trace.papersOf(bill).digest;
        bytes memory what = _what(digest, bill, Kind.Paid, Defect.None, 3);
        bytes memory by = _by(address(ledger), LARGE, 0);
        vm.expectEmit(address(trace));
        emit IBillTrace.Documented(
            PackedDocument.wrap(uint256(bytes32(what))), PackedIssue.wrap(uint256(bytes32(by))), _voucher(bill, LARGE)
        );
        vm.prank(stranger);
        trace.vouch(_one(bill));
        Papers memory papers = trace.papersOf(bill);
        _equal(papers.standing, (1 << KINDS) - 1, "all stand");
        require(papers.closed && papers.levels == 3, "closed, three levels");
        _equal(papers.amount, LARGE, "settled");
    }

    function test_write__GivenWhatItRestsOnMissing__Reverts() external {
        BillId bill = _paid(SMALL);
        for (uint256 kind = 2; kind < uint256(Kind.Paid); ++kind) {
            uint16 missing = trace.parentsOf(Kind(kind), 0);
            if (kind == uint256(Kind.Payment)) missing = uint16(1 << uint256(Kind.Application));
            vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_Missing.selector, bill, Kind(kind), missing));
            _write(Kind(kind), bill, SMALL);
        }
    }

    /// Neither of the two that need not wait for each other waits for the other.
    function test_write__GivenTaxCheckAndInvoice__InAnyOrder() external {
        for (uint256 i; i < 2; ++i) {
            BillId bill = _paid(SMALL);
            _write(Kind.Payable, bill, SMALL);
            _write(i == 0 ? Kind.Invoice : Kind.TaxCheck, bill, SMALL);
            vm.expectRevert(
                abi.encodeWithSelector(
                    PapersErrors.BillTrace_Missing.selector,
                    bill,
                    Kind.Verification,
                    uint16(1 << uint256(i == 0 ? Kind.TaxCheck : Kind.Invoice))
                )
            );
            _write(Kind.Verification, bill, SMALL);
            _write(i == 0 ? Kind.TaxCheck : Kind.Invoice, bill, SMALL);
            _write(Kind.Verification, bill, SMALL);
        }
    }

    function test_write__GivenItStands__Reverts() external {
        BillId bill = _paid(SMALL);
        _write(Kind.Payable, bill, SMALL);
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_Stands.selector, bill, Kind.Payable));
        _write(Kind.Payable, bill, SMALL);
    }

    function test_write__GivenAnAmountBeyondTheBill__RevertsButOfInvoices() external {
        BillId bill = _paid(SMALL);
        for (uint256 amount = 0; amount <= SMALL + 1; amount += SMALL + 1) {
            vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_WrongAmount.selector, bill, amount, SMALL));
            _write(Kind.Payable, bill, amount);
        }
        _write(Kind.Payable, bill, SMALL);
        _write(Kind.Invoice, bill, SMALL + 1);
    }

    function test_write__GivenATaxAboveOne__Reverts() external {
        BillId bill = _paid(SMALL);
        Entry[] memory entries = _entry(bill, Kind.Payable, SMALL);
        entries[0].tax = 1_000_001;
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_WrongTax.selector, bill, 1_000_001));
        vm.prank(clerks[1]);
        trace.write(Kind.Payable, entries);
    }

    function test_write__GivenArchiveOrPaid__Reverts() external {
        BillId bill = _paid(SMALL);
        Kind[2] memory kinds = [Kind.Archive, Kind.Paid];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NotByHand.selector, kinds[i]));
            _writeBy(clerks[0], kinds[i], bill, SMALL);
            vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NotByHand.selector, kinds[i]));
            _giveBackBy(clerks[0], kinds[i], bill, Defect.Other);
        }
    }

    /* APPROVALS */

    function test_write__GivenTheAmount__TakesItsLevelsOfApproval() external {
        uint256[3] memory amounts = [SMALL, MIDDLE, LARGE];
        for (uint256 level = 1; level <= 3; ++level) {
            BillId bill = _paid(amounts[level - 1]);
            _writeUpTo(Kind(uint256(Kind.Application) + level - 1), bill, amounts[level - 1]);
            Kind last = Kind(uint256(Kind.Application) + level);
            vm.expectRevert(
                abi.encodeWithSelector(
                    PapersErrors.BillTrace_Missing.selector, bill, Kind.Payment, uint16(1 << uint256(last))
                )
            );
            _write(Kind.Payment, bill, amounts[level - 1]);
            _write(last, bill, amounts[level - 1]);
            if (level < 3) {
                Kind next = Kind(uint256(last) + 1);
                vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NotNeeded.selector, bill, next));
                _write(next, bill, amounts[level - 1]);
            }
            _write(Kind.Payment, bill, amounts[level - 1]);
        }
    }

    /// Whatever keys and duties a person has.
    function test_write__GivenOnePersonTwice__Reverts() external {
        BillId bill = _paid(LARGE);
        Kind[2][6] memory pairs = [
            [Kind.Payable, Kind.TaxCheck],
            [Kind.Invoice, Kind.Verification],
            [Kind.Application, Kind.FirstApproval],
            [Kind.Application, Kind.SecondApproval],
            [Kind.FirstApproval, Kind.ThirdApproval],
            [Kind.SecondApproval, Kind.ThirdApproval]
        ];
        for (uint256 i; i < pairs.length; ++i) {
            uint256 state = vm.snapshotState();
            (Kind earlier, Kind later) = (pairs[i][0], pairs[i][1]);
            address second = _actor("second key");
            bytes32 identity = keccak256(bytes(_nameOf(earlier)));
            vm.prank(supplierOwner);
            trace.appoint(supplier, second, identity, uint16(1 << uint256(later)));
            _writeUpTo(Kind(uint256(later) - 1), bill, LARGE);
            uint8 person = trace.personOf(supplier, identity);
            vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_SamePerson.selector, bill, later, person));
            _writeBy(second, later, bill, LARGE);
            vm.revertToState(state);
        }
    }

    function test_write__GivenNoLimitsSet__TakesThree() external {
        vm.prank(supplierOwner);
        trace.setLimits(supplier, 0, 0);
        BillId bill = _paid(60);
        _writeUpTo(Kind.Application, bill, 60);
        _equal(trace.papersOf(bill).levels, 3, "levels");
    }

    /* RETURNS */

    function testFuzz_giveBack__GivenAnyKind__TakesWhatRestsOnIt(uint256 seed) external {
        BillId bill = _paid(LARGE);
        _writeUpTo(Kind.Payment, bill, LARGE);
        Kind kind = Kind(1 + seed % 11);
        _giveBackBy(clerks[11], kind, bill, Defect.WrongTax);
        for (uint256 other; other < 12; ++other) {
            bool rests = other == uint256(kind) || _rests(Kind(other), kind);
            require(_stands(bill, Kind(other)) != rests, "what rests on it falls, and nothing else");
        }
        for (uint256 again = uint256(kind); again < 12; ++again) {
            if (!_stands(bill, Kind(again))) _write(Kind(again), bill, LARGE);
        }
        _equal(trace.papersOf(bill).standing, (1 << 12) - 1, "all again");
    }

    function test_giveBack__GivenNoDutyForWhatRestsOnIt__Reverts() external {
        BillId bill = _paid(SMALL);
        _writeUpTo(Kind.Invoice, bill, SMALL);
        vm.expectRevert(
            abi.encodeWithSelector(PapersErrors.BillTrace_NoDuty.selector, supplier, clerks[2], Kind.Invoice)
        );
        _giveBackBy(clerks[2], Kind.Invoice, bill, Defect.Duplicate);
        _giveBackBy(clerks[4], Kind.Invoice, bill, Defect.Duplicate);
        require(!_stands(bill, Kind.Invoice) && _stands(bill, Kind.TaxCheck), "returned");
    }

    function test_giveBack__GivenNotThereOrNoReason__Reverts() external {
        BillId bill = _paid(SMALL);
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NotThere.selector, bill, Kind.Invoice));
        _giveBackBy(clerks[4], Kind.Invoice, bill, Defect.Other);
        _writeUpTo(Kind.Invoice, bill, SMALL);
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NoReason.selector, bill));
        _giveBackBy(clerks[4], Kind.Invoice, bill, Defect.None);
    }

    /* WHAT THE LEDGER SAYS */

    function test_write__GivenAPaymentThatTheLedgerDoesNotHave__Reverts() external {
        PackedBill packed = _billOf(_account(0), SMALL);
        BillId bill = _run(packed, PAY);
        _archive(bill, packed);
        _writeUpTo(Kind.FirstApproval, bill, SMALL);
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NotPaid.selector, bill));
        _write(Kind.Payment, bill, SMALL);
    }

    function test_vouch__GivenNotSettledOrNoPayment__Reverts() external {
        BillId bill = _paid(SMALL);
        _writeUpTo(Kind.FirstApproval, bill, SMALL);
        uint256 state = vm.snapshotState();
        _write(Kind.Payment, bill, SMALL);
        vm.expectRevert(PapersErrors.BillTrace_NothingToVouch.selector);
        trace.vouch(_one(bill));
        vm.revertToState(state);
        _release(bill);
        vm.expectRevert(PapersErrors.BillTrace_NothingToVouch.selector);
        trace.vouch(_one(bill));
    }

    /// An appeal by hand takes a settled bill back; it ends with a part of it due.
    function test_vouch__GivenOtherwiseSettled__IsReturnedAndWrittenAnew() external {
        PackedBill packed = _billOf(_account(2 * SMALL), SMALL);
        BillId bill = _run(packed, PAY);
        _archive(bill, packed);
        _writeUpTo(Kind.Payment, bill, SMALL);
        _release(bill);
        trace.vouch(_one(bill));
        vm.expectRevert(PapersErrors.BillTrace_NothingToVouch.selector);
        trace.vouch(_one(bill));
        vm.prank(payer);
        registry.appealByHand(bill, packed, new bytes32[](0));
        trace.vouch(_one(bill));
        require(!_stands(bill, Kind.Paid) && _stands(bill, Kind.Payment), "taken back");
        vm.startPrank(supplierOwner);
        registry.offerAdjustments(_one(bill), _oneQuantity(50));
        vm.stopPrank();
        vm.prank(payer);
        registry.acceptAdjustments(_one(bill));
        trace.vouch(_one(bill));
        require(_stands(bill, Kind.Paid), "and written anew");
        _equal(trace.papersOf(bill).amount, 50 * uint256(PRICE) / 1_000, "what is settled now");
    }

    function test_giveBack__GivenAPaidVoucherWasWritten__Reverts() external {
        BillId bill = _paid(SMALL);
        _writeUpTo(Kind.Payment, bill, SMALL);
        _release(bill);
        trace.vouch(_one(bill));
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_Closed.selector, bill));
        _giveBackBy(clerks[11], Kind.Payment, bill, Defect.Other);
    }

    /* THE DIGEST */

    function testFuzz_digest__GivenDocuments__BindsAllThatEventsSay(uint32 tax, bytes32 content) external {
        BillId bill = _paid(SMALL);
        bytes19 digest =
            _after(bytes19(0), bill, Kind.Archive, Defect.None, clerks[0], SMALL, 0, _content(Kind.Archive));
        Entry[] memory entries = new Entry[](1);
        entries[0] = Entry({bill: bill, amount: uint48(SMALL), tax: tax % 1_000_001, content: content});
        vm.prank(clerks[1]);
        trace.write(Kind.Payable, entries);
        digest = _after(digest, bill, Kind.Payable, Defect.None, clerks[1], SMALL, tax % 1_000_001, content);
        require(trace.papersOf(bill).digest == digest, "written");
        _giveBackBy(clerks[2], Kind.Payable, bill, Defect.WrongTax);
        bytes32 reasons = keccak256(abi.encode("reasons", Kind.Payable));
        digest = _after(digest, bill, Kind.Payable, Defect.WrongTax, clerks[2], 0, 0, reasons);
        require(trace.papersOf(bill).digest == digest, "returned");
    }

    /* HELPERS */

    function _after(
        bytes19 digest,
        BillId bill,
        Kind kind,
        Defect defect,
        address issuer,
        uint256 amount,
        uint256 tax,
        bytes32 content
    ) private view returns (bytes19) {
        return _extended(_what(digest, bill, kind, defect, 0), _by(issuer, amount, tax), content);
    }

    function _voucher(BillId bill, uint256 amount) private view returns (bytes32) {
        uint40 judgedAt = ledger.batchOf(_batchOf(bill)).judgedAt;
        return keccak256(abi.encode(block.chainid, ledger, bill, supplier, amount, judgedAt));
    }

    /// By going through the parents, where the contract has a closed form.
    function _rests(Kind kind, Kind on) private view returns (bool) {
        uint16 parents = trace.parentsOf(kind, 3);
        for (uint256 parent; parent < uint256(kind); ++parent) {
            if (parents & (1 << parent) == 0) continue;
            if (parent == uint256(on) || _rests(Kind(parent), on)) return true;
        }
        return false;
    }

    function _nameOf(Kind kind) private pure returns (string memory) {
        if (kind == Kind.Payable) return "issuer of bills";
        if (kind == Kind.Invoice) return "collector of invoices";
        if (kind == Kind.Application) return "applicant";
        return kind == Kind.FirstApproval ? "first approver" : "second approver";
    }
}
