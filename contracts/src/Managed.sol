// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Errors} from "./libraries/Errors.sol";

/// Restricts functions to the roles that an access manager gives them. Unlike OpenZeppelin's AccessManaged the manager
/// is fixed for good; a role with a delay acts through the manager's own `schedule` and `execute`.
abstract contract Managed {
    /// The access manager that says who may call restricted functions.
    IAccessManager public immutable authority;

    constructor(IAccessManager authority_) {
        authority = authority_;
    }

    modifier restricted() {
        _checkRestricted();
        _;
    }

    function _checkRestricted() private view {
        // A delay is the manager's to keep: its `execute` calls at once when the delay is over.
        // slither-disable-next-line unused-return
        (bool immediate,) = authority.canCall(msg.sender, address(this), msg.sig);
        if (!immediate) revert Errors.Managed_Unauthorized(msg.sender, msg.sig);
    }
}
