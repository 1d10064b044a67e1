"""What a run's people do, and when. A run is a function of this record, seed included, and of its inputs.

A scenario file is TOML with these fields and tables; what it leaves out is as below::

    seed = 7
    challengers = ["watchers", "operators", "customers"]
    arbiter = "readings"            # who rules on contested bills: none, panel or readings
    budget_ppm = 1_100_000          # what customers pay in with every bill, of the median bill
    policy = "trend"                # or "calibrated": by a model, at `rate` false appeals, ppm; or "screening"
    rate = 10_000
    [presets]                       # of the trend: first, second (ppm), degree (1 or 2)
    [periods]                       # window, reply, acceptance, contest (seconds)
    [operators]                     # who judges: `quorum` of `count`, each behind a bond
    count = 5
    quorum = 3
    [[operators.groups]]            # the others are honest
    members = 3
    conduct = "always-pay"

    [suppliers]                     # shares of all bills and of all answers, ppm
    overbilled = 20_000
    overbilled_by = 500_000
    [customers]
    penniless = 50_000
    agent = 900_000                 # of them name the agent of the run, which answers for them
    [watchers]
    count = 1
    [meters]
    signed = true
    verified = 500_000              # whose verdicts the gate computes
    [[screening]]                   # rules of a utility and class, which decide alone or beside the policy
    utility = "electricity"
    amount = 1_000_000
    shortest = 20
    longest = 45
    alone = true
    [arrears]                       # customers who pay late or never, and what is done about what they owe
    behind = 300_000                # and in [arrears.credit] suppliers' credit lines
    [refunds]                       # of settled bills: shares of all bills, ppm (simulation/refunds.py)
    [papers]                        # and of their papers (simulation/papers.py)
    honest = 20_000
    collusion = 5_000
    asleep = "finance"
    [governance]
    notice = 604_800
    [[governance.changes]]          # announced `after` days, in force after the notice
    after = 10
    presets = { first = 300_000 }
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from annotated_types import Ge, Le, Predicate
from pydantic import ConfigDict, TypeAdapter, ValidationError

from fairmeter.contracts.clients import Periods
from fairmeter.contracts.deploy import NOTICE
from fairmeter.errors import InputError
from fairmeter.model import ANY_AMOUNT, ANY_INTERVAL, ClassPolicy, ClassRules, Policy, Presets, Utility
from fairmeter.simulation.arrears import Arrears
from fairmeter.simulation.papers import Papers
from fairmeter.simulation.refunds import Refunds
from fairmeter.units import MAX_BATCH_BILLS, MAX_CLASS, PPM, SECONDS_A_DAY, Ppm

T = TypeVar("T")
DAY = SECONDS_A_DAY
MAX_OPERATORS: Final = 128
"""As many as a batch's record has bits for."""

Share = Annotated[int, Ge(0), Le(PPM)]
"""Parts per million."""
Count = Annotated[int, Ge(0)]
_CLOSED: Final = ConfigDict(extra="forbid")


class Conduct(StrEnum):
    """How an operator behaves. Those of one conduct act as one: they sign the same content, so that enough of them are
    a quorum."""

    HONEST = "honest"
    ALWAYS_PAY = "always-pay"
    """Says PAY of every bill, over the true evidence."""
    ALWAYS_APPEAL = "always-appeal"
    FLIP = "flip"
    """Turns the decision of `share` of the bills around."""
    FORGE = "forge"
    """Commits to readings that make a PAY of every bill, so that the verdict follows from its evidence."""
    COPY = "copy"
    """Hands in another operator's signature as its own."""
    REPLAY = "replay"
    """Hands in its signature over the batch before, and all of that batch's submission again."""
    EQUIVOCATE = "equivocate"
    """Signs the true verdicts, and others besides."""
    SILENT = "silent"


class Challenging(StrEnum):
    """Who challenges wrong verdicts. A demand, which takes a free bond, is the watchers' alone."""

    WATCHERS = "watchers"
    """Of customers who let anyone show their readings."""
    OPERATORS = "operators"
    """The honest ones."""
    CUSTOMERS = "customers"
    """Each of its own bills."""


class PolicyName(StrEnum):
    """How operators judge."""

    TREND = "trend"
    CALIBRATED = "calibrated"
    SCREENING = "screening"
    """By the trend, and where a class has screening rules, by these alone."""


class Contesting(StrEnum):
    """How suppliers answer appeals."""

    LABELS = "labels"
    """By the labels where the bills have them: a wrong reading is adjusted, a right one explained; else in silence."""
    EVERYTHING = "everything"
    NOTHING = "nothing"
    """They never answer, and appeals expire in the customer's favour."""


class Arbiter(StrEnum):
    """Who rules on contested bills."""

    NONE = "none"
    """Nobody: they end in the customer's favour."""
    PANEL = "panel"
    """A panel, by the labels where the bills have them."""
    READINGS = "readings"
    """The contract that prices readings which the meter operator signed; suppliers show them."""


