// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "./Managed.sol";
import {IOperators} from "./interfaces/IOperators.sol";
import {ITradeRules} from "./interfaces/ITradeRules.sol";
import {Errors} from "./libraries/Errors.sol";
import {TradeErrors} from "./libraries/TradeErrors.sol";
import {Splitting} from "./libraries/Splitting.sol";
import {Category, OfferRequest, PriceRange, Refusal, Terms} from "./types/Trade.sol";

/// Categories, terms by version, the arbiter, and normal price ranges.
///
/// Trusted: the quorum of operators, for which prices are normal; that blocks nobody. The governor, for what may be
/// published and on which terms; it moves no money.
contract TradeRules is ITradeRules, Managed {
    /// The highest fee, ppm.
    uint256 public constant MAX_FEE = 100_000;
    /// The longest period, seconds.
    uint256 public constant MAX_PERIOD = 365 days;
    /// The most instalments of a part.
    uint256 public constant MAX_INSTALMENTS = 24;
    /// The version of which the operators are those of now.
    uint32 private constant LATEST = type(uint32).max;

    /// Says who the operators are, fixed at deployment.
    IOperators public immutable operators;

    /// @inheritdoc ITradeRules
    uint32 public override termsVersion;

    /// @inheritdoc ITradeRules
    address public override arbiter;

    mapping(uint32 version => Terms) private _terms;
    mapping(uint16 category => Category) private _categories;
    mapping(uint16 category => PriceRange) private _ranges;
    /// Operators that proposed a range in a round, a bit a number.
    mapping(bytes32 proposal => uint128) private _proposers;

    constructor(IAccessManager authority_, IOperators operators_) Managed(authority_) {
        operators = operators_;
        _addTerms(
            Terms({
                first: 1_000_000,
                splitAbove: 1_500_000,
                second: 500_000,
                balancePpm: 200_000,
                feePpm: 5_000,
                payPeriod: 14 days,
                confirmPeriod: 14 days,
                rulingPeriod: 30 days,
                instalmentPeriod: 30 days
            })
        );
    }

    /// @inheritdoc ITradeRules
    function setCategory(uint16 category, Category calldata parameters) external override restricted {
        // Effect:
        _categories[category] = parameters;

        emit CategorySet(category, parameters);
    }

    /// @inheritdoc ITradeRules
    function setTerms(Terms calldata terms) external override restricted {
        // Check:
        if (terms.feePpm > MAX_FEE) revert TradeErrors.TradeRules_FeeTooHigh(terms.feePpm, MAX_FEE);
        _checkPeriod(terms.payPeriod);
        _checkPeriod(terms.confirmPeriod);
        _checkPeriod(terms.rulingPeriod);
        _checkPeriod(terms.instalmentPeriod);
        // slither-disable-next-line unused-return
        Splitting.split(0, terms.first, terms.splitAbove);

        // Effect:
        _addTerms(terms);
    }

    /// @inheritdoc ITradeRules
    function setArbiter(address arbiter_) external override restricted {
        // Effect:
        // Zero stands for nobody.
        // slither-disable-next-line missing-zero-check
        arbiter = arbiter_;

        emit TradeArbiterSet(arbiter_);
    }

    /// @inheritdoc ITradeRules
    function proposeRange(uint16 category, uint48 low, uint48 high, bytes32 inputsHash) external override {
        // Check:
        if (low > high || high == 0) revert TradeErrors.TradeRules_RangeEmpty(low, high);
        uint256 number = operators.signerIndex(LATEST, msg.sender);

        // Effect:
        uint32 round = _ranges[category].round + 1;
        bytes32 proposal = keccak256(abi.encode(category, round, low, high, inputsHash));
        _proposers[proposal] |= uint128(1 << number);

        emit RangeProposed(category, msg.sender, round, low, high, inputsHash);

        (uint8 quorum, uint128 members) = operators.setAt(LATEST);
        if (_count(_proposers[proposal] & members) < quorum) return;
        _ranges[category] = PriceRange({low: low, high: high, round: round});

        emit RangeSet(category, round, low, high, inputsHash);
    }

    /// @inheritdoc ITradeRules
    function examine(OfferRequest calldata one)
        external
        view
        override
        returns (Refusal reason, uint256 value, uint256 bound)
    {
        Category memory rules = categoryOf(one.category);
        if (!rules.open) return (Refusal.UnknownCategory, one.category, 0);
        uint256 price = one.unitPrice;
        if (price < rules.minPrice || price == 0) return (Refusal.PriceTooLow, price, rules.minPrice);
        if (price > rules.maxPrice) return (Refusal.PriceTooHigh, price, rules.maxPrice);
        if (one.quantity == 0 || one.quantity > rules.maxQuantity) {
            return (Refusal.QuantityOutOfBounds, one.quantity, rules.maxQuantity);
        }
        if (one.deliveryDays == 0 || one.deliveryDays > rules.maxDeliveryDays) {
            return (Refusal.DeliveryOutOfBounds, one.deliveryDays, rules.maxDeliveryDays);
        }
        if (one.instalments > MAX_INSTALMENTS) return (Refusal.TooManyInstalments, one.instalments, MAX_INSTALMENTS);
    }

    /// @inheritdoc ITradeRules
    function splitOf(uint256 total) external view override returns (uint256 count, uint256 last) {
        Terms memory terms = _terms[termsVersion];
        return Splitting.split(total, terms.first, terms.splitAbove);
    }

    /// @inheritdoc ITradeRules
    function isAbnormalPrice(uint16 category, uint48 unitPrice) external view override returns (bool) {
        PriceRange memory range = _ranges[category];
        return range.high != 0 && (unitPrice < range.low || unitPrice > range.high);
    }

    /// @inheritdoc ITradeRules
    function categoryOf(uint16 category) public view override returns (Category memory) {
        return _categories[category];
    }

    /// @inheritdoc ITradeRules
    function rangeOf(uint16 category) external view override returns (PriceRange memory) {
        return _ranges[category];
    }

    /// @inheritdoc ITradeRules
    function termsOf(uint32 version) external view override returns (Terms memory) {
        return _terms[version];
    }

    function _addTerms(Terms memory terms) private {
        _terms[++termsVersion] = terms;

        emit TermsSet(termsVersion, terms);
    }

    function _checkPeriod(uint256 period) private pure {
        if (period == 0 || period > MAX_PERIOD) revert TradeErrors.TradeRules_PeriodOutOfBounds(period, MAX_PERIOD);
    }

    function _count(uint256 bits) private pure returns (uint256 count) {
        for (; bits != 0; bits &= bits - 1) {
            ++count;
        }
    }
}
