// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "./Managed.sol";
import {IDataVault} from "./interfaces/IDataVault.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {VaultErrors} from "./libraries/VaultErrors.sol";
import {Grant, GrantId, VaultRecord} from "./types/Vault.sol";
import {VaultAttributes} from "./vault/VaultAttributes.sol";

/// Keeps what customers put away encrypted, whom they let open it, and each re-encryption of a key. Keeps no money.
///
/// Trusted: the governor, to name proxies of which fewer than a grant's threshold conspire, and honest authorities. An
/// honest proxy gives nothing out before its log stands here, so that a grant that was revoked or is over gives nothing
/// from the next block on. What a threshold of proxies keep and use in secret no contract can see; it opens to them and
/// a grantee whom they serve what that grant once covered, and nothing of later epochs.
contract DataVault is IDataVault, VaultAttributes {
    bytes32 private constant NAME_HASH = keccak256("Fairmeter DataVault");
    bytes32 private constant REQUEST_TYPEHASH =
        keccak256("Request(uint64 grant,uint32 number,uint32 fields,uint64 nonce)");
    uint256 private constant SHORT_CARD = 32;
    uint256 private constant LONG_CARD = 98;

    /// @inheritdoc IDataVault
    mapping(address party => bytes32) public override cardHashOf;
    /// @inheritdoc IDataVault
    mapping(address proxy => bool) public override isProxy;
    /// @inheritdoc IDataVault
    uint256 public override proxyCount;
    /// @inheritdoc IDataVault
    mapping(address customer => uint32) public override epochOf;
    /// @inheritdoc IDataVault
    mapping(address customer => uint32) public override recordCountOf;
    /// @inheritdoc IDataVault
    uint64 public override grantCount;

    mapping(address customer => mapping(uint32 number => VaultRecord)) private _records;
    mapping(GrantId id => Grant) private _grants;
    mapping(address by => mapping(bytes32 request => bool)) private _logged;

    constructor(IAccessManager authority_) Managed(authority_) {}

    /// @inheritdoc IDataVault
    function setCard(bytes calldata card) external override {
        // Check:
        if (card.length != SHORT_CARD && card.length != LONG_CARD) {
            revert VaultErrors.DataVault_CardMalformed(card.length);
        }

        // Effect:
        cardHashOf[msg.sender] = keccak256(card);

        emit CardSet(msg.sender, card);
    }

    /// @inheritdoc IDataVault
    function setProxy(address proxy, bool active) external override restricted {
        // Check:
        if (isProxy[proxy] == active) revert VaultErrors.DataVault_ProxyUnchanged(proxy, active);

        // Effect:
        isProxy[proxy] = active;
        proxyCount = active ? proxyCount + 1 : proxyCount - 1;

        emit ProxySet(proxy, active);
    }

    /// @inheritdoc IDataVault
    function rotate() external override {
        // Effect:
        uint32 epoch = ++epochOf[msg.sender];

        emit Rotated(msg.sender, epoch);
    }

    /// @inheritdoc IDataVault
    function put(uint32 number, uint32 epoch, uint32 fields, bytes32[] calldata hashes) external override {
        // Check:
        uint32 next = recordCountOf[msg.sender] + 1;
        if (number != next) revert VaultErrors.DataVault_NotNext(number, next);
        uint32 present = epochOf[msg.sender];
        if (epoch != present) revert VaultErrors.DataVault_WrongEpoch(epoch, present);
        if (fields == 0 || hashes.length != _countOf(fields)) {
            revert VaultErrors.DataVault_FieldsMalformed(fields, hashes.length);
        }

        // Effect:
        recordCountOf[msg.sender] = number;
        _records[msg.sender][number] = VaultRecord({
            root: keccak256(abi.encodePacked(hashes)), epoch: epoch, fields: fields, putAt: uint40(block.timestamp)
        });

        emit RecordPut(msg.sender, number, epoch, fields, hashes);
    }

    /// @inheritdoc IDataVault
    function grant(Grant calldata terms) external override returns (GrantId id) {
        // Check:
        bool byProxies = terms.threshold != 0;
        bool none = terms.fields == 0 || terms.grantee == address(0) || terms.until <= block.timestamp;
        if (none || byProxies != (terms.fragments != 0)) revert VaultErrors.DataVault_GrantMalformed();
        uint32 present = epochOf[msg.sender];
        if (terms.epoch > present) revert VaultErrors.DataVault_WrongEpoch(terms.epoch, present);
        if (terms.threshold > proxyCount) {
            revert VaultErrors.DataVault_TooFewProxies(terms.threshold, proxyCount);
        }

        // Effect:
        id = GrantId.wrap(++grantCount);
        Grant storage kept = _grants[id];
        (kept.customer, kept.epoch, kept.fields, kept.threshold) =
        (msg.sender, terms.epoch, terms.fields, terms.threshold);
        (kept.grantee, kept.until) = (terms.grantee, terms.until);
        (kept.purpose, kept.fragments) = (terms.purpose, terms.fragments);

        _emitGranted(id, terms);
    }

    /// @inheritdoc IDataVault
    function revoke(GrantId id) external override {
        // Check:
        Grant storage kept = _grants[id];
        if (kept.customer != msg.sender) revert VaultErrors.DataVault_NotCustomer(id, msg.sender);
        if (kept.revoked) revert VaultErrors.DataVault_NotValid(id);

        // Effect:
        kept.revoked = true;

        emit Revoked(id);
    }

    /// @inheritdoc IDataVault
    function logReencryption(GrantId id, uint32 number, uint32 fields, uint64 nonce, bytes calldata signature)
        external
        override
    {
        // Check:
        Grant memory kept = _grants[id];
        if (!_isValid(kept)) revert VaultErrors.DataVault_NotValid(id);
        if (kept.threshold == 0 ? msg.sender != kept.customer : !isProxy[msg.sender]) {
            revert VaultErrors.DataVault_NotProxy(id, msg.sender);
        }
        if (!_covers(kept, number, fields)) revert VaultErrors.DataVault_NotCovered(id, number, fields);
        bytes32 request = requestDigest(id, number, fields, nonce);
        if (!TypedData.isSigned(request, kept.grantee, signature)) {
            revert VaultErrors.DataVault_NotRequested(id, nonce);
        }
        if (_logged[msg.sender][request]) revert VaultErrors.DataVault_AlreadyLogged(id, nonce, msg.sender);

        // Effect:
        _logged[msg.sender][request] = true;

        emit Reencrypted(id, msg.sender, number, fields, nonce);
    }

    /// @inheritdoc IDataVault
    function isValid(GrantId id) external view override returns (bool) {
        return _isValid(_grants[id]);
    }

    /// @inheritdoc IDataVault
    function mayOpen(GrantId id, uint32 number, uint32 fields) external view override returns (bool) {
        Grant memory kept = _grants[id];
        return _isValid(kept) && _covers(kept, number, fields);
    }

    /// @inheritdoc IDataVault
    function grantOf(GrantId id) external view override returns (Grant memory) {
        return _grants[id];
    }

    /// @inheritdoc IDataVault
    function recordOf(address customer, uint32 number) external view override returns (VaultRecord memory) {
        return _records[customer][number];
    }

    /// @inheritdoc IDataVault
    function requestDigest(GrantId id, uint32 number, uint32 fields, uint64 nonce)
        public
        view
        override
        returns (bytes32)
    {
        return TypedData.digest(NAME_HASH, keccak256(abi.encode(REQUEST_TYPEHASH, id, number, fields, nonce)));
    }

    function _emitGranted(GrantId id, Grant calldata terms) private {
        emit Granted(
            id,
            msg.sender,
            terms.grantee,
            terms.epoch,
            terms.fields,
            terms.until,
            terms.threshold,
            terms.purpose,
            terms.fragments
        );
    }

    /// A record that there is not has no fields.
    function _covers(Grant memory kept, uint32 number, uint32 fields) private view returns (bool) {
        VaultRecord memory record = _records[kept.customer][number];
        return fields != 0 && record.epoch == kept.epoch && fields & ~(kept.fields & record.fields) == 0;
    }

    /// A grant that there is not ended at 0.
    function _isValid(Grant memory kept) private view returns (bool) {
        return !kept.revoked && block.timestamp < kept.until;
    }

    function _countOf(uint32 fields) private pure returns (uint256 count) {
        for (; fields != 0; fields &= fields - 1) {
            ++count;
        }
    }
}
