// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Mandate, SignedMandate} from "../../../src/types/Accounts.sol";
import {AccountId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

/// An owner that is a contract and signs what its key signs.
contract Wallet {
    bytes32 private accepted;

    function accept(bytes32 digest) external {
        accepted = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == accepted ? this.isValidSignature.selector : bytes4(0);
    }
}

contract GrantMandatesBySignatureTest is Base {
    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _open(payer);
    }

    function test_WhenAnyoneBringsIt_Grants() external {
        vm.prank(stranger);
        ledger.grantMandatesBySignature(_signed(account, 0, block.timestamp));

        _equal(ledger.accountOf(account).capPerBill, _mandate().capPerBill, "cap");
        _equal(ledger.accountOf(account).mandateNonce, 1, "nonce");
    }

    function test_GivenOwnerIsContract_AsksIt() external {
        Wallet wallet = new Wallet();
        AccountId owned = _open(address(wallet));
        SignedMandate[] memory list = _signed(owned, 0, block.timestamp);
        wallet.accept(_digest(owned, 0, block.timestamp));
        ledger.grantMandatesBySignature(list);

        _equal(ledger.accountOf(owned).mandateNonce, 1, "nonce");
    }

    function test_RevertWhen_UsedTwice() external {
        SignedMandate[] memory list = _signed(account, 0, block.timestamp);
        ledger.grantMandatesBySignature(list);
        _refused(Errors.PaymentLedger_SignatureInvalid.selector, AccountId.unwrap(account), 1);
        ledger.grantMandatesBySignature(list);
    }

    function test_RevertGiven_RevokedSince() external {
        SignedMandate[] memory list = _signed(account, 0, block.timestamp);
        vm.prank(payer);
        ledger.revokeMandate(account);
        _refused(Errors.PaymentLedger_SignatureInvalid.selector, AccountId.unwrap(account), 1);
        ledger.grantMandatesBySignature(list);
    }

    function test_RevertWhen_ContentChanged() external {
        SignedMandate[] memory list = _signed(account, 0, block.timestamp);
        ++list[0].mandate.capPerBill;
        _refused(Errors.PaymentLedger_SignatureInvalid.selector, AccountId.unwrap(account), 0);
        ledger.grantMandatesBySignature(list);
    }

    function test_RevertWhen_NoSuchAccount() external {
        _refused(Errors.PaymentLedger_SignatureInvalid.selector, 5, 0);
        ledger.grantMandatesBySignature(_signed(AccountId.wrap(5), 0, block.timestamp));
    }

    function test_RevertWhen_Late() external {
        SignedMandate[] memory list = _signed(account, 0, block.timestamp - 1);
        _refused(Errors.PaymentLedger_SignatureExpired.selector, AccountId.unwrap(account), block.timestamp - 1);
        ledger.grantMandatesBySignature(list);
    }

    function _signed(AccountId id, uint32 nonce, uint256 deadline) private view returns (SignedMandate[] memory list) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, _digest(id, nonce, deadline));
        list = new SignedMandate[](1);
        list[0] = SignedMandate(id, _mandate(), uint40(deadline), abi.encodePacked(r, s, v));
    }

    function _digest(AccountId id, uint32 nonce, uint256 deadline) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Fairmeter PaymentLedger"),
                keccak256("1"),
                block.chainid,
                address(ledger)
            )
        );
        bytes32 typehash = keccak256(
            "Mandate(uint64 account,uint48 capPerBill,uint48 capPerMonth,uint16 lastDay,"
            "bool discloseReadings,bool signedOnly,address agent,uint32 nonce,uint40 deadline)"
        );
        Mandate memory m = _mandate();
        bytes32 content = keccak256(
            abi.encode(
                typehash,
                id,
                m.capPerBill,
                m.capPerMonth,
                m.lastDay,
                m.discloseReadings,
                m.signedOnly,
                m.agent,
                nonce,
                deadline
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, content));
    }
}
