// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "./Managed.sol";
import {IAppealRegistry} from "./interfaces/IAppealRegistry.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IVerdictGate} from "./interfaces/IVerdictGate.sol";
import {Errors} from "./libraries/Errors.sol";
import {PackedBills} from "./libraries/PackedBills.sol";
import {PackedVerdicts} from "./libraries/PackedVerdicts.sol";
import {Batch} from "./types/Bills.sol";
import {BatchId, PackedBill, PackedVerdict, SupplierId} from "./types/Ids.sol";
import {Utility} from "./types/Utilities.sol";
import {Periods, Presets, Verdict, VerdictPolicy, VerdictRecord} from "./types/Verdicts.sol";

/// Lets operators judge, and keeps what they judge by.
///
/// Trusted: an operator, to compute the verdicts of the readings whose root it commits; anyone who has the readings can
/// show that it did not. The governor chooses operators, presets and periods, for batches posted afterwards only, and
/// can move no money. The ledger and the registry are fixed at deployment.
contract VerdictGate is IVerdictGate, Managed {
    using PackedBills for PackedBill[];
    using PackedVerdicts for PackedVerdict;

    /// Presets from a version on.
    struct PresetsRevision {
        uint32 version;
        Presets presets;
    }

    /// Periods from a version on.
    struct PeriodsRevision {
        uint32 version;
        Periods periods;
    }

    struct Operator {
        /// 1 + its number; 0 for one that was never added.
        uint8 ordinal;
        bool active;
    }

    /// The largest batch, minor units, that a window of zero may judge: nobody could challenge it.
    uint256 public constant ZERO_WINDOW_CAP = 100_000;
    /// As many as a batch's record has bits for.
    uint256 public constant MAX_OPERATORS = 128;
    /// The longest window or deadline, seconds: no governor can lock money for good.
    uint256 public constant MAX_PERIOD = 365 days;
    /// Presets lie within ± this, ppm.
    int256 public constant MAX_PRESET = 10_000_000;

    /// @inheritdoc IVerdictGate
    IFairClock public immutable override clock;
    /// @inheritdoc IVerdictGate
    IPaymentLedger public immutable override ledger;
    /// @inheritdoc IVerdictGate
    IAppealRegistry public immutable override registry;
    /// @inheritdoc IVerdictGate
    uint32 public override parameterVersion;

    uint8 private _operatorCount;
    mapping(address operator => Operator) private _operators;
    mapping(Utility utility => mapping(uint8 class => PresetsRevision[])) private _presets;
    PeriodsRevision[] private _periods;
    mapping(BatchId batch => VerdictRecord) private _verdicts;

    constructor(IAccessManager authority_, IFairClock clock_, IPaymentLedger ledger_, IAppealRegistry registry_)
        Managed(authority_)
    {
        clock = clock_;
        ledger = ledger_;
        registry = registry_;
        parameterVersion = 1;
        // Class 0 of every utility has presets from version 1 on, so that every lookup finds some.
        Presets memory presets = Presets({first: 200_000, second: 0, degree: 2, insufficientCap: 0});
        for (uint256 i = uint256(Utility.Electricity); i <= uint256(Utility.Phone); ++i) {
            _addPresets(Utility(i), 0, presets);
        }
        _addPeriods(Periods({window: 7 days, reply: 14 days, acceptance: 14 days, contest: 30 days}));
    }

    /// @inheritdoc IVerdictGate
    function submitVerdicts(BatchId batch, bytes32 evidenceRoot, PackedBill[] calldata bills, bytes calldata verdicts)
        external
        override
    {
        // Check:
        // No need to check here that the batch exists, is not judged and has these bills: the ledger refuses the rest.
        Operator memory operator = _operators[msg.sender];
        if (!operator.active) revert Errors.VerdictGate_NotOperator(msg.sender);
        (uint40 judgedAt, bool paused) = clock.read();
        if (paused) revert Errors.VerdictGate_Paused();
        Batch memory posted = ledger.batchOf(batch);

        // Effect:
        VerdictRecord memory record = VerdictRecord({
            evidenceRoot: evidenceRoot,
            verdictCommitment: keccak256(verdicts),
            policy: VerdictPolicy.Trend,
            judgedAt: judgedAt,
            windowEndsAt: judgedAt + periodsOf(posted.parameterVersion).window,
            signers: uint128(1) << (operator.ordinal - 1)
        });
        _verdicts[batch] = record;

        // Interaction:
        uint256 appealed = _apply(batch, posted.supplier, bills.words(), verdicts);

        // After the interactions, since only the ledger knows how many appeals there are; both callees are ours.
        emit BatchJudged(batch, msg.sender, evidenceRoot, record.verdictCommitment, appealed, record.windowEndsAt);
    }

    /// @inheritdoc IVerdictGate
    function setOperator(address operator, bool active) external override restricted {
        // Check:
        Operator storage stored = _operators[operator];
        bool known = stored.ordinal != 0;
        if (!known && !active) revert Errors.VerdictGate_NoSuchOperator(operator);
        if (!known && _operatorCount == MAX_OPERATORS) revert Errors.VerdictGate_TooManyOperators();

        // Effect:
        if (!known) stored.ordinal = ++_operatorCount;
        stored.active = active;

        emit OperatorSet(operator, stored.ordinal - 1, active);
    }

    /// @inheritdoc IVerdictGate
    function setPresets(Utility utility, uint8 class, Presets calldata presets) external override restricted {
        // Check:
        if (utility == Utility.None) revert Errors.VerdictGate_NoUtility();
        _checkPreset(presets.first);
        _checkPreset(presets.second);
        if (presets.degree != 1 && presets.degree != 2) revert Errors.VerdictGate_DegreeOutOfBounds(presets.degree);

        // Effect:
        ++parameterVersion;
        _addPresets(utility, class, presets);
    }

    /// @inheritdoc IVerdictGate
    function setPeriods(Periods calldata periods) external override restricted {
        // Check:
        // Only the window may be zero: an appeal whose time is over at once could not be answered.
        _checkPeriod(periods.window, 0);
        _checkPeriod(periods.reply, 1);
        _checkPeriod(periods.acceptance, 1);
        _checkPeriod(periods.contest, 1);

        // Effect:
        ++parameterVersion;
        _addPeriods(periods);
    }

    /// @inheritdoc IVerdictGate
    function admit(uint256 billed) external view override returns (uint32 version) {
        version = parameterVersion;
        if (billed > ZERO_WINDOW_CAP && periodsOf(version).window == 0) {
            revert Errors.VerdictGate_WindowNeeded(billed, ZERO_WINDOW_CAP);
        }
    }

    /// @inheritdoc IVerdictGate
    function presetsOf(uint32 version, Utility utility, uint8 class)
        external
        view
        override
        returns (Presets memory presets)
    {
        bool found;
        (found, presets) = _presetsIn(_presets[utility][class], version);
        if (!found) (found, presets) = _presetsIn(_presets[utility][0], version);
    }

    /// @inheritdoc IVerdictGate
    function isOperator(address operator) external view override returns (bool) {
        return _operators[operator].active;
    }

    /// @inheritdoc IVerdictGate
    function verdictRecordOf(BatchId batch) external view override returns (VerdictRecord memory) {
        return _verdicts[batch];
    }

    /// @inheritdoc IVerdictGate
    function isReleasable(BatchId batch) external view override returns (bool) {
        VerdictRecord storage record = _verdicts[batch];
        (uint40 time, bool paused) = clock.read();
        return record.judgedAt != 0 && !paused && time >= record.windowEndsAt;
    }

    /// @inheritdoc IVerdictGate
    function decodeVerdict(PackedVerdict verdict) external pure override returns (Verdict memory) {
        return verdict.decode();
    }

    /// @inheritdoc IVerdictGate
    function periodsOf(uint32 version) public view override returns (Periods memory) {
        // Halving, so that no number of later revisions makes an old batch's lookup too dear. The first revision is
        // version 1's, which every batch reaches.
        uint256 low;
        uint256 high = _periods.length;
        while (high - low > 1) {
            uint256 middle = (low + high) / 2;
            if (_periods[middle].version <= version) low = middle;
            else high = middle;
        }
        return _periods[low].periods;
    }

    /// Lets the ledger judge and the registry open the appeals; returns how many.
    function _apply(BatchId batch, SupplierId supplier, uint256[] calldata bills, bytes calldata verdicts)
        private
        returns (uint256 appealed)
    {
        uint256[2] memory held;
        (appealed, held) = ledger.judge(batch, bills, verdicts);
        if (appealed != 0) registry.open(batch, supplier, held, bills, verdicts);
    }

    function _presetsIn(PresetsRevision[] storage revisions, uint32 version)
        private
        view
        returns (bool, Presets memory presets)
    {
        uint256 low;
        uint256 high = revisions.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (revisions[middle].version <= version) low = middle + 1;
            else high = middle;
        }
        if (low != 0) return (true, revisions[low - 1].presets);
    }

    function _addPresets(Utility utility, uint8 class, Presets memory presets) private {
        _presets[utility][class].push(PresetsRevision({version: parameterVersion, presets: presets}));

        emit PresetsSet(parameterVersion, utility, class, presets);
    }

    function _addPeriods(Periods memory periods) private {
        _periods.push(PeriodsRevision({version: parameterVersion, periods: periods}));

        emit PeriodsSet(parameterVersion, periods);
    }

    function _checkPreset(int256 preset) private pure {
        if (preset < -MAX_PRESET || preset > MAX_PRESET) revert Errors.VerdictGate_PresetOutOfBounds(preset);
    }

    function _checkPeriod(uint256 period, uint256 shortest) private pure {
        if (period < shortest || period > MAX_PERIOD) revert Errors.VerdictGate_PeriodOutOfBounds(period, MAX_PERIOD);
    }
}
