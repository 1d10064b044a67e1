// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IAppealRegistry} from "../src/interfaces/IAppealRegistry.sol";
import {IArbiterPanel} from "../src/interfaces/IArbiterPanel.sol";
import {IChallenges} from "../src/interfaces/IChallenges.sol";
import {IDigitalCurrency} from "../src/interfaces/IDigitalCurrency.sol";
import {IFairClock} from "../src/interfaces/IFairClock.sol";
import {IMeters} from "../src/interfaces/IMeters.sol";
import {IOperators} from "../src/interfaces/IOperators.sol";
import {ILedgerDesk} from "../src/interfaces/ILedgerDesk.sol";
import {IPaymentLedger} from "../src/interfaces/IPaymentLedger.sol";
import {IReadingsArbiter} from "../src/interfaces/IReadingsArbiter.sol";
import {IScreeningRules} from "../src/interfaces/IScreeningRules.sol";
import {IVerdictGate} from "../src/interfaces/IVerdictGate.sol";
import {IdCodec} from "../src/libraries/IdCodec.sol";
import {Roles} from "../src/libraries/Roles.sol";
import {AccountRequest, Mandate} from "../src/types/Accounts.sol";
import {BillRecord, BillState, Reason, Totals} from "../src/types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill, SupplierId} from "../src/types/Ids.sol";
import {TariffBlock, Utility} from "../src/types/Utilities.sol";
import {Vm} from "./Vm.sol";

