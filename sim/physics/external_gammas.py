"""Gammas from outside: isotopes, lines, where they start, and the events of the fiducial volume as tabulated.

The rates of the card are those of events with more than ``LEAST_VISIBLE_MEV`` of visible energy that are
reconstructed in ``FIDUCIAL``. A table, made by ``scripts/make_external_gammas.py`` from the transport of the
simulation, holds the chance per decay that the centroid of the light is there, and the spectrum of visible
energy; another, made by ``scripts/make_external_accepted.py``, how many of these are reconstructed there.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.geometry import BUFFER_RADIUS_M, PMT_RADIUS_M, FiducialVolume
from sim.core.tables import load_table
from sim.physics.config import BackgroundsConfig

Floats = NDArray[np.float64]

ISOTOPES = ("40K", "214Bi", "208Tl")
FIDUCIAL = FiducialVolume(2.8, -1.8, 2.2)  # of Phase-II [BX-NEUTRINO18], unverified
LEAST_VISIBLE_MEV = 0.2

# Where the isotopes are: (share of the decays, inner and outer radius in m); shares and depth unverified.
SHELLS = (
    (0.9, PMT_RADIUS_M, PMT_RADIUS_M + 0.1),  # photomultipliers, from the photocathodes on
    (0.1, BUFFER_RADIUS_M, BUFFER_RADIUS_M + 0.008),  # steel sphere
)


class Lines(NamedTuple):
    """Gammas of one isotope: energies [MeV] and numbers per decay, (n,), and what comes with each.

    ``share`` (n, m) is the chance of a set of companions, ``companions_mev`` (n, m, 2) their energies, 0 for
    none.
    """

    energy_mev: Floats
    intensity: Floats
    share: Floats
    companions_mev: Floats


@lru_cache(maxsize=8)
def load_lines(isotope: str) -> Lines:
    """Return the lines of an isotope of ``ISOTOPES``."""
    table, others = load_table("external_lines"), load_table("external_companions")
    mine = table.text("isotope") == isotope
    energy, intensity = table.numbers("energy_mev")[mine], table.numbers("intensity")[mine]
    ours = others.text("isotope") == isotope
    parent = np.searchsorted(energy, others.numbers("energy_mev")[ours] - 1e-6)
    most = int(np.bincount(parent, minlength=1).max())
    share, companions = np.zeros((energy.size, max(most, 1))), np.zeros((energy.size, max(most, 1), 2))
    place = np.zeros(energy.size, np.int64)
    shares = others.numbers("share")[ours]
    pairs = np.column_stack([others.numbers("first_mev")[ours], others.numbers("second_mev")[ours]])
    for line, chance, pair in zip(parent, shares, pairs, strict=True):
        share[line, place[line]] = chance
        companions[line, place[line]] = pair
        place[line] += 1
    return Lines(energy, intensity, share, companions)


def external_rates(backgrounds: BackgroundsConfig) -> dict[str, float]:
    """Return the rates of the card in cpd/100 t by isotope."""
    return {
        "40K": backgrounds.external_k40_cpd_100t,
        "214Bi": backgrounds.external_bi214_cpd_100t,
        "208Tl": backgrounds.external_tl208_cpd_100t,
    }


def centroid_chance(isotope: str) -> float:
    """Return the number of events per decay whose light has its centroid in the fiducial volume."""
    return float(load_table("external_gammas").header[f"chance {isotope}"])


def accepted_share(isotope: str) -> float:
    """Return events reconstructed in the fiducial volume over those with their centroid in it."""
    table = load_table("external_accepted")
    return float(table.numbers("accepted")[table.text("isotope") == isotope][0])


def fiducial_chance(isotope: str) -> float:
    """Return the number of events per decay that are reconstructed in the fiducial volume."""
    return centroid_chance(isotope) * accepted_share(isotope)


def fiducial_spectrum(isotope: str, edges_mev: Floats, stretch: float = 1.0) -> Floats:
    """Return the spectrum of visible energy in the fiducial volume.

    Parameters
    ----------
    isotope : one of ``ISOTOPES``.
    edges_mev : float (n + 1,), rising.
    stretch : factor on the visible energy, for another light yield or quenching than the table's.

    Returns
    -------
    float (n,), counts over those with more than ``LEAST_VISIBLE_MEV`` before the stretch.
    """
    table = load_table("external_gammas")
    low = table.rising("visible_mev")
    step = low[1] - low[0]
    cumulative = np.concatenate([[0.0], np.cumsum(table.numbers(f"share_{isotope}"))])
    bounds = np.append(low, low[-1] + step)
    return np.diff(np.interp(np.asarray(edges_mev, dtype=np.float64) / stretch, bounds, cumulative))
