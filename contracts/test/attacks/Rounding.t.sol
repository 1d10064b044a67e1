// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Tariffs} from "../../src/libraries/Tariffs.sol";
import {Errors} from "../../src/libraries/Errors.sol";
import {AccountId, PackedBill} from "../../src/types/Ids.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {AttackBase} from "./AttackBase.sol";
import {WeakPosting} from "./BatchSize.t.sol";

/// Draining by rounding: a supplier splits a month into a bill a day, each of a quantity chosen so that its amount is
/// rounded up. A customer must not lose more by it than half a minor unit a bill, and a bill takes at least a day.
contract RoundingAttack is AttackBase {
    uint256 private constant DAYS = 30;
    /// Thousandths of a minor unit a base unit.
    uint32 private constant CHEAP = 37;

    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _account(1e6);
        vm.prank(supplierOwner);
        ledger.setTariff(supplier, Utility.Electricity, 1, 0, _flat(CHEAP));
    }

    /// Where amounts are taken as the supplier rounds them, always up.
    function testFuzz_rounding__amountsNotChecked__gainsMoreThanHalfAUnitABill(uint16 quantity) external {
        _replace(address(ledger), address(new WeakPosting(_aside(address(ledger)), gate.parameterVersion())));
        uint256 each = _dearest(quantity, 1);
        uint256 up = (each * CHEAP + 999) / 1000;
        require(_collected(each, up) * 1000 > each * DAYS * CHEAP + DAYS * 500, "gained");
    }

    function testFuzz_rounding__ours__gainsAtMostHalfAUnitABill(uint16 quantity) external {
        uint256 each = _dearest(quantity, 500);
        uint256 amount = Tariffs.roundHalfEven(each * CHEAP);
        require(_collected(each, amount) * 1000 <= each * DAYS * CHEAP + DAYS * 500, "half a unit a bill");
        _balanced();
    }

    /// One minor unit more than the nearest is refused, and one less.
    function testFuzz_rounding__oursNotNearest__refused(uint16 quantity) external {
        uint256 each = _dearest(quantity, 1);
        uint256 nearest = Tariffs.roundHalfEven(each * CHEAP);
        for (uint256 amount = nearest - 1; amount <= nearest + 1; amount += 2) {
            vm.expectPartialRevert(Errors.PaymentLedger_AmountNotTariff.selector);
            _post(_one(_priced(each, amount, TODAY - DAYS)));
        }
    }

    /// The next quantity from `quantity` on that costs this many thousandths above a whole minor unit, or one more.
    function _dearest(uint256 quantity, uint256 above) private pure returns (uint256) {
        quantity += 1000;
        while (quantity * CHEAP % 1000 != above) ++quantity;
        return quantity;
    }

    /// What a bill a day takes in all of this quantity and amount, minor units.
    function _collected(uint256 each, uint256 amount) private returns (uint256) {
        PackedBill[] memory bills = new PackedBill[](DAYS);
        for (uint256 i; i < DAYS; ++i) {
            bills[i] = _priced(each, amount, TODAY - DAYS + i);
        }
        _judge(_post(bills), bills, _verdicts(DAYS, PAY));
        return 1e6 - _balance(account);
    }

    function _priced(uint256 quantity, uint256 amount, uint256 day) private view returns (PackedBill) {
        uint256 rest = (quantity << 32) | (amount << 80) | (day << 128) | (1 << 144);
        return PackedBill.wrap(uint32(AccountId.unwrap(account)) | rest);
    }
}
