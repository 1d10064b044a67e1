// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchId, PackedBill} from "../src/types/Ids.sol";
import {Base} from "./Base.sol";
import {Merkle} from "./Merkle.sol";

/// Operators with keys, numbers 1 to 5 beside Base's number 0, and what they sign.
abstract contract QuorumBase is Base {
    uint256 internal constant FIRST_KEY = 0x0b00;

    function _key(uint256 number) internal pure returns (uint256) {
        return FIRST_KEY + number;
    }

    function _operatorAt(uint256 number) internal pure returns (address) {
        return vm.addr(_key(number));
    }

    /// Operators 1 to `count`, of whom with Base's it takes `quorum`.
    function _addOperators(uint256 count, uint8 quorum) internal {
        for (uint256 i = 1; i <= count; ++i) {
            _addOperator(_operatorAt(i));
        }
        vm.prank(governor);
        operators.setQuorum(quorum);
    }

    /// r ‖ vs, by EIP-2098.
    function _compact(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    function _signature(uint256 number, BatchId batch, bytes32 evidenceRoot, bytes memory verdicts)
        internal
        view
        returns (bytes memory)
    {
        bytes32 digest = gate.attestationDigest(batch, evidenceRoot, _commitment(verdicts));
        return abi.encodePacked(uint8(number), _compact(_key(number), digest));
    }

    /// Of operators `from` to `until`.
    function _signatures(uint256 from, uint256 until, BatchId batch, bytes32 evidenceRoot, bytes memory verdicts)
        internal
        view
        returns (bytes memory all)
    {
        for (uint256 i = from; i <= until; ++i) {
            all = bytes.concat(all, _signature(i, batch, evidenceRoot, verdicts));
        }
    }

    /// What 12 bytes a verdict commit to.
    function _commitment(bytes memory verdicts) internal pure returns (bytes32) {
        return Merkle.root(_groups(verdicts));
    }

    /// keccak256 of each 16 verdicts.
    function _groups(bytes memory verdicts) internal pure returns (bytes32[] memory groups) {
        groups = new bytes32[]((verdicts.length + 191) / 192);
        for (uint256 i; i < groups.length; ++i) {
            groups[i] = keccak256(_slice(verdicts, 192 * i, 192));
        }
    }

    /// Up to `size` bytes.
    function _slice(bytes memory data, uint256 from, uint256 size) internal pure returns (bytes memory part) {
        if (from + size > data.length) size = data.length - from;
        part = new bytes(size);
        for (uint256 i; i < size; ++i) {
            part[i] = data[from + i];
        }
    }

    function _submit(address sender, BatchId batch, PackedBill[] memory bills, bytes memory verdicts, bytes memory more)
        internal
    {
        vm.prank(sender);
        gate.submitVerdicts(batch, keccak256("evidence"), bills, verdicts, more);
    }
}
