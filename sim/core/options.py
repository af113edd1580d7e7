"""Command-line options that several commands share, worded once."""

from pathlib import Path
from typing import Annotated

import typer

CardArgument = Annotated[
    str,
    typer.Argument(metavar="CARD", help="Run card: a TOML file or a preset (see `heliospin card --list`)."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SECTION.KEY=VALUE",
        help="Override a key of the card, such as neutrino.sin2_theta12=0.32. May be repeated.",
    ),
]
OutFolder = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers", "-j", min=1, help="Worker processes (default: all cores); never changes the result."
    ),
]
