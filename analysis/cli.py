"""The ``heliospin`` command: every room's commands under one name."""

from pathlib import Path
from typing import Annotated

import typer

from analysis import fit_cli, physics_cli
from recon import cli as recon_cli
from sim import cli as sim_cli
from sim.core.config import PRESETS, preset_text
from sim.core.console import console, friendly
from sim.core.options import CardArgument, SetOption, WorkersOption

app = typer.Typer(
    name="heliospin",
    help="Solar neutrinos with magnetic moments: from the Sun to a limit, event by event.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from sim.core.provenance import program_version

        typer.echo(f"heliospin {program_version()}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


@friendly
def run(
    card: CardArgument = "quickstart",
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")] = Path(
        "results"
    ),
    days: Annotated[
        float | None, typer.Option("--days", min=0.0, help="Live time in days (same as run.live_days).")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Seed of the run (same as run.seed).")
    ] = None,
    workers: WorkersOption = None,
    overrides: SetOption = None,
) -> None:
    """Run the whole chain: simulate, reconstruct, fit; ends with the limit and the figures.

    Examples
    --------
    `heliospin run`  (the quickstart card, results in `results/`)

    `heliospin run phase2 -o phase2 --workers 2 --set neutrino.sin2_theta12=0.32`
    """
    from analysis.config import FitConfig
    from analysis.physics_figures import save_probability, save_rates
    from recon.config import ReconConfig
    from sim.core.config import read_card
    from sim.physics.config import MomentConfig

    checked = read_card(card, overrides or [])  # every section, before the first event is made
    checked.section("reconstruction", ReconConfig)
    checked.section("fit", FitConfig)

    console.rule("1/3 simulate", align="left")
    sim_cli.simulate(
        card=card, output=out / "events.root", days=days, seed=seed, workers=workers, overrides=overrides
    )
    console.rule("2/3 reconstruct", align="left")
    recon_cli.reconstruct(events=out / "events.root", output=out / "reco.root", workers=workers or 2)
    console.rule("3/3 fit", align="left")
    fit_cli.fit(source=str(out / "reco.root"), out=out)
    conversion = physics_cli.build_conversion(checked)
    moment = checked.section("moment", MomentConfig)
    written = save_probability(conversion, out / "probability"), save_rates(conversion, moment, out / "rates")
    for png, *_ in written:
        console.print(f"figure:  {png}")


@friendly
def card(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Preset to print.")] = "quickstart",
    list_presets: Annotated[bool, typer.Option("--list", help="List the presets.")] = False,
) -> None:
    """Print a commented preset card.

    Examples: `heliospin card phase2 > my.toml`, then `heliospin run my.toml -o results`.
    """
    if list_presets:
        for preset in PRESETS:
            typer.echo(f"{preset:14s} {preset_text(preset).splitlines()[0].lstrip('# ')}")
        return
    typer.echo(preset_text(name), nl=False)


@friendly
def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="events.root, reco.root or fit.json.")],
) -> None:
    """Tell what is in a file: trees, rows, exposure, seed, versions, card.

    Example: `heliospin info results/events.root`
    """
    from analysis.file_info import describe_file

    for table in describe_file(file):
        console.print(table)


app.command()(run)
app.command()(sim_cli.simulate)
app.command()(recon_cli.reconstruct)
app.command()(fit_cli.fit)
app.command()(physics_cli.probability)
app.command()(physics_cli.rates)
app.command()(physics_cli.derive)
app.command()(card)
app.command()(info)


def main() -> None:
    """Entry point of the command."""
    app()
