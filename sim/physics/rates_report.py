"""The numbers of ``heliospin rates``: electron scattering and gallium, component by component."""

import math
from typing import Any

from sim.physics.config import MomentConfig
from sim.physics.conversion import Conversion
from sim.physics.gallium import GalliumRate, gallium_snu
from sim.physics.mixing import Mixing
from sim.physics.moments import mass_moments_squared, moment_matrix
from sim.physics.rates import UNIT_MOMENT, ComponentRate, expected_rates

CNO = ("13N", "15O", "17F")

_KEYS = (*ComponentRate._fields, *GalliumRate._fields)


def shown_moment(moment: MomentConfig, mix: Mixing | None = None) -> MomentConfig:
    """Return the moments if any is non-zero, else mu_eff = 1e-11 mu_B; ``mix`` for the flavour basis."""
    return moment if mass_moments_squared(moment_matrix(moment, mix)).any() else UNIT_MOMENT


def moment_text(moment: MomentConfig, mix: Mixing | None = None) -> str:
    """Return a short description of the moments."""
    if moment.nature == "effective":
        return f"mu_eff = {moment.mu_eff_bohr:g} mu_B"
    moments = ", ".join(
        f"{math.sqrt(value):.3g}" for value in mass_moments_squared(moment_matrix(moment, mix))
    )
    return f"{moment.nature} moments; of the mass states: {moments} mu_B"


def rates_report(
    conversion: Conversion, moment: MomentConfig = UNIT_MOMENT, threshold_mev: float = 0.0
) -> dict[str, Any]:
    """Rates above a recoil threshold as plain values, for JSON and tables.

    Parameters
    ----------
    conversion : probabilities, with their solar model.
    moment : moments of the magnetic part; if all are zero, mu_eff = 1e-11 mu_B is taken.
    threshold_mev : recoil threshold of the scattering, >= 0.

    Returns
    -------
    dict with ``model``, ``moment`` (text), ``threshold_mev``, ``components`` (component to ``weak_cpd_100t``,
    ``magnetic_cpd_100t``, ``gallium_snu``, ``gallium_snu_no_osc``), and the sums ``cno`` (the three beta
    decays) and ``total``.
    """
    used = shown_moment(moment, conversion.mix)
    sun = conversion.sun
    scattering = expected_rates(sun, conversion, used, threshold_mev)
    capture = gallium_snu(sun, conversion)
    components = {name: scattering[name]._asdict() | capture[name]._asdict() for name in sun.components}
    rows = {"cno": [components[name] for name in CNO], "total": list(components.values())}
    sums = {
        group: {key: math.fsum(row[key] for row in members) for key in _KEYS}
        for group, members in rows.items()
    }
    return {
        "model": sun.name,
        "moment": moment_text(used, conversion.mix),
        "threshold_mev": threshold_mev,
        "components": components,
        **sums,
    }
