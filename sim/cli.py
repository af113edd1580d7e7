"""The command ``heliospin simulate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sim.core.console import console, friendly, progress
from sim.core.options import CardArgument, SetOption, WorkersOption

if TYPE_CHECKING:
    from sim import pipeline


@friendly
def simulate(
    card: CardArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The events file to write.")
    ] = Path("events.root"),
    days: Annotated[float | None, typer.Option(help="Live time in days (same as run.live_days).")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the run (same as run.seed).")] = None,
    workers: WorkersOption = None,
    kind: Annotated[
        Literal["ttree", "rntuple"], typer.Option("--format", help="How the trees are stored.")
    ] = "ttree",
    overrides: SetOption = None,
) -> None:
    """Simulate events: from the Sun and the backgrounds to hits on photomultipliers.

    Examples: `heliospin simulate quickstart -o events.root`,
    `heliospin simulate phase2 --days 100 --seed 7 --set detector.dark.rate_hz=0`
    """
    from sim import pipeline
    from sim.config import read_config
    from sim.core.config import read_card
    from sim.core.console import announce_compilation, note
    from sim.core.pool import default_workers
    from sim.physics.precession import ignored_field

    changes = list(overrides or [])
    changes += [f"run.live_days={days}"] if days is not None else []
    changes += [f"run.seed={seed}"] if seed is not None else []
    loaded = read_card(card, changes)
    config = read_config(loaded)
    ignored = ignored_field(config.field, config.moment)
    if ignored is not None:
        note(ignored)
    announce_compilation()
    with progress("Simulating", config.run.live_days, "days") as advance:
        summary = pipeline.simulate(loaded, output, workers or default_workers(), kind, advance)
    _report(summary)


def _report(summary: "pipeline.Summary") -> None:
    from rich.table import Table

    table = Table("species", "generated", "in written gates")
    for name, generated in summary.generated.items():
        if generated:
            table.add_row(name, f"{generated:,}", f"{summary.kept[name]:,}")
    console.print(table)
    console.print(
        f"live time {summary.live_days:.3f} d, {summary.gates:,} gates with {summary.hits:,} hits",
        highlight=False,
    )
    console.print(f"written: {summary.path}", highlight=False, soft_wrap=True)
