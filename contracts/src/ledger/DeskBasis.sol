// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Calendar} from "../libraries/Calendar.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {Revisions} from "../libraries/Revisions.sol";
import {AccountId, PackedAccount} from "../types/Ids.sol";
import {LedgerBase} from "./LedgerBase.sol";

/// What verdicts on an account's bills rest on: by batch, since a change holds for batches posted after it.
abstract contract DeskBasis is LedgerBase {
    using PackedAccounts for PackedAccount;
    using Revisions for Revisions.History;

    /// Keeps an account with a basis that is new.
    function _rebase(AccountId account, PackedAccount packed) internal {
        _accounts[account] = packed.withBasisSince(Calendar.dayOf(block.timestamp));
        _bases[account].add(uint256(_batchCount) + 1, packed.basis());
    }
}
