// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../src/libraries/Errors.sol";
import {PackedAccounts} from "../../src/libraries/PackedAccounts.sol";
import {SignedMandate} from "../../src/types/Accounts.sol";
import {AccountId, PackedAccount} from "../../src/types/Ids.sol";
import {AttackBase, WeakLedger, recovered} from "./AttackBase.sol";

/// What a signature must name so that it counts here, once.
struct Named {
    bool chain;
    bool ledger;
    bool nonce;
}

function mandateDigest(SignedMandate memory signed, uint32 nonce, uint256 chainId, address ledger)
    pure
    returns (bytes32)
{
    bytes32 domain = keccak256(
        abi.encode(
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
            keccak256("Fairmeter PaymentLedger"),
            keccak256("1"),
            chainId,
            ledger
        )
    );
    bytes32 typehash = keccak256(
        "Mandate(uint64 account,uint48 capPerBill,uint48 capPerMonth,uint16 lastDay,"
        "bool discloseReadings,bool signedOnly,address agent,uint32 nonce,uint40 deadline)"
    );
    bytes32 content = keccak256(abi.encode(typehash, signed.account, signed.mandate, nonce, signed.deadline));
    return keccak256(abi.encodePacked("\x19\x01", domain, content));
}

/// A customer's signature under a mandate used where or when it was not meant: on a fork of the chain, by another
/// deployment of the ledger, after the customer has revoked the mandate.
contract SignatureReplayAttack is AttackBase {
    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _open(payer);
    }

    function test_replay__chainNotSigned__grants() external {
        _weaken(Named({chain: false, ledger: true, nonce: true}));
        _bring(_signed(0, 0, address(ledger)));
        require(_granted(), "granted on the fork");
    }

    function test_replay__ledgerNotSigned__grants() external {
        _weaken(Named({chain: true, ledger: false, nonce: true}));
        _bring(_signed(0, block.chainid, address(0)));
        require(_granted(), "granted by another ledger's signature");
    }

    function test_replay__nonceNotSigned__grants() external {
        _weaken(Named({chain: true, ledger: true, nonce: false}));
        SignedMandate[] memory list = _signed(0, block.chainid, address(ledger));
        _bring(list);
        vm.prank(payer);
        ledger.revokeMandate(account);
        _bring(list);
        require(_granted(), "granted though revoked");
    }

    function test_replay__ours__refusedEverywhere() external {
        SignedMandate[] memory list = _signed(0, block.chainid, address(ledger));
        uint256 home = block.chainid;
        vm.chainId(home + 1);
        _refuse(list, 0);
        vm.chainId(home);
        _refuse(_signed(0, home + 1, address(ledger)), 0);
        _refuse(_signed(0, home, address(gate)), 0);
        _bring(list);
        _refuse(list, 1);
        vm.prank(payer);
        ledger.revokeMandate(account);
        _refuse(list, 2);
        require(!_granted(), "not granted");
    }

    /// The same signature under another account of the same owner.
    function test_replay__oursForAnotherAccount__refused() external {
        SignedMandate[] memory list = _signed(0, block.chainid, address(ledger));
        list[0].account = _open(payer);
        _refused(Errors.PaymentLedger_SignatureInvalid.selector, AccountId.unwrap(list[0].account), 0);
        _bring(list);
    }

    function _weaken(Named memory named) private {
        _replace(address(ledger), address(new WeakMandates(_aside(address(ledger)), address(ledger), named)));
    }

    function _signed(uint32 nonce, uint256 chainId, address ledger_)
        private
        view
        returns (SignedMandate[] memory list)
    {
        list = new SignedMandate[](1);
        list[0] = SignedMandate(account, _mandate(), uint40(block.timestamp), "");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, mandateDigest(list[0], nonce, chainId, ledger_));
        list[0].signature = abi.encodePacked(r, s, v);
    }

    function _bring(SignedMandate[] memory list) private {
        vm.prank(stranger);
        ledger.grantMandatesBySignature(list);
    }

    function _refuse(SignedMandate[] memory list, uint256 nonce) private {
        _refused(Errors.PaymentLedger_SignatureInvalid.selector, AccountId.unwrap(account), nonce);
        _bring(list);
    }

    function _granted() private view returns (bool) {
        return ledger.accountOf(account).mandateLastDay != 0;
    }
}

/// Grants mandates by signatures that leave something unnamed.
contract WeakMandates is WeakLedger {
    using PackedAccounts for PackedAccount;

    address private immutable _self;
    bool private immutable _chainNamed;
    bool private immutable _ledgerNamed;
    bool private immutable _nonceNamed;

    constructor(address strong, address self, Named memory named) WeakLedger(strong) {
        (_self, _chainNamed, _ledgerNamed, _nonceNamed) = (self, named.chain, named.ledger, named.nonce);
    }

    function grantMandatesBySignature(SignedMandate[] calldata mandates) external {
        SignedMandate memory signed = mandates[0];
        Holder memory holder = _holders[signed.account];
        bytes32 digest = mandateDigest(
            signed,
            _nonceNamed ? holder.mandateNonce : 0,
            _chainNamed ? block.chainid : 0,
            _ledgerNamed ? _self : address(0)
        );
        require(recovered(digest, signed.signature) == holder.owner, "not signed");
        _accounts[signed.account] = _accounts[signed.account].withMandate(signed.mandate);
        ++_holders[signed.account].mandateNonce;
    }
}
