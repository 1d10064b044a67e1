// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CreditStore} from "../../src/credit/CreditStore.sol";
import {ICreditLine} from "../../src/interfaces/ICreditLine.sol";
import {IDigitalCurrency} from "../../src/interfaces/IDigitalCurrency.sol";
import {IFairClock} from "../../src/interfaces/IFairClock.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {Sum} from "../../src/ledger/LedgerBase.sol";
import {CreditErrors} from "../../src/libraries/CreditErrors.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {PackedDebts} from "../../src/libraries/PackedDebts.sol";
import {PackedRecords} from "../../src/libraries/PackedRecords.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {LoanState, Refusal} from "../../src/types/Credit.sol";
import {AccountId, BillId, PackedBill, PackedRecord, SupplierId} from "../../src/types/Ids.sol";
import {Correction, Decision, Slashing} from "../../src/types/Verdicts.sol";
import {Base} from "../Base.sol";
import {CreditBase} from "../CreditBase.sol";
import {AttackBase, WeakLedger, Weakened} from "./AttackBase.sol";
import {CallingCurrency} from "./HostileCurrency.t.sol";

/// A customer takes what the line has paid; a supplier has its line pay a wrong bill before anybody can show it wrong, or
/// for whom a score no longer speaks; and a supplier takes other suppliers' lines.
contract CreditGamesAttack is CreditBase, AttackBase {
    function setUp() public override(Base, CreditBase) {
        super.setUp();
    }

    function test_return__notKeptForTheLine__theCustomerHasIt() external {
        _replace(address(ledger), address(new WeakLending(_aside(address(ledger)), currency)));
        (BillId bill, AccountId account) = _appealed(60_000, 3_000);
        _expire(bill);
        vm.prank(payer);
        ledger.withdraw(account, 63_000, payer);
        _equal(currency.balanceOf(payer), 63_000, "what it never paid");
        _equal(line.loanOf(bill).owed, 60_000, "and the line has not");
    }

    function test_return__ours__theLineHasIt() external {
        (BillId bill, AccountId account) = _appealed(60_000, 3_000);
        _expire(bill);
        vm.expectRevert();
        vm.prank(payer);
        ledger.withdraw(account, 3_001, payer);
        line.collect(_one(bill));
        _expectLoan(bill, LoanState.Closed, 0);
        _equal(_balance(account), 3_000, "its own");
    }

    function test_wrongBill__drawnInItsWindow__isOwedThoughShownWrong() external {
        _weaken();
        (BillId bill, PackedBill packed, uint256[] memory told) = _wrong();
        line.draw(told, 0, 1);
        _showWrong(bill, packed);
        _expectPaid(bill);
        _equal(line.loanOf(bill).owed, 60_000, "the customer owes it");
    }

    function test_wrongBill__ours__isAppealed() external {
        (BillId bill, PackedBill packed, uint256[] memory told) = _wrong();
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_Refused.selector, bill, Refusal.WindowOpen));
        line.draw(told, 0, 1);
        _showWrong(bill, packed);
        require(ledger.stateOf(bill) == BillState.Held, "under appeal");
    }

    function test_oldScore__notComparedWithTheLast__draws() external {
        _weaken();
        (BillId bill, uint256[] memory told) = _scored(60_000, GOOD);
        _tell(bill, 1);
        line.draw(told, 0, 1);
        _expectPaid(bill);
    }

    function test_oldScore__ours__refused() external {
        (BillId bill, uint256[] memory told) = _scored(60_000, GOOD);
        _tell(bill, 1);
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_Refused.selector, bill, Refusal.NotScored));
        line.draw(told, 0, 1);
    }

    function test_reentrancy__paidBeforeTaken__takesOthersLines() external {
        _weaken();
        Taker taker = _taker();
        taker.take(5);
        _equal(currency.balanceOf(address(taker)), 6 * 60_000, "six times its own");
    }

    function test_reentrancy__ours__refused() external {
        Taker taker = _taker();
        vm.expectRevert(
            abi.encodeWithSelector(CreditErrors.CreditLine_InsufficientFree.selector, taker.supplier(), 0, 60_000)
        );
        taker.take(1);
        taker.take(0);
        _equal(currency.balanceOf(address(taker)), 60_000, "its own");
        _squared();
    }

    function _weaken() private {
        _replace(address(line), address(new WeakLine(_aside(address(line)), clock, ledger)));
    }

    /// A bill of more than was used, whose verdict an operator got wrong, scored at once.
    function _wrong() private returns (BillId bill, PackedBill packed, uint256[] memory told) {
        packed = _billOf(_account(0), 60_000);
        bill = _run(packed, PAY);
        told = _tell(bill, GOOD);
    }

    function _showWrong(BillId bill, PackedBill packed) private {
        Slashing memory none;
        vm.prank(address(challenges));
        ledger.reverse(bill, packed, Correction({right: Decision.Appeal, byMeter: false, sinceJudged: 0}), none);
    }

    function _taker() private returns (Taker taker) {
        taker = new Taker(ledger, line);
        _mint(address(taker), 60_000);
        taker.fund();
        _replace(address(currency), address(new CallingCurrency(_aside(address(currency)))));
    }
}