@dataclass(frozen=True, slots=True)
class OperatorGroup:
    """Operators of one conduct."""

    __pydantic_config__ = _CLOSED

    members: Annotated[int, Ge(1), Le(MAX_OPERATORS)]
    conduct: Conduct
    share: Share = PPM
    """Of a batch's bills that a flip touches, ppm."""
    shows: bool = True
    """Opens its evidence when somebody demands it."""


@dataclass(frozen=True, slots=True)
class Operators:
    """Who judges. The first operators are the groups' in order, the rest are honest."""

    __pydantic_config__ = _CLOSED

    count: Annotated[int, Ge(1), Le(MAX_OPERATORS)] = 1
    quorum: Annotated[int, Ge(1), Le(MAX_OPERATORS)] = 1
    bond: Annotated[int, Ge(1)] = 10_000_000
    """Minor units, each."""
    groups: tuple[OperatorGroup, ...] = ()

    def __post_init__(self) -> None:
        if self.quorum > self.count:
            raise ValueError(f"a quorum of {self.quorum} among {self.count} operators")
        members = sum(group.members for group in self.groups)
        if members > self.count:
            raise ValueError(f"groups of {members} members among {self.count} operators")

    def conducts(self) -> list[OperatorGroup]:
        """One entry an operator: the group that it is of."""
        listed = [dataclasses.replace(group, members=1) for group in self.groups for _ in range(group.members)]
        return listed + [OperatorGroup(1, Conduct.HONEST)] * (self.count - len(listed))


@dataclass(frozen=True, slots=True)
class Suppliers:
    """What suppliers do to bills before they post them, and how they answer appeals."""

    __pydantic_config__ = _CLOSED

    overbilled: Share = 0
    """Of the bills, ppm."""
    overbilled_by: Annotated[int, Ge(1)] = 500_000
    """Of the quantity, ppm, added."""
    twice: Share = 0
    """Of the bills, ppm: posted a second time, under another name."""
    contest: Contesting = Contesting.LABELS


