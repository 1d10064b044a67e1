// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PackedVerdict} from "../types/Ids.sol";
import {Decision, Presets} from "../types/Verdicts.sol";
import {Errors} from "./Errors.sol";

/// The verdict that follows from what a model says of a bill. Its statement, 80 bytes, big-endian:
///
/// model 32, SHA-256 of its bytes ‖ features 32, keccak256(salt of the leaf ‖ the bill's row of features) ‖ score 4, the
/// share of correct bills that look as odd, ppm ‖ expected quantity 6 ‖ highest quantity that is no surprise 6, base units
///
/// The bill is appealed where the score is no more than the rate that the class allows. Both growths are over the highest
/// quantity that is no surprise, so that the undisputed part (IAppealRegistry.settleUndisputed) is what the model expects.
///
/// Trusted: the operators for the statement. Score and quantities follow from the features by the model, which no contract
/// can run: whoever has the model's bytes can.
library ModelVerdict {
    uint256 internal constant SIZE = 80;

    int256 private constant PPM = 1_000_000;
    /// Decision PAY or APPEAL, with both growths.
    uint96 private constant GIVEN = 0x30 << 88;

    /// The packed verdict of a bill of `quantity` base units.
    function evaluate(bytes calldata statement, uint256 quantity, Presets memory presets)
        internal
        pure
        returns (PackedVerdict)
    {
        if (statement.length != SIZE) revert Errors.ModelVerdict_StatementLength(statement.length, SIZE);
        bytes32 model = bytes32(statement[:32]);
        if (model != presets.model) revert Errors.ModelVerdict_AnotherModel(model, presets.model);
        uint256 highest = uint48(bytes6(statement[74:]));
        if (highest == 0) revert Errors.ModelVerdict_NothingAllowed();
        bool odd = int256(uint256(uint32(bytes4(statement[64:68])))) <= int256(presets.first);
        uint96 packed = uint96(uint8(odd ? Decision.Appeal : Decision.Pay)) << 88 | GIVEN;
        packed |= uint96(uint40(_growth(quantity, highest))) << 40;
        packed |= uint96(uint40(_growth(uint48(bytes6(statement[68:74])), highest)));
        return PackedVerdict.wrap(bytes12(packed));
    }

    /// floor((quantity - base) / base · 10^6), ppm, saturated to int40.
    function _growth(uint256 quantity, uint256 base) private pure returns (int40) {
        // Division of what is not negative rounds down, and what is taken off is whole.
        int256 growth = int256(quantity * uint256(PPM) / base) - PPM;
        return growth > type(int40).max ? type(int40).max : int40(growth);
    }
}