/// The deployed system with its actors, as built for shipping: the contracts come from the artifacts.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant PAYER_KEY = 0xa11;
    uint48 internal constant MAX_QUANTITY = uint48(93 << 40);
    uint32 internal constant PRICE = 60_000;
    uint256 internal constant TODAY = 17_000;
    uint256 internal constant BOND = 1_000_000;

    bytes1 internal constant PAY = 0x31;
    bytes1 internal constant APPEAL = 0x32;
    bytes1 internal constant INSUFFICIENT = 0x03;

    address internal admin = _actor("admin");
    address internal governor = _actor("governor");
    address internal classifier = _actor("classifier");
    address internal guardian = _actor("guardian");
    address internal issuer = _actor("issuer");
    address internal supplierOwner = _actor("supplier");
    address internal operator = _actor("operator");
    address internal payer = vm.addr(PAYER_KEY);
    address[3] internal panelists = [_actor("first arbiter"), _actor("second arbiter"), _actor("third arbiter")];
    address internal agent = _actor("agent");
    address internal stranger = _actor("stranger");

    IAccessManager internal manager;
    IDigitalCurrency internal currency;
    IFairClock internal clock;
    IPaymentLedger internal ledger;
    IVerdictGate internal gate;
    IAppealRegistry internal registry;
    IOperators internal operators;
    IChallenges internal challenges;
    IMeters internal meters;
    IScreeningRules internal screening;
    IArbiterPanel internal panel;
    IReadingsArbiter internal readingsArbiter;
    SupplierId internal supplier;

    function setUp() public virtual {
        vm.warp(TODAY * 1 days + 12 hours);
        _deploy();
        _assignRoles();
        _addOperator(operator);
        vm.prank(governor);
        registry.setArbiter(SupplierId.wrap(0), address(panel));
        vm.startPrank(supplierOwner);
        supplier = ledger.registerSupplier("grid");
        ledger.setTariff(supplier, Utility.Electricity, 0, 0, _flat(PRICE));
        vm.stopPrank();
    }

    function _actor(string memory name) internal returns (address actor) {
        actor = address(uint160(uint256(keccak256(bytes(name)))));
        vm.label(actor, name);
    }

    function _deploy() private {
        uint64 nonce = vm.getNonce(address(this));
        address[11] memory predicted;
        for (uint256 i; i < predicted.length; ++i) {
            predicted[i] = vm.computeCreateAddress(address(this), nonce + i);
        }
        manager = IAccessManager(_create("Governance", abi.encode(admin)));
        currency = IDigitalCurrency(_create("DigitalCurrency", abi.encode(issuer, predicted[4])));
        clock = IFairClock(_create("FairClock", abi.encode(predicted[0])));
        bytes memory known = abi.encode(predicted[1], predicted[2], predicted[5], predicted[6]);
        address desk = _create("AppealDesk", known);
        ledger = IPaymentLedger(_create("PaymentLedger", bytes.concat(known, abi.encode(predicted[0], desk))));
        bytes memory others = abi.encode(predicted[6], predicted[7], predicted[8], predicted[9], predicted[10]);
        gate = IVerdictGate(
            _create("VerdictGate", bytes.concat(abi.encode(predicted[0], predicted[2], predicted[4]), others))
        );
        registry = IAppealRegistry(
            _create("AppealRegistry", abi.encode(predicted[0], predicted[2], predicted[4], predicted[5]))
        );
        operators = IOperators(
            _create("Operators", abi.encode(predicted[0], predicted[2], predicted[4], predicted[5], predicted[8]))
        );
        challenges = IChallenges(
            _create(
                "Challenges",
                abi.encode(predicted[2], predicted[4], predicted[5], predicted[6], predicted[7], predicted[9])
            )
        );
        meters = IMeters(_create("Meters", abi.encode(predicted[0], predicted[5])));
        screening = IScreeningRules(_create("ScreeningRules", abi.encode(predicted[0], predicted[4], predicted[5])));
        require(address(screening) == predicted[10], "addresses as predicted");
        address[] memory members = new address[](3);
        (members[0], members[1], members[2]) = (panelists[0], panelists[1], panelists[2]);
        panel = IArbiterPanel(_create("ArbiterPanel", abi.encode(registry, members, 2)));
        readingsArbiter = IReadingsArbiter(_create("ReadingsArbiter", abi.encode(registry, ledger, meters)));
    }

    function _assignRoles() private {
        bytes4[] memory selectors = new bytes4[](3);
        selectors[0] = IVerdictGate.setPresets.selector;
        selectors[1] = IVerdictGate.setPeriods.selector;
        selectors[2] = IVerdictGate.setStakes.selector;
        bytes4[] memory operating = new bytes4[](2);
        operating[0] = IOperators.setOperator.selector;
        operating[1] = IOperators.setQuorum.selector;
        bytes4[] memory pausing = new bytes4[](2);
        pausing[0] = IFairClock.pause.selector;
        pausing[1] = IFairClock.resume.selector;
        vm.startPrank(admin);
        manager.setTargetFunctionRole(address(clock), pausing, Roles.GUARDIAN);
        manager.grantRole(Roles.GUARDIAN, guardian, 0);
        manager.setTargetFunctionRole(address(gate), selectors, Roles.GOVERNOR);
        manager.setTargetFunctionRole(address(operators), operating, Roles.GOVERNOR);
        _restrict(address(meters), IMeters.setMeter.selector, Roles.GOVERNOR);
        _restrict(address(screening), IScreeningRules.setRules.selector, Roles.GOVERNOR);
        _restrict(address(registry), IAppealRegistry.setArbiter.selector, Roles.GOVERNOR);
        _restrict(address(ledger), ILedgerDesk.setStanding.selector, Roles.GOVERNOR);
        _restrict(address(ledger), ILedgerDesk.setClass.selector, Roles.CLASSIFIER);
        manager.grantRole(Roles.GOVERNOR, governor, 0);
        manager.grantRole(Roles.CLASSIFIER, classifier, 0);
        vm.stopPrank();
    }

    function _restrict(address target, bytes4 selector, uint64 role) private {
        bytes4[] memory one = new bytes4[](1);
        one[0] = selector;
        manager.setTargetFunctionRole(target, one, role);
    }

    function _create(string memory name, bytes memory arguments) internal returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(string.concat(name, ".sol:", name)), arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        require(created != address(0), name);
    }

    /* STEPS */

    function _flat(uint32 price) internal pure returns (TariffBlock[] memory blocks) {
        blocks = new TariffBlock[](1);
        blocks[0] = TariffBlock({upTo: MAX_QUANTITY, price: price});
    }

    function _open(address owner) internal returns (AccountId) {
        AccountRequest[] memory requests = new AccountRequest[](1);
        requests[0] = AccountRequest({supplier: supplier, utility: Utility.Electricity, owner: owner});
        return ledger.openAccounts(requests)[0];
    }

    function _openWater() internal returns (AccountId) {
        AccountRequest[] memory requests = new AccountRequest[](1);
        requests[0] = AccountRequest({supplier: supplier, utility: Utility.Water, owner: payer});
        return ledger.openAccounts(requests)[0];
    }

    function _fund(AccountId account, uint256 amount) internal {
        _mint(payer, amount);
        vm.startPrank(payer);
        currency.approve(address(ledger), amount);
        ledger.deposit(_one(account), _one(amount));
        vm.stopPrank();
    }

    function _bond(address holder, uint256 amount) internal {
        _bond(holder, holder, amount);
    }

    /// Another may pay a bond.
    function _bond(address holder, address payer_, uint256 amount) internal {
        _mint(payer_, amount);
        vm.startPrank(payer_);
        currency.approve(address(ledger), amount);
        ledger.depositBond(holder, amount);
        vm.stopPrank();
    }

    function _addOperator(address one) internal {
        _bond(one, BOND);
        vm.prank(governor);
        operators.setOperator(one, true);
    }

    function _mint(address to, uint256 amount) internal {
        vm.prank(issuer);
        currency.mint(to, amount);
    }

    function _mandate() internal pure returns (Mandate memory) {
        return _mandateOf(address(0), 1e12, 1e12);
    }

    /// A mandate with an agent and these caps.
    function _mandateOf(address agent_, uint48 capPerBill, uint48 capPerMonth) internal pure returns (Mandate memory) {
        return Mandate({
            capPerBill: capPerBill,
            capPerMonth: capPerMonth,
            lastDay: 60_000,
            discloseReadings: false,
            signedOnly: false,
            agent: agent_
        });
    }

    function _grant(AccountId account, Mandate memory mandate) internal {
        vm.prank(ledger.ownerOf(account));
        ledger.grantMandate(account, mandate);
    }

    /// An account of the payer with money and a mandate.
    function _account(uint256 balance) internal returns (AccountId account) {
        account = _open(payer);
        if (balance != 0) _fund(account, balance);
        _grant(account, _mandate());
    }

    /// A bill of 1,000 base units an `amount`: what the tariff of 1,000 minor units for 1,000 base units gives.
    function _bill(AccountId account, uint256 quantity, uint256 start, uint256 periodDays)
        internal
        pure
        returns (PackedBill)
    {
        uint256 amount = quantity * PRICE / 1000;
        return PackedBill.wrap(
            uint32(AccountId.unwrap(account)) | (quantity << 32) | (amount << 80) | (start << 128) | (periodDays << 144)
        );
    }

    /// A bill of `amount` minor units, a multiple of 60, for the 30 days that ended yesterday.
    function _billOf(AccountId account, uint256 amount) internal view returns (PackedBill) {
        return _bill(account, amount / 60, block.timestamp / 1 days - 30, 30);
    }

    function _replacing(PackedBill bill, BillId replaced) internal pure returns (PackedBill) {
        return PackedBill.wrap(PackedBill.unwrap(bill) | (uint256(BillId.unwrap(replaced)) << 152));
    }

    function _post(PackedBill[] memory bills) internal returns (BatchId batch) {
        vm.prank(supplierOwner);
        return ledger.postBills(supplier, Utility.Electricity, bills);
    }

    function _judge(BatchId batch, PackedBill[] memory bills, bytes memory verdicts) internal {
        vm.prank(operator);
        gate.submitVerdicts(batch, keccak256("evidence"), bills, verdicts, "");
    }

    /// Posts and judges a batch of one bill.
    function _run(PackedBill bill, bytes1 decision) internal returns (BillId) {
        BatchId batch = _post(_one(bill));
        _judge(batch, _one(bill), _verdicts(1, decision));
        return IdCodec.bill(batch, 0);
    }

    /// The supplier cancels the only bill of its batch.
    function _cancel(BillId bill, PackedBill packed) internal {
        vm.prank(supplierOwner);
        ledger.cancelBill(bill, packed, new bytes32[](0));
    }

    function _pause() internal {
        vm.prank(guardian);
        clock.pause();
    }

    function _resume() internal {
        vm.prank(guardian);
        clock.resume();
    }

    /// A bill of 60,000 minor units judged PAY whose window is over.
    function _settled() internal returns (BillId bill) {
        bill = _run(_billOf(_account(60_000), 60_000), PAY);
        vm.warp(block.timestamp + 7 days);
    }

    function _verdicts(uint256 count, bytes1 decision) internal pure returns (bytes memory verdicts) {
        verdicts = new bytes(count * 12);
        for (uint256 i; i < verdicts.length; i += 12) {
            verdicts[i] = decision;
            if (decision == INSUFFICIENT) continue;
            // -52,345 and 123,456 ppm.
            (verdicts[i + 2], verdicts[i + 3], verdicts[i + 4], verdicts[i + 5], verdicts[i + 6]) =
            (bytes1(0xff), bytes1(0xff), bytes1(0xff), bytes1(0x33), bytes1(0x87));
            (verdicts[i + 7], verdicts[i + 8], verdicts[i + 9], verdicts[i + 10], verdicts[i + 11]) =
            (bytes1(0), bytes1(0), bytes1(0x01), bytes1(0xe2), bytes1(0x40));
        }
    }

    /* LISTS OF ONE */

    function _one(AccountId item) internal pure returns (AccountId[] memory list) {
        list = new AccountId[](1);
        list[0] = item;
    }

    function _one(uint256 item) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = item;
    }

    function _oneQuantity(uint48 item) internal pure returns (uint48[] memory list) {
        list = new uint48[](1);
        list[0] = item;
    }

    function _one(PackedBill item) internal pure returns (PackedBill[] memory list) {
        list = new PackedBill[](1);
        list[0] = item;
    }

    function _one(BillId item) internal pure returns (BillId[] memory list) {
        list = new BillId[](1);
        list[0] = item;
    }

    function _one(BatchId item) internal pure returns (BatchId[] memory list) {
        list = new BatchId[](1);
        list[0] = item;
    }

    /* ASSERTIONS */

    /// The next call reverts with this error and these values.
    function _refused(bytes4 selector, uint256 value) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, value));
    }

    function _refused(bytes4 selector, uint256 first, uint256 second) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, first, second));
    }

    function _refused(bytes4 selector, uint256 first, uint256 second, uint256 third) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, first, second, third));
    }

    function _refused(bytes4 selector, uint256 first, address second) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, first, second));
    }

    /// A bill's state, reason, amount and money, as the ledger tells them.
    function _expectRecord(BillId bill, BillState state, Reason reason, uint256 amount, uint256 money) internal view {
        BillRecord memory record = ledger.recordOf(bill);
        _equal(uint256(ledger.stateOf(bill)), uint256(state), "state");
        _equal(uint256(record.state), uint256(state), "recorded state");
        _equal(uint256(record.reason), uint256(reason), "reason");
        _equal(record.amount, amount, "amount");
        _equal(record.money, money, "money");
    }

    function _balance(AccountId account) internal view returns (uint256) {
        return ledger.accountOf(account).balance;
    }

    /// INV-01 and INV-02, whatever was done.
    function _balanced() internal view {
        Totals memory sums = ledger.totals();
        uint256 owed = uint256(sums.accounts) + sums.credit + sums.pending + sums.holds + sums.bonds;
        _equal(owed, currency.balanceOf(address(ledger)), "INV-01 money owed is money held");
        uint256 parts = uint256(sums.unjudged) + sums.waiting + sums.pending + sums.settled + sums.held;
        _equal(parts + sums.arrears + sums.voided, sums.billed, "INV-02 billed is the sum of its states");
    }

    function _equal(uint256 found, uint256 expected, string memory what) internal pure {
        require(found == expected, string.concat(what, ": ", _text(found), ", expected ", _text(expected)));
    }

    function _text(uint256 number) private pure returns (string memory text) {
        bytes memory digits;
        for (; number > 9; number /= 10) {
            digits = bytes.concat(bytes1(uint8(48 + number % 10)), digits);
        }
        return string(bytes.concat(bytes1(uint8(48 + number)), digits));
    }
}
