// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IArrearsRegister} from "../src/interfaces/IArrearsRegister.sol";
import {ILedgerDesk} from "../src/interfaces/ILedgerDesk.sol";
import {Roles} from "../src/libraries/Roles.sol";
import {ArrearsTerms, Curve, Debt} from "../src/types/Arrears.sol";
import {BatchId, BillId, PackedBill} from "../src/types/Ids.sol";
import {QuorumBase} from "./QuorumBase.sol";

/// The system with its arrears register, and debts. Terms are those at deployment: 50 a contact, 14 days, 6 contacts.
abstract contract ArrearsBase is QuorumBase {
    uint8 internal constant CLASS = 3;
    uint256 internal constant STRATEGY = 2;
    bytes32 internal constant MODEL = keccak256("model");
    bytes32 internal constant FEATURES = keccak256("features");
    uint64 internal constant SEED = 77;
    bytes32 internal constant SALT = keccak256("salt");

    IArrearsRegister internal register;

    function setUp() public virtual override {
        super.setUp();
        register = IArrearsRegister(_create("ArrearsRegister", abi.encode(manager, clock, ledger, operators)));
        bytes4[] memory noting = new bytes4[](1);
        noting[0] = ILedgerDesk.noteArrears.selector;
        bytes4[] memory setting = new bytes4[](1);
        setting[0] = IArrearsRegister.setTerms.selector;
        vm.startPrank(admin);
        manager.setTargetFunctionRole(address(ledger), noting, Roles.COLLECTOR);
        manager.grantRole(Roles.COLLECTOR, address(register), 0);
        manager.setTargetFunctionRole(address(register), setting, Roles.GOVERNOR);
        vm.stopPrank();
    }

    /// A bill of `amount` minor units, a multiple of 60, that the balance did not cover.
    function _debt(uint256 amount) internal returns (BillId) {
        return _run(_billOf(_account(0), amount), PAY);
    }

    /// Debts of one batch.
    function _debts(uint256 count, uint256 amount) internal returns (BatchId batch) {
        PackedBill[] memory bills = new PackedBill[](count);
        for (uint256 i; i < count; ++i) {
            bills[i] = _billOf(_account(0), amount);
        }
        batch = _post(bills);
        _judge(batch, bills, _verdicts(count, PAY));
    }

    function _scoreOf(BillId bill, uint256 probability) internal pure returns (uint256) {
        return _scoreOf(bill, probability, STRATEGY);
    }

    function _scoreOf(BillId bill, uint256 probability, uint256 strategy) internal pure returns (uint256) {
        uint256 natural = probability / 2;
        return uint256(BillId.unwrap(bill)) | (probability << 72) | (strategy << 92) | (natural << 96)
            | (uint256(CLASS) << 116);
    }

    function _submit(uint256 score) internal {
        _submit(_one(score));
    }

    function _submit(uint256[] memory scores) internal {
        vm.prank(operator);
        register.submitScores(MODEL, FEATURES, scores, "");
    }

    function _contact(BillId bill) internal {
        vm.prank(operator);
        register.recordContacts(_one(_contactOf(bill)), "");
    }

    function _contactOf(BillId bill) internal pure returns (uint256) {
        return uint256(BillId.unwrap(bill)) | (uint256(CLASS) << 116);
    }

    function _commitmentOf(uint256 test, uint8 arms) internal pure returns (bytes32) {
        return keccak256(abi.encode(CLASS, test, arms, SEED, SALT));
    }

    function _commit() internal {
        vm.prank(operator);
        register.commitTest(CLASS, 3, _commitmentOf(1, 3), "");
    }

    /// A curve whose return is nearest zero at `horizon`, with the unit cost of deployment.
    function _curve(uint16 horizon) internal pure returns (Curve memory curve) {
        curve.meanDebt = 1_000;
        (curve.day, curve.contacted) = (new uint16[](3), new uint32[](3));
        (curve.natural, curve.contacts) = (new uint32[](3), new uint32[](3));
        (curve.day[0], curve.day[1], curve.day[2]) = (horizon - 1, horizon, horizon + 1);
        (curve.contacted[0], curve.contacted[1], curve.contacted[2]) = (300_000, 350_000, 350_000);
        (curve.natural[0], curve.natural[1], curve.natural[2]) = (100_000, 301_000, 320_000);
        (curve.contacts[0], curve.contacts[1], curve.contacts[2]) = (500_000, 1_000_000, 2_000_000);
    }

    function _setHorizon(uint16 horizon) internal {
        vm.prank(operator);
        register.submitCurve(CLASS, _curve(horizon), "");
    }

    function _setTerms(uint48 unitCost, uint16 incrementalDays, uint8 maxContacts) internal {
        vm.prank(governor);
        register.setTerms(
            ArrearsTerms({unitCost: unitCost, incrementalDays: incrementalDays, maxContacts: maxContacts})
        );
    }

    /// Pays a part of a bill's arrears, as anyone may.
    function _payDebt(BillId bill, uint256 amount) internal {
        _mint(stranger, amount);
        vm.startPrank(stranger);
        currency.approve(address(ledger), amount);
        ledger.payArrears(bill, amount);
        vm.stopPrank();
    }

    /// A debt that the rule gives up: 60 minor units, hardly ever repaid, after its class's horizon.
    function _givenUp() internal returns (BillId bill) {
        bill = _debt(60);
        _setHorizon(20);
        vm.warp(block.timestamp + 21 days);
        _submit(_scoreOf(bill, 10_000));
    }

    function _debtOf(BillId bill) internal view returns (Debt memory) {
        return register.debtOf(bill);
    }
}
