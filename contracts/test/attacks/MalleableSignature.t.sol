// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../src/libraries/Errors.sol";
import {PackedAccounts} from "../../src/libraries/PackedAccounts.sol";
import {SignedMandate} from "../../src/types/Accounts.sol";
import {AccountId, PackedAccount} from "../../src/types/Ids.sol";
import {AttackBase, WeakLedger, recovered} from "./AttackBase.sol";
import {mandateDigest} from "./SignatureReplay.t.sol";

/// To every signature (r, s, v) there is another, (r, n - s, v'), of the same key under the same content: where used
/// signatures are told by their bytes, each can be used twice.
contract MalleableSignatureAttack is AttackBase {
    /// Of the curve secp256k1.
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _open(payer);
    }

    function test_malleable__usedSignaturesToldByTheirBytes__grantsTwice() external {
        _replace(address(ledger), address(new WeakSignatures(_aside(address(ledger)), address(ledger))));
        (SignedMandate[] memory list, SignedMandate[] memory twin) = _twins();
        ledger.grantMandatesBySignature(list);
        vm.prank(payer);
        ledger.revokeMandate(account);
        ledger.grantMandatesBySignature(twin);

        require(ledger.accountOf(account).mandateLastDay != 0, "granted again");
    }

    /// Not even the first time.
    function test_malleable__ours__refused() external {
        (SignedMandate[] memory list, SignedMandate[] memory twin) = _twins();
        _refused(Errors.PaymentLedger_SignatureInvalid.selector, AccountId.unwrap(account), 0);
        ledger.grantMandatesBySignature(twin);
        ledger.grantMandatesBySignature(list);
        _refused(Errors.PaymentLedger_SignatureInvalid.selector, AccountId.unwrap(account), 1);
        ledger.grantMandatesBySignature(twin);
    }

    function _twins() private view returns (SignedMandate[] memory list, SignedMandate[] memory twin) {
        (list, twin) = (new SignedMandate[](1), new SignedMandate[](1));
        list[0] = SignedMandate(account, _mandate(), uint40(block.timestamp), "");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, mandateDigest(list[0], 0, block.chainid, address(ledger)));
        list[0].signature = abi.encodePacked(r, s, v);
        twin[0] = SignedMandate(account, _mandate(), uint40(block.timestamp), "");
        twin[0].signature = abi.encodePacked(r, ORDER - uint256(s), v ^ 7);
    }
}

/// Refuses signatures that it has seen, by their bytes, and takes every s.
contract WeakSignatures is WeakLedger {
    using PackedAccounts for PackedAccount;

    address private immutable _self;
    mapping(bytes32 signature => bool) private _used;

    constructor(address strong, address self) WeakLedger(strong) {
        _self = self;
    }

    function grantMandatesBySignature(SignedMandate[] calldata mandates) external {
        SignedMandate memory signed = mandates[0];
        bytes32 hash = keccak256(signed.signature);
        require(!_used[hash], "used");
        _used[hash] = true;
        bytes32 digest = mandateDigest(signed, 0, block.chainid, _self);
        require(recovered(digest, signed.signature) == _holders[signed.account].owner, "not signed");
        _accounts[signed.account] = _accounts[signed.account].withMandate(signed.mandate);
    }
}
