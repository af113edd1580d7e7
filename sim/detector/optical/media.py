"""What light meets in the liquids, by wavelength: all in bins of 1 nm, so that tracking looks it up."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import SPEED_OF_LIGHT_M_NS
from sim.core.tables import load_table
from sim.detector.optical.config import OpticalConfig

Floats = NDArray[np.float64]
FIRST_NM = 200  # lower edge of the first bin
N_BINS = 450  # to 650 nm
SCINTILLATOR, BUFFER = 0, 1
ATTENUATION, SCATTERS, REEMITS, TRANSFERS, SLOWNESS, INDEX = range(6)  # columns of Media.table
_COLUMNS = 8  # two of padding: a row is half a cache line


class Media(NamedTuple):
    """The liquids, float32 (2 N_BINS, 8): row medium N_BINS + bin.

    Columns: attenuation in 1/m; upper edges, in the unit interval, of what happens at the end of a free path:
    scattering, absorption and re-emission by PPO, the same by way of pseudocumene, else absorption; slowness
    in ns/m (group velocity); refractive index.
    """

    table: NDArray[np.float32]


def wavelengths() -> Floats:
    """Return the centres of the bins in nm, float64 (N_BINS,)."""
    return np.asarray(FIRST_NM + 0.5 + np.arange(N_BINS), dtype=np.float64)


def refractive_index(wavelength_nm: Floats) -> tuple[Floats, Floats]:
    """Return the index of phase and of group, n - lambda dn/dlambda, of pseudocumene.

    Two Cauchy terms, n = a + b / lambda^2, fitted to the four tabulated points of [BX-G4]: the fit meets
    them within 0.0011. Below 310 nm, where nothing is known and no light travels, the value at 310 nm.
    """
    table = load_table("optical_index")
    b, a = np.polyfit(table.numbers("wavelength_nm") ** -2.0, table.numbers("index"), 1)
    inverse = np.maximum(wavelength_nm, 310.0) ** -2.0
    return np.asarray(a + b * inverse), np.asarray(a + 3.0 * b * inverse)


def _length(column: str, wavelength_nm: Floats) -> Floats:
    """Interpolate a tabulated length, straight in its logarithm."""
    table = load_table("optical_lengths")
    log_m = np.log(table.numbers(column))
    return np.asarray(np.exp(np.interp(wavelength_nm, table.numbers("wavelength_nm"), log_m)))


def build_media(config: OpticalConfig) -> Media:
    """Make the tables of scintillator (pseudocumene and PPO) and buffer (pseudocumene and DMP).

    Raises
    ------
    TableError
        A packaged table is broken.
    """
    nm = wavelengths()
    lengths, again = config.lengths, config.reemission
    scatter = 1.0 / (lengths.scattering * _length("pc_scattering_m", nm))
    pc = 1.0 / (lengths.absorption_pc * _length("pc_absorption_m", nm))
    ppo = 1.0 / (lengths.absorption_ppo * _length("ppo_absorption_m", nm))
    dmp = 1.0 / (lengths.absorption_dmp * _length("dmp_absorption_m", nm))
    factor = again.scale if again.enabled else 0.0
    chance = np.minimum(np.asarray(again.ppo_probability)[np.digitize(nm, again.edge_nm)] * factor, 1.0)
    in_buffer = min(again.buffer_probability * factor, 1.0)
    phase, group = refractive_index(nm)
    table = np.zeros((2, N_BINS, _COLUMNS))
    for medium, (parts, slower) in enumerate(
        (
            ((scatter, ppo * chance, pc * chance, ppo + pc), 1.0),
            ((scatter, 0.0 * pc, pc * in_buffer, dmp + pc), config.spheres.buffer_index_ratio),
        )
    ):
        total = parts[0] + parts[3]
        table[medium, :, ATTENUATION] = total
        table[medium, :, SCATTERS] = parts[0] / total
        table[medium, :, REEMITS] = (parts[0] + parts[1]) / total
        table[medium, :, TRANSFERS] = (parts[0] + parts[1] + parts[2]) / total
        table[medium, :, SLOWNESS] = slower * group / SPEED_OF_LIGHT_M_NS
        table[medium, :, INDEX] = slower * phase
    return Media(table.reshape(-1, _COLUMNS).astype(np.float32))


def film_depth(config: OpticalConfig) -> NDArray[np.float32]:
    """Return the optical depth of a nylon film at normal incidence, float32 (N_BINS,)."""
    table = load_table("optical_nylon")
    clear = np.interp(wavelengths(), table.numbers("wavelength_nm"), table.numbers("transmission"))
    return np.asarray(-np.log(clear) / config.lengths.nylon, dtype=np.float32)


def quantum_efficiency() -> Floats:
    """Return the efficiency of a tube of relative efficiency 1, float64 (N_BINS,)."""
    table = load_table("optical_quantum_efficiency")
    return np.asarray(
        np.interp(wavelengths(), table.numbers("wavelength_nm"), table.numbers("efficiency")),
        dtype=np.float64,
    )
