"""Pays utility bills automatically, and appeals for the customer when a bill does not fit the meter's history.

What the commands do, as functions, and what they take and give; a room is imported when something of it is first used.

    import fairmeter

    result = fairmeter.run(Path("usage.parquet"), Path("bills.parquet"), Path("out"))
    assert fairmeter.audit_run(Path("out")).passed
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fairmeter.audit import AuditResult, Finding
    from fairmeter.audit import audit as audit_run
    from fairmeter.commands import compile_contracts, connect, deploy, run, write_report
    from fairmeter.contracts.deploy import Deployment, System
    from fairmeter.errors import (
        BadRow,
        BundleError,
        ChainError,
        FairmeterError,
        InputError,
        OutOfBoundsError,
        RevertError,
        ToolMissingError,
    )
    from fairmeter.judging import (
        CalibratedBills,
        FittedModel,
        JudgedBills,
        evaluate_policies,
        fit_calibrated,
        judge_bills,
        judge_calibrated,
    )
    from fairmeter.model import (
        Bills,
        Decision,
        Presets,
        Reference,
        Tariff,
        TariffBlock,
        Usage,
        Utility,
        Verdict,
        Verdicts,
    )
    from fairmeter.report import Report
    from fairmeter.report import load as load_report
    from fairmeter.simulation import Progress, RunResult, Scenario
    from fairmeter.usage import (
        fleet,
        infer_tariffs,
        load_bills,
        load_tariffs,
        load_usage,
        reference_readings,
        write_fleet,
    )
    from fairmeter.verdict import judge, judge_one

    __version__: str

__all__ = [
    "AuditResult",
    "BadRow",
    "Bills",
    "BundleError",
    "CalibratedBills",
    "ChainError",
    "Decision",
    "Deployment",
    "FairmeterError",
    "Finding",
    "FittedModel",
    "InputError",
    "JudgedBills",
    "OutOfBoundsError",
    "Presets",
    "Progress",
    "Reference",
    "Report",
    "RevertError",
    "RunResult",
    "Scenario",
    "System",
    "Tariff",
    "TariffBlock",
    "ToolMissingError",
    "Usage",
    "Utility",
    "Verdict",
    "Verdicts",
    "__version__",
    "audit_run",
    "compile_contracts",
    "connect",
    "deploy",
    "evaluate_policies",
    "fit_calibrated",
    "fleet",
    "infer_tariffs",
    "judge",
    "judge_bills",
    "judge_calibrated",
    "judge_one",
    "load_bills",
    "load_report",
    "load_tariffs",
    "load_usage",
    "reference_readings",
    "run",
    "write_fleet",
    "write_report",
]

_ROOMS: Final = {
    "audit": "AuditResult Finding",
    "commands": "compile_contracts connect deploy run write_report",
    "contracts.deploy": "Deployment System",
    "errors": "BadRow BundleError ChainError FairmeterError InputError OutOfBoundsError RevertError ToolMissingError",
    "judging": (
        "CalibratedBills FittedModel JudgedBills evaluate_policies fit_calibrated judge_bills judge_calibrated"
    ),
    "model": "Bills Decision Presets Reference Tariff TariffBlock Usage Utility Verdict Verdicts",
    "report": "Report",
    "simulation": "Progress RunResult Scenario",
    "usage": "fleet infer_tariffs load_bills load_tariffs load_usage reference_readings write_fleet",
    "verdict": "judge judge_one",
}
_PLACES: Final = {name: (room, name) for room, names in _ROOMS.items() for name in names.split()} | {
    # a room's own name cannot be a function's too
    "audit_run": ("audit", "audit"),
    "load_report": ("report", "load"),
}


if not TYPE_CHECKING:  # or a type checker would believe in every name

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            return importlib.import_module("importlib.metadata").version(__name__)
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        room, attribute = _PLACES[name]
        return getattr(importlib.import_module(f"{__name__}.{room}"), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
