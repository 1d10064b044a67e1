// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// The cheatcodes that the tests use.
interface Vm {
    function addr(uint256 key) external pure returns (address);
    function chainId(uint256 id) external;
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function etch(address target, bytes calldata code) external;
    function expectEmit(address emitter) external;
    function expectPartialRevert(bytes4 selector) external;
    function expectRevert() external;
    function expectRevert(bytes calldata data) external;
    function expectRevert(bytes4 selector) external;
    function getCode(string calldata artifact) external view returns (bytes memory);
    function getNonce(address account) external view returns (uint64);
    function label(address account, string calldata name) external;
    function load(address target, bytes32 slot) external view returns (bytes32 data);
    function mockCall(address callee, bytes calldata data, bytes calldata result) external;
    function parseJsonKeys(string calldata json, string calldata key) external pure returns (string[] memory keys);
    function prank(address sender) external;
    function readFile(string calldata path) external view returns (string memory data);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function snapshotState() external returns (uint256 snapshot);
    function roll(uint256 number) external;
    function revertToState(uint256 snapshot) external returns (bool success);
    function snapshotGasLastCall(string calldata group, string calldata name) external returns (uint256 gasUsed);
    function snapshotValue(string calldata group, string calldata name, uint256 value) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function warp(uint256 timestamp) external;
}
