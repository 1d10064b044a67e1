// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {AppealDesk} from "../../src/AppealDesk.sol";
import {DigitalCurrency} from "../../src/DigitalCurrency.sol";
import {PaymentLedger} from "../../src/PaymentLedger.sol";
import {IAppealRegistry} from "../../src/interfaces/IAppealRegistry.sol";
import {IFairClock} from "../../src/interfaces/IFairClock.sol";
import {IVerdictGate} from "../../src/interfaces/IVerdictGate.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {AccountRequest, Mandate, Voice} from "../../src/types/Accounts.sol";
import {BillRecord, BillState, Reason, Totals} from "../../src/types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill, SupplierId} from "../../src/types/Ids.sol";
import {TariffBlock, Utility} from "../../src/types/Utilities.sol";
import {Presets, VerdictPolicy} from "../../src/types/Verdicts.sol";
import {Vm} from "../Vm.sol";

/// The ledger under every amount at once: balance, caps, bill, verdict and what is asked of it afterwards are symbols,
/// and the solver looks for any values that break a sum.
///
/// Bounds: one supplier, one account, one bill of fixed days in a batch of its own, judged, and then one step of any
/// kind, or two of those that settle. The test is customer, supplier, registry, gate and clock in one: all collude.
contract LedgerSymbolicTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// Days since 1970-01-01.
    uint256 private constant START = 100;
    uint256 private constant PERIOD = 30;
    uint256 private constant NOW = 1000;
    /// Kinds of steps up to this one can settle a bill.
    uint8 private constant LAST_SETTLING = 6;

    DigitalCurrency private currency;
    PaymentLedger private ledger;
    SupplierId private supplier;
    AccountId private account;
    /// As the gate says: whether the window is over, and up to what amount INSUFFICIENT pays.
    bool private over;
    uint48 private insufficientCap;

    function setUp() public {
        vm.warp(NOW * 1 days);
        currency = new DigitalCurrency(address(this), address(1));
        IFairClock clock = IFairClock(address(this));
        IVerdictGate gate = IVerdictGate(address(this));
        IAppealRegistry registry = IAppealRegistry(address(this));
        address desk = address(new AppealDesk(currency, clock, gate, registry));
        ledger = new PaymentLedger(currency, clock, gate, registry, IAccessManager(address(this)), desk);
        supplier = ledger.registerSupplier("");
        TariffBlock[] memory blocks = new TariffBlock[](1);
        blocks[0] = TariffBlock({upTo: uint48(93 << 40), price: 1000});
        ledger.setTariff(supplier, Utility.Electricity, 0, 0, blocks);
        AccountRequest[] memory requests = new AccountRequest[](1);
        requests[0] = AccountRequest({supplier: supplier, utility: Utility.Electricity, owner: address(this)});
        account = ledger.openAccounts(requests)[0];
        currency.mint(address(this), 1 << 60);
        currency.approve(address(ledger), 1 << 60);
    }

    /// INV-01 and INV-02 after any verdict.
    function check_judge__anyAmountsAndVerdict__conserves(
        uint48 balance,
        uint48 quantity,
        uint48 capPerBill,
        uint48 capPerMonth,
        uint48 cap,
        bytes12 verdict
    ) external {
        _prepare(balance, capPerBill, capPerMonth, cap);
        (BatchId batch, PackedBill bill) = _post(quantity);
        ledger.judge(batch, _words(bill), abi.encodePacked(verdict));
        _checkSums(batch);
    }

    /// A batch is judged once.
    function check_judge__secondTime__refused(uint48 balance, uint48 quantity, bytes12 first, bytes12 second) external {
        _prepare(balance, 1 << 43, 1 << 43, 0);
        (BatchId batch, PackedBill bill) = _post(quantity);
        ledger.judge(batch, _words(bill), abi.encodePacked(first));
        (bool success,) =
            address(ledger).call(abi.encodeCall(ledger.judge, (batch, _words(bill), abi.encodePacked(second))));
        assert(!success);
    }

    /// INV-01 and INV-02 after any verdict and any step, and nothing comes from nowhere.
    function check_step__anyAfterAnyVerdict__conserves(
        uint48 balance,
        uint48 quantity,
        bytes1 decision,
        uint8 kind,
        uint48 amount
    ) external {
        (BatchId batch, PackedBill bill) = _judged(balance, quantity, decision);
        uint256 had = _money();
        _step(kind, batch, bill, amount);
        _checkSums(batch);
        assert(_money() == had);
    }

    /// INV-03: whatever is asked for twice, a supplier gets for a bill at most its amount.
    function check_settling__anyTwoWaysAfterAnyVerdict__once(
        uint48 balance,
        uint48 quantity,
        bytes1 decision,
        uint8 first,
        uint8 second
    ) external {
        if (first > LAST_SETTLING || second > LAST_SETTLING) return;
        (BatchId batch, PackedBill bill) = _judged(balance, quantity, decision);
        _step(first, batch, bill, quantity);
        _step(second, batch, bill, quantity);
        assert(ledger.creditOf(supplier) <= quantity);
    }

    /// What the customer and the supplier have in all, in the ledger and outside.
    function _money() private view returns (uint256) {
        return currency.balanceOf(address(this)) + currency.balanceOf(address(ledger));
    }

    function _judged(uint48 balance, uint48 quantity, bytes1 decision)
        private
        returns (BatchId batch, PackedBill bill)
    {
        _prepare(balance, 1 << 43, 1 << 43, 1 << 40);
        (batch, bill) = _post(quantity);
        ledger.judge(batch, _words(bill), abi.encodePacked(decision, bytes11(0)));
    }

    function _step(uint8 kind, BatchId batch, PackedBill bill, uint48 amount) private {
        BillId id = IdCodec.bill(batch, 0);
        BillId[] memory ids = new BillId[](1);
        ids[0] = id;
        if (kind == 0) {
            over = true;
            BatchId[] memory batches = new BatchId[](1);
            batches[0] = batch;
            ledger.release(batches);
        } else if (kind == 1) {
            ledger.cancelBill(id, bill, new bytes32[](0));
        } else if (kind == 2) {
            ledger.closeAppeal(id, amount, 0, Reason.Adjusted, Voice.Owner);
        } else if (kind == 3) {
            ledger.closeAppeal(id, amount, 0, Reason.Adjusted, Voice.None);
        } else if (kind == 4) {
            ledger.settleArrears(ids);
        } else if (kind == 5) {
            ledger.payArrearsFromBalance(id, amount);
        } else if (kind == 6) {
            ledger.payArrears(id, amount);
        } else if (kind == 7) {
            ledger.confirmBills(ids);
        } else if (kind == 8) {
            ledger.withdraw(account, amount, address(this));
        } else if (kind == 9) {
            ledger.withdrawCredit(supplier, amount, address(this));
        } else {
            _deposit(amount);
        }
    }

    function _prepare(uint48 balance, uint48 capPerBill, uint48 capPerMonth, uint48 cap) private {
        insufficientCap = cap;
        _deposit(balance);
        ledger.grantMandate(
            account,
            Mandate({
                capPerBill: capPerBill,
                capPerMonth: capPerMonth,
                lastDay: 60_000,
                discloseReadings: false,
                signedOnly: false,
                agent: address(0)
            })
        );
    }

    function _deposit(uint48 amount) private {
        (AccountId[] memory accounts, uint256[] memory amounts) = (new AccountId[](1), new uint256[](1));
        (accounts[0], amounts[0]) = (account, amount);
        ledger.deposit(accounts, amounts);
    }

    /// A minor unit a base unit.
    function _post(uint48 quantity) private returns (BatchId batch, PackedBill bill) {
        uint256 rest = (START << 128) | (PERIOD << 144);
        bill = PackedBill.wrap(1 | (uint256(quantity) << 32) | (uint256(quantity) << 80) | rest);
        PackedBill[] memory bills = new PackedBill[](1);
        bills[0] = bill;
        batch = ledger.postBills(supplier, Utility.Electricity, bills);
    }

    function _words(PackedBill bill) private pure returns (uint256[] memory words) {
        words = new uint256[](1);
        words[0] = PackedBill.unwrap(bill);
    }

    /// INV-01 and INV-02, and each sum is what the one account, supplier, batch and bill have.
    function _checkSums(BatchId batch) private view {
        Totals memory sums = ledger.totals();
        uint256 owed = uint256(sums.accounts) + sums.credit + sums.pending + sums.holds + sums.bonds;
        assert(owed == currency.balanceOf(address(ledger)));
        uint256 parts = uint256(sums.unjudged) + sums.waiting + sums.pending + sums.settled + sums.held;
        assert(parts + sums.arrears + sums.voided == sums.billed);
        assert(sums.accounts == ledger.accountOf(account).balance);
        assert(sums.credit == ledger.creditOf(supplier));
        assert(sums.pending == ledger.batchOf(batch).pending);
        BillRecord memory record = ledger.recordOf(IdCodec.bill(batch, 0));
        assert(sums.holds == (record.state == BillState.Held ? record.money : 0));
    }

    /* AS GATE AND CLOCK */

    function admit(Utility, uint256, uint256) external pure returns (uint32) {
        return 1;
    }

    function isReleasable(BatchId) external view returns (bool) {
        return over;
    }

    function presetsOf(uint32, Utility, uint8) external view returns (Presets memory) {
        return Presets({
            first: 0, second: 0, degree: 2, insufficientCap: insufficientCap, policy: VerdictPolicy.Trend, model: 0
        });
    }

    function isPaused() external pure returns (bool) {
        return false;
    }

    function time() external view returns (uint40) {
        return uint40(block.timestamp);
    }
}
