// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../../src/interfaces/ILedgerDesk.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {AccountRequest, Mandate, SignedMandate} from "../../src/types/Accounts.sol";
import {AccountId, SupplierId} from "../../src/types/Ids.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {EvidenceBook} from "./EvidenceBook.sol";

/// What customers do with their accounts, and a neighbour for them.
abstract contract CustomerSteps is EvidenceBook {
    uint256 private constant MOST_ACCOUNTS = 18;
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant MANDATE = keccak256(
        "Mandate(uint64 account,uint48 capPerBill,uint48 capPerMonth,uint16 lastDay,bool discloseReadings,bool signedOnly,"
        "address agent,uint32 nonce,uint40 deadline)"
    );

    function openAccount(uint256 seed) external step(seed) {
        if (accounts.length == MOST_ACCOUNTS) return;
        _openAccount(_draw(2), Utility(1 + _draw(2)), payers[_draw(PAYERS)]);
    }

    function deposit(uint256 seed) external step(seed) {
        address payer_ = payers[_draw(PAYERS)];
        _deposit(payer_, _anyOf(payer_), Step.Deposit);
    }

    function depositForOther(uint256 seed) external step(seed) {
        _deposit(neighbour, _draw(accounts.length), Step.DepositForOther);
    }

    function depositWithPermit(uint256 seed) external step(seed) {
        uint256 payer_ = _draw(PAYERS);
        address owner = payers[payer_];
        uint256 place = _anyOf(owner);
        uint256 amount = _draw(250_000);
        _fillPurse(owner, amount);
        // Of an earlier deposit: only the permit shall count.
        vm.prank(owner);
        currency.approve(address(ledger), 0);
        uint256 deadline = block.timestamp;
        bytes32 structHash =
            keccak256(abi.encode(PERMIT, owner, address(ledger), amount, currency.nonces(owner), deadline));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(payerKeys[payer_], _digest(currency.DOMAIN_SEPARATOR(), structHash));
        bytes memory data = abi.encodeCall(
            IPaymentLedger.depositWithPermit, (_one(accounts[place].id), _one(amount), deadline, v, r, s)
        );
        if (_call(owner, address(ledger), data, _frozenOr(owner, ""), Step.DepositWithPermit)) {
            accounts[place].balance += uint48(amount);
        }
    }

    function moveBalance(uint256 seed) external step(seed) {
        address payer_ = payers[_draw(PAYERS)];
        uint256 from = _anyOf(payer_);
        uint256 to = _rarely(8) ? _draw(accounts.length) : _anyOf(payer_);
        uint256 amount = _draw(accounts[from].balance + 100);
        string memory forbidden = amount > accounts[from].balance
            ? "INV-10: more was moved than the account had"
            : accounts[to].owner != payer_ ? "INV-10: moved to another's account" : "";
        bytes memory data = abi.encodeCall(ILedgerDesk.moveBalance, (accounts[from].id, accounts[to].id, amount));
        if (_call(payer_, address(ledger), data, forbidden, Step.Move)) {
            accounts[from].balance -= uint48(amount);
            accounts[to].balance += uint48(amount);
        }
    }

    function withdraw(uint256 seed) external step(seed) {
        uint256 place = _draw(accounts.length);
        address caller = _callerFor(accounts[place].owner);
        address to = _rarely(4) ? neighbour : accounts[place].owner;
        uint256 balance = accounts[place].balance;
        uint256 amount = _rarely(3) ? balance + _draw(3) / 2 : _draw(balance / 8 + 1);
        string memory forbidden = amount > balance
            ? "INV-10: more was withdrawn than the account had"
            : caller != accounts[place].owner ? "INV-10: another than the owner withdrew" : "";
        bytes memory data = abi.encodeCall(ILedgerDesk.withdraw, (accounts[place].id, amount, to));
        forbidden = _frozenOr(caller, _frozenOr(to, forbidden));
        if (_call(caller, address(ledger), data, forbidden, Step.Withdraw)) {
            accounts[place].balance -= uint48(amount);
        }
    }

    function grantMandate(uint256 seed) external step(seed) {
        uint256 place = _draw(accounts.length);
        address caller = _callerFor(accounts[place].owner);
        Mandate memory mandate = _anyMandate();
        string memory forbidden = mandate.lastDay < _today()
            ? "INV-05: a mandate of the past was granted"
            : caller != accounts[place].owner ? "INV-05: another than the owner granted a mandate" : "";
        bytes memory data = abi.encodeCall(ILedgerDesk.grantMandate, (accounts[place].id, mandate));
        if (_call(caller, address(ledger), data, forbidden, Step.GrantMandate)) _granted(place, mandate);
    }

    /// Now and then by the key of another, or over a nonce that was used; anyone brings it.
    function grantMandateBySignature(uint256 seed) external step(seed) {
        uint256 place = _draw(accounts.length);
        uint256 signer = _draw(PAYERS);
        uint256 nonce = accounts[place].mandateNonce;
        if (_rarely(8) && nonce != 0) --nonce;
        if (!_rarely(8)) signer = _payerOf(accounts[place].owner);
        SignedMandate[] memory signed = new SignedMandate[](1);
        signed[0].account = accounts[place].id;
        signed[0].mandate = _anyMandate();
        signed[0].deadline = uint40(block.timestamp);
        _sign(signed[0], payerKeys[signer], nonce);
        string memory forbidden = payers[signer] != accounts[place].owner || nonce != accounts[place].mandateNonce
            ? "INV-05: a mandate without the owner's signature"
            : signed[0].mandate.lastDay < _today() ? "INV-05: a mandate of the past was granted" : "";
        bytes memory data = abi.encodeCall(ILedgerDesk.grantMandatesBySignature, (signed));
        if (_call(keeper, address(ledger), data, forbidden, Step.GrantBySignature)) {
            _granted(place, signed[0].mandate);
        }
    }

    function revokeMandate(uint256 seed) external step(seed) {
        uint256 place = _draw(accounts.length);
        if (!_rarely(3)) return;
        address caller = _callerFor(accounts[place].owner);
        string memory forbidden =
            caller != accounts[place].owner ? "INV-05: another than the owner revoked a mandate" : "";
        bytes memory data = abi.encodeCall(ILedgerDesk.revokeMandate, (accounts[place].id));
        if (_call(caller, address(ledger), data, forbidden, Step.RevokeMandate)) {
            (accounts[place].capPerBill, accounts[place].capPerMonth, accounts[place].mandateLastDay) = (0, 0, 0);
            (accounts[place].signedOnly, accounts[place].discloses) = (false, false);
            accounts[place].agent = address(0);
            ++accounts[place].mandateNonce;
        }
    }

    function _openAccount(uint256 supplier_, Utility utility, address owner) internal returns (uint256 place) {
        AccountRequest[] memory requests = new AccountRequest[](1);
        requests[0] = AccountRequest({supplier: suppliers[supplier_].id, utility: utility, owner: owner});
        bytes memory data = abi.encodeCall(ILedgerDesk.openAccounts, (requests));
        _call(owner, address(ledger), data, "", Step.OpenAccount);
        place = accounts.length;
        suppliers[supplier_].accounts.push(place);
        CustomerAccount storage account = accounts.push();
        uint64 number = uint64(suppliers[supplier_].accounts.length);
        account.id = AccountId.wrap((uint64(SupplierId.unwrap(suppliers[supplier_].id)) << 32) | number);
        (account.owner, account.utility) = (owner, utility);
        account.postedThrough = uint16(_today() - 200 - _draw(200));
    }

    function _deposit(address from, uint256 place, Step done) internal {
        uint256 amount = _draw(250_000);
        _fillPurse(from, amount);
        vm.prank(from);
        currency.approve(address(ledger), amount);
        bytes memory data = abi.encodeCall(IPaymentLedger.deposit, (_one(accounts[place].id), _one(amount)));
        if (_call(from, address(ledger), data, _frozenOr(from, ""), done)) accounts[place].balance += uint48(amount);
    }

    /// The issuer mints what a purse lacks.
    function _fillPurse(address holder, uint256 amount) internal {
        if (!frozen[holder] && currency.balanceOf(holder) < amount) _mint(holder, amount);
    }

    function _granted(uint256 place, Mandate memory mandate) internal {
        CustomerAccount storage account = accounts[place];
        (account.capPerBill, account.capPerMonth) = (mandate.capPerBill, mandate.capPerMonth);
        (account.mandateLastDay, account.agent) = (mandate.lastDay, mandate.agent);
        (account.signedOnly, account.discloses) = (mandate.signedOnly, mandate.discloseReadings);
        ++account.mandateNonce;
    }

    function _anyMandate() internal returns (Mandate memory) {
        return Mandate({
            capPerBill: uint48(_rarely(3) ? _draw(100_000) : 1e9),
            capPerMonth: uint48(_rarely(3) ? _draw(300_000) : 1e10),
            lastDay: uint16(_today() + _draw(400) - (_rarely(8) ? 2 : 0)),
            discloseReadings: _rarely(2),
            signedOnly: _rarely(3),
            agent: _rarely(4) ? address(0) : _rarely(4) ? secondAgent : agent
        });
    }

    function _anyOf(address owner) internal returns (uint256 place) {
        place = _draw(accounts.length);
        while (accounts[place].owner != owner) place = (place + 1) % accounts.length;
    }

    function _payerOf(address owner) private view returns (uint256 i) {
        while (payers[i] != owner) ++i;
    }

    function _sign(SignedMandate memory signed, uint256 key, uint256 nonce) private view {
        Mandate memory mandate = signed.mandate;
        bytes32 domain = keccak256(
            abi.encode(DOMAIN, keccak256("Fairmeter PaymentLedger"), keccak256("1"), block.chainid, address(ledger))
        );
        bytes memory fields = abi.encode(signed.account, mandate, nonce, signed.deadline);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digest(domain, keccak256(bytes.concat(MANDATE, fields))));
        signed.signature = abi.encodePacked(r, s, v);
    }

    function _digest(bytes32 domain, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