/// A supplier that asks for its line again while it is being paid.
contract Taker {
    IPaymentLedger private immutable _ledger;
    ICreditLine private immutable _line;
    uint256 private _again;
    SupplierId public supplier;

    constructor(IPaymentLedger ledger, ICreditLine line) {
        (_ledger, _line) = (ledger, line);
        supplier = ledger.registerSupplier("taker");
    }

    function fund() external {
        _ledger.currency().approve(address(_line), 60_000);
        _line.fund(supplier, 60_000);
    }

    function take(uint256 again) external {
        _again = again;
        _line.withdraw(supplier, 60_000, address(this));
    }

    function called() external {
        if (_again == 0) return;
        --_again;
        _line.withdraw(supplier, 60_000, address(this));
    }
}

/// Draws for whatever is in arrears, and writes down what is left after it has paid.
contract WeakLine is Weakened, CreditStore {
    using PackedDebts for uint256;
    using PackedRecords for PackedRecord;

    constructor(address strong, IFairClock clock_, IPaymentLedger ledger_)
        Weakened(strong)
        CreditStore(clock_, ledger_)
    {}

    function draw(uint256[] calldata scores, uint256, uint256) external returns (uint256) {
        BillId[] memory bills = new BillId[](1);
        bills[0] = scores[0].bill();
        PackedRecord record = PackedRecord.wrap(ledger.readArrears(scores)[0]);
        SupplierId supplier = ledger.batchOf(IdCodec.batch(bills[0])).supplier;
        _loans[bills[0]].account = IdCodec.account(supplier, record.number());
        (_loans[bills[0]].owed, _loans[bills[0]].state) = (uint48(record.money()), LoanState.Open);
        return ledger.lendArrears(bills);
    }

    function withdraw(SupplierId supplier, uint256 amount, address to) external {
        uint64 left = _books[supplier].free - uint64(amount);
        require(_currency.transfer(to, amount), "not moved");
        _books[supplier].free = left;
    }
}

/// Pays a bill without a note of who has.
contract WeakLending is WeakLedger {
    using IdCodec for BillId;
    using PackedRecords for PackedRecord;

    IDigitalCurrency private immutable _paid;

    constructor(address strong, IDigitalCurrency paid) WeakLedger(strong) {
        _paid = paid;
    }

    function lendArrears(BillId[] calldata bills) external returns (uint256 owed) {
        PackedRecord record = _records[bills[0]];
        owed = record.money();
        _records[bills[0]] = record.with(BillState.Settled, Reason.None, record.amount());
        _shift(owed, Sum.Arrears, Sum.Settled);
        _creditSupplier(_batches[bills[0].batch()].supplier, owed);
        require(_paid.transferFrom(msg.sender, address(this), owed), "not moved");
    }
}
