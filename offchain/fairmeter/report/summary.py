"""A run or an audit in a terminal's tables, and a run as plain values for a program."""

from __future__ import annotations

from typing import Any

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from fairmeter.audit import AuditResult
from fairmeter.report import beside, credited, wrongs
from fairmeter.report.data import Report
from fairmeter.report.figures import growth, money, reason, share
from fairmeter.report.outcome import STATES
from fairmeter.report.readings import Appeal
from fairmeter.report.tables import titled


def to_json(report: Report, other: Report | None = None) -> dict[str, Any]:
    """The report as plain values: money in minor units, growth in ppm, gas, seconds; with an `other` run of the same
    bills both sides in `beside`."""
    return {
        **({} if other is None else {"beside": [beside.side(one) for one in (report, other)]}),
        "bundle": str(report.bundle),
        **report.manifest["sums"],
        "money": report.money().to_dicts(),
        "appeals": report.appeals().to_dicts(),
        "signed_only": report.demanded().to_dicts(),
        "arrears_by_reason": report.arrears().to_dicts(),
        "collected": _collected_json(report),
        "rules_fired": report.rules.to_dicts(),
        "gas": report.gas.to_dicts(),
        **({} if report.refunds is None else {"refunds": report.refunds.to_json()}),
        **({} if report.papers is None else {"papers": report.papers.to_json()}),
        **wrongs.to_json(report.wrongs, report.bonds),
        "largest_appeals": [_appeal(appeal) for appeal in report.largest],
        **{name: report.result[name] for name in ("engine", "implementation", "seconds", "phases") if report.result},
    }


def _appeal(appeal: Appeal) -> dict[str, Any]:
    names = ("bill_id", "customer_id", "utility", "supplier", "account", "start", "end", "quantity", "amount")
    figures = ("actual_ppm", "expected_ppm", "appeal", *STATES)
    return {name: appeal.bill[name] for name in (*names, *figures)}


def terminal(report: Report, other: Report | None = None) -> Group:
    """Tables of money, appeals, arrears, the largest appeals, gas and time, each under its title; last the comparison
    with an `other` run. Raises InputError if that is of other bills."""
    parts = (
        _money,
        _rules,
        _wrongs,
        _standing,
        _bonds,
        _demanded,
        _appeals,
        _arrears,
        _collected,
        _horizons,
        _credit,
        _refunds,
        _stopped,
        _papers,
        _largest,
        _gas,
        _time,
    )
    tables = [*(part(report) for part in parts), beside.table(report, other)]
    return Group(*(part for title, table in tables if table.row_count for part in (title, table)))


def _money(report: Report) -> tuple[Text, Table]:
    """A column a verdict, for amounts are wide and verdicts few."""
    columns = [*report.money().to_dicts(), report.money().sum().to_dicts()[0]]
    names = [column["decision"] or "not judged" for column in columns[:-1]]
    title, table = titled(
        f"{len(report.bills):,} bills: money by verdict, and where it stands at the end", "", *names, "total"
    )
    table.add_row("bills", *(f"{column['bills']:,}" for column in columns))
    table.add_row("billed", *(money(column["amount"]) for column in columns), end_section=True)
    for state in STATES:
        if columns[-1][state]:
            table.add_row(state, *(money(column[state]) for column in columns))
    return title, table


def _rules(report: Report) -> tuple[Text, Table]:
    title, table = titled("Screening rules that fired", "utility, class, rule", "bills", "billed", "settled", "void")
    for row in report.rules.to_dicts():
        where = f"{row['utility']}, {row['class']}, {row['rule']}"
        table.add_row(where, f"{row['bills']:,}", *(money(row[name]) for name in ("amount", "settled", "void")))
    return title, table


def _wrongs(report: Report) -> tuple[Text, Table]:
    columns = ("by", "bills", "in figures only", "paid", "held", "owed")
    title, table = titled("Wrong verdicts, and what put them right", *columns)
    for row in [] if report.wrongs is None else wrongs.by_mechanism(report.wrongs).to_dicts():
        by = f"{row['mechanism']}, of {row['users']}" if row["users"] else row["mechanism"]
        counts = (f"{row[name]:,}" for name in ("bills", wrongs.FIGURES))
        table.add_row(by, *counts, *(money(row[name]) for name in wrongs.MOVES))
    return title, table


def _standing(report: Report) -> tuple[Text, Table]:
    title, table = titled("What still stands wrong, on the word of", "signers", "bills", "paid", "held", "owed")
    for row in [] if report.wrongs is None else wrongs.by_signers(report.wrongs).to_dicts():
        table.add_row(row["signers"], f"{row['bills']:,}", *(money(row[name]) for name in wrongs.MOVES))
    return title, table


def _bonds(report: Report) -> tuple[Text, Table]:
    title, table = titled("Bonds", "of", "slashed", "rewarded")
    for who, slashed, rewarded in wrongs.bond_rows(report.manifest, report.bonds):
        table.add_row(who, money(slashed), money(rewarded))
    return title, table


def _demanded(report: Report) -> tuple[Text, Table]:
    columns = ("readings", "bills", "billed", "settled", "waiting", "void")
    title, table = titled("Only signed readings count, by mandate", *columns)
    for row in report.demanded().to_dicts():
        amounts = (money(row[name]) for name in ("amount", "settled", "waiting", "void"))
        table.add_row(row["readings"], f"{row['bills']:,}", *amounts)
    return title, table


def _appeals(report: Report) -> tuple[Text, Table]:
    title, table = titled("Appeals", "outcome", "bills", "billed", "settled", "void")
    for row in report.appeals().to_dicts():
        table.add_row(row["appeal"], f"{row['bills']:,}", *(money(row[name]) for name in ("amount", "settled", "void")))
    return title, table


