"""`fairmeter score`: parse, call, print."""

from __future__ import annotations

from pathlib import Path

import typer

from fairmeter import judging, options, scoring, terminal
from fairmeter.progress import progress_bars

app = typer.Typer()


@app.command()
def score(
    context: typer.Context,
    history: options.HistoryFile = None,
    accounts: options.AccountsFile = None,
    out: options.ScoresFile = None,
    target: options.TargetColumn = "default",
    evaluate: options.EvaluateSets = False,
    data: options.DataFolder = Path("../shared/data"),
    forest: options.Forest = False,
    plot: options.ScoresPlot = None,
    seed: options.Seed = 0,
    data_key: options.DataKeyFile = None,
    access_log: options.AccessLogFile = None,
    as_json: options.Json = False,
) -> None:
    """Grade customers by how likely they are not to pay; or measure how good scores are."""
    if not evaluate:
        options.refuse_beside(context, "--history and --accounts", "data", "forest", "plot", "seed")
        custody = options.custody("score", data_key, access_log)
        files = scoring.score_files(history, accounts, out)
        terminal.show(scoring.score_accounts(*files, custody=custody, target=target), as_json)
        return
    options.refuse_beside(context, "--evaluate", "history", "accounts", "out", "target", "data_key", "access_log")
    if plot is not None:
        judging.check_plot(plot)
    with progress_bars() as tell:
        measured = scoring.evaluate_scores(data, seed=seed, forest=forest, tell=tell)
    from fairmeter.report import scores  # noqa: PLC0415

    terminal.show_measured(scores, measured, plot, as_json)