@dataclass(frozen=True, slots=True)
class Customers:
    """Shares of the customers, ppm, each drawn by itself."""

    __pydantic_config__ = _CLOSED

    penniless: Share = 0
    """Never pay in."""
    frozen: Share = 0
    """Frozen by the issuer after their accounts were endowed."""
    disclosing: Share = 0
    """Let anyone show their readings in a challenge."""
    demanding: Share = 0
    """Have their bills judged only by readings that the meter operator signed; without these INSUFFICIENT, when its
    time is over."""
    agent: Share = PPM
    """Name the run's agent in their mandates, which answers for them as far as those go. The others answer for
    themselves, and so do all about what is beyond a mandate."""


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who recomputes every verdict, beside those who have a part in it."""

    __pydantic_config__ = _CLOSED

    count: Annotated[int, Ge(0), Le(16)] = 0
    bond: Count = 10_000_000
    """Minor units, each, for what they put on demands."""
    demands: bool = True
    """Ask operators to open the evidence that does not match the readings."""


@dataclass(frozen=True, slots=True)
class Meters:
    """What the meter operator does."""

    __pydantic_config__ = _CLOSED

    signed: bool = False
    """Signs the readings of every month."""
    verified: Share = 0
    """Of the customers, ppm: the gate judges their bills itself, by readings that the meter operator signs batch by
    batch and that everybody sees."""


@dataclass(frozen=True, slots=True)
class Screening:
    """The screening rules of a utility and class (model.ClassRules)."""

    __pydantic_config__ = _CLOSED

    utility: Annotated[str, Predicate(lambda label: label in {one.label for one in Utility})]
    number: Annotated[int, Ge(0), Le(MAX_CLASS)] = 0
    """Of the class; 0 is that of all accounts for which nobody has chosen another."""
    amount: Annotated[int, Ge(0), Le(ANY_AMOUNT)] = ANY_AMOUNT
    shortest: Annotated[int, Ge(0), Le(ANY_INTERVAL)] = 0
    longest: Annotated[int, Ge(0), Le(ANY_INTERVAL)] = ANY_INTERVAL
    alone: bool = False
    source: Annotated[str, Predicate(lambda text: re.fullmatch(r"[0-9a-f]{64}", text) is not None)] = "0" * 64
    """SHA-256 of what they were computed from."""

    @property
    def rules(self) -> ClassRules:
        """As the chain has them."""
        return ClassRules(self.amount, self.shortest, self.longest, self.alone)


@dataclass(frozen=True, slots=True)
class Change:
    """What the governor announces together; batches posted before it is in force keep what they were posted with."""

    __pydantic_config__ = _CLOSED

    after: Count = 0
    """Days from the first posting to the announcement."""
    presets: Presets | None = None
    """Of all utilities."""
    operators: Annotated[int, Ge(0), Le(MAX_OPERATORS)] = 0
    """That are named besides; they are honest."""
    quorum: Annotated[int, Ge(1), Le(MAX_OPERATORS)] | None = None


@dataclass(frozen=True, slots=True)
class Governance:
    """What changes in the course of a run."""

    __pydantic_config__ = _CLOSED

    notice: Annotated[int, Ge(SECONDS_A_DAY), Le(365 * SECONDS_A_DAY)] = NOTICE
    """Seconds from announcing a change to its being in force."""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """Money in minor units, times in seconds.

    Customers pay a level budget in with every bill, as level-payment plans have it: the median of the account's billed
    amounts times `budget_ppm`. Suppliers answer appeals by the labels where the bills have them: a wrong reading is
    adjusted to the true quantity and the customer accepts; a right one is explained, and the customer withdraws.
    Without labels suppliers stay silent, and appeals expire in the customer's favour.
    """

    __pydantic_config__ = _CLOSED

    seed: Annotated[int, Ge(0), Le(2**63 - 1)] = 0
    policy: PolicyName = PolicyName.TREND
    rate: Share = 10_000
    """Of the correct bills that the calibrated policy may appeal, ppm."""
    presets: Presets = field(default_factory=Presets)
    insufficient_cap: Count = 0
    """An INSUFFICIENT bill up to this amount is paid, above it waits for the customer's word."""
    periods: Periods = field(default_factory=lambda: Periods(7 * DAY, 14 * DAY, 14 * DAY, 30 * DAY, 60 * DAY))
    budget_ppm: Annotated[int, Ge(0), Le(1_000 * PPM)] = 1_100_000
    cap_per_bill_budgets: Annotated[int, Ge(1), Le(1_000)] = 4
    """A mandate's cap a bill, in budgets."""
    cap_per_month_budgets: Annotated[int, Ge(1), Le(1_000)] = 8
    batch_bills: Annotated[int, Ge(1), Le(MAX_BATCH_BILLS)] = MAX_BATCH_BILLS
    post_after: Count = DAY // 3
    """From the midnight that ends a billing period to its posting."""
    supplier_answers_after: Count = 3 * DAY
    customer_answers_after: Count = 5 * DAY
    """Both after judging."""
    operators: Operators = field(default_factory=Operators)
    suppliers: Suppliers = field(default_factory=Suppliers)
    customers: Customers = field(default_factory=Customers)
    challengers: tuple[Challenging, ...] = tuple(Challenging)
    watchers: Watchers = field(default_factory=Watchers)
    meters: Meters = field(default_factory=Meters)
    governance: Governance = field(default_factory=Governance)
    arbiter: Arbiter = Arbiter.NONE
    refunds: Refunds | None = None
    papers: Papers | None = None
    screening: tuple[Screening, ...] = ()
    arrears: Arrears | None = None

    def __post_init__(self) -> None:
        if self.policy is PolicyName.CALIBRATED:
            self._check_calibrated()
        if self.screening and self.meters.verified:
            raise ValueError("screening: classes are those of the rules, but meters.verified makes a class of its own")
        if self.arbiter is Arbiter.READINGS and not self.meters.signed:
            raise ValueError("arbiter readings rules by signed readings: meters.signed is false")
        honest = [one for one in self.operators.conducts() if one.conduct in {Conduct.HONEST, Conduct.EQUIVOCATE}]
        if self.arrears is not None and len(honest) < self.operators.quorum:
            raise ValueError(f"arrears: {len(honest)} operators say true scores, {self.operators.quorum} are a quorum")
        named = self.operators.count
        for change in self.governance.changes:
            named += change.operators
            if (change.quorum or 0) > named:
                raise ValueError(f"governance: a quorum of {change.quorum} among {named} operators")
        if named > MAX_OPERATORS:
            raise ValueError(f"governance: {named} operators, more than {MAX_OPERATORS}")

    def conducts(self) -> list[OperatorGroup]:
        """One entry an operator, those named later included: the group that it is of."""
        joining = sum(change.operators for change in self.governance.changes)
        return self.operators.conducts() + [OperatorGroup(1, Conduct.HONEST)] * joining

    def _check_calibrated(self) -> None:
        if any(group.conduct is Conduct.FORGE for group in self.operators.groups):
            raise ValueError("operators forge readings, but a calibrated verdict shows none")
        if any(one.presets for one in self.governance.changes):
            raise ValueError("presets of the trend change, but a model judges")

    @classmethod
    def calibrated(cls, seed: int, rate: float) -> Scenario:
        """All as it is unless told otherwise, but judged by a model; `rate` is a share, 0 to 1."""
        return cls(seed=seed, policy=PolicyName.CALIBRATED, rate=round(rate * PPM))

    def judged_by(self, presets: Presets, model: bytes | None) -> ClassPolicy:
        """How the gate is told that operators judge; `model` is the SHA-256 of the one that does, if one does."""
        if model is None:
            return ClassPolicy(presets)
        return ClassPolicy(Presets(first=Ppm(self.rate)), Policy.MODEL, model)

    def to_json(self) -> dict[str, Any]:
        """As a manifest has it."""
        return dataclasses.asdict(self)


def load_scenario(path: Path) -> Scenario:
    """The scenario of a TOML file; raises as `read_toml`."""
    return read_toml(path, Scenario)


def read_toml(path: Path, kind: type[T]) -> T:
    """A record of a TOML file; raises InputError, naming the field, for what is none."""
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not TOML: {error}") from error
    try:
        return TypeAdapter(kind).validate_python(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(f"{path}: {place}: {first['msg'].removeprefix('Value error, ')}") from error
