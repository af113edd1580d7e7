"""How the path of a gamma from outside is guided inwards: by its importance times its prospect.

Both are explained in ``sim/physics/gamma_importance.py``. Three things follow, none of which changes an
expectation:

- a flight is drawn with the attenuation less the growth of ln importance along it, so weight times importance
  stays what it is until the gamma interacts (exponential transform);
- of ``tries`` scatters one is taken with a chance in proportion to its importance, the weight makes up;
- where weight times importance is above ``split`` a path goes on as several, below a half it ends or goes on
  with more weight (splitting, Russian roulette).
"""

import math
from typing import NamedTuple

from sim.core.jit import njit_inline
from sim.physics.gamma_importance import Importance, log_importance, no_importance

_LEAST_STRETCHED = 0.02  # of the attenuation
_SHORT_M = 1e-9


class Guide(NamedTuple):
    """How paths are guided.

    Attributes
    ----------
    importance : of a gamma; guidance ends at its target.
    least_mev : a path that cannot make as much light any more ends.
    stretch : share of the growth of importance taken off the attenuation; 0: flights as they are.
    tries : scatters of which one is taken.
    look : mean free paths after which the attenuation of a flight is set anew.
    split : weight times importance above which a path is split.
    """

    importance: Importance
    least_mev: float
    stretch: float = 1.0
    tries: int = 16
    look: float = 2.0
    split: float = 8.0


def no_guide() -> Guide:
    """Return a guide that leaves paths alone."""
    return Guide(no_importance(), 0.0, 0.0, 1)


@njit_inline
def stretched(
    guide: Guide, total_per_m: float, radius2: float, along: float, length_m: float, energy_mev: float
) -> float:
    """Return the attenuation [1/m] to draw a flight of at most ``length_m`` with.

    ``radius2`` is the squared radius at its start, ``along`` the place times the direction.
    """
    if guide.stretch == 0.0 or length_m < _SHORT_M:
        return total_per_m
    table = guide.importance
    radius = math.sqrt(radius2)
    end = math.sqrt(max(radius2 + length_m * (2.0 * along + length_m), _SHORT_M))
    first = log_importance(table, max(radius, table.target_m), -along / radius, energy_mev)
    last = log_importance(table, max(end, table.target_m), -(along + length_m) / end, energy_mev)
    return max(total_per_m - guide.stretch * (last - first) / length_m, _LEAST_STRETCHED * total_per_m)
