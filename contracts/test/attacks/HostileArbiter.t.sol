// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IArbitrable} from "../../src/interfaces/IArbiter.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {Sum} from "../../src/ledger/LedgerBase.sol";
import {Errors} from "../../src/libraries/Errors.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {Voice} from "../../src/types/Accounts.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {AccountId, BillId} from "../../src/types/Ids.sol";
import {AttackBase, Weakened, WeakLedger} from "./AttackBase.sol";

/// An arbiter that reverts or burns all gas when it is told of a dispute, rules again while its ruling is carried out,
/// rules twice, or rules more than the bill.
contract HostileArbiterAttack is AttackBase {
    uint256 private constant AMOUNT = 60_000;

    HostileArbiter private arbiter;
    AccountId private account;
    BillId private bill;

    function setUp() public override {
        super.setUp();
        arbiter = new HostileArbiter(registry);
        vm.prank(governor);
        registry.setArbiter(supplier, address(arbiter));
        account = _account(AMOUNT);
        bill = _run(_billOf(account, AMOUNT), APPEAL);
        // Held for another's appeal: what there is to be stolen.
        _run(_billOf(_account(5 * AMOUNT), 5 * AMOUNT), APPEAL);
    }

    /* IT IS TOLD */

    function test_arbiter__toldOfADispute__stopsIt() external {
        _replace(address(registry), address(new TellingRegistry(_aside(address(registry)))));
        arbiter.become(HostileArbiter.Mood.Reverting);
        vm.expectRevert("not now");
        _contest();
        arbiter.become(HostileArbiter.Mood.Burning);
        vm.prank(supplierOwner);
        (bool success,) = address(registry).call{gas: 2_000_000}(abi.encodeCall(registry.contest, (bill, "")));
        require(!success, "no gas is left");
    }

    function test_arbiter__ours__stopsNothing() external {
        arbiter.become(HostileArbiter.Mood.Burning);
        _contest();
        vm.warp(registry.appealOf(bill).deadline);
        registry.expire(_one(bill));

        require(ledger.stateOf(bill) == BillState.Void, "as if it had slept");
        _equal(_balance(account), AMOUNT, "given back");
        _balanced();
    }

    /* IT RULES */

    function test_arbiter__rulingsNotRemembered__paidOutOfOthersHolds() external {
        _weakenRulings();
        _contest();
        arbiter.rule(bill, uint48(AMOUNT), 2);
        _equal(ledger.creditOf(supplier), 2 * AMOUNT, "paid twice");
    }

    function test_arbiter__calledBackBeforeItsRulingStands__paidOutOfOthersHolds() external {
        _weakenRulings();
        _contest();
        arbiter.become(HostileArbiter.Mood.Reentering);
        arbiter.rule(bill, uint48(AMOUNT), 1);
        _equal(ledger.creditOf(supplier), 3 * AMOUNT, "paid three times");
    }

    function test_arbiter__amountNotBounded__paidOutOfOthersHolds() external {
        _weakenRulings();
        _contest();
        arbiter.rule(bill, uint48(4 * AMOUNT), 1);
        _equal(ledger.creditOf(supplier), 4 * AMOUNT, "more than the bill");
    }

    function test_arbiter__oursRulingTwice__refused() external {
        _contest();
        _refused(Errors.AppealRegistry_WrongState.selector, BillId.unwrap(bill), 6);
        arbiter.rule(bill, uint48(AMOUNT), 2);

        arbiter.become(HostileArbiter.Mood.Reentering);
        arbiter.rule(bill, uint48(AMOUNT), 1);
        _equal(ledger.creditOf(supplier), AMOUNT, "once, and nobody was called back");
        _balanced();
    }

    function test_arbiter__oursMoreThanTheBill__refused() external {
        _contest();
        _refused(Errors.AppealRegistry_DueTooLarge.selector, BillId.unwrap(bill), AMOUNT + 1, AMOUNT);
        arbiter.rule(bill, uint48(AMOUNT + 1), 1);
    }

    /// Of a bill that is not disputed, or not its own.
    function test_arbiter__oursNotItsTurn__refused() external {
        _refused(Errors.AppealRegistry_WrongState.selector, BillId.unwrap(bill), 1);
        arbiter.rule(bill, uint48(AMOUNT), 1);
        _contest();
        HostileArbiter other = new HostileArbiter(registry);
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotArbiter.selector, bill, address(other)));
        other.rule(bill, uint48(AMOUNT), 1);
    }

    function _weakenRulings() private {
        _replace(address(registry), address(new ForgetfulRegistry(_aside(address(registry)), ledger)));
        _replace(address(ledger), address(new WeakClosing(_aside(address(ledger)))));
    }

    function _contest() private {
        vm.prank(supplierOwner);
        registry.contest(bill, "");
    }
}

/// Does to whoever calls it what it likes.
contract HostileArbiter {
    enum Mood {
        Calm,
        Reverting,
        Burning,
        Reentering
    }

    IArbitrable private immutable _arbitrable;
    Mood private _mood;
    uint256 private _calls;

    constructor(IArbitrable arbitrable) {
        _arbitrable = arbitrable;
    }

    function become(Mood mood) external {
        _mood = mood;
    }

    function rule(BillId bill, uint48 due, uint256 times) external {
        for (uint256 i; i < times; ++i) {
            _arbitrable.rule(bill, due);
        }
    }

    function told(BillId bill, uint48 due) external {
        require(_mood != Mood.Reverting, "not now");
        if (_mood == Mood.Burning) {
            assembly {
                invalid()
            }
        }
        if (_mood == Mood.Reentering && ++_calls <= 2) _arbitrable.rule(bill, due);
    }
}

/// Tells the arbiter of a dispute, as ERC-792's arbitrators are told.
contract TellingRegistry is Weakened {
    constructor(address strong) Weakened(strong) {}

    function contest(BillId bill, bytes32) external {
        (bool success, bytes memory result) = _strong.delegatecall(msg.data);
        require(success, "not contested");
        (success, result) = _strong.delegatecall(abi.encodeCall(IArbitrable.arbiterOf, (bill)));
        HostileArbiter(abi.decode(result, (address))).told(bill, 0);
    }
}

/// Has whatever is ruled carried out, tells the arbiter, and remembers nothing.
contract ForgetfulRegistry is Weakened {
    IPaymentLedger private immutable _ledger;

    constructor(address strong, IPaymentLedger ledger) Weakened(strong) {
        _ledger = ledger;
    }

    function rule(BillId bill, uint48 due) external {
        _ledger.closeAppeal(bill, due, 0, Reason.Ruled, Voice.None);
        HostileArbiter(msg.sender).told(bill, due);
    }
}

/// Pays from the holds what it is told, whatever the bill's own is.
contract WeakClosing is WeakLedger {
    constructor(address strong) WeakLedger(strong) {}

    function closeAppeal(BillId bill, uint48 due, uint48, Reason, Voice) external {
        _lower(Sum.Holds, due);
        _creditSupplier(_batches[IdCodec.batch(bill)].supplier, due);
    }
}
