"""The ``heliospin`` command: every room's commands under one name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis import fit_cli, physics_cli
from analysis.appearance import cli as antineutrino_cli
from analysis.beryllium import cli as beryllium_cli
from analysis.display import cli as display_cli
from analysis.study import cli as study_cli
from recon import cli as recon_cli
from sim import cli as sim_cli
from sim.core.config import PRESETS, preset_text
from sim.core.console import console, friendly
from sim.core.options import CardArgument, SetOption, WorkersOption

if TYPE_CHECKING:
    from analysis.study.study import Tools
    from sim.core.config import Card

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
    """Run the whole chain: simulate, reconstruct, then fit, or set limits on antineutrinos, as the card asks.

    Examples
    --------
    `heliospin run`  (the quickstart card, results in `results/`)

    `heliospin run phase2 -o phase2 --workers 2 --set neutrino.sin2_theta12=0.32`

    `heliospin run antineutrino -o appearance`  (coincidences and the limit on solar antineutrinos)
    """
    from analysis.appearance.config import AppearanceConfig
    from analysis.config import FitConfig
    from recon.config import CoincidenceConfig, ReconConfig, TfcConfig
    from sim.core.config import read_card

    checked = read_card(card, overrides or [])  # every section, before the first event is made
    checked.section("reconstruction", ReconConfig)
    checked.section("coincidence", CoincidenceConfig)
    checked.section("tfc", TfcConfig)
    checked.section("fit", FitConfig)
    checked.section("appearance", AppearanceConfig)
    sources = checked.values.get("run", {}).get("sources", ("elastic",))
    searches = "antineutrino" in sources
    fits = "elastic" in sources
    steps = 2 + searches + fits

    console.rule(f"1/{steps} simulate", align="left")
    sim_cli.simulate(
        card=card, output=out / "events.root", days=days, seed=seed, workers=workers, overrides=overrides
    )
    console.rule(f"2/{steps} reconstruct", align="left")
    recon_cli.reconstruct(events=out / "events.root", output=out / "reco.root", workers=workers or 2)
    if searches:
        console.rule(f"3/{steps} antineutrinos", align="left")
        antineutrino_cli.antineutrino(source=str(out / "reco.root"), out=out)
    if fits:
        console.rule(f"{steps}/{steps} fit", align="left")
        fit_cli.fit(source=str(out / "reco.root"), out=out)
        _show_physics(checked, out)


def _show_physics(card: "Card", out: Path) -> None:
    """Draw the survival probability and the expected recoils."""
    from analysis.physics_figures import save_probability, save_rates
    from sim.physics.config import MomentConfig

    conversion = physics_cli.build_conversion(card)
    moment = card.section("moment", MomentConfig)
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
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="events.root, reco.root, fit.json or antineutrino.json.")
    ],
) -> None:
    """Tell what is in a file: trees, rows, exposure, seed, versions, card.

    Example: `heliospin info results/events.root`
    """
    from analysis.file_info import describe_file

    for table in describe_file(file):
        console.print(table)


def _validation_tools() -> "Tools":
    """Return the rooms that a detector study uses and the analysis may not import."""
    from analysis.study.study import Tools
    from recon.pipeline import reconstruct
    from sim.calibration import resolved_card, simulate_probes

    return Tools(simulate_probes, reconstruct, resolved_card)


app.command()(run)
app.command()(sim_cli.simulate)
app.command()(recon_cli.reconstruct)
app.command()(fit_cli.fit)
app.command()(antineutrino_cli.antineutrino)
app.command()(beryllium_cli.beryllium)
app.command()(physics_cli.probability)
app.command()(physics_cli.rates)
app.command()(physics_cli.derive)
app.command()(card)
app.command()(info)
app.command()(display_cli.display)
app.command("validate")(study_cli.make_command(_validation_tools))


def main() -> None:
    """Entry point of the command."""
    app()
