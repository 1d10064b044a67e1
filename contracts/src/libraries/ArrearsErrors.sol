// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId} from "../types/Ids.sol";

/// The errors of the arrears register, as Errors has those of the others.
interface ArrearsErrors {
    /// Thrown when more contacts are to be allowed than a debt's note can count.
    error ArrearsRegister_TooManyContacts(uint256 contacts, uint256 most);
    /// Thrown when a bill does not come after the one before it.
    error ArrearsRegister_OutOfOrder(BillId bill);
    /// Thrown when a probability is above 1, ppm.
    error ArrearsRegister_ProbabilityTooLarge(BillId bill);
    /// Thrown when a contact is to be recorded in a class that never committed to a test.
    error ArrearsRegister_NoTest(uint8 class);
    /// Thrown when a test is to begin before the class's last one is revealed.
    error ArrearsRegister_TestRuns(uint8 class, uint256 test);
    /// Thrown when a test has fewer than two arms, or more than 16.
    error ArrearsRegister_ArmsOutOfBounds(uint256 arms);
    /// Thrown when no test runs, or another one was committed to than what is revealed.
    error ArrearsRegister_NotCommitted(uint8 class, bytes32 commitment);
    /// Thrown when a curve's columns differ in length, its days do not ascend, or a value is out of bounds.
    error ArrearsRegister_CurveMalformed(uint8 class);
}
