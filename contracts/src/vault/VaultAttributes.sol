// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Managed} from "../Managed.sol";
import {IVaultAttributes} from "../interfaces/IVaultAttributes.sol";
import {VaultErrors} from "../libraries/VaultErrors.sol";
import {Authority, Issued} from "../types/Vault.sol";

/// Authorities, and the attributes that they issue, revoke and let lapse by epoch.
abstract contract VaultAttributes is IVaultAttributes, Managed {
    mapping(address authority => Authority) private _authorities;
    mapping(address authority => mapping(address holder => mapping(bytes32 attribute => Issued))) private _issued;

    modifier onlyAuthority() {
        _checkAuthority();
        _;
    }

    /// @inheritdoc IVaultAttributes
    function setAuthority(address authority_, bytes32 parameters) external override restricted {
        // Check:
        Authority storage known = _authorities[authority_];
        if (parameters == 0 && known.parameters == 0) revert VaultErrors.VaultAttributes_Unchanged(authority_);

        // Effect:
        known.parameters = parameters;
        uint32 epoch = ++known.epoch;

        emit AuthoritySet(authority_, parameters, epoch);
    }

    /// @inheritdoc IVaultAttributes
    function beginEpoch() external override onlyAuthority {
        // Effect:
        uint32 epoch = ++_authorities[msg.sender].epoch;

        emit EpochBegun(msg.sender, epoch);
    }

    /// @inheritdoc IVaultAttributes
    function issue(address holder, bytes32 attribute, uint40 until) external override onlyAuthority {
        // Check:
        if (attribute == 0 || until <= block.timestamp) {
            revert VaultErrors.VaultAttributes_IssueMalformed(attribute, until);
        }

        // Effect:
        uint32 epoch = _authorities[msg.sender].epoch;
        _issued[msg.sender][holder][attribute] = Issued({epoch: epoch, until: until});

        emit AttributeIssued(msg.sender, holder, attribute, epoch, until);
    }

    /// @inheritdoc IVaultAttributes
    function revokeAttribute(address holder, bytes32 attribute) external override onlyAuthority {
        // Check:
        Issued storage issued = _issued[msg.sender][holder][attribute];
        if (issued.until == 0) revert VaultErrors.VaultAttributes_NotIssued(holder, attribute);

        // Effect:
        issued.until = 0;

        emit AttributeRevoked(msg.sender, holder, attribute);
    }

    /// @inheritdoc IVaultAttributes
    function holds(address authority_, address holder, bytes32 attribute) external view override returns (bool) {
        Issued memory issued = _issued[authority_][holder][attribute];
        Authority memory known = _authorities[authority_];
        return known.parameters != 0 && issued.epoch == known.epoch && block.timestamp < issued.until;
    }

    /// @inheritdoc IVaultAttributes
    function authorityOf(address authority_) external view override returns (Authority memory) {
        return _authorities[authority_];
    }

    /// @inheritdoc IVaultAttributes
    function issuedOf(address authority_, address holder, bytes32 attribute)
        external
        view
        override
        returns (Issued memory)
    {
        return _issued[authority_][holder][attribute];
    }

    function _checkAuthority() private view {
        if (_authorities[msg.sender].parameters == 0) revert VaultErrors.VaultAttributes_NotAuthority(msg.sender);
    }
}
