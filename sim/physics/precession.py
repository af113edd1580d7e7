"""Spin-flavour precession as a card asks for it: its sections [field] and [moment] joined."""

from typing import TYPE_CHECKING

from sim.core.errors import PhysicsError
from sim.physics.config import FieldConfig, MomentConfig, NeutrinoConfig
from sim.physics.solar_field import SolarField, solar_field
from sim.physics.solar_model import SolarModel

if TYPE_CHECKING:
    from sim.physics.sfp import SpinFlavour


def card_field(field: FieldConfig | None) -> SolarField | None:
    """Return the field of a card, None where it gives no strength.

    Raises
    ------
    PhysicsError
        A shape, twist or correlation length without a strength, or what ``solar_field`` refuses.
    TableError
        A table of a field that cannot be used.
    """
    if field is None:
        return None
    if field.peak_kg is None and field.value_kg is None:
        given = field.model_copy(update={"scheme": "auto"})
        if given != FieldConfig():
            msg = (
                f"field {field.profile!r} has no strength: give field.peak_kg, or field.value_kg with "
                "field.at_radius, both in kG"
            )
            raise PhysicsError(msg)
        return None
    return solar_field(
        field.profile,
        peak_kg=field.peak_kg,
        value_kg=field.value_kg,
        at_radius=field.at_radius,
        twist_rad_per_rsun=field.twist_rad_per_rsun,
        width=field.width,
        correlation_km=field.correlation_km,
    )


def precession(
    sun: SolarModel,
    neutrino: NeutrinoConfig,
    field: FieldConfig | None,
    moment: MomentConfig | None,
) -> "SpinFlavour | None":
    """Return the precession that field and moment make, None where there is none.

    There is none without a strength of the field, and none for a plain effective moment, which has no states
    to turn into (``ignored_field`` says so to the user).

    Raises
    ------
    PhysicsError, TableError
        What ``card_field`` and ``SpinFlavour.build`` refuse.
    """
    shape = card_field(field)
    if shape is None or field is None or moment is None or moment.nature == "effective":
        return None
    from sim.physics.sfp import SpinFlavour  # with its kernels, only where they are used

    return SpinFlavour.build(sun, neutrino, shape, moment, field.scheme)


def ignored_field(field: FieldConfig, moment: MomentConfig) -> str | None:
    """Return one line for the user where a field is given that changes nothing, else None."""
    if card_field(field) is None or moment.nature != "effective":
        return None
    return (
        "the field is ignored: moment.nature = 'effective' has no states to precess into; "
        "choose 'majorana' or 'dirac'"
    )
