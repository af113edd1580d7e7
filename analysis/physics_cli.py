"""Commands that print physics: probabilities, expected rates, derived limits."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.core.console import announce_compilation, console, friendly
from sim.core.options import JsonOption, SetOption

if TYPE_CHECKING:
    from sim.core.config import Card
    from sim.physics.conversion import Conversion

CardOption = Annotated[
    str | None, typer.Option("--card", metavar="CARD", help="Run card or preset to take the physics from.")
]


def build_conversion(card: "Card") -> "Conversion":
    """Return the conversion of a card; tells the user when it has to compile."""
    from sim.physics.config import NeutrinoConfig, SiteConfig, SunConfig
    from sim.physics.conversion import Conversion
    from sim.physics.solar_model import load_solar_model

    sun = card.section("sun", SunConfig)
    model = load_solar_model(sun.model).scaled(sun.flux_scale)
    announce_compilation()
    return Conversion.build(model, card.section("neutrino", NeutrinoConfig), card.section("site", SiteConfig))


def _floats(text: str, option: str) -> list[float]:
    from sim.core.errors import CardError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        msg = f"{option} {text!r}: expected numbers separated by commas, such as 0.862,1.44"
        raise CardError(msg) from None


@friendly
def probability(
    component: Annotated[
        str, typer.Option("--component", "-c", metavar="NAME[,NAME]", help="Solar components, or `all`.")
    ] = "8B",
    energy: Annotated[
        str | None,
        typer.Option("--energy", "-e", metavar="MEV[,MEV]", help="Energies in MeV (default: all)."),
    ] = None,
    nadir: Annotated[
        str | None,
        typer.Option("--nadir", metavar="DEG[,DEG]", help="Nadir angles for the night, beside day."),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME|CSV", help="Solar model (same as sun.model).")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE.csv", help="CSV file (default: standard output)."),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option("--figure", metavar="FILE.png", help="Draw P_ee(E) with the measured points."),
    ] = None,
    card: CardOption = None,
    overrides: SetOption = None,
) -> None:
    """Print the probabilities of a solar nu_e, averaged over its production region, as CSV.

    Examples
    --------
    `heliospin probability -c 7Be -e 0.862`

    `heliospin probability -c pp,8B --nadir 30 --set neutrino.sin2_theta12=0.32 -o p.csv --figure p.png`
    """
    from analysis.probability_table import probability_rows
    from sim.core.config import card_or_defaults
    from sim.core.output import write_text
    from sim.physics.config import SOLAR_COMPONENTS

    if model:
        overrides = [*(overrides or []), f"sun.model={model}"]
    names = list(SOLAR_COMPONENTS) if component == "all" else component.split(",")
    energies = _floats(energy, "--energy") if energy else None
    nadirs = _floats(nadir, "--nadir") if nadir else []
    conversion = build_conversion(card_or_defaults(card, overrides))
    text = probability_rows(conversion, names, energies, nadirs)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
    if figure is not None:
        from analysis.physics_figures import save_probability

        save_probability(conversion, figure)


@friendly
def rates(
    threshold: Annotated[
        float, typer.Option("--threshold", "-t", metavar="MEV", min=0.0, help="Recoil threshold in MeV.")
    ] = 0.0,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME|CSV", help="Solar model (same as sun.model).")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option("--figure", metavar="FILE.png", help="Draw the recoil spectra.")
    ] = None,
    as_json: JsonOption = False,
    card: CardOption = None,
    overrides: SetOption = None,
) -> None:
    """Print expected rates per component: nu-e scattering, weak and magnetic, and gallium.

    The magnetic column is for mu_eff = 1e-11 mu_B, or for the card's moments if it has any.

    Examples: `heliospin rates`, `heliospin rates --threshold 0.19 --model B16-AGSS09met --json`
    """
    from rich.table import Table

    from sim.core.config import card_or_defaults
    from sim.physics.config import MomentConfig
    from sim.physics.rates_report import rates_report

    if model:
        overrides = [*(overrides or []), f"sun.model={model}"]
    values = card_or_defaults(card, overrides)
    conversion = build_conversion(values)
    moment = values.section("moment", MomentConfig)
    report = rates_report(conversion, moment, threshold)
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        title = f"{conversion.sun.name}: counts per day and 100 t, T > {threshold:g} MeV"
        table = Table("component", "weak", "magnetic", "gallium [SNU]", "gallium, no osc. [SNU]", title=title)
        for name, row in {**report["components"], "CNO": report["cno"], "total": report["total"]}.items():
            table.add_row(name, *(f"{row[key]:.4g}" for key in row))
        table.caption = f"magnetic part: {report['moment']}"
        console.print(table)
    if figure is not None:
        from analysis.physics_figures import save_rates

        save_rates(conversion, moment, figure)


@friendly
def derive(
    mu_eff: Annotated[
        float,
        typer.Option("--mu-eff", metavar="X", min=0.0, help="Limit on the effective moment in 1e-11 mu_B."),
    ],
    as_json: JsonOption = False,
    card: CardOption = None,
    overrides: SetOption = None,
) -> None:
    """Turn a limit on the effective moment into limits on flavour and mass moments.

    Two columns: the approximation of the published analysis (vacuum mass weights, P at 862 keV), and
    weights corrected for matter in the Sun.

    Example: `heliospin derive --mu-eff 2.8`
    """
    from rich.table import Table

    from analysis.states import derive_limits
    from sim.core.config import card_or_defaults

    limits = derive_limits(mu_eff, build_conversion(card_or_defaults(card, overrides)))
    values = limits.to_json()
    if as_json:
        typer.echo(json.dumps(values, indent=2))
        return
    title = f"mu_eff < {mu_eff:g}e-11 mu_B"
    table = Table("moment", "published approximation", "matter-corrected", title=title)
    for name, value in values["seed_approximation"].items():
        table.add_row(name, f"{value:.1f}", f"{values['matter_corrected'][name]:.1f}")
    table.caption = "limits in 1e-11 mu_B; one moment at a time"
    console.print(table)
