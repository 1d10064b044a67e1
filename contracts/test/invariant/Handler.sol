// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDigitalCurrency} from "../../src/interfaces/IDigitalCurrency.sol";
import {Mandate} from "../../src/types/Accounts.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {ArrearsSteps} from "./ArrearsSteps.sol";

/// All that happens: three payers with accounts at two suppliers for two utilities, a neighbour, a keeper, two
/// operators, arbiters, governor, guardian, classifier, issuer and the suppliers' departments; and time. No call of it may revert.
contract Handler is ArrearsSteps {
    function setUp() public override {
        super.setUp();
        for (uint256 i; i < PAYERS; ++i) {
            payerKeys[i] = PAYER_KEY + i;
            payers[i] = vm.addr(payerKeys[i]);
        }
        _startOracle();
        _startWatching();
        arbiters[2] = address(panel);
        _addSupplier("grid");
        _addSupplier("waterworks");
        _startRefunds();
        _startArrears();
        for (uint256 i; i < 4 * PAYERS; ++i) {
            uint256 place = _openAccount(i % 2, Utility(1 + (i / 2) % 2), payers[i / 4]);
            _deposit(payers[i / 4], place, Step.Deposit);
            Mandate memory mandate = _anyMandate();
            mandate.lastDay = uint16(_today() + 400);
            _grant(accounts[place].id, mandate);
            _granted(place, mandate);
        }
        _startClock();
    }

    /// Time passes, and debts age: the register says so.
    function wait(uint256 seed) external step(seed) {
        uint256 most = _rarely(8) ? 60 days : _rarely(2) ? 12 hours : 8 days;
        uint256 length = 1 + _draw(most);
        uint256 paused = _isPaused() ? pausedUntil - block.timestamp : 0;
        fairTime += length - (paused < length ? paused : length);
        vm.warp(block.timestamp + length);
        _turnLeaves();
        ++reached[Step.Wait];
        _noteDebt();
    }

    function freeze(uint256 seed) external step(seed) {
        _setFrozen(_anyHolder(), true);
        if (!_rarely(8)) return;
        bytes memory data = abi.encodeCall(IDigitalCurrency.setFrozen, (address(ledger), true));
        _call(issuer, address(currency), data, "INV-01: the issuer froze the ledger", Step.Freeze);
    }

    function thaw(uint256 seed) external step(seed) {
        for (uint256 i; i < PAYERS; ++i) {
            _setFrozen(payers[i], false);
        }
        _setFrozen(neighbour, false);
        _setFrozen(suppliers[0].owner, false);
        _setFrozen(suppliers[1].owner, false);
    }

    /// Someone sends currency to the ledger by mistake.
    function stray(uint256 seed) external step(seed) {
        if (frozen[neighbour]) return;
        uint256 amount = _draw(1_000);
        _fillPurse(neighbour, amount);
        bytes memory data = abi.encodeCall(currency.transfer, (address(ledger), amount));
        if (_call(neighbour, address(currency), data, "", Step.Stray)) surplus += amount;
    }

    /// The issuer burns what is its own, and what is not.
    function burn(uint256 seed) external step(seed) {
        uint256 amount = 1 + _draw(1_000);
        if (_rarely(2)) _mint(issuer, amount);
        bool own = currency.balanceOf(issuer) >= amount;
        bytes memory data = abi.encodeCall(IDigitalCurrency.burn, (amount));
        _call(issuer, address(currency), data, own ? "" : "INV-01: the issuer burned what it does not hold", Step.Burn);
    }

    function _addSupplier(string memory name) private {
        SupplierBook storage book = suppliers.push();
        book.owner = _actor(name);
        vm.prank(book.owner);
        book.id = ledger.registerSupplier(name);
        for (uint256 i = 1; i <= 2; ++i) {
            vm.prank(governor);
            meters.setMeter(book.id, Utility(i), vm.addr(METER_KEY));
            _advance();
            _setTariff(suppliers.length - 1, Utility(i), 0, "");
        }
    }

    function _setFrozen(address holder, bool on) private {
        if (frozen[holder] == on || (on && !_rarely(4))) return;
        address caller = _callerFor(issuer);
        string memory forbidden = caller != issuer ? "INV-01: another than the issuer froze an address" : "";
        bytes memory data = abi.encodeCall(IDigitalCurrency.setFrozen, (holder, on));
        if (_call(caller, address(currency), data, forbidden, on ? Step.Freeze : Step.Thaw)) frozen[holder] = on;
    }
}
