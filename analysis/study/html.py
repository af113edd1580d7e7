"""Pieces of the study's page: style, numbers with errors, tables, pictures, folds."""

import math
import re
from collections.abc import Sequence
from html import escape

from analysis.study.paired import is_seen

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 64em;
  margin: 1.5em auto; padding: 0 1em; }
h1, h2, h3 { line-height: 1.25; } h1 { margin-bottom: .2em; }
h2 { margin-top: 2em; border-bottom: 1px solid #999; } a { color: #00558a; }
nav { columns: 2; background: #f3f5f7; padding: .7em 1.2em; font-size: 14px; }
nav ul { margin: 0; padding-left: 1em; } nav li { break-inside: avoid; }
.verdict { border-left: 4px solid #00558a; padding: .1em 1em .1em 0; background: #eef4f9;
  margin-bottom: 1em; }
sup, sub { line-height: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .8em 0; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: .25em .6em; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap;
  vertical-align: top; }
th { border-bottom: 1px solid #666; vertical-align: bottom; line-height: 1.3; white-space: normal;
  max-width: 12em; }
th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 9em; }
td small { display: block; color: #444; font-size: 12px; line-height: 1.2; } th small { font-weight: normal; }
td.strong { font-weight: bold; background: #fdf0e6; } td.strong small { font-weight: normal; }
tr.total td { border-top: 1px solid #666; color: #333; }
caption { text-align: left; padding: .3em 0; color: #333; }
img { max-width: 100%; height: auto; } details { margin: .4em 0; } summary { cursor: pointer; }
pre { background: #f3f5f7; padding: 1em; overflow: auto; font-size: 12px; max-height: 30em; }
.note { color: #333; font-size: 13px; }
@media (max-width: 860px) { th, td { padding: .2em .35em; } table { font-size: 12px; } }
@media print { nav { display: none; } img, tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
  pre { max-height: none; white-space: pre-wrap; } }
"""
_MOST_DIGITS = 4
_MINUS = "&minus;"
_ISOTOPE = re.compile(r"(?<![\w.])(\d{1,3})(?=(?:Be|C|Kr|Bi|Po)\b)")


def name(text: str) -> str:
    """Return a text for HTML, mass numbers raised."""
    return _ISOTOPE.sub(r"<sup>\1</sup>", escape(text))


def digits(error: float, otherwise: int = 3) -> int:
    """Return the decimals that show two digits of an error, at most 4; ``otherwise`` where it is 0."""
    if not error > 0.0:
        return otherwise
    return min(max(1 - math.floor(math.log10(error)), 0), _MOST_DIGITS)


def signed(value: float, decimals: int) -> str:
    """Return a number with its sign; a value that rounds to 0 has none."""
    text = f"{value:+.{decimals}f}"
    if float(text) == 0.0:
        return text[1:]
    return text.replace("-", _MINUS)


def change(value: float, error: float, *, stacked: bool = True) -> str:
    """Return a cell with a change and its error below (or beside) it; marked where it is seen."""
    if math.isnan(value) or math.isnan(error):
        return "no fit"
    if error == 0.0:
        return "0" if abs(value) < 1e-12 else signed(value, 3)
    n = digits(error)
    mark = "!" if is_seen(value, error) else ""
    if error < 0.5 * 10.0**-n:
        return mark + signed(value, n)
    tail = f"&plusmn; {error:.{n}f}"
    return f"{mark}{signed(value, n)}<small>{tail}</small>" if stacked else f"{mark}{signed(value, n)} {tail}"


def with_error(value: float, error: float) -> str:
    """Return a measured value with its error."""
    n = digits(error)
    return f"{value:.{n}f}".replace("-", _MINUS) + f" &plusmn; {error:.{n}f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "", total: bool = False) -> str:
    """Return a table.

    Parameters
    ----------
    head : of the columns, HTML.
    rows : cells, HTML; ``!`` in front marks one.
    caption : above it.
    total : the last row is set apart.
    """
    top = "".join(f"<th>{cell}</th>" for cell in head)
    lines = ["".join(_cell(cell) for cell in row) for row in rows]
    marks = ["" if i + 1 < len(lines) or not total else ' class="total"' for i in range(len(lines))]
    body = "".join(f"<tr{mark}>{line}</tr>" for mark, line in zip(marks, lines, strict=True))
    title = f"<caption>{caption}</caption>" if caption else ""
    return f'<div class="wide"><table>{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(text: str) -> str:
    return f'<td class="strong">{text[1:]}</td>' if text.startswith("!") else f"<td>{text}</td>"


def image(images: dict[str, str], key: str, text: str) -> str:
    """Return a picture that is part of the page; ``text`` says what it shows."""
    return f'<p><img alt="{escape(text)}" src="data:image/png;base64,{images[key]}"></p>'


def fold(title: str, content: str) -> str:
    """Return something that is shown on request."""
    return f"<details><summary>{title}</summary>{content}</details>"
