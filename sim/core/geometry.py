"""The detector's spheres and photomultipliers: what simulation and reconstruction must both know."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import SCINTILLATOR_DENSITY_G_CM3
from sim.core.rng import Stage, stream

VESSEL_RADIUS_M = 4.25  # inner vessel [BX-G4]
BUFFER_RADIUS_M = 6.85  # inner radius of the stainless-steel sphere [BX-G4]
PMT_RADIUS_M = 6.559  # radius of the photocathodes [BX-ECHIDNA]
N_PMT = 2212  # installed [BX-G4]
N_CONCENTRATOR = 1841  # of them with a light concentrator [BX-G4]
REFERENCE_PMTS = 2000  # estimators are quoted for this number of live channels [BX-ECHIDNA]


class Photomultipliers(NamedTuple):
    """Positions in m, shape (n_pmt,), and status, (n_pmt,), in one period of the detector."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    z_m: NDArray[np.float64]
    live: NDArray[np.bool_]
    charge_live: NDArray[np.bool_]
    concentrator: NDArray[np.bool_]
    gain: NDArray[np.float64]  # factor on the charge of hits
    period: NDArray[np.uint16]  # number of the period, the same for all tubes


class FiducialVolume(NamedTuple):
    """A sphere cut by two horizontal planes, in m."""

    radius_m: float
    z_min_m: float
    z_max_m: float

    def volume_m3(self) -> float:
        """Return the volume."""

        def below(z: float) -> float:
            z = min(max(z, -self.radius_m), self.radius_m)
            return float(np.pi * (self.radius_m**2 * z - z**3 / 3.0))

        return below(self.z_max_m) - below(self.z_min_m)

    def mass_t(self) -> float:
        """Return the scintillator mass in t."""
        return self.volume_m3() * SCINTILLATOR_DENSITY_G_CM3

    def contains(
        self, x_m: NDArray[np.floating], y_m: NDArray[np.floating], z_m: NDArray[np.floating]
    ) -> NDArray[np.bool_]:
        """Return True where a point is inside; shape of the inputs."""
        inside = x_m**2 + y_m**2 + z_m**2 < self.radius_m**2
        return np.asarray(inside & (z_m > self.z_min_m) & (z_m < self.z_max_m))


def sphere_mass_t(radius_m: float) -> float:
    """Return the scintillator mass of a centred sphere in t."""
    return 4.0 / 3.0 * np.pi * radius_m**3 * SCINTILLATOR_DENSITY_G_CM3


def _rings(n_pmt: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return cos(theta) and phi of rings of near-equal spacing that hold exactly n_pmt points."""
    n_rings = round(np.sqrt(np.pi * n_pmt) / 2.0)
    theta = (np.arange(n_rings) + 0.5) * np.pi / n_rings
    share = np.cumsum(np.sin(theta))
    edges = np.round(share / share[-1] * n_pmt).astype(int)
    counts = np.diff(edges, prepend=0)
    cos_theta = np.repeat(np.cos(theta), counts)
    phi = np.concatenate(
        [(np.arange(n) + 0.5 * (ring % 2)) * 2.0 * np.pi / n for ring, n in enumerate(counts)]
    )
    return cos_theta, phi


def build_photomultipliers(
    n_live: int, n_charge_live: int, layout_seed: int, live_gradient: float = 0.0
) -> Photomultipliers:
    """Return a Borexino-like layout: 2212 tubes in horizontal rings, dead ones drawn at random.

    The chance of a tube to live is n_live / 2212 (1 + live_gradient cos(theta)). Tubes die in an order that
    the seed and the gradient set: of two numbers of live tubes the smaller set is part of the larger one.
    The order is that of sequential Poisson sampling [OHLSSON98], and random where the gradient is 0.

    Parameters
    ----------
    n_live : tubes that are read out, 1 to 2212.
    n_charge_live : live tubes with usable charge, at most n_live.
    layout_seed : which tubes are dead and which have no concentrator; independent of the run's seed.
    live_gradient : -1 to 1, above 0 more tubes live at the top. Where it asks for more tubes than there are,
        all live, and the other side has the rest.
    """
    cos_theta, phi = _rings(N_PMT)
    sin_theta = np.sqrt(1.0 - cos_theta**2)
    rng = stream(layout_seed, Stage.LAYOUT, 0)
    order = rng.permutation(N_PMT)
    rank = np.empty(N_PMT, dtype=np.int64)
    rank[order] = np.arange(N_PMT)
    if live_gradient != 0.0:
        likely = np.maximum(1.0 + live_gradient * cos_theta, np.finfo(float).tiny)
        rank[np.argsort((rank + 0.5) / likely, kind="stable")] = np.arange(N_PMT)
    bare = np.zeros(N_PMT, dtype=bool)
    bare[rng.permutation(N_PMT)[: N_PMT - N_CONCENTRATOR]] = True
    return Photomultipliers(
        PMT_RADIUS_M * sin_theta * np.cos(phi),
        PMT_RADIUS_M * sin_theta * np.sin(phi),
        PMT_RADIUS_M * cos_theta,
        rank < n_live,
        rank < n_charge_live,
        ~bare,
        np.ones(N_PMT),
        np.zeros(N_PMT, np.uint16),
    )
