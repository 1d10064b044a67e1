// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {Managed} from "../Managed.sol";
import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {IStanding} from "../interfaces/IStanding.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {Mandate, SignedMandate} from "../types/Accounts.sol";
import {AccountId, PackedAccount} from "../types/Ids.sol";
import {DeskBasis} from "./DeskBasis.sol";

/// Mandates: granted by an account's owner, in a transaction or by a signature that anyone may bring, and revoked at
/// will.
abstract contract DeskMandates is DeskBasis, ILedgerDesk, Managed {
    using PackedAccounts for PackedAccount;

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME_HASH = keccak256("Fairmeter PaymentLedger");
    bytes32 private constant VERSION_HASH = keccak256("1");
    bytes32 private constant MANDATE_TYPEHASH = keccak256(
        "Mandate(uint64 account,uint48 capPerBill,uint48 capPerMonth,uint16 lastDay,"
        "bool discloseReadings,bool signedOnly,address agent,uint32 nonce,uint40 deadline)"
    );

    /// @inheritdoc ILedgerDesk
    function setStanding(IStanding standing_) external override restricted {
        // Effect:
        // Zero stands for nobody.
        // slither-disable-next-line missing-zero-check
        _standing = standing_;

        emit StandingSet(address(standing_));
    }

    /// @inheritdoc ILedgerDesk
    function grantMandate(AccountId account, Mandate calldata mandate) external override onlyAccountOwner(account) {
        _grant(account, mandate);
    }

    /// @inheritdoc ILedgerDesk
    function grantMandatesBySignature(SignedMandate[] calldata mandates) external override {
        for (uint256 i; i < mandates.length; ++i) {
            SignedMandate calldata signed = mandates[i];
            _checkSignature(signed);
            _grant(signed.account, signed.mandate);
        }
    }

    /// @inheritdoc ILedgerDesk
    function revokeMandate(AccountId account) external override onlyAccountOwner(account) {
        // Effect:
        _replace(account, _accounts[account].withoutMandate());
        delete _agents[account];
        ++_holders[account].mandateNonce;

        emit MandateRevoked(account);
    }

    function _grant(AccountId account, Mandate calldata mandate) private {
        // Check:
        _checkCap(mandate.capPerBill);
        _checkCap(mandate.capPerMonth);
        uint256 today = Calendar.dayOf(block.timestamp);
        if (mandate.lastDay < today) revert Errors.PaymentLedger_MandateInThePast(mandate.lastDay, today);
        _checkStanding(account, mandate);

        // Effect:
        _replace(account, _accounts[account].withMandate(mandate));
        _agents[account] = mandate.agent;
        ++_holders[account].mandateNonce;

        emit MandateGranted(
            account, mandate.capPerBill, mandate.capPerMonth, mandate.lastDay, mandate.discloseReadings, mandate.agent
        );
    }

    /// A mandate that begins or ends to demand signed readings does so for batches posted from now on.
    function _replace(AccountId account, PackedAccount packed) private {
        uint256 basis = packed.basis();
        if (basis == _accounts[account].basis()) {
            _accounts[account] = packed;
        } else {
            _rebase(account, packed);
            emit SignedOnlySet(account, PackedAccounts.isSignedOnly(basis));
        }
    }

    function _checkCap(uint256 cap) private pure {
        if (cap > PackedAccounts.MAX_CAP) revert Errors.PaymentLedger_CapTooLarge(cap, PackedAccounts.MAX_CAP);
    }

    /// A cap that a mandate has already is not asked for: who is suspended goes on paying as before.
    function _checkStanding(AccountId account, Mandate calldata mandate) private view {
        if (address(_standing) == address(0)) return;
        PackedAccount present = _accounts[account];
        uint256 cap = _raised(mandate.capPerBill, present.capPerBill());
        uint256 monthly = _raised(mandate.capPerMonth, present.capPerMonth());
        if (monthly > cap) cap = monthly;
        if (cap == 0) return;
        uint256 most = _standing.mandateCapOf(_holders[account].owner);
        if (cap > most) revert Errors.PaymentLedger_CapAboveStanding(account, cap, most);
    }

    function _raised(uint256 cap, uint256 present) private pure returns (uint256) {
        return cap > present ? cap : 0;
    }

    /// An owner that is a contract is asked by ERC-1271, in a static call: it can change nothing in between.
    function _checkSignature(SignedMandate calldata signed) private view {
        if (block.timestamp > signed.deadline) {
            revert Errors.PaymentLedger_SignatureExpired(signed.account, signed.deadline);
        }
        Holder memory holder = _holders[signed.account];
        // The mandate's fields stand in it one by one, as the type has them.
        bytes32 structHash = keccak256(
            abi.encode(MANDATE_TYPEHASH, signed.account, signed.mandate, holder.mandateNonce, signed.deadline)
        );
        // Computed at each use: on a fork of the chain, which has another id, the signature is not valid.
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
        bytes32 digest = MessageHashUtils.toTypedDataHash(domain, structHash);
        // An account that does not exist is owned by the zero address, for which no signature is valid.
        if (!SignatureChecker.isValidSignatureNowCalldata(holder.owner, digest, signed.signature)) {
            revert Errors.PaymentLedger_SignatureInvalid(signed.account, holder.mandateNonce);
        }
    }
}
