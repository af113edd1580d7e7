"""From a run card to the conversion of neutrinos, for the commands."""

from typing import TYPE_CHECKING, Annotated

import typer

from sim.core.console import announce_compilation, note

if TYPE_CHECKING:
    from sim.core.config import Card
    from sim.physics.conversion import Conversion

CardOption = Annotated[
    str | None, typer.Option("--card", metavar="CARD", help="Run card or preset to take the physics from.")
]


def build_conversion(card: "Card") -> "Conversion":
    """Return the conversion of a card; tells the user of a field without effect, and of compiling."""
    from sim.physics.config import FieldConfig, MomentConfig, NeutrinoConfig, SiteConfig, SunConfig
    from sim.physics.conversion import Conversion
    from sim.physics.precession import ignored_field
    from sim.physics.solar_model import load_solar_model

    sun, neutrino = card.section("sun", SunConfig), card.section("neutrino", NeutrinoConfig)
    field, moment = card.section("field", FieldConfig), card.section("moment", MomentConfig)
    model = load_solar_model(sun.model).scaled(sun.flux_scale)
    line = ignored_field(field, moment)
    if line is not None:
        note(line)
    site = card.section("site", SiteConfig)
    conversion = Conversion.build(model, neutrino, site, field=field, moment=moment)
    announce_compilation()
    return conversion
