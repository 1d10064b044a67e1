// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Batch, Bill, BillState} from "../../../src/types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill, SupplierId} from "../../../src/types/Ids.sol";
import {TariffBlock, Utility} from "../../../src/types/Utilities.sol";
import {Base} from "../../Base.sol";

contract PostBillsTest is Base {
    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _account(0);
    }

    function test_WhenRight_KeepsTheBatch() external {
        PackedBill[] memory bills = new PackedBill[](3);
        for (uint256 i; i < 3; ++i) {
            bills[i] = _bill(account, 1000 * (i + 1), TODAY - 40 + i, 10);
        }
        BatchId id = _post(bills);

        Batch memory batch = ledger.batchOf(id);
        require(batch.commitment == keccak256(abi.encode(bills[0], bills[1], bills[2])), "commitment");
        _equal(batch.count, 3, "count");
        _equal(batch.postedAt, block.timestamp, "posted at");
        _equal(batch.parameterVersion, gate.parameterVersion(), "parameters");
        _equal(ledger.batchCount(), 1, "batches");
        require(ledger.stateOf(BillId.wrap((1 << 16) | 2)) == BillState.Unjudged, "unjudged");
        _balanced();
    }

    function testFuzz_WhenDecoded_IsAsPacked(
        uint32 number,
        uint48 quantity,
        uint48 amount,
        uint16 start,
        uint64 replaces
    ) external view {
        uint256 word = uint256(number) | (uint256(quantity) << 32) | (uint256(amount) << 80) | (uint256(start) << 128);
        word |= (uint256(31) << 144) | (uint256(replaces) << 152);
        Bill memory bill = ledger.decodeBill(supplier, PackedBill.wrap(word));

        _equal(AccountId.unwrap(bill.account), (1 << 32) | uint256(number), "account");
        _equal(bill.quantity, quantity, "quantity");
        _equal(bill.amount, amount, "amount");
        _equal(bill.start, start, "start");
        _equal(bill.periodDays, 31, "days");
        _equal(BillId.unwrap(bill.replaces), replaces, "replaces");
    }

    function test_GivenHalf_TakesEitherNeighbour() external {
        _setWater(0, _flat(300));
        // 9,745 L at 300 cost 2,923.5.
        for (uint256 amount = 2922; amount < 2926; ++amount) {
            PackedBill[] memory bills = _one(_asking(9745, amount));
            if (amount == 2922 || amount == 2925) {
                _refused(Errors.PaymentLedger_AmountNotTariff.selector, 0, amount, 2924);
            }
            vm.prank(supplierOwner);
            ledger.postBills(supplier, Utility.Water, bills);
        }
    }

    /// Whatever the tariff's blocks: the nearest amount and no other.
    function testFuzz_GivenBlocks_TakesThePriceAlone(uint48 quantity, uint48 middle, uint24 low, uint24 high, bool one)
        external
    {
        quantity %= 1e9;
        TariffBlock[] memory blocks = new TariffBlock[](one ? 1 : 2);
        blocks[0] = TariffBlock(one ? MAX_QUANTITY : middle % (MAX_QUANTITY - 1) + 1, low);
        if (!one) blocks[1] = TariffBlock(MAX_QUANTITY, high);
        _setWater(0, blocks);
        uint256 price = ledger.priceOf(supplier, Utility.Water, uint16(TODAY - 1), quantity);
        PackedBill[] memory bills = _one(_asking(quantity, price));
        vm.prank(supplierOwner);
        ledger.postBills(supplier, Utility.Water, bills);

        bills = _one(_asking(quantity, price + 2));
        _refused(Errors.PaymentLedger_AmountNotTariff.selector, 0, price + 2, price);
        vm.prank(supplierOwner);
        ledger.postBills(supplier, Utility.Water, bills);
    }

    /// The first bill of a batch is checked by the function for any bill, the next ones by the plain loop: what the one
    /// takes or refuses, the other does.
    function testFuzz_InFirstPlaceOrSecond_IsTakenAlike(uint256 dice, int8 off, uint48 quantity) external {
        quantity %= 2e6;
        _setWater(0, _flat(uint32(dice % 2000)));
        uint256 price = ledger.priceOf(supplier, Utility.Water, 5, quantity);
        uint256 asked = uint256(int256(price) + off % 3);
        uint256 word = uint32((dice >> 32) % 3) | (uint256(quantity) << 32) | (asked << 80);
        word |= (TODAY - 95 + (dice >> 40) % 4) << 128 | ((dice >> 48) % 96) << 144;
        if ((dice >> 56) % 8 == 0) word |= 1 << (216 + (dice >> 64) % 40);
        PackedBill bill = PackedBill.wrap(word);

        PackedBill[] memory second = new PackedBill[](2);
        second[0] = _ending(TODAY - 1, 1000, ledger.priceOf(supplier, Utility.Water, 5, 1000));
        second[1] = bill;
        require(_taken(_one(bill)) == _taken(second), "taken alike");
    }

    function _taken(PackedBill[] memory bills) private returns (bool) {
        vm.prank(supplierOwner);
        try ledger.postBills(supplier, Utility.Water, bills) {
            return true;
        } catch {
            return false;
        }
    }

    function test_GivenVersions_PricesByTheLastDay() external {
        _setWater(0, _flat(1000));
        _setWater(uint16(TODAY - 20), _flat(2000));
        PackedBill[] memory bills = new PackedBill[](3);
        bills[0] = _ending(TODAY - 21, 500, 500);
        bills[1] = _ending(TODAY - 20, 500, 1000);
        bills[2] = _ending(TODAY - 30, 500, 500);
        vm.prank(supplierOwner);
        ledger.postBills(supplier, Utility.Water, bills);

        bills[2] = _ending(TODAY - 30, 500, 1000);
        _refused(Errors.PaymentLedger_AmountNotTariff.selector, 2, 1000, 500);
        vm.prank(supplierOwner);
        ledger.postBills(supplier, Utility.Water, bills);
    }

    function test_RevertWhen_AccountNumberUnknown() external {
        PackedBill[] memory bills = new PackedBill[](2);
        bills[0] = _billOf(account, 60_000);
        bills[1] = _billOf(AccountId.wrap((1 << 32) | 2), 60_000);
        _refused(Errors.PaymentLedger_NoSuchAccountNumber.selector, 1, 2);
        _post(bills);
        bills[1] = _billOf(AccountId.wrap(0), 60_000);
        _refused(Errors.PaymentLedger_NoSuchAccountNumber.selector, 1, 0);
        _post(bills);
    }

    function test_RevertWhen_Malformed() external {
        PackedBill[4] memory bad = [
            _bill(account, 1000, TODAY - 40, 0),
            _bill(account, 1000, TODAY - 100, 94),
            _bill(account, uint256(MAX_QUANTITY) + 1, TODAY - 40, 1),
            PackedBill.wrap(PackedBill.unwrap(_bill(account, 1000, TODAY - 40, 1)) | (1 << 216))
        ];
        for (uint256 i; i < 4; ++i) {
            _refused(Errors.PaymentLedger_BillMalformed.selector, 0, PackedBill.unwrap(bad[i]));
            _post(_one(bad[i]));
        }
    }

    function test_RevertWhen_PeriodNotOver() external {
        _post(_one(_bill(account, 1000, TODAY - 1, 1)));
        _refused(Errors.PaymentLedger_PeriodNotOver.selector, 0, TODAY, TODAY);
        _post(_one(_bill(account, 1000, TODAY, 1)));
    }

    function test_RevertWhen_NoneOrTooMany() external {
        _refused(Errors.PaymentLedger_BillCount.selector, 0, 500);
        _post(new PackedBill[](0));
        PackedBill[] memory bills = new PackedBill[](501);
        for (uint256 i; i < 501; ++i) {
            bills[i] = _billOf(account, 60_000);
        }
        _refused(Errors.PaymentLedger_BillCount.selector, 501, 500);
        _post(bills);
        assembly {
            mstore(bills, 351)
        }
        bills[7] = _replacing(bills[7], BillId.wrap(1));
        _refused(Errors.PaymentLedger_BillCount.selector, 351, 350);
        _post(bills);
    }

    function test_RevertGiven_NoTariff() external {
        PackedBill[] memory bills = _one(_billOf(account, 60_000));
        bytes4 wrong = Errors.PaymentLedger_NoTariff.selector;
        _refused(wrong, SupplierId.unwrap(supplier), uint256(uint8(Utility.Gas)), TODAY - 1);
        vm.prank(supplierOwner);
        ledger.postBills(supplier, Utility.Gas, bills);
    }

    function test_RevertWhen_NotOwner() external {
        PackedBill[] memory bills = _one(_billOf(account, 60_000));
        _refused(Errors.PaymentLedger_NotSupplierOwner.selector, SupplierId.unwrap(supplier), stranger);
        vm.prank(stranger);
        ledger.postBills(supplier, Utility.Electricity, bills);
    }

    function _asking(uint256 quantity, uint256 amount) private view returns (PackedBill) {
        return _ending(TODAY - 1, quantity, amount);
    }

    function _ending(uint256 lastDay, uint256 quantity, uint256 amount) private view returns (PackedBill) {
        uint256 word = uint32(AccountId.unwrap(account)) | (quantity << 32) | (amount << 80);
        return PackedBill.wrap(word | ((lastDay - 9) << 128) | (10 << 144));
    }

    function _setWater(uint16 fromDay, TariffBlock[] memory blocks) private {
        vm.prank(supplierOwner);
        ledger.setTariff(supplier, Utility.Water, fromDay, 0, blocks);
    }
}
