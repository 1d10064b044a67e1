// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PackedVerdict} from "../types/Ids.sol";
import {Decision, Presets} from "../types/Verdicts.sol";
import {Errors} from "./Errors.sol";
import {PackedBills} from "./PackedBills.sol";
import {PackedReadings} from "./PackedReadings.sol";

/// The trend verdict of one bill, exact, from the readings themselves.
///
///     a = (Q1 - Q2)/Q2                        actual growth, Q2 = S·n2/m the reference total
///     e = (sum over x < n1 of f(x)·g(x))/Q2   expected growth, f the least-squares polynomial of last year's daily
///                                             readings, g = f'/(S/m) its derivative as an index of mean daily use
///     APPEAL if a - e >= first preset, else PAY; PAY without a regression if a < second preset
///
/// Source: claims 1 and 2 of the automatic-payment patent application (Bank of China, technology number 32336652).
///
/// Days are counted from the middle of the reference period, t = 2x - (n2 - 1). With M_k = sum of t^k and Z_k = sum of
/// reading·t^k over the m days that have a reading, Cramer's rule on the normal equations gives
/// f = (A + B·t + C·t^2)/D, and df/dx = 2(B + 2C·t)/D. Over all days of the reference period odd powers of t cancel and
///
///     H = sum of (A + B·t + C·t^2)(B + 2C·t) = B·(A·n2 + 3C·sum of t^2)
///
/// to which a billing period that is a day longer adds the term of t = n2 + 1, and from which one that is a day shorter
/// takes that of t = n2 - 1. Then e = 2·m^2·H/(D^2·S^2·n2), and with S·n2 and D^2·S positive
///
///     a - e >= p/10^6  <=>  2·10^6·m^2·H <= (10^6·m·Q1 - (10^6 + p)·S·n2)·D^2·S
///
/// Nothing is rounded. Nothing can overflow, so nothing is checked: with |t| <= 93, m <= n2 <= 94 and readings < 2^40
/// the triangle inequality alone bounds every term of every formula,
///
///     M1 < 2^12.2, M2 < 2^18.1, M3 < 2^24.3, M4 < 2^30.5, S < 2^46.6, Z1 < 2^52.2, Z2 < 2^58.1
///     cofactors < 2^49.5, D < 2^57.3, A < 2^97.3, B < 2^91.4, C < 2^85.3, H < 2^197.0, 2·10^6·m^2·H < 2^231.0
///     S·n2 < 2^53.2, D^2·S < 2^161.1, the bracket < 2^76.7, the right-hand side < 2^237.7, D^2·S·S·n2 < 2^214.2
///
/// and 237.7 < 255. The divisors 3 and 5, S·n2 and D^2·S·S·n2 are not zero: S > 0, and D > 0 as m > degree.
library TrendVerdict {
    /// The longest reference period: a billing period of 93 days, and a leap day.
    uint256 internal constant MAX_REFERENCE_DAYS = 94;
    /// The largest preset either way, ppm.
    uint256 internal constant MAX_PRESET = 10_000_000;

    int256 private constant PPM = 1_000_000;
    // The first byte of a packed verdict (PackedVerdicts.sol) beside the decision: which growths are given.
    uint256 private constant ACTUAL = 0x10;
    uint256 private constant EXPECTED = 0x20;

    /// The verdict of a bill, in the 12 bytes that a batch commits to: what was committed is right if it equals this.
    ///
    /// @param readings of the reference period, base units: 5 bytes a day, big-endian, zero where missing
    /// @param referenceDays n2, calendar days of the reference period, 1..94
    /// @param missing bit x set: day x of the reference period, counted from 0, has no reading
    /// @param quantity Q1, base units, 0..93·2^40
    /// @param periodDays n1, calendar days of the billing period, 1..93, at most a day more or less than n2
    /// @param presets the degree, and the first and second preset; `insufficientCap` has no part in a verdict
    function evaluate(
        bytes calldata readings,
        uint256 referenceDays,
        uint256 missing,
        uint256 quantity,
        uint256 periodDays,
        Presets memory presets
    ) internal pure returns (PackedVerdict) {
        _requireBounds(readings.length, referenceDays, missing, quantity, periodDays, presets);
        unchecked {
            uint256 count = referenceDays;
            int256 gaps;
            if (missing != 0) {
                gaps = PackedReadings.gaps(readings, referenceDays, missing);
                count -= uint48(uint256(gaps));
            }
            int256 sums = PackedReadings.sums(readings, referenceDays);
            if (int64(sums) == 0 || 10 * count < 9 * referenceDays || count < uint256(presets.degree) + 2) {
                return _pack(uint256(Decision.Insufficient), 0, 0);
            }
            return
                _judge(sums, gaps, int256(count), int256(referenceDays), int256(quantity), int256(periodDays), presets);
        }
    }

    /// The verdict where enough is known; `count` is m.
    function _judge(
        int256 sums,
        int256 gaps,
        int256 count,
        int256 n2,
        int256 quantity,
        int256 n1,
        Presets memory presets
    ) private pure returns (PackedVerdict) {
        unchecked {
            int256 billed = PPM * count * quantity;
            int256 scale = n2 * int64(sums);
            int256 actual = billed / scale - PPM;
            // The preset is an integer: the floor lies below it if and only if the growth does.
            if (actual < presets.second) return _pack(uint256(Decision.Pay) | ACTUAL, actual, 0);

            (int256 growth, int256 unit) = _regression(sums, gaps, n2, n1, presets.degree);
            growth *= 2 * PPM * count * count;
            Decision decision =
                growth <= (billed - (PPM + presets.first) * scale) * unit ? Decision.Appeal : Decision.Pay;
            return _pack(uint256(decision) | ACTUAL | EXPECTED, actual, _floorDiv(growth, unit * scale));
        }
    }

    /// H and D^2·S.
    function _regression(int256 sums, int256 gaps, int256 n2, int256 n1, uint256 degree)
        private
        pure
        returns (int256 growth, int256 unit)
    {
        unchecked {
            (int256 a, int256 b, int256 c, int256 d) = degree == 1
                ? _line(sums, gaps, n2)
                : gaps == 0 ? _parabola(sums, n2) : _parabolaOverGaps(sums, gaps, n2);
            growth = _growth(a, b, c, n2, n1);
            unit = d * d * int64(sums);
        }
    }

    /// H: sum over the n1 days of the billing period of (a + b·t + c·t^2)(b + 2c·t).
    function _growth(int256 a, int256 b, int256 c, int256 n2, int256 n1) private pure returns (int256 sum) {
        unchecked {
            sum = b * (a * n2 + 3 * c * _squares(n2));
            if (n1 != n2) {
                int256 t = n1 > n2 ? n2 + 1 : n2 - 1;
                sum += (n1 - n2) * (a + t * (b + t * c)) * (b + 2 * t * c);
            }
        }
    }

    /// The line (a + b·t)/d; c is zero.
    function _line(int256 sums, int256 gaps, int256 n2) private pure returns (int256 a, int256 b, int256 c, int256 d) {
        unchecked {
            (int256 m0, int256 m1, int256 m2) = (n2, 0, _squares(n2));
            if (gaps != 0) (m0, m1, m2,,) = _moments(gaps, n2);
            (int256 z0, int256 z1) = (int64(sums), int64(sums >> 64));
            a = m2 * z0 - m1 * z1;
            b = m0 * z1 - m1 * z0;
            c = 0;
            d = m0 * m2 - m1 * m1;
        }
    }

    /// The parabola (a + b·t + c·t^2)/d of a complete period: without odd moments the equation of b stands alone.
    function _parabola(int256 sums, int256 n2) private pure returns (int256 a, int256 b, int256 c, int256 d) {
        unchecked {
            (int256 z0, int256 z2) = (int64(sums), int64(sums >> 128));
            int256 m2 = _squares(n2);
            int256 m4 = _fourths(n2, m2);
            d = n2 * m4 - m2 * m2;
            a = m2 * (m4 * z0 - m2 * z2);
            b = d * int64(sums >> 64);
            c = m2 * (n2 * z2 - m2 * z0);
            d *= m2;
        }
    }

    /// The parabola of a period with gaps, one cofactor of the normal equations after the other.
    function _parabolaOverGaps(int256 sums, int256 gaps, int256 n2)
        private
        pure
        returns (int256 a, int256 b, int256 c, int256 d)
    {
        unchecked {
            (int256 m0, int256 m1, int256 m2, int256 m3, int256 m4) = _moments(gaps, n2);
            int256 cofactor = m2 * m4 - m3 * m3;
            a = cofactor * int64(sums);
            d = cofactor * m0;
            cofactor = m2 * m3 - m1 * m4;
            a += cofactor * int64(sums >> 64);
            b = cofactor * int64(sums);
            d += cofactor * m1;
            cofactor = m1 * m3 - m2 * m2;
            a += cofactor * int64(sums >> 128);
            c = cofactor * int64(sums);
            d += cofactor * m2;
            cofactor = m1 * m2 - m0 * m3;
            b += cofactor * int64(sums >> 128) + (m0 * m4 - m2 * m2) * int64(sums >> 64);
            c += cofactor * int64(sums >> 64) + (m0 * m2 - m1 * m1) * int64(sums >> 128);
        }
    }

    /// Sum of t^2 over a complete period.
    function _squares(int256 n2) private pure returns (int256) {
        unchecked {
            return n2 * (n2 * n2 - 1) / 3;
        }
    }

    /// Sum of t^4 over a complete period, of which `squares` is the sum of t^2.
    function _fourths(int256 n2, int256 squares) private pure returns (int256) {
        unchecked {
            return squares * (3 * n2 * n2 - 7) / 5;
        }
    }

    /// M0 … M4: those of the complete period less those of the gaps.
    function _moments(int256 gaps, int256 n2)
        private
        pure
        returns (int256 m0, int256 m1, int256 m2, int256 m3, int256 m4)
    {
        unchecked {
            // From the lowest sum up: a negative one has borrowed from the next.
            m0 = int48(gaps);
            gaps = (gaps - m0) >> 48;
            m1 = int48(gaps);
            gaps = (gaps - m1) >> 48;
            m2 = int48(gaps);
            gaps = (gaps - m2) >> 48;
            m3 = int48(gaps);
            gaps = (gaps - m3) >> 48;
            int256 squares = _squares(n2);
            m0 = n2 - m0;
            m1 = -m1;
            m2 = squares - m2;
            m3 = -m3;
            m4 = _fourths(n2, squares) - gaps;
        }
    }

    /// Towards minus infinity, by a positive denominator.
    function _floorDiv(int256 numerator, int256 denominator) private pure returns (int256 quotient) {
        unchecked {
            quotient = numerator / denominator;
            if (quotient * denominator > numerator) --quotient;
        }
    }

    /// Growths in ppm, saturated to int40.
    function _pack(uint256 head, int256 actual, int256 expected) private pure returns (PackedVerdict) {
        uint256 growths = uint256(uint40(_saturated(actual))) << 40 | uint40(_saturated(expected));
        return PackedVerdict.wrap(bytes12(uint96(head << 88 | growths)));
    }

    function _saturated(int256 ppm) private pure returns (int40) {
        if (ppm > type(int40).max) return type(int40).max;
        if (ppm < type(int40).min) return type(int40).min;
        return int40(ppm);
    }

    /// Every bound at once: one by one and by jumps they cost a tenth of the verdict more.
    function _requireBounds(
        uint256 length,
        uint256 referenceDays,
        uint256 missing,
        uint256 quantity,
        uint256 periodDays,
        Presets memory presets
    ) private pure {
        int256 first = presets.first;
        int256 second = presets.second;
        uint256 degree = presets.degree;
        uint256 maxQuantity = PackedBills.MAX_QUANTITY;
        uint256 maxDays = PackedBills.MAX_DAYS;
        bool outside;
        assembly ("memory-safe") {
            // What is less than the lower bound wraps and is greater than the upper.
            outside := or(
                gt(sub(periodDays, 1), sub(maxDays, 1)),
                gt(sub(referenceDays, 1), sub(MAX_REFERENCE_DAYS, 1))
            )
            outside := or(outside, gt(sub(add(periodDays, 1), referenceDays), 2))
            outside := or(outside, iszero(eq(length, mul(5, referenceDays))))
            outside := or(outside, iszero(iszero(shr(referenceDays, missing))))
            outside := or(outside, gt(quantity, maxQuantity))
            outside := or(outside, gt(add(first, MAX_PRESET), mul(2, MAX_PRESET)))
            outside := or(outside, gt(add(second, MAX_PRESET), mul(2, MAX_PRESET)))
            outside := or(outside, gt(sub(degree, 1), 1))
        }
        if (outside) _refuse(length, referenceDays, missing, quantity, periodDays, presets);
    }

    /// Names what is out of bounds.
    function _refuse(
        uint256 length,
        uint256 referenceDays,
        uint256 missing,
        uint256 quantity,
        uint256 periodDays,
        Presets memory presets
    ) private pure {
        if (periodDays == 0 || periodDays > PackedBills.MAX_DAYS) {
            revert Errors.TrendVerdict_PeriodDaysOutOfBounds(periodDays, PackedBills.MAX_DAYS);
        }
        if (referenceDays == 0 || referenceDays > MAX_REFERENCE_DAYS) {
            revert Errors.TrendVerdict_ReferenceDaysOutOfBounds(referenceDays, MAX_REFERENCE_DAYS);
        }
        if (periodDays > referenceDays + 1 || referenceDays > periodDays + 1) {
            revert Errors.TrendVerdict_PeriodsApart(periodDays, referenceDays);
        }
        if (length != 5 * referenceDays) revert Errors.TrendVerdict_ReadingsLength(length, 5 * referenceDays);
        if (missing >> referenceDays != 0) revert Errors.TrendVerdict_MissingBeyondPeriod(missing, referenceDays);
        if (quantity > PackedBills.MAX_QUANTITY) {
            revert Errors.TrendVerdict_QuantityTooLarge(quantity, PackedBills.MAX_QUANTITY);
        }
        if (presets.degree != 1 && presets.degree != 2) revert Errors.TrendVerdict_DegreeOutOfBounds(presets.degree);
        _refusePreset(presets.first);
        _refusePreset(presets.second);
    }

    function _refusePreset(int256 preset) private pure {
        if (preset > int256(MAX_PRESET) || preset < -int256(MAX_PRESET)) {
            revert Errors.TrendVerdict_PresetOutOfBounds(preset, MAX_PRESET);
        }
    }
}
