"""The command ``heliospin display``: one event as a picture."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.core.console import console, error_console, friendly

if TYPE_CHECKING:
    from analysis.display.view import EventView, Span


class ColourBy(StrEnum):
    """What the colour of a hit photomultiplier tells."""

    TIME = "time"
    CHARGE = "charge"


@friendly
def display(
    events: Annotated[Path, typer.Argument(metavar="EVENTS", help="An events file.")],
    event: Annotated[
        int | None, typer.Option("--event", "-n", metavar="N", help="Event of the file, from 0 (default: 0).")
    ] = None,
    event_id: Annotated[
        int | None, typer.Option("--event-id", metavar="ID", help="Its event_id instead, as in reco.root.")
    ] = None,
    reco: Annotated[
        Path | None,
        typer.Option(
            "--reco", metavar="FILE", help="The reco file made of it (default: reco.root beside it, if any)."
        ),
    ] = None,
    cluster: Annotated[
        int | None,
        typer.Option("--cluster", metavar="K", help="Cluster on the map (default: the one with most hits)."),
    ] = None,
    colour: Annotated[
        ColourBy, typer.Option("--colour", help="Colour of hit tubes: their first hit's time, or charge.")
    ] = ColourBy.TIME,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="FILE.png or FILE.pdf (default: event-ID.png, here)."
        ),
    ] = None,
) -> None:
    """Draw one event: photomultipliers, hits over time, truth and reconstruction; its hits as CSV beside.

    Examples
    --------
    `heliospin display results/events.root --event 7`

    `heliospin display results/events.root --event-id 16777220 --colour charge -o candidate.pdf`

    `heliospin display events.root -n 7 --reco other/reco.root --cluster 1 -o second.png`
    """
    from analysis.display.view import read_event
    from analysis.plots.event import event_figure, event_numbers
    from analysis.plots.files import csv_text
    from sim.core.output import complete_file, write_text

    if out is not None:
        _check_ending(out)
    view = read_event(events, event, event_id, reco)
    span = view.span(cluster)
    target = out or Path(f"event-{view.event_id}.png")
    figure = event_figure(view, span, colour.value)
    with complete_file(target) as partial, partial.open("wb") as stream:
        if target.suffix == ".pdf":
            figure.savefig(stream, format="pdf", metadata={"CreationDate": None})
        else:
            figure.savefig(stream, format="png")
    numbers = target.with_suffix(".csv")
    write_text(numbers, csv_text(event_numbers(view)))
    _report(view, span)
    for path in (target, numbers):
        console.print(f"written: {path}", highlight=False, soft_wrap=True)


def _check_ending(out: Path) -> None:
    from sim.core.errors import OutputError

    if out.suffix not in (".png", ".pdf"):
        msg = f"--out {out}: expected a name that ends in .png or .pdf"
        raise OutputError(msg)


def _report(view: "EventView", span: "Span") -> None:
    """Print what stands beside the picture."""
    from analysis.display.clusters import NO_RECO
    from analysis.display.text import event_text

    for title, lines in event_text(view, span):
        console.print(f"[bold]{title}[/]", highlight=False)
        for line in lines:
            console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
    if view.clusters is None:
        make = f"heliospin reconstruct {view.path} -o {view.path.with_name('reco.root')}"
        note = f"{NO_RECO}; make it with {make}" if view.reco_note == NO_RECO else view.reco_note
        error_console.print(f"note: {note}", highlight=False, markup=False, soft_wrap=True)