def _arrears(report: Report) -> tuple[Text, Table]:
    title, table = titled("Arrears", "reason", "bills", "owed at first", "still owed")
    for row in report.arrears().to_dicts():
        table.add_row(reason(row["reason"]), f"{row['bills']:,}", money(row["owed"]), money(row["arrears"]))
    return title, table


def _collected_json(report: Report) -> dict[str, Any] | None:
    """Strategies for arrears, the control among them; null where nobody was scored."""
    found = report.collected
    if found is None:
        return None
    return {
        "strategies": found.strategies.to_dicts(),
        "ended": dict(found.stages),
        "horizon_days": {str(class_): days for class_, days in found.horizons},
        "net_over_time": found.course.to_dicts(),
        **({} if found.credit is None else {"credit": found.credit.to_json()}),
    }


def _collected(report: Report) -> tuple[Text, Table]:
    heads = ("debts", "owed", "repaid", "contacts", "net", "of owed", "given up")
    title, table = titled("Strategies for arrears", "strategy", *heads)
    for row in () if report.collected is None else report.collected.strategies.to_dicts():
        owed, repaid, net = (money(row[name]) for name in ("owed", "repaid", "net"))
        debts, contacts, given_up = (f"{row[name]:,}" for name in ("debts", "contacts", "given_up"))
        table.add_row(row["strategy"], debts, owed, repaid, contacts, net, share(row["net"], row["owed"]), given_up)
    return title, table


def _horizons(report: Report) -> tuple[Text, Table]:
    title, table = titled("What became of the debts that were scored", "", "")
    if report.collected is not None:
        for name, count in report.collected.stages:
            table.add_row(name, f"{count:,}")
        for class_, days in report.collected.horizons:
            table.add_row(f"days to the horizon of class {class_}", f"{days:,}")
    return title, table


def _credit(report: Report) -> tuple[Text, Table]:
    return credited.table(None if report.collected is None else report.collected.credit)


def _papers(report: Report) -> tuple[Text, Table]:
    title, table = titled("Papers, what is missing", "gap", "bills", "billed")
    for row in [] if report.papers is None else report.papers.gaps.to_dicts():
        table.add_row(row["gap"], f"{row['bills']:,}", money(row["amount"]))
    return title, table


def _refunds(report: Report) -> tuple[Text, Table]:
    known = report.refunds
    paid = "" if known is None else f"Refunds: {money(known.paid)} paid back"
    title, table = titled(paid, "state", "orders", "waiting", "median days", "longest")
    for row in [] if known is None else known.states.to_dicts():
        days = ("" if row[name] is None else f"{row[name]:,.1f}" for name in ("median", "longest"))
        table.add_row(row["state"], f"{row['orders']:,}", f"{row['waiting']:,}", *days)
    return title, table


def _stopped(report: Report) -> tuple[Text, Table]:
    title, table = titled("Refunds that were stopped", "by", "asked", "attempts", "amount")
    for row in [] if report.refunds is None else report.refunds.stopped.to_dicts():
        table.add_row(escape(row["rule"]), row["kind"], f"{row['attempts']:,}", money(row["amount"]))
    return title, table


def _largest(report: Report) -> tuple[Text, Table]:
    growths = ("above no surprise", "expected") if report.modelled else ("actual growth", "expected")
    title, table = titled("Largest appeals", "bill", "customer", "amount", *growths, "outcome")
    for bill in (appeal.bill for appeal in report.largest):
        figures = [money(bill["amount"]), growth(bill["actual_ppm"]), growth(bill["expected_ppm"])]
        table.add_row(escape(bill["bill_id"]), escape(bill["customer_id"]), *figures, bill["appeal"])
    return title, table


def _gas(report: Report) -> tuple[Text, Table]:
    bills, total = max(len(report.bills), 1), int(report.gas["gas"].sum())
    title, table = titled(
        f"Gas: {total:,}, {total / bills:,.0f} a bill", "transaction", "sent", "gas", "a bill", "share"
    )
    for row in report.gas.head(8).to_dicts():
        used = row["gas"]
        table.add_row(row["label"], f"{row['transactions']:,}", f"{used:,}", f"{used / bills:,.0f}", share(used, total))
    rest = report.gas.slice(8)
    if len(rest):
        used = int(rest["gas"].sum())
        figures = [f"{rest['transactions'].sum():,}", f"{used:,}", f"{used / bills:,.0f}", share(used, total)]
        table.add_row(f"{len(rest)} other kinds", *figures)
    return title, table


def _time(report: Report) -> tuple[Text, Table]:
    phases = report.result.get("phases", {})
    line = f"Time: {report.result['seconds']:,.1f} s on {report.result['implementation']}" if phases else ""
    title, table = titled(line, "phase", "seconds")
    for name, seconds in phases.items():
        table.add_row(name, f"{seconds:,.2f}")
    return title, table


def audit_tables(result: AuditResult) -> Group:
    """What an audit checked, what it found, and what that proves."""
    title, table = titled("Audit", "check", "compared", "result")
    table.add_column("with what", justify="left", overflow="fold")
    for check in result.checks:
        state = "[green]nothing differs[/]" if check.passed else f"[red]{len(check.findings)} differ[/]"
        table.add_row(check.name, f"{check.count:,}", state, escape(check.detail))
    lines = [Text(str(finding), style="red") for finding in result.findings]
    replay = f"replayed on {result.replayed_on}" if result.replayed_on else "not replayed"
    replay += f", a sample on {result.sampled_on}" if result.sampled_on else ""
    ran = f"; the run used {result.recorded_implementation}" if result.recorded_implementation else ""
    ended = f"passed: {result.standing}" if result.passed else "FAILED"
    return Group(title, table, *lines, Text(f"{ended} ({replay}{ran})"))
