"""What gammas from outside cross: shells about the centre, with attenuation and light of each."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import AVOGADRO
from sim.core.jit import njit, njit_inline
from sim.core.tables import load_table
from sim.physics.compton import klein_nishina

Floats = NDArray[np.float64]

_CM_PER_M = 100.0
_LOWEST_MEV, _HIGHEST_MEV = 1e-3, 30.0
_CELLS = 2000


class Media(NamedTuple):
    """Shells from the centre outwards; kernels take it as it is.

    Attributes
    ----------
    outer_m : (n_shells,), rising.
    light : (n_shells,), light of an electron over that in the scintillator.
    log_lowest, inverse_step : of the energy grid, uniform in ln E.
    total_per_m, absorbed, paired : (n_shells, n), attenuation, and the photoelectric and pair shares of it.
    """

    outer_m: Floats
    light: Floats
    log_lowest: float
    inverse_step: float
    total_per_m: Floats
    absorbed: Floats
    paired: Floats


@njit
def _scattering(energy_mev: Floats) -> Floats:
    out = np.empty(energy_mev.size)
    for i in range(energy_mev.size):
        out[i] = klein_nishina(energy_mev[i])
    return out


@lru_cache(maxsize=1)
def load_media() -> Media:
    """Return the shells of the packaged tables, attenuation tabulated from 1 keV to 30 MeV."""
    shells = load_table("gamma_media")
    measured = load_table("gamma_attenuation")
    step = np.log(_HIGHEST_MEV / _LOWEST_MEV) / _CELLS
    energy = _LOWEST_MEV * np.exp(step * np.arange(_CELLS + 1))
    at, knots = np.log(energy), np.log(measured.rising("energy_mev"))
    scattering = _scattering(energy) * AVOGADRO
    rows = []
    densities = shells.numbers("density_g_cm3")
    electrons = shells.numbers("electrons_mol_g")
    for name, density, per_gram in zip(shells.text("attenuation"), densities, electrons, strict=True):
        photoelectric = np.exp(np.interp(at, knots, np.log(measured.numbers(f"{name}_photoelectric"))))
        pair = np.interp(at, knots, measured.numbers(f"{name}_pair"))
        total = photoelectric + pair + scattering * per_gram
        rows.append((_CM_PER_M * density * total, photoelectric / total, pair / total))
    total_per_m, absorbed, paired = (np.array(part) for part in zip(*rows, strict=True))
    return Media(
        shells.rising("outer_radius_m"),
        shells.numbers("light"),
        float(np.log(_LOWEST_MEV)),
        float(1.0 / step),
        total_per_m,
        absorbed,
        paired,
    )


@njit_inline
def look_up(media: Media, shell: int, energy_mev: float) -> tuple[float, float, float]:
    """Return attenuation [1/m], photoelectric and pair share in a shell; off the grid as at its ends."""
    last = media.total_per_m.shape[1] - 1
    position = (np.log(energy_mev) - media.log_lowest) * media.inverse_step
    position = min(max(position, 0.0), float(last))
    i = min(int(position), last - 1)
    t = position - i
    total, absorbed, paired = media.total_per_m[shell], media.absorbed[shell], media.paired[shell]
    return (
        total[i] + t * (total[i + 1] - total[i]),
        absorbed[i] + t * (absorbed[i + 1] - absorbed[i]),
        paired[i] + t * (paired[i + 1] - paired[i]),
    )
