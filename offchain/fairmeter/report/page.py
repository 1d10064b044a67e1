"""The report as one HTML page: no script, no font, no image and no address from outside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

import polars as pl

from fairmeter.bundle import MODEL
from fairmeter.report import beside, credited, plots, wrongs
from fairmeter.report.data import Report
from fairmeter.report.figures import growth, money, period, quantity, reason, share
from fairmeter.report.markup import document
from fairmeter.report.markup import figure as _figure
from fairmeter.report.markup import table as _table
from fairmeter.report.outcome import STATES
from fairmeter.report.readings import Appeal
from fairmeter.units import PPM

APPEALS_MEAN: Final = (
    "Adjusted: the supplier offered a smaller bill and the customer accepted it. Withdrawn: the bill was right, and "
    "the customer pays it in full. Conceded by the supplier, or expired without its answer: the customer owes nothing."
)

STOPPED_MEAN: Final = (
    "Honest: with cause. Duplicate: asked for again, once paid. Collusion: one of marketing asks without cause, and a "
    "colleague forwards it."
)


def html(report: Report, other: Report | None = None) -> str:
    """The page, with a comparison with an `other` run of the same bills; the same for the same runs, byte for byte.
    Raises InputError for a run of other bills."""
    parts = (_money, _rules, _wrongs, _growth, _appeals, _arrears, _credit, _refunds, _papers, _cost, _record)
    sections = [_head(report), "" if other is None else _beside(report, other), *(part(report) for part in parts)]
    body = "\n".join(section for section in sections if section)
    return document(_title(report), body)


def _title(report: Report) -> str:
    return f"Payment run of {len(report.bills):,} bills"


def _head(report: Report) -> str:
    bills, sums = report.bills, report.manifest["sums"]
    billed = sums["amount_billed"]
    cards = [("Billed", billed, "by suppliers")]
    for state in STATES:
        if _shown(report, state):
            amount = sums[f"amount_{state}"]
            cards.append((state.capitalize(), amount, share(amount, billed)))
    items = "".join(
        f"<li><span>{name}</span><b>{money(amount)}</b><span>{note}</span></li>" for name, amount, note in cards
    )
    who = f"{bills['customer_id'].n_unique():,} customers, {bills['supplier'].n_unique():,} suppliers"
    days = (
        period(int(bills["start"].to_numpy().min()), int(bills["end"].to_numpy().max())) if len(bills) else "no bills"
    )
    return (
        f'<header><h1>{_title(report)}</h1>\n<p class="lead">{who}, {days}</p></header>\n'
        f"<p>{sums['settled']:,} bills were paid automatically, {sums['appealed']:,} did not fit their meter's history "
        f"and were appealed for the customer, {sums['insufficient']:,} had too little history to judge, and "
        f"{sums['arrears']:,} fitted but could not be paid at once.</p>\n"
        f'<ul class="cards">{items}</ul>'
    )


def _beside(report: Report, other: Report) -> str:
    table = _table("Two runs of the same bills", ["", "This run", "The other"], beside.compared(report, other))
    return f"<section><h2>Side by side</h2>\n{table}</section>"


def _shown(report: Report, state: str) -> bool:
    """What every run has, and else what occurred in this one."""
    return state in {"settled", "arrears", "void"} or report.manifest["sums"][f"amount_{state}"] > 0


def _money(report: Report) -> str:
    states = [state for state in STATES if _shown(report, state)]
    sums = report.money()
    rows = [
        [row["decision"] or "not judged", f"{row['bills']:,}", money(row["amount"]), *(money(row[s]) for s in states)]
        for row in sums.to_dicts()
    ]
    total = sums.select("bills", "amount", *states).sum().to_dicts()[0]
    foot = ["Total", f"{total['bills']:,}", money(total["amount"]), *(money(total[s]) for s in states)]
    table = _table(
        "By verdict, and where the money stands at the end", ["Verdict", "Bills", "Billed", *states], rows, foot
    )
    plot = _figure(
        plots.money_plot(report),
        "Bars of the billed amounts by verdict, divided by where the money stands at the end of the run",
        "Settled money is the suppliers'. Void is what customers were billed and do not owe: adjusted, conceded or "
        "expired appeals.",
    )
    return f"<section><h2>Money by outcome</h2>\n{plot}\n{table}</section>"


def _rules(report: Report) -> str:
    """Nothing where no rule fired."""
    if not len(report.rules):
        return ""
    rows = [
        [row["utility"], str(row["class"]), row["rule"], f"{row['bills']:,}"]
        + [money(row[name]) for name in ("amount", "settled", "void")]
        for row in report.rules.to_dicts()
    ]
    heads = ["Utility", "Class", "Rule", "Bills", "Billed", "Settled", "Void"]
    return f"<section><h2>Screening rules</h2>\n{_table('Rules that fired', heads, rows)}</section>"


def _wrongs(report: Report) -> str:
    """Nothing where nobody could lie and nobody was slashed."""
    parts = []
    if report.wrongs is not None and len(report.wrongs):
        sums = wrongs.by_mechanism(report.wrongs)
        standing = report.wrongs["mechanism"].null_count()
        parts.append(
            f"<p>{len(report.wrongs):,} verdicts were not what the true readings give: "
            f"{len(report.wrongs) - standing:,} were put right, {standing:,} stand.</p>"
        )
        parts.append(
            _figure(
                plots.wrongs_plot(sums),
                "Bars of the money that wrong verdicts moved, by what put it right",
                "Paid: collected for the supplier. Held: set aside. Owed: asked for without being covered. What stands "
                "was put right by nobody, and rests on the word of those who signed it.",
            )
        )
        parts.append(_moved("Wrong verdicts, by what put them right", ("By", "Used by"), sums, ("mechanism", "users")))
        left = wrongs.by_signers(report.wrongs)
        if len(left):
            parts.append(_moved("What still stands wrong", ("On the word of",), left, ("signers",)))
    if len(report.bonds):
        rows = [
            [who, money(slashed), money(rewarded)]
            for who, slashed, rewarded in wrongs.bond_rows(report.manifest, report.bonds)
        ]
        parts.append(_table("Bonds", ["Of", "Slashed", "Rewarded"], rows))
    if report.wrongs is not None and not len(report.wrongs):
        parts.insert(0, "<p>Operators lied, and not one wrong verdict was submitted.</p>")
    return f"<section><h2>Wrong verdicts</h2>\n{''.join(parts)}</section>" if parts else ""


def _moved(caption: str, heads: Sequence[str], sums: pl.DataFrame, columns: Sequence[str]) -> str:
    rows = [
        [
            *(row[name] for name in columns),
            *(f"{row[name]:,}" for name in ("bills", wrongs.FIGURES)),
            *(money(row[name]) for name in wrongs.MOVES),
        ]
        for row in sums.to_dicts()
    ]
    return _table(caption, [*heads, "Bills", "In figures only", *(name.capitalize() for name in wrongs.MOVES)], rows)


def _growth(report: Report) -> str:
    actual, expected = (report.bills[name].is_not_null() for name in ("actual_ppm", "expected_ppm"))
    known, fell = int((actual & expected).sum()), int((actual & ~expected).sum())
    drawn = len(plots.drawn_points(report))
    of_them = "" if drawn == known else f", of which {drawn:,} are drawn"
    preset = report.manifest["scenario"]["presets"]["first"]
    judged = (
        "Both growths are over the highest quantity that is no surprise: above the dashed line a bill is more than "
        "that. A bill is appealed by its score, which also knows how likely each kind of fault is"
        if report.modelled
        else f"On the dashed line actual growth exceeds expected growth by the preset, {100 * preset / PPM:g} %; a "
        f"bill on or above it is appealed. {fell:,} bills whose use had fallen were paid without computing what was "
        "expected"
    )
    scatter = _figure(
        plots.growth_plot(report),
        "Actual growth against expected growth, a point a bill, with the line above which a bill stands out",
        f"A point is one of the {known:,} bills whose expected growth was computed{of_them}. {judged}. The axes "
        "are linear near zero and logarithmic far from it.",
    )
    over = "what is no surprise" if report.modelled else "the same days of last year"
    bars = _figure(
        plots.growth_bars(report),
        f"Number of bills by actual growth over {over}, by verdict",
        f"Actual growth over {over}, all bills with enough history.",
    )
    return f"<section><h2>Growth, actual against expected</h2>\n{scatter}\n{bars}</section>"


def _appeals(report: Report) -> str:
    sums = report.appeals()
    if not len(sums):
        return "<section><h2>Appeals</h2>\n<p>No bill was appealed.</p></section>"
    rows = [
        [row["appeal"].capitalize(), f"{row['bills']:,}", *(money(row[name]) for name in ("amount", "settled", "void"))]
        for row in sums.to_dicts()
    ]
    table = _table("What became of the appeals", ["Outcome", "Bills", "Billed", "Settled", "Void"], rows)
    cards = "\n".join(_appeal(number, appeal) for number, appeal in enumerate(report.largest, 1))
    return (
        f"<section><h2>Appeals</h2>\n<p>{APPEALS_MEAN}</p>\n{table}\n"
        "<h3>The largest, with their readings against last year's</h3>\n"
        f'<div class="appeals">\n{cards}\n</div></section>'
    )


def _appeal(number: int, appeal: Appeal) -> str:
    bill = appeal.bill
    became = [f"{money(bill[state])} {state}" for state in STATES if bill[state]]
    facts = {
        "Quantity": quantity(bill["quantity"], bill["utility"]),
        "Amount": money(bill["amount"]),
        "Growth, actual": growth(bill["actual_ppm"]),
        "Growth, expected": growth(bill["expected_ppm"]),
        "Appeal": bill["appeal"],
        "At the end": ", ".join(became),
    }
    items = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    who = f"bill {bill['bill_id']}, {bill['utility']} of {bill['supplier']}, {period(bill['start'], bill['end'])}"
    plot = _figure(plots.readings_plot(appeal), f"Daily readings of bill {bill['bill_id']} against last year's", None)
    return (
        f"<article><h3>{number}. {escape(bill['customer_id'])}</h3>\n<p>{escape(who)}; account {bill['account']}</p>\n"
        f"<dl>{items}</dl>\n{plot}</article>"
    )


def _arrears(report: Report) -> str:
    sums = report.arrears()
    if not len(sums):
        return "<section><h2>Arrears</h2>\n<p>Every bill could be paid when it was due.</p></section>"
    rows = [
        [reason(row["reason"]).capitalize(), f"{row['bills']:,}", money(row["owed"]), money(row["arrears"])]
        for row in sums.to_dicts()
    ]
    totals = sums.select("bills", "owed", "arrears").sum().to_dicts()[0]
    foot = ["Total", f"{totals['bills']:,}", money(totals["owed"]), money(totals["arrears"])]
    head = ["Reason", "Bills", "Owed at first", "Still owed at the end"]
    return f"<section><h2>Arrears</h2>\n{_table('By reason', head, rows, foot)}{_collected(report)}</section>"


def _collected(report: Report) -> str:
    """What strategies recovered beside the control."""
    found = report.collected
    if found is None or found.strategies.is_empty():
        return ""
    rows = [
        [
            row["strategy"],
            f"{row['debts']:,}",
            *(money(row[name]) for name in ("owed", "repaid")),
            f"{row['contacts']:,}",
            *(money(row[name]) for name in ("cost", "net")),
            share(row["net"], row["owed"]),
            f"{row['given_up']:,}",
        ]
        for row in found.strategies.to_dicts()
    ]
    heads = ["Strategy", "Debts", "Owed", "Repaid", "Contacts", "Cost", "Net", "Of what was owed", "Given up"]
    table = _table("Strategies under test, beside who was never contacted", heads, rows)
    caption = (
        "What each recovered of what was owed, less its contacts, by the days since a debt was first scored; dashed: "
        "the horizons of the classes, after which a debt may be given up"
    )
    figure = _figure(plots.collected_plot(found), "Net recovery by strategy, over time", caption)
    return f"\n{table}\n{figure}"


def _credit(report: Report) -> str:
    return "" if report.collected is None else credited.section(report.collected.credit)


def _refunds(report: Report) -> str:
    """How long refunds waited, and what stopped those that were not due."""
    known = report.refunds
    if known is None or not len(known.states):
        return ""
    rows = [
        [
            row["state"].capitalize(),
            f"{row['orders']:,}",
            f"{row['waiting']:,}",
            *("" if row[name] is None else f"{row[name]:,.1f}" for name in ("median", "longest")),
        ]
        for row in known.states.to_dicts()
    ]
    head = ["State", "Orders", "Waiting at the end", "Median days", "Longest"]
    parts = [f"<p>{money(known.paid)} went back to customers.</p>", _table("Time in each state", head, rows)]
    if len(known.stopped):
        stops = [
            [row["rule"].capitalize(), row["kind"], f"{row['attempts']:,}", money(row["amount"])]
            for row in known.stopped.to_dicts()
        ]
        drawn = plots.stopped_plot(known.stopped)
        parts.append(_figure(drawn, "Attempts that were stopped, by the rule and how they were asked", STOPPED_MEAN))
        parts.append(_table("Stopped", ["By", "Asked", "Attempts", "Amount"], stops))
    return "<section><h2>Refunds</h2>\n" + "\n".join(parts) + "</section>"


def _papers(report: Report) -> str:
    """What was written and returned, and what is missing."""
    known = report.papers
    if known is None:
        return ""
    rows = [
        [row["document"].capitalize(), f"{row['written']:,}", f"{row['returned']:,}"]
        for row in known.documents.to_dicts()
    ]
    gaps = [[row["gap"].capitalize(), f"{row['bills']:,}", money(row["amount"])] for row in known.gaps.to_dicts()]
    missing = _table("Gaps", ["What is missing", "Bills", "Billed"], gaps) if gaps else "<p>Nothing is missing.</p>"
    table = _table("Documents", ["Document", "Written", "Returned"], rows)
    return f"<section><h2>Papers</h2>\n{missing}\n{table}</section>"


def _cost(report: Report) -> str:
    gas, bills = report.gas, max(len(report.bills), 1)
    total = int(gas["gas"].sum())
    rows = [
        [
            row["label"],
            f"{row['transactions']:,}",
            f"{row['gas']:,}",
            f"{row['gas'] / row['transactions']:,.0f}",
            f"{row['gas'] / bills:,.0f}",
            share(row["gas"], total),
        ]
        for row in gas.to_dicts()
    ]
    sent = int(gas["transactions"].sum())
    foot = ["Total", f"{sent:,}", f"{total:,}", f"{total / max(sent, 1):,.0f}", f"{total / bills:,.0f}", ""]
    head = ["Transaction", "Sent", "Gas", "Gas each", "Gas a bill", "Share"]
    table = _table("Gas, a chain's measure of work, by kind of transaction", head, rows, foot)
    return f"<section><h2>Gas and time</h2>\n{table}\n{_time(report)}</section>"


def _time(report: Report) -> str:
    if "phases" not in report.result:
        return "<p>The run's own clock lies outside its bundle, and is not here.</p>"
    phases, seconds = report.result["phases"], report.result["seconds"]
    rows = [[name.capitalize(), f"{spent:,.2f}", share(spent, seconds)] for name, spent in phases.items()]
    foot = ["Whole run", f"{seconds:,.2f}", ""]
    ran = f"Seconds by phase, on {report.result['engine']} ({report.result['implementation']})"
    return _table(ran, ["Phase", "Seconds", "Share"], rows, foot)


def _record(report: Report) -> str:
    manifest = report.manifest
    chain, head, scenario = manifest["chain"], manifest["head"], manifest["scenario"]
    presets = scenario["presets"]
    judged = (
        {"SHA-256 of the model": manifest["files"][MODEL]["sha256"]}
        if report.modelled
        else {
            "Degree": presets["degree"],
            "First preset": f"{presets['first']:,} ppm",
            "Second preset": f"{presets['second']:,} ppm",
        }
    )
    facts = {
        "Policy": report.policy,
        **judged,
        "Seed": scenario["seed"],
        "Chain": f"{chain['chain_id']}, {chain['hardfork']} rules",
        "Last block": head["block"],
        "History": head["history"],
        **manifest["contracts"],
        "Operators": ", ".join(manifest["operators"]),
        **{f"SHA-256 of the {name}": digest for name, digest in manifest["sources"].items()},
        "Fairmeter": manifest["fairmeter"],
    }
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items())
    return (
        "<section><h2>What this rests on</h2>\n<p>The figures come from the run's bundle: its bills, verdicts and "
        "evidence, and the events of its transactions. <code>fairmeter audit</code> replays and recomputes them.</p>\n"
        f'<dl class="record">{items}</dl></section>'
    )
