// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// Who may change what, and with how much notice: OpenZeppelin's access manager, whose admin hands out the roles of
/// libraries/Roles.sol. It can reach only what a contract marks `restricted`, and that moves no money.
contract Governance is AccessManager {
    constructor(address admin) AccessManager(admin) {}
}
