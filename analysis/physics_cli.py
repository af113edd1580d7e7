"""Commands that print physics: probabilities (in a file of their own), expected rates, derived limits."""

import json
from pathlib import Path
from typing import Annotated

import typer

from analysis.card_physics import CardOption, build_conversion
from analysis.probability_cli import probability
from sim.core.console import console, friendly
from sim.core.options import JsonOption, SetOption

__all__ = ["build_conversion", "derive", "probability", "rates"]


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
