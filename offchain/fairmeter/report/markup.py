"""What every page of the report is made of: no script, no font, no image and no address from outside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources
from typing import Any


def document(title: str, body: str) -> str:
    """A whole page."""
    css = resources.files("fairmeter.report").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{css}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def table(
    caption: str | None, head: Sequence[str], rows: Sequence[Sequence[Any]], foot: Sequence[Any] | None = None
) -> str:
    """A table whose first column names its rows; without a caption below a heading that says the same."""
    top = "".join(f'<th scope="col">{escape(name[:1].upper() + name[1:])}</th>' for name in head)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    bottom = f"<tfoot><tr>{_cells(foot)}</tr></tfoot>" if foot else ""
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<div class="scroll"><table>{above}<thead><tr>{top}</tr></thead><tbody>{body}</tbody>{bottom}</table></div>'


def _cells(row: Sequence[Any]) -> str:
    first, *rest = map(str, row)
    return f'<th scope="row">{escape(first)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in rest)


def figure(svg: str, description: str, caption: str | None) -> str:
    """A plot, described for whoever does not see it."""
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    kind = ' class="wide"' if caption else ""
    drawn = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(description)}" ', 1)
    return f"<figure{kind}>{drawn}{below}</figure>"
