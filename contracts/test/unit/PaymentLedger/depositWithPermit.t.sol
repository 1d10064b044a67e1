// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {AccountId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract DepositWithPermitTest is Base {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _open(payer);
        _mint(payer, 500);
    }

    function test_GivenPermit_Credits() external {
        (uint8 v, bytes32 r, bytes32 s) = _permit(500);
        vm.prank(payer);
        ledger.depositWithPermit(_one(account), _one(uint256(500)), block.timestamp, v, r, s);

        _equal(_balance(account), 500, "balance");
        _balanced();
    }

    function test_GivenPermitUsedByAnother_CreditsAllTheSame() external {
        (uint8 v, bytes32 r, bytes32 s) = _permit(500);
        vm.prank(stranger);
        IERC20Permit(address(currency)).permit(payer, address(ledger), 500, block.timestamp, v, r, s);
        vm.prank(payer);
        ledger.depositWithPermit(_one(account), _one(uint256(500)), block.timestamp, v, r, s);

        _equal(_balance(account), 500, "balance");
    }

    function test_RevertWhen_PermitInvalid() external {
        (uint8 v, bytes32 r, bytes32 s) = _permit(499);
        vm.expectRevert(
            abi.encodeWithSignature(
                "ERC20InsufficientAllowance(address,uint256,uint256)", address(ledger), uint256(0), uint256(500)
            )
        );
        vm.prank(payer);
        ledger.depositWithPermit(_one(account), _one(uint256(500)), block.timestamp, v, r, s);
    }

    function _permit(uint256 value) private view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 domain = IERC20Permit(address(currency)).DOMAIN_SEPARATOR();
        bytes32 content = keccak256(abi.encode(PERMIT, payer, address(ledger), value, uint256(0), block.timestamp));
        return vm.sign(PAYER_KEY, keccak256(abi.encodePacked("\x19\x01", domain, content)));
    }
}
