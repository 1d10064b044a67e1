// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// EIP-712 digests, and the signatures of keys over them.
library TypedData {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant VERSION_HASH = keccak256("1");

    /// What is signed for the calling contract, whose domain has this name. Computed at each use: on a fork of the
    /// chain, which has another id, no signature is valid.
    function digest(bytes32 nameHash, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPEHASH, nameHash, VERSION_HASH, block.chainid, address(this)));
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    /// Whether `signature` is r ‖ vs (EIP-2098), 64 bytes, of `signer`'s key. Of a signature and its malleable twin it is
    /// the one with s in the lower half.
    function isSigned(bytes32 digest_, address signer, bytes calldata signature) internal pure returns (bool) {
        if (signature.length != 64) return false;
        // What fails recovers zero, and no signer is zero.
        // slither-disable-next-line unused-return
        (address recovered,,) = ECDSA.tryRecover(digest_, bytes32(signature[:32]), bytes32(signature[32:]));
        return recovered == signer && signer != address(0);
    }
}
