// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "../../src/interfaces/IAppealRegistry.sol";
import {IDigitalCurrency} from "../../src/interfaces/IDigitalCurrency.sol";
import {IFairClock} from "../../src/interfaces/IFairClock.sol";
import {IVerdictGate} from "../../src/interfaces/IVerdictGate.sol";
import {LedgerBase} from "../../src/ledger/LedgerBase.sol";
import {Base} from "../Base.sol";

/// Whose signature it is, whatever its s: what the contracts ask OpenZeppelin, without its guards.
function recovered(bytes32 digest, bytes memory signature) pure returns (address) {
    (bytes32 r, bytes32 s, bytes1 v) = abi.decode(bytes.concat(signature, new bytes(31)), (bytes32, bytes32, bytes1));
    return ecrecover(digest, uint8(v), r, s);
}

/// A contract with a guard taken out: it does what the contract in whose place it stands does, in the same storage, but
/// for the functions that it has itself.
abstract contract Weakened {
    address internal immutable _strong;

    constructor(address strong) {
        _strong = strong;
    }

    fallback() external {
        (bool success, bytes memory result) = _strong.delegatecall(msg.data);
        assembly ("memory-safe") {
            if iszero(success) { revert(add(result, 0x20), mload(result)) }
            return(add(result, 0x20), mload(result))
        }
    }
}

/// A weakened ledger: with the ledger's storage.
abstract contract WeakLedger is Weakened, LedgerBase {
    constructor(address strong)
        Weakened(strong)
        LedgerBase(
            IDigitalCurrency(address(0)), IFairClock(address(0)), IVerdictGate(address(0)), IAppealRegistry(address(0))
        )
    {}
}

/// Attacks are tried twice: against a contract with the guard taken out, where they must work, and against ours.
abstract contract AttackBase is Base {
    /// Where the code of a contract goes that a weakened one stands in for.
    function _aside(address strong) internal returns (address aside) {
        aside = address(uint160(uint256(keccak256(abi.encode("aside", strong)))));
        vm.etch(aside, strong.code);
    }

    /// Puts a weakened contract in the place of a strong one, whose storage and address it takes over.
    function _replace(address strong, address weak) internal {
        vm.etch(strong, weak.code);
    }
}
