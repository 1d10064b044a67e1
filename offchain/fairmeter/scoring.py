"""What the commands on arrears do without a chain, as functions: grade customers, and measure how well that is done."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from fairmeter.errors import InputError, ToolMissingError
from fairmeter.outputs import Tell

if TYPE_CHECKING:
    from fairmeter.arrears.measured import Measured
    from fairmeter.arrears.simulator import Simulated
    from fairmeter.privacy import Custody

# Each function imports what it needs: the command line loads no scikit-learn.

ACCOUNT: Final = "account"
"""The column that names a customer; every column beside it and the target is a feature."""


def evaluate_scores(data: Path, *, seed: int = 0, forest: bool = False, tell: Tell | None = None) -> Measured:
    """Measure the models of arrears on the public sets that the folder `data` holds, as docs/arrears.md says; with
    `forest` also a causal forest, with an interval for each person.

    Raises InputError where it holds none of them, or one that is not as it should be; ToolMissingError without
    scikit-learn, or with `forest` without econml.
    """
    default = _default()
    from fairmeter.arrears import response  # noqa: PLC0415
    from fairmeter.arrears.measured import Measured  # noqa: PLC0415

    if forest:
        response.check_installed()
    names = dict.fromkeys([*default.SETS, *(name for name, _ in response.TRIALS), response.DEBTS, response.INVOICES])
    there = {name: data / name for name in names if (data / name).is_file()}
    if not there:
        raise InputError(f"{data}: holds none of {', '.join(names)}")
    sets = [read(there[name]) for name, read in default.SETS.items() if name in there]
    trials = [read(there[name]) for name, read in response.TRIALS if name in there]
    return Measured(
        default=tuple(default.compare(one, seed, _share(tell, one.name)) for one in sets),
        response=tuple(response.respond(one, seed, _share(tell, one.name), forest=forest) for one in trials),
        jumps=response.jumps(there[response.DEBTS], seed) if response.DEBTS in there else (),
        lateness=response.lateness(there[response.INVOICES], seed) if response.INVOICES in there else None,
        absent=tuple(name for name in names if name not in there),
    )


def simulate_recovery(
    data: Path | None,
    seeds: int,
    customers: int,
    *,
    seed: int = 0,
    delay: int | None = None,
    tell: Tell | None = None,
    **assumed: float | None,
) -> Simulated:
    """Compare rules of whom to contact, and ways of choosing a strategy of which it is known after `delay` days what it
    earned, on `customers` simulated for each of `seeds` seeds from `seed` on, who behave as the sets of the folder
    `data` say, or, without it, as the public ones do; `assumed` are what no set says (fatigue, never, contact), as it
    stands in `arrears.simulator.World` where None.

    Raises InputError for a set that is not there, too few customers, or a delay of no whole fortnights.
    """
    from fairmeter.arrears import simulator  # noqa: PLC0415

    fitted = simulator.FITTED if data is None else simulator.fit(data)
    changes: dict[str, Any] = {name: value for name, value in assumed.items() if value is not None}
    world, waited = dataclasses.replace(fitted, **changes), simulator.DELAY if delay is None else delay
    choosing = simulator.choose(world, seeds, customers, seed, delay=waited, tell=_share(tell, "strategies"))
    return simulator.Simulated(simulator.compare(world, seeds, customers, seed, _share(tell, "rules")), choosing)


def _share(tell: Tell | None, phase: str) -> Callable[[float], None]:
    """A share that is done, told in percent."""
    return lambda done: None if tell is None else tell(phase, round(100 * done), 100)


@dataclass(frozen=True, slots=True)
class ScoredAccounts:
    """What `score_accounts` wrote, counted."""

    history: int
    accounts: int
    grades: dict[str, int]
    seconds: float
    out: Path

    def to_json(self) -> dict[str, Any]:
        """What `fairmeter score --json` prints."""
        counts = {"history": self.history, "accounts": self.accounts, "grades": self.grades}
        return {**counts, "seconds": round(self.seconds, 3), "out": str(self.out)}

    def __str__(self) -> str:
        grades = ", ".join(f"{count:,} {grade}" for grade, count in self.grades.items())
        return (
            f"{self.accounts:,} accounts: {grades}\n"
            f"fitted to {self.history:,} customers; {self.seconds:.2f} s; written to {self.out}"
        )


def score_accounts(
    history: Path, accounts: Path, out: Path, *, custody: Custody, target: str = "default"
) -> ScoredAccounts:
    """Fit a scorecard to the customers of `history`, whose column `target` says who did not pay, and write the grades
    of those of `accounts` to the Parquet file `out`, one row an account in their order: account, probability (of a
    default), points (higher is safer), grade (A to E), reasons (what costs most points, in the columns' names). Any of
    the three may be sealed, with the key of `custody`.

    Raises InputError for anything wrong in the files, for features that cannot be learnt from, or with `out`, and
    PrivacyError for what does not open; then nothing is written; ToolMissingError without scikit-learn.
    """
    import polars as pl  # noqa: PLC0415

    default = _default()
    from fairmeter.arrears.checks import check_features  # noqa: PLC0415
    from fairmeter.arrears.features import Features, binary  # noqa: PLC0415
    from fairmeter.privacy import Kind  # noqa: PLC0415

    started = time.perf_counter()
    custody.check_output(out)
    past, present = (custody.read(path, Kind.FEATURES) for path in (history, accounts))
    if ACCOUNT not in present.columns:
        raise InputError(f"{accounts}: the column {ACCOUNT} is missing")
    defaulted = binary(past, target, str(history))
    known = Features.of(past.drop(target, ACCOUNT, strict=False))
    check_features(known, defaulted)
    card = default.Scorecard.fit(known, defaulted)
    asked = Features.of(present, known)
    probability = card.probability(asked)
    graded = default.grades(probability)
    columns = [
        present[ACCOUNT],
        pl.Series("probability", probability),
        pl.Series("points", card.points(asked).astype("int32")),
        pl.Series("grade", graded),
        pl.Series("reasons", card.reasons(asked)),
    ]
    custody.write(pl.DataFrame(columns), out, Kind.SCORES)
    counts = {grade: int((graded == grade).sum()) for grade in default.GRADES}
    return ScoredAccounts(len(past), len(present), counts, time.perf_counter() - started, out)


def score_files(history: Path | None, accounts: Path | None, out: Path | None) -> Sequence[Path]:
    """The three, all given. Raises InputError, naming those that are not."""
    given = {"--history": history, "--accounts": accounts, "--out": out}
    if absent := [name for name, value in given.items() if value is None]:
        raise InputError(f"{', '.join(absent)} missing: give --history, --accounts and --out, or --evaluate")
    return [value for value in given.values() if value is not None]


def _default() -> ModuleType:
    try:
        from fairmeter.arrears import default  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ToolMissingError("scores need scikit-learn: pip install 'fairmeter[arrears]'") from error
    return default
