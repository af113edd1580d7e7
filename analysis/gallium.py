"""The radiochemical constraint: ``sum_i (R_i / R_i^SSM) G_i = 66.1 SNU``, R the fitted Borexino rates.

G_i are the gallium rates of the same solar model and mixing; components that Borexino does not fit apart keep
the model's value. The uncertainty holds the theory of single rates and the fiducial volume [BX-TAUP17].
"""

import numpy as np

from analysis.config import FitConfig
from analysis.parameters import INDEX, NAMES, SOLAR_MEMBERS, SOLAR_RATES
from analysis.pulls import Constraint
from analysis.species import solar_input
from sim.core.config import Card
from sim.physics.gallium import gallium_snu


def gallium_constraint(card: Card, config: FitConfig) -> Constraint:
    """Return the constraint for a card's sun and mixing; the rates must add up to its value, in SNU."""
    solar = solar_input(card)
    rates = gallium_snu(solar.sun, solar.conversion)
    coefficients = np.zeros(len(NAMES))
    for name in SOLAR_RATES:
        predicted = solar.ssm_cpd_100t[name]
        if predicted > 0.0:
            total = sum(rates[part].gallium_snu for part in SOLAR_MEMBERS[name] if part in rates)
            coefficients[INDEX[f"rate_{name}"]] = total / predicted
    return Constraint("gallium", coefficients, config.gallium_snu, config.gallium_total_sigma_snu())
