// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {Vm} from "../Vm.sol";
import {Handler} from "./Handler.sol";
import {Steps} from "./Steps.sol";

/// One long run, at whose end every step must have been taken: what the handlers do not reach, the invariants do not
/// test. It draws its calls itself, so that it is the same run everywhere; forge's own campaigns are not.
contract HandlerReach {
    uint256 private constant CALLS = 20_000;

    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    Handler private handler;
    bytes4[] private selectors;

    function setUp() external {
        handler = new Handler();
        handler.setUp();
        string[] memory signatures = vm.parseJsonKeys(vm.readFile("out/Handler.sol/Handler.json"), ".methodIdentifiers");
        for (uint256 i; i < signatures.length; ++i) {
            if (_takesSeed(bytes(signatures[i]))) selectors.push(bytes4(keccak256(bytes(signatures[i]))));
        }
    }

    function test_GivenTwentyThousandCalls_TakesEveryStep() external {
        for (uint256 i; i < CALLS; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("every step", i)));
            (bool success, bytes memory result) =
                address(handler).call(abi.encodeWithSelector(selectors[seed % selectors.length], seed));
            if (!success) {
                assembly ("memory-safe") {
                    revert(add(result, 0x20), mload(result))
                }
            }
        }
        handler.auditTariffs();
        string memory missing;
        for (uint256 i; i <= uint256(type(Steps.Step).max); ++i) {
            if (handler.reached(Steps.Step(i)) == 0) missing = string.concat(missing, " ", Strings.toString(i));
        }
        require(bytes(missing).length == 0, string.concat("steps never taken:", missing));
    }

    function _takesSeed(bytes memory signature) private pure returns (bool) {
        bytes memory ending = "(uint256)";
        if (signature.length < ending.length) return false;
        for (uint256 i; i < ending.length; ++i) {
            if (signature[signature.length - ending.length + i] != ending[i]) return false;
        }
        return true;
    }
}
