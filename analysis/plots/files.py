"""Figures on disk: PNG and PDF, with the numbers behind them as CSV beside."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from sim.core.output import complete_file, prepare_folder, write_json, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

R = TypeVar("R")
Drawing = tuple[str, Callable[[R], "Figure"], Callable[[R], Mapping[str, ArrayLike]]]


def save_figure(figure: "Figure", path: Path, numbers: Mapping[str, ArrayLike] | None = None) -> list[Path]:
    """Save a figure as PNG and PDF, and its numbers as CSV.

    Parameters
    ----------
    figure : any figure.
    path : where; the ending is replaced by .png, .pdf and .csv.
    numbers : column name to values (n,), all of one length; None writes no CSV.

    Returns
    -------
    the files written, the PNG first.

    Raises
    ------
    OutputError
        The folder or a file cannot be written.
    """
    written = []
    for ending in (".png", ".pdf"):
        target = path.with_suffix(ending)
        metadata = {"CreationDate": None} if ending == ".pdf" else {}
        with complete_file(target) as partial, partial.open("wb") as stream:
            figure.savefig(stream, format=ending[1:], metadata=metadata)
        written.append(target)
    if numbers is not None:
        target = path.with_suffix(".csv")
        write_text(target, csv_text(numbers))
        written.append(target)
    return written


def save_result(
    outcome: R, name: str, plain: dict[str, Any], figures: Sequence[Drawing[R]], folder: Path
) -> list[Path]:
    """Write a result as JSON, its figures and their numbers; return the figures' PNGs.

    Parameters
    ----------
    outcome : what the figures show.
    name : of the JSON file.
    plain : its contents.
    figures : of each the name, what draws it and what gives its numbers.
    folder : is made if need be.

    Raises
    ------
    OutputError
        The folder or a file cannot be written.
    """
    prepare_folder(folder)
    write_json(folder / name, plain)
    return [
        save_figure(draw(outcome), folder / f"{stem}.png", give(outcome))[0] for stem, draw, give in figures
    ]


def csv_text(numbers: Mapping[str, ArrayLike]) -> str:
    """Return columns of equal length as CSV text: names, then rows; floats with 10 digits."""
    columns = [np.asarray(values) for values in numbers.values()]
    lines = [",".join(numbers)]
    for row in zip(*columns, strict=True):
        lines.append(
            ",".join(f"{cell:.10g}" if isinstance(cell, (float, np.floating)) else str(cell) for cell in row)
        )
    return "\n".join(lines) + "\n"
