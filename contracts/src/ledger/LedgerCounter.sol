// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IAppealDesk} from "../interfaces/IAppealDesk.sol";
import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {IStanding} from "../interfaces/IStanding.sol";
import {AccountRequest, Mandate, SignedMandate, Voice} from "../types/Accounts.sol";
import {BillState, Reason} from "../types/Bills.sol";
import {AccountId, BillId, PackedBill, SupplierId} from "../types/Ids.sol";
import {TariffBlock, Utility} from "../types/Utilities.sol";
import {Correction, Slashing} from "../types/Verdicts.sol";
import {LedgerBase} from "./LedgerBase.sol";
import {LedgerDesk} from "./LedgerDesk.sol";

/// Hands calls for single accounts and bills on to the desks, which nobody can exchange.
abstract contract LedgerCounter is LedgerBase, IPaymentLedger {
    /// The access manager that says who may set classes.
    IAccessManager public immutable authority;

    address private immutable _desk;
    address private immutable _appealDesk;

    constructor(IAccessManager authority_, address appealDesk_) {
        authority = authority_;
        _desk = address(new LedgerDesk(_currency, _clock, _gate, _registry, authority_));
        _appealDesk = appealDesk_;
    }

    // The desk's answer is this function's: the modifier returns it as it came.
    // slither-disable-start incorrect-return

    modifier atDesk() {
        _handOn(_desk);
        _;
    }

    modifier atAppealDesk() {
        _handOn(_appealDesk);
        _;
    }

    /// @inheritdoc ILedgerDesk
    function setTariff(SupplierId, Utility, uint16, uint48, TariffBlock[] calldata) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function openAccounts(AccountRequest[] calldata) external override atDesk returns (AccountId[] memory accounts) {}

    /// @inheritdoc ILedgerDesk
    function cancelBill(BillId, PackedBill, bytes32[] calldata) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function setStanding(IStanding) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function grantMandate(AccountId, Mandate calldata) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function grantMandatesBySignature(SignedMandate[] calldata) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function revokeMandate(AccountId) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function confirmBills(BillId[] calldata) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function payArrearsFromBalance(BillId, uint256) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function payArrears(BillId, uint256) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function settleArrears(BillId[] calldata) external override atDesk returns (uint256 settled) {}

    /// @inheritdoc ILedgerDesk
    function readArrears(uint256[] calldata) external override atDesk returns (uint256[] memory records) {}

    /// @inheritdoc ILedgerDesk
    function noteArrears(uint256[] calldata) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function reserveRefund(BillId, PackedBill, bytes32[] calldata, uint48) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function endRefund(BillId, bool) external override atDesk returns (uint256 amount) {}

    /// @inheritdoc ILedgerDesk
    function lendArrears(BillId[] calldata) external override atDesk returns (uint256 paid) {}

    /// @inheritdoc ILedgerDesk
    function collectReturns(BillId[] calldata) external override atDesk returns (uint256[] memory amounts) {}

    /// @inheritdoc IAppealDesk
    function slash(BillId, Slashing calldata) external override atAppealDesk returns (uint128 exhausted) {}

    /// @inheritdoc IAppealDesk
    function reverse(BillId, PackedBill, Correction calldata, Slashing calldata)
        external
        override
        atAppealDesk
        returns (BillState from, BillState to, uint128 exhausted, bool again)
    {}

    /// @inheritdoc IAppealDesk
    function depositBond(address, uint256) external override atAppealDesk {}

    /// @inheritdoc IAppealDesk
    function withdrawBond(uint256, address) external override atAppealDesk {}

    /// @inheritdoc IAppealDesk
    function stake(address, uint8) external override atAppealDesk {}

    /// @inheritdoc IAppealDesk
    function announce(bytes32) external override atAppealDesk {}

    /// @inheritdoc IAppealDesk
    function moveBond(address, address, uint256) external override atAppealDesk {}

    /// @inheritdoc ILedgerDesk
    function setClass(AccountId[] calldata, uint8) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function moveBalance(AccountId, AccountId, uint256) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function withdraw(AccountId, uint256, address) external override atDesk {}

    /// @inheritdoc ILedgerDesk
    function withdrawCredit(SupplierId, uint256, address) external override atDesk {}

    /// @inheritdoc IAppealDesk
    function settleUndisputed(BillId, uint48) external override atAppealDesk returns (uint48 settled) {}

    /// @inheritdoc IAppealDesk
    function collectRefunds(BillId[] calldata) external override atAppealDesk returns (uint256 refunded) {}

    // slither-disable-end incorrect-return

    /// @inheritdoc IAppealDesk
    function closeAppeal(BillId, uint48, uint48, Reason, Voice) external override atAppealDesk {}

    /// @inheritdoc IAppealDesk
    function reclaim(BillId, PackedBill, bytes32[] calldata) external override atAppealDesk {}

    /// @inheritdoc IAppealDesk
    function closeReclaimed(BillId, uint48, Reason, Voice) external override atAppealDesk {}

    /// Runs the call as it came in a desk's code, on this contract's storage, and ends with its result.
    function _handOn(address desk) private {
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            let success := delegatecall(gas(), desk, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            if iszero(success) { revert(data, returndatasize()) }
            return(data, returndatasize())
        }
    }
}
