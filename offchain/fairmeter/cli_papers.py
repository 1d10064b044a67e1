"""The commands about papers: an index filled, followed and asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairmeter import options, terminal, tracings
from fairmeter.errors import InputError
from fairmeter.outputs import check_output

app = typer.Typer()

IndexOption = Annotated[
    str, typer.Option("--index", help="The index: a run's folder, a SQLite file, or a database's URL.")
]


@app.command()
def index(
    source: Annotated[Path, typer.Argument(help="What a run wrote, or with --rpc-url what `fairmeter deploy` did.")],
    url: Annotated[
        str | None, typer.Option(help="A SQLite file, or a database's URL; index.sqlite in a run's folder.")
    ] = None,
    rpc_url: Annotated[str | None, typer.Option(help="The node's address: index a chain that goes on.")] = None,
    confirmations: Annotated[int, typer.Option(min=0, help="Blocks on top of the last that is read.")] = 0,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until interrupted.")] = False,
    pause: Annotated[float, typer.Option(min=0, help="Seconds between two looks at the chain.")] = 2.0,
    as_json: options.Json = False,
) -> None:
    """Fill an index of bills, money and papers from a run's bundle or a chain's events; twice does no harm."""
    if rpc_url is None:
        if follow or confirmations:
            raise InputError("--follow and --confirmations are about a chain: give --rpc-url")
        done = tracings.index_run(source, url)
    else:
        done = tracings.index_chain(
            source, rpc_url, url or tracings.INDEX, confirmations=confirmations, follow=follow, pause=pause
        )
    terminal.show(done, as_json)


@app.command()
def trace(
    bill: Annotated[str, typer.Argument(help="batch/index, its number on chain, or with a run's folder its id.")],
    index: IndexOption,
    html: Annotated[Path | None, typer.Option(help="A .html file to write: a page with a timeline.")] = None,
    as_json: options.Json = False,
) -> None:
    """Tell the whole lineage of a bill, money and papers, with times, people, hashes and gaps."""
    if html is not None:
        check_output(html, ".html")
    found = tracings.trace(bill, index)
    from fairmeter.report import lineage as room  # noqa: PLC0415

    if html is not None:
        html.write_text(room.html(found), encoding="utf-8")
    if as_json:
        terminal.print_json(room.to_json(found))
    else:
        terminal.print_tables(room.tree(found))


@app.command()
def papers(
    question: Annotated[str, typer.Argument(help="without-invoice, without-voucher or two-levels.")],
    index: IndexOption,
    supplier: Annotated[str | None, typer.Option(help="Of this one alone.")] = None,
    month: Annotated[str | None, typer.Option(help="Of bills that end in it: 2017-03.")] = None,
    people: Annotated[Path | None, typer.Option(help="Who has which key, .csv: key, person.")] = None,
    as_json: options.Json = False,
) -> None:
    """Answer an auditor's question about the papers of all bills, by supplier and month."""
    tracings.needed()
    from fairmeter.report import lineage as room  # noqa: PLC0415
    from fairmeter.tracing.questions import Question  # noqa: PLC0415

    if question not in {one.value for one in Question}:
        raise InputError(f"{question}: expected {', '.join(one.value for one in Question)}")
    asked = Question(question)
    found = tracings.ask(asked, index, supplier, month, people)
    if as_json:
        terminal.print_json(room.answer_json(asked, found))
    else:
        terminal.print_tables(room.answer_tables(asked, found))


@app.command()
def invoices(
    files: Annotated[list[Path], typer.Argument(help="Invoices: .xml (UBL 2.1) or .json, each with its .sig beside.")],
    index: IndexOption,
    rates: Annotated[Path, typer.Option(help="The currency, and tax rates by utility and date: a .toml file.")],
    as_json: options.JsonLines = False,
) -> None:
    """Check invoices beside their bills: accepted, or returned with what is wrong; exit code 1 if any is returned."""
    tracings.needed()
    from fairmeter.invoicing import check_invoices  # noqa: PLC0415

    checked = check_invoices(files, index, rates)
    terminal.show_lines(checked, as_json)
    if not all(one.accepted for one in checked):
        raise typer.Exit(1)
