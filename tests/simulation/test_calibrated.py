"""Runs by a model: what liars say of its verdicts is put right by its own statements."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fairmeter.audit import audit
from fairmeter.bundle import MODEL
from fairmeter.errors import InputError
from fairmeter.simulation import Scenario, run
from fairmeter.simulation.run import WRONGS
from fairmeter.simulation.scenario import Conduct, Customers, OperatorGroup, Operators, PolicyName, load_scenario
from fairmeter.units import PPM
from fairmeter.usage import write_fleet

RATE = 200_000


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_fleet(tmp_path_factory.mktemp("fleet"), 16, 14, seed=4)


@pytest.mark.usefixtures("no_compiler")
def test_run__quorum_lies_about_a_models_verdicts__corrected_by_what_the_model_says(
    fleet: tuple[Path, Path], fastest: str, tmp_path: Path
) -> None:
    liars = Operators(count=3, quorum=2, groups=(OperatorGroup(2, Conduct.ALWAYS_PAY),))
    told = Scenario(policy=PolicyName.CALIBRATED, rate=RATE, operators=liars, customers=Customers(disclosing=PPM))
    result = run(*fleet, tmp_path / "lied", engine=fastest, scenario=told)
    wrongs = pl.read_parquet(tmp_path / "lied" / WRONGS)
    appealed = wrongs.filter(pl.col("right") == "APPEAL")
    assert len(appealed) > 0
    assert set(wrongs["mechanism"]) == {"computation"}
    untold, fitted = Scenario(policy=PolicyName.CALIBRATED, rate=RATE), result.bundle / MODEL
    honest = run(*fleet, tmp_path / "honest", engine=fastest, scenario=untold, model=fitted)
    assert len(appealed) == honest.sums.appealed

    found = audit(result.bundle.parent, usage=fleet[0])
    assert found.passed, [str(finding) for finding in found.findings]
    assert next(check for check in found.checks if check.name == "corrections").count == len(wrongs)


def test_load_scenario__forged_readings_beside_a_model__refused(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text('policy = "calibrated"\n[operators]\n[[operators.groups]]\nmembers = 1\nconduct = "forge"\n')
    with pytest.raises(InputError, match="a calibrated verdict shows none"):
        load_scenario(path)
