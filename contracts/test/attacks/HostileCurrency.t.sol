// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../../src/interfaces/ILedgerDesk.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {IDigitalCurrency} from "../../src/interfaces/IDigitalCurrency.sol";
import {Errors} from "../../src/libraries/Errors.sol";
import {AccountRequest} from "../../src/types/Accounts.sol";
import {AccountId, BillId, PackedAccount, SupplierId} from "../../src/types/Ids.sol";
import {TariffBlock, Utility} from "../../src/types/Utilities.sol";
import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {PackedAccounts} from "../../src/libraries/PackedAccounts.sol";
import {Sum} from "../../src/ledger/LedgerBase.sol";
import {AttackBase, Weakened, WeakLedger} from "./AttackBase.sol";

/// Reentrancy through a currency that calls whom it pays, which ours does not: the payee asks for the same money again
/// while it is being paid. The ledger is written so that even then nobody gets more than its own.
contract HostileCurrencyAttack is AttackBase {
    uint256 private constant OWN = 60_000;

    Payee private payee;
    AccountId private account;
    /// The currency as it is.
    address private quiet;

    function setUp() public override {
        super.setUp();
        _account(10 * OWN);
        payee = new Payee(ledger);
        account = _open(address(payee));
        _fund(account, OWN);
        quiet = _aside(address(currency));
        _replace(address(currency), address(new CallingCurrency(quiet)));
    }

    function test_reentrancy__paidBeforeDebited__drains() external {
        _replace(address(ledger), address(new WeakWithdrawing(_aside(address(ledger)), currency)));
        payee.withdraw(account, OWN, 5);

        _equal(currency.balanceOf(address(payee)), 6 * OWN, "six times its own");
    }

    function test_reentrancy__oursWithdrawing__refused() external {
        _refused(Errors.PaymentLedger_InsufficientBalance.selector, AccountId.unwrap(account), 0, OWN);
        payee.withdraw(account, OWN, 1);

        payee.withdraw(account, OWN, 0);
        _equal(currency.balanceOf(address(payee)), OWN, "its own");
        _balanced();
    }

    function test_reentrancy__oursWithdrawingCredit__refused() external {
        SupplierId id = payee.becomeSupplier();
        _replace(address(currency), quiet);
        AccountRequest[] memory requests = new AccountRequest[](1);
        requests[0] = AccountRequest({supplier: id, utility: Utility.Electricity, owner: payer});
        AccountId customer = ledger.openAccounts(requests)[0];
        _fund(customer, OWN);
        _grant(customer, _mandate());
        (supplier, supplierOwner) = (id, address(payee));
        BillId bill = _run(_billOf(customer, OWN), PAY);
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(IdCodec.batch(bill)));
        _replace(address(currency), address(new CallingCurrency(quiet)));

        _refused(Errors.PaymentLedger_InsufficientCredit.selector, SupplierId.unwrap(id), 0, OWN);
        payee.withdrawCredit(id, OWN, 1);
    }

    /// Credited before paid for, and asked back while it is being paid for: nothing is gained, as the payment comes or
    /// all of it is undone.
    function test_reentrancy__oursDepositing__gainsNothing() external {
        _mint(address(payee), OWN);
        payee.deposit(account, OWN);

        _equal(currency.balanceOf(address(payee)) + ledger.accountOf(account).balance, 2 * OWN, "its own");
        _balanced();
    }
}

/// Calls whom it pays before it pays, and who pays before it is paid.
contract CallingCurrency is Weakened {
    constructor(address strong) Weakened(strong) {}

    function transfer(address to, uint256) external returns (bool) {
        Payee(to).called();
        return _pass();
    }

    function transferFrom(address from, address, uint256) external returns (bool) {
        Payee(from).called();
        return _pass();
    }

    function _pass() private returns (bool) {
        (bool success, bytes memory result) = _strong.delegatecall(msg.data);
        require(success, "not moved");
        return abi.decode(result, (bool));
    }
}

/// Asks again, as often as it was told, each time that it is called.
contract Payee {
    IPaymentLedger private immutable _ledger;
    bytes private _call;
    uint256 private _again;

    constructor(IPaymentLedger ledger) {
        _ledger = ledger;
    }

    function withdraw(AccountId account, uint256 amount, uint256 again) external {
        _repeat(abi.encodeCall(ILedgerDesk.withdraw, (account, amount, address(this))), again);
    }

    function withdrawCredit(SupplierId supplier, uint256 amount, uint256 again) external {
        _repeat(abi.encodeCall(ILedgerDesk.withdrawCredit, (supplier, amount, address(this))), again);
    }

    function deposit(AccountId account, uint256 amount) external {
        IDigitalCurrency currency = _ledger.currency();
        currency.approve(address(_ledger), amount);
        (AccountId[] memory accounts, uint256[] memory amounts) = (new AccountId[](1), new uint256[](1));
        (accounts[0], amounts[0]) = (account, amount);
        (_again, _call) = (1, abi.encodeCall(ILedgerDesk.withdraw, (account, amount, address(this))));
        _ledger.deposit(accounts, amounts);
    }

    function becomeSupplier() external returns (SupplierId supplier) {
        supplier = _ledger.registerSupplier("payee");
        TariffBlock[] memory blocks = new TariffBlock[](1);
        blocks[0] = TariffBlock({upTo: uint48(93 << 40), price: 60_000});
        _ledger.setTariff(supplier, Utility.Electricity, 0, 0, blocks);
    }

    function called() external {
        if (_again == 0) return;
        --_again;
        _ask();
    }

    function _repeat(bytes memory call, uint256 again) private {
        (_call, _again) = (call, again);
        _ask();
    }

    function _ask() private {
        (bool success, bytes memory result) = address(_ledger).call(_call);
        assembly ("memory-safe") {
            if iszero(success) { revert(add(result, 0x20), mload(result)) }
        }
    }
}

/// Pays, and then writes down what it had read before.
contract WeakWithdrawing is WeakLedger {
    using PackedAccounts for PackedAccount;

    IDigitalCurrency private immutable _paid;

    constructor(address strong, IDigitalCurrency paid) WeakLedger(strong) {
        _paid = paid;
    }

    function withdraw(AccountId account, uint256 amount, address to) external onlyAccountOwner(account) {
        PackedAccount debited = _debited(account, _accounts[account], amount);
        require(_paid.transfer(to, amount), "not moved");
        _accounts[account] = debited;
        _lower(Sum.Accounts, amount);
    }
}
