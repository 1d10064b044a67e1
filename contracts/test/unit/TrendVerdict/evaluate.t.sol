// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Case} from "../../harness/ITrendVerdictHarness.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {Verdict} from "../../../src/types/Verdicts.sol";
import {TrendVerdictBase} from "../../TrendVerdictBase.sol";

contract EvaluateTest is TrendVerdictBase {
    uint256 private constant MAX_QUANTITY = 93 << 40;
    uint256 private constant PAY_UNEXPECTED = 0x11;
    uint256 private constant PAY = 0x31;
    uint256 private constant APPEAL = 0x32;
    uint256 private constant INSUFFICIENT = 0x03;

    function _packed(uint256 head, int256 actual, int256 expected) private pure returns (uint96) {
        return uint96(head << 88 | uint256(uint40(int40(actual))) << 40 | uint40(int40(expected)));
    }

    function _expect(Case memory one, uint256 head, int256 actual, int256 expected, string memory what) private view {
        require(_evaluate(one) == _packed(head, actual, expected), what);
    }

    /* VERDICTS */

    function test_GivenConstantReadings_AppealFromThePresetOn() external view {
        Case memory one = _case(_series(1000, 0, 31, 0), 0, 37_200, 31, 2);
        _expect(one, APPEAL, 200_000, 0, "20 % more is an appeal");
        one.quantity = 37_199;
        _expect(one, PAY, 199_967, 0, "a unit less is not");
    }

    function test_GivenLinearReadings_ExpectedIsTheirSlope() external view {
        // Readings 100 + 10x over 31 days: S = 7,750, f' = 10, the sum of f·f' is 77,500, e = 77,500/250/7,750 = 0.04.
        Case memory one = _case(_series(100, 10, 31, 0), 0, 9_609, 31, 1);
        _expect(one, PAY, 239_870, 40_000, "the line: below 24 %");
        one.presets.degree = 2;
        one.quantity = 9_610;
        _expect(one, APPEAL, 240_000, 40_000, "the parabola through a line: at 24 %");
    }

    function test_GivenMissingDays_TheSameLine() external view {
        uint256 missing = 1 | 1 << 15 | 1 << 30;
        Case memory one = _case(_series(100, 10, 31, missing), missing, 9_610, 31, 1);
        _expect(one, APPEAL, 240_000, 40_000, "without days 0, 15 and 30 the mean is the same");
    }

    function test_GivenLessThanThePreset_NoRegression() external view {
        Case memory one = _case(_series(1000, 7, 31, 0), 0, 34_254, 31, 2);
        _expect(one, PAY_UNEXPECTED, -30, 0, "a < 0: not computed");
        one.presets.second = -31;
        _expect(one, PAY, -30, 6_334, "a >= second preset: computed");
    }

    function test_GivenNothingUsed_Insufficient() external view {
        _expect(_case(_series(0, 0, 31, 0), 0, 1000, 31, 2), INSUFFICIENT, 0, 0, "S = 0");
    }

    function test_GivenTooManyMissing_Insufficient() external view {
        _expect(_case(_series(5, 0, 30, 7), 7, 1, 30, 1), PAY_UNEXPECTED, -993_334, 0, "27 of 30 suffice");
        _expect(_case(_series(5, 0, 30, 15), 15, 1, 30, 1), INSUFFICIENT, 0, 0, "26 of 30 do not");
        uint256 all = (1 << 94) - 1;
        _expect(_case(_series(5, 0, 94, all), all, 1, 93, 2), INSUFFICIENT, 0, 0, "none of 94");
    }

    function test_GivenTooFewDays_Insufficient() external view {
        _expect(_case(_series(5, 0, 3, 0), 0, 15, 3, 1), PAY, 0, 0, "3 days suffice a line");
        _expect(_case(_series(5, 0, 3, 0), 0, 15, 3, 2), INSUFFICIENT, 0, 0, "but not a parabola");
        _expect(_case(_series(5, 0, 4, 0), 0, 20, 4, 2), PAY, 0, 0, "4 days do");
    }

    function test_GivenOneUnitAndTheLargestBill_Saturated() external view {
        Case memory one = _case(_series(0, 0, 93, 0), 0, MAX_QUANTITY, 93, 2);
        one.surroundings[464] = 0x01;
        int256 expected = int256(int40(uint40(_evaluate(one))));
        _expect(one, APPEAL, type(int40).max, expected, "2^66 ppm as 2^39 - 1");
    }

    /* REFUSALS */

    function _refused(Case memory one, bytes memory reason) private {
        vm.expectRevert(reason);
        _evaluate(one);
    }

    function test_RevertWhen_BillingPeriodOutOfBounds() external {
        Case memory one = _case(_series(5, 0, 1, 0), 0, 15, 0, 2);
        _refused(one, abi.encodeWithSelector(Errors.TrendVerdict_PeriodDaysOutOfBounds.selector, 0, 93));
        one = _case(_series(5, 0, 94, 0), 0, 15, 94, 2);
        _refused(one, abi.encodeWithSelector(Errors.TrendVerdict_PeriodDaysOutOfBounds.selector, 94, 93));
    }

    function test_RevertWhen_ReferencePeriodOutOfBounds() external {
        Case memory one = _case("", 0, 15, 1, 2);
        _refused(one, abi.encodeWithSelector(Errors.TrendVerdict_ReferenceDaysOutOfBounds.selector, 0, 94));
        one = _case(_series(5, 0, 95, 0), 0, 15, 93, 2);
        _refused(one, abi.encodeWithSelector(Errors.TrendVerdict_ReferenceDaysOutOfBounds.selector, 95, 94));
    }

    function test_RevertWhen_PeriodsApart() external {
        Case memory one = _case(_series(5, 0, 30, 0), 0, 15, 32, 2);
        _refused(one, abi.encodeWithSelector(Errors.TrendVerdict_PeriodsApart.selector, 32, 30));
        one.periodDays = 28;
        _refused(one, abi.encodeWithSelector(Errors.TrendVerdict_PeriodsApart.selector, 28, 30));
    }

    function test_RevertWhen_ReadingsOfAnotherLength() external {
        Case memory one = _case(_series(5, 0, 30, 0), 0, 15, 30, 2);
        one.referenceDays = 31;
        _refused(one, abi.encodeWithSelector(Errors.TrendVerdict_ReadingsLength.selector, 150, 155));
    }

    function test_RevertWhen_MissingBeyondThePeriod() external {
        Case memory one = _case(_series(5, 0, 30, 0), 1 << 30, 15, 30, 2);
        _refused(one, abi.encodeWithSelector(Errors.TrendVerdict_MissingBeyondPeriod.selector, 1 << 30, 30));
    }

    function test_RevertWhen_AMissingDayHasAReading() external {
        Case memory one = _case(_series(5, 1, 30, 0), 1 << 29, 15, 30, 2);
        _refused(one, abi.encodeWithSelector(Errors.TrendVerdict_ReadingOfMissingDay.selector, 29, 34));
    }

    function test_RevertWhen_QuantityTooLarge() external {
        Case memory one = _case(_series(5, 0, 30, 0), 0, MAX_QUANTITY + 1, 30, 2);
        bytes4 selector = Errors.TrendVerdict_QuantityTooLarge.selector;
        _refused(one, abi.encodeWithSelector(selector, MAX_QUANTITY + 1, MAX_QUANTITY));
    }

    function test_RevertWhen_PresetOutOfBounds() external {
        Case memory one = _case(_series(5, 0, 30, 0), 0, 15, 30, 2);
        (one.presets.first, one.presets.second) = (10_000_000, -10_000_001);
        bytes4 selector = Errors.TrendVerdict_PresetOutOfBounds.selector;
        _refused(one, abi.encodeWithSelector(selector, -10_000_001, 10_000_000));
        (one.presets.first, one.presets.second) = (10_000_001, -10_000_000);
        _refused(one, abi.encodeWithSelector(selector, 10_000_001, 10_000_000));
    }

    function test_RevertWhen_DegreeOutOfBounds() external {
        Case memory one = _case(_series(5, 0, 30, 0), 0, 15, 30, 0);
        _refused(one, abi.encodeWithSelector(Errors.TrendVerdict_DegreeOutOfBounds.selector, 0));
        one.presets.degree = 3;
        _refused(one, abi.encodeWithSelector(Errors.TrendVerdict_DegreeOutOfBounds.selector, 3));
    }

    /* PROPERTIES */

    function testFuzz_GivenAnyReadings_SameAsPlainSums(uint256 seed) external view {
        Case memory one = _random(seed);
        _expectPlain(one);
    }

    function testFuzz_GivenOtherBytesAround_SameVerdict(uint256 seed, bytes memory before, bytes memory behind)
        external
        view
    {
        Case[] memory cases = new Case[](1);
        cases[0] = _random(seed);
        uint96 alone = _evaluate(cases[0]);
        cases[0].surroundings = bytes.concat(before, cases[0].surroundings, behind);
        cases[0].offset = before.length;
        Verdict memory found = harness.evaluateAll(cases)[0];
        uint256 head = uint256(found.decision) | (found.hasActual ? 0x10 : 0) | (found.hasExpected ? 0x20 : 0);
        require(_packed(head, found.actualPpm, found.expectedPpm) == alone, "only the readings count");
    }

    function testFuzz_GivenMoreBilled_NeverAppealBecomesPay(uint256 seed, uint256 more) external view {
        Case memory one = _random(seed);
        uint256 less = uint256(_evaluate(one)) >> 88 & 3;
        one.quantity += more % (MAX_QUANTITY - one.quantity + 1);
        require(uint256(_evaluate(one)) >> 88 & 3 >= less, "a larger bill is not judged better");
    }

    function _random(uint256 seed) private pure returns (Case memory one) {
        uint256 n2 = 1 + seed % 94;
        uint256 magnitude = (seed >> 8) % 41;
        uint256 missing = (seed >> 24) & 1 == 0 ? 0 : 1 << (seed >> 32) % n2 | 1 << (seed >> 40) % n2;
        bytes memory readings;
        uint256 total;
        for (uint256 x; x < n2; ++x) {
            uint256 reading = uint256(keccak256(abi.encode(seed, x))) % (1 << magnitude);
            if (missing >> x & 1 == 1) reading = 0;
            total += reading;
            readings = bytes.concat(readings, bytes5(uint40(reading)));
        }
        uint256 n1 = n2 == 94 ? 93 : n2 == 1 || n2 == 93 ? n2 : n2 - 1 + (seed >> 48) % 3;
        one = _case(
            readings,
            missing,
            total * ((seed >> 64) % 2048) / 1024 % (MAX_QUANTITY + 1),
            n1,
            uint8(1 + (seed >> 80) % 2)
        );
        one.presets.first = int32(int256((seed >> 96) % 20_000_001) - 10_000_000);
        one.presets.second = int32(int256((seed >> 128) % 2_000_001) - 1_000_000);
    }

    /* THE SAME, PLAINLY: days counted from the first, every sum a loop, every determinant written out */

    function _expectPlain(Case memory one) private view {
        (int256[5] memory m, int256[3] memory z) = _plainSums(one);
        if (z[0] == 0 || 10 * m[0] < 9 * int256(one.referenceDays) || m[0] < int8(one.presets.degree) + 2) {
            return _expect(one, INSUFFICIENT, 0, 0, "insufficient");
        }
        int256 scale = z[0] * int256(one.referenceDays);
        int256 billed = int256(one.quantity) * m[0];
        int256 actual = _floor((billed - scale) * 1e6, scale);
        if (actual < one.presets.second) return _expect(one, PAY_UNEXPECTED, _int40(actual), 0, "no regression");
        (int256 sum, int256 d) = _plainGrowth(one, m, z);
        int256 growth = m[0] * m[0] * sum;
        bool appeals = growth * 1e6 <= (billed * 1e6 - (1e6 + one.presets.first) * scale) * d * d * z[0];
        int256 expected = _floor(growth * 1e6, d * d * z[0] * scale);
        _expect(one, appeals ? APPEAL : PAY, _int40(actual), _int40(expected), "both growths");
    }

    function _plainSums(Case memory one) private pure returns (int256[5] memory m, int256[3] memory z) {
        for (uint256 x; x < one.referenceDays; ++x) {
            if (one.missing >> x & 1 == 1) continue;
            uint256 reading;
            for (uint256 i; i < 5; ++i) {
                reading = reading << 8 | uint8(one.surroundings[5 * x + i]);
            }
            for (uint256 k; k < 5; ++k) {
                m[k] += int256(x ** k);
                if (k < 3) z[k] += int256(reading * x ** k);
            }
        }
    }

    /// D, and the sum over the billing period of D^2·f·f'. For degree 1 the third equation is c = 0.
    function _plainGrowth(Case memory one, int256[5] memory m, int256[3] memory z)
        private
        pure
        returns (int256 sum, int256 d)
    {
        int256[3][3] memory columns = [[m[0], m[1], m[2]], [m[1], m[2], m[3]], [m[2], m[3], m[4]]];
        if (one.presets.degree == 1) {
            columns = [[m[0], m[1], 0], [m[1], m[2], 0], [int256(0), 0, 1]];
            z[2] = 0;
        }
        d = _determinant(columns[0], columns[1], columns[2]);
        int256 a = _determinant(z, columns[1], columns[2]);
        int256 b = _determinant(columns[0], z, columns[2]);
        int256 c = _determinant(columns[0], columns[1], z);
        for (int256 x; x < int256(one.periodDays); ++x) {
            sum += (a + x * (b + x * c)) * (b + 2 * c * x);
        }
    }

    function _determinant(int256[3] memory p, int256[3] memory q, int256[3] memory r) private pure returns (int256) {
        return
            p[0] * (q[1] * r[2] - q[2] * r[1]) - p[1] * (q[0] * r[2] - q[2] * r[0]) + p[2] * (q[0] * r[1] - q[1] * r[0]);
    }

    function _floor(int256 numerator, int256 denominator) private pure returns (int256 quotient) {
        quotient = numerator / denominator;
        if (numerator % denominator < 0) --quotient;
    }

    function _int40(int256 ppm) private pure returns (int256) {
        return ppm > type(int40).max ? type(int40).max : ppm < type(int40).min ? type(int40).min : ppm;
    }
}
