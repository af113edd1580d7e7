"""Limits on moment times field for every profile, each with its own signal shape, and which fits best."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.appearance.config import AppearanceConfig
from analysis.appearance.limits import Window, binned, enlarged, windows
from analysis.appearance.model import AppearanceModel, Physics
from analysis.appearance.moment_field import (
    FIRST_ORDER,
    UNIT_PRODUCT,
    Conversion12,
    convert,
    literature_product,
    profiles,
)
from analysis.counts.strength import StrengthLimit, strength_limit
from sim.physics.config import FieldConfig

Floats = NDArray[np.float64]

SEEN = 0.00135  # one-sided probability of no signal: three sigma
DECIDED = 2.706  # of -2 ln L between two shapes: 90 % C.L.


class FieldLimit(NamedTuple):
    """What the whole range says of one field.

    Attributes
    ----------
    conversion : the field's conversion for mu_12 B = 1e-9 mu_B kG.
    strength : fit of (mu_12 B)^2 in (1e-9 mu_B kG)^2.
    upper_1e9 : limit on mu_12 B in 1e-9 mu_B kG, B as quoted for the profile.
    probability : P(nu_e -> anti-nu_e) at the limit, averaged over the 8B spectrum in the range.
    rescaled_1e9 : what the limit on P of the undistorted shape gives with the same conversion, not refitted.
    """

    conversion: Conversion12
    strength: StrengthLimit
    upper_1e9: float
    probability: float
    rescaled_1e9: float

    def peak_1e9(self) -> float:
        """Return the limit with B at the field's peak."""
        return self.upper_1e9 * self.conversion.peak_ratio

    def first_order(self) -> bool:
        """Return False where conversion at the limit is too large for (mu B)^2 to hold."""
        return self.probability < FIRST_ORDER

    def moment_bohr(self, field_kg: float) -> float:
        """Return the limit on mu_12 in Bohr magnetons for a field strength, quoted as the profile's."""
        return self.upper_1e9 * UNIT_PRODUCT / field_kg


class FieldLimits(NamedTuple):
    """Limits of all profiles, and of the card's field.

    Attributes
    ----------
    rows : one a profile, the card's own field first.
    undistorted : fit of P with the 8B shape.
    literature_1e9 : mu_12 B(0.05 R_sun) of the published form for the undistorted limit, 1e-9 mu_B kG.
    """

    rows: tuple[FieldLimit, ...]
    undistorted: StrengthLimit
    undistorted_limit: float
    literature_1e9: float

    def card(self) -> FieldLimit:
        """Return the row of the card's field."""
        return self.rows[0]

    def best(self, family: str) -> FieldLimit | None:
        """Return the best fitting row of a family, core or outer; None if it has none."""
        rows = [row for row in self.rows if row.conversion.family() == family]
        return max(rows, key=lambda row: row.strength.q0, default=None)

    def preference(self) -> float:
        """Return -2 ln L of the best core field less that of the best outer; positive: outer is better."""
        core, outer = self.best("core"), self.best("outer")
        if core is None or outer is None:
            return 0.0
        return outer.strength.q0 - core.strength.q0

    def family(self) -> str:
        """Return which kind of field the data ask for: core, outer, undecided, or none without a signal."""
        if not self.seen():
            return "none"
        if abs(self.preference()) < DECIDED:
            return "undecided"
        return "outer" if self.preference() > 0.0 else "core"

    def seen(self) -> bool:
        """Return True if some shape excludes no signal by three sigma."""
        return min(row.strength.p_zero for row in self.rows) < SEEN


def _fields(card: FieldConfig) -> list[FieldConfig]:
    """Return the card's field and every named profile that is another one."""
    others = [f for f in profiles() if f.profile != card.profile]
    plain = FieldConfig(profile=card.profile)
    changed = (card.width, card.twist_rad_per_rsun, card.correlation_km) != (None, 0.0, None)
    return (
        [card, plain, *others]
        if changed and plain.profile in {f.profile for f in profiles()}
        else [card, *others]
    )


def field_limits(
    physics: Physics, model: AppearanceModel, observed: Floats, config: AppearanceConfig, field: FieldConfig
) -> FieldLimits:
    """Fit the whole range with the shape of every field.

    Parameters
    ----------
    physics, model, observed, config : Sun and mixing, expectation, counts (n,), settings.
    field : the card's field; its strength does not matter.

    Raises
    ------
    HeliospinError
        The field or its table is not usable, a fit does not converge.
    """
    window = windows(config, model)[0]
    plain, limit = _fit(model, observed, 1.0, window, config)
    rows = []
    for number, one in enumerate(_fields(field)):
        conversion = convert(physics.sun, physics.neutrino, physics.site, one)
        if number == 0 and (one.width or one.twist_rad_per_rsun or one.correlation_km):
            conversion = conversion._replace(name=f"{one.profile} (card)")
        per_unit = conversion.probability(model.energy_mev)
        best, upper = _fit(model, observed, per_unit, window, config)
        mean = model.mean_probability(window.low_mev, per_unit)
        rows.append(
            FieldLimit(conversion, best, float(np.sqrt(upper)), upper * mean, float(np.sqrt(limit / mean)))
        )
    published = literature_product(limit, physics.neutrino.sin2_theta12)
    return FieldLimits(tuple(rows), plain, limit, published)


def _fit(
    model: AppearanceModel, observed: Floats, shape: Floats | float, window: Window, config: AppearanceConfig
) -> tuple[StrengthLimit, float]:
    """Return the fit of one shape and its upper limit with the uncertainty of the efficiency."""
    data = binned(model, observed, shape, window)
    found = strength_limit(data, config.method, config.confidence)
    per_unit = float(data.signal.sum())
    return found, enlarged(found.upper * per_unit, config.efficiency_sigma) / per_unit
