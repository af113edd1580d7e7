"""What the fit assumes of simulated data where the card does not say: response and external knowledge."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.response import load_response
from sim.core.config import Card
from sim.core.constants import SECONDS_PER_DAY
from sim.core.rootio import read_tree
from sim.core.schema import SPECIES, TRUTH
from sim.core.tables import load_table
from sim.physics.config import BackgroundsConfig

_PILE_UP_ERROR = 0.04  # relative
_PILE_UP_DELAY_NS = 1000.0  # decays further apart are no pile-up
_C14_ERROR = 0.0125  # relative, as the independent measurement of the real one [BX-PDF17]
_YIELD_VARIANCE_ERROR = 0.2  # relative


def simulated_pile_up(c14_bq_100t: float) -> float:
    """Return the pile-up rate of the simulated detector in cpd/100 t, quadratic in the activity of 14C.

    It is counted in the truth when the response is calibrated: selected clusters of two decays.
    """
    header = load_table("response_simulation").header
    at = float(header["pile_up_at_c14_bq_100t"])
    return float(header["pile_up_cpd_100t"]) * (c14_bq_100t / at) ** 2


def piled_up_events(events: Path) -> NDArray[np.int64]:
    """Return the ids of events in whose gates two 14C decays follow each other at once, from the truth."""
    truth = read_tree(events, TRUTH, ["event_id", "species", "time_ns"])
    inside = (truth["event_id"] >= 0) & (truth["species"] == SPECIES["14C"])
    order = np.lexsort((truth["time_ns"][inside], truth["event_id"][inside]))
    event, time_ns = truth["event_id"][inside][order], truth["time_ns"][inside][order]
    close = (np.diff(event) == 0) & (np.diff(time_ns) < _PILE_UP_DELAY_NS)
    return np.unique(event[1:][close])


def simulated_defaults(card: Card) -> dict[str, Any]:
    """Return keys of the fit section for a reconstruction of simulated events.

    The response is the calibrated one of the simulated detector; 14C and pile-up are known as well as in the
    real experiment, where they are measured apart from the spectrum.
    """
    activity = card.section("backgrounds", BackgroundsConfig).c14_bq_100t
    rate = activity * SECONDS_PER_DAY
    pile_up = simulated_pile_up(activity)
    variance = load_response("simulation", "nh").yield_variance
    return {
        "response": "simulation",
        "pulls": {
            "rate_14C": {"value": rate, "sigma": max(_C14_ERROR * rate, 1.0)},
            "rate_pile_up": {"value": pile_up, "sigma": max(_PILE_UP_ERROR * pile_up, 0.1)},
            "yield_variance": {"value": variance, "sigma": _YIELD_VARIANCE_ERROR * variance},
        },
    }
