"""The command that prints probabilities, by component, energy, nadir angle and birth place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.card_physics import CardOption, build_conversion
from sim.core.console import friendly, note
from sim.core.options import SetOption

if TYPE_CHECKING:
    from collections import Counter

    from sim.core.config import Card
    from sim.physics.conversion import Conversion
    from sim.physics.sfp_path import BirthWindow
    from sim.physics.solar_field import SolarField

_RADIUS_SIGMA = 0.005  # solar radii


def _floats(text: str, option: str) -> list[float]:
    from sim.core.errors import CardError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        msg = f"{option} {text!r}: expected numbers separated by commas, such as 0.862,1.44"
        raise CardError(msg) from None


def _birth(radius: float | None, sigma: float | None) -> "BirthWindow | None":
    from sim.core.errors import CardError
    from sim.physics.sfp_path import BirthWindow

    if radius is not None:
        return BirthWindow(radius, _RADIUS_SIGMA if sigma is None else sigma)
    if sigma is not None:
        msg = f"--radius-sigma {sigma:g}: expected --at-radius beside it"
        raise CardError(msg)
    return None


def _report_switch(conversion: "Conversion", schemes: "Counter[str]") -> None:
    """Say in one line where first order in mu B was not enough."""
    turning = conversion.precession
    others = {name: n for name, n in schemes.items() if name not in ("quadrature", "random")}
    if turning is None or turning.nature != "majorana" or turning.scheme != "auto" or not others:
        return
    counts = ", ".join(f"{name} {n}" for name, n in sorted(others.items()))
    note(
        f"first order in mu B is not enough at {sum(others.values())} of {schemes.total()} energies: {counts}"
    )


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
        typer.Option(
            "--figure",
            metavar="FILE.png",
            help="Draw P_ee(E) with the measured points; six states in a field.",
        ),
    ] = None,
    field_figure: Annotated[
        Path | None,
        typer.Option(
            "--field-figure", metavar="FILE.png", help="Draw the field with the production regions."
        ),
    ] = None,
    at_radius: Annotated[
        float | None,
        typer.Option(
            "--at-radius", metavar="X", help="Births around X solar radii instead of the production region."
        ),
    ] = None,
    radius_sigma: Annotated[
        float | None,
        typer.Option(
            "--radius-sigma",
            metavar="S",
            help="Their Gaussian spread, cut at 4 S (default: 0.005; 0: one radius).",
        ),
    ] = None,
    card: CardOption = None,
    overrides: SetOption = None,
) -> None:
    """Print the probabilities of a solar nu_e, averaged over its production region, as CSV.

    With a Majorana or Dirac moment and a field (sections moment and field of the card), six states.

    Examples
    --------
    `heliospin probability -c 7Be -e 0.862`

    `heliospin probability -c pp,8B --nadir 30 --set neutrino.sin2_theta12=0.32 -o p.csv --figure p.png`

    `heliospin probability --set moment.nature=majorana --set moment.mu12_bohr=1e-12 --set field.peak_kg=10`
    """
    from analysis.probability_table import probability_table
    from sim.core.config import card_or_defaults
    from sim.core.errors import CardError
    from sim.core.output import write_text
    from sim.physics.config import SOLAR_COMPONENTS

    if model:
        overrides = [*(overrides or []), f"sun.model={model}"]
    names = list(SOLAR_COMPONENTS) if component == "all" else component.split(",")
    energies = _floats(energy, "--energy") if energy else None
    nadirs = _floats(nadir, "--nadir") if nadir else []
    birth = _birth(at_radius, radius_sigma)
    values = card_or_defaults(card, overrides)
    if set(values.values.get("field", {})) - {"scheme"} and not _has_strength(values):
        msg = f"{values.source}: [field] has no strength: give field.peak_kg, or field.value_kg and at_radius"
        raise CardError(msg)
    drawn = _field_to_draw(values) if field_figure is not None else None
    conversion = build_conversion(values)
    table = probability_table(conversion, names, energies, nadirs, birth)
    _report_switch(conversion, table.schemes)
    if out is None:
        typer.echo(table.text, nl=False)
    else:
        write_text(out, table.text)
    if figure is not None:
        from analysis.physics_figures import save_probability

        save_probability(conversion, figure, names[0])
    if field_figure is not None and drawn is not None:
        from analysis.physics_figures import save_field

        save_field(drawn, conversion, field_figure)


def _has_strength(card: "Card") -> bool:
    from sim.physics.config import FieldConfig

    field = card.section("field", FieldConfig)
    return field.peak_kg is not None or field.value_kg is not None


def _field_to_draw(card: "Card") -> "SolarField":
    from sim.core.errors import CardError
    from sim.physics.config import FieldConfig
    from sim.physics.precession import card_field

    field = card_field(card.section("field", FieldConfig))
    if field is None:
        msg = "--field-figure: no field is given; set field.peak_kg, or field.value_kg and field.at_radius"
        raise CardError(msg)
    return field
