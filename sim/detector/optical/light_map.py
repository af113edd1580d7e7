"""Light maps: where, and how late, tracked light is seen, by the vertex's distance from the centre.

The detector is round, so what a photon of a vertex does depends on the vertex's radius and on the angle
between vertex and tube alone. Photons are tracked from random points at each of N_NODES radii. Counted are
photoelectrons per photon and tube, for tubes with and without concentrator, of direct light and of light that
was scattered or reflected, and their delays: time since emission less the straight flight to the tube. Tubes
count with relative efficiency 1, so that a map serves any set of live tubes.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import SPEED_OF_LIGHT_M_NS
from sim.core.geometry import N_PMT, VESSEL_RADIUS_M, build_photomultipliers
from sim.core.jit import njit
from sim.core.pool import default_workers
from sim.core.primaries import BETA_LIKE, Deposits
from sim.core.rng import Stage, stream
from sim.detector.config import DetectorConfig
from sim.detector.optical.config import OpticalConfig
from sim.detector.optical.model import Electrons, OpticalDetector, photon_key
from sim.detector.optical.world import REFLECTED, SCATTERED
from sim.detector.tail_table import tail_levels

Floats = NDArray[np.float64]
Advance = Callable[[float], None]

NODE_M = 0.25  # spacing of the radii
N_NODES = 26  # 0 to 6.25 m, next to the concentrators' mouths
N_ANGLES = 48  # bins of sin(gamma / 2), half the chord between the directions of vertex and tube
PARTS = 2  # direct; scattered or reflected
BULK, TAIL = 64, 32  # steps of the delays' inverse distribution, see ``sim.detector.tail_table``
REFERENCE_INDEX = 1.57  # of group, at 420 nm: the straight flight that delays are counted from
SLOWNESS_NS_M = REFERENCE_INDEX / SPEED_OF_LIGHT_M_NS

_POINTS = 2000  # at each radius, in random directions: no orientation of the layout stands out
_PHOTONS = 2500  # from each
_FILM_M = 1e-3
_FLASH_MEV = 5.0  # electrons whose Cherenkov light is compared with scintillation


class LightMap(NamedTuple):
    """A map. Kinds of tube: 0 with, 1 without concentrator.

    Attributes
    ----------
    chance : float32 (2 kinds, PARTS, N_NODES, N_ANGLES), photoelectrons per tracked photon and tube of
        relative efficiency 1.
    bulk_ns, tail_ns : float32 (PARTS, N_NODES, N_ANGLES, BULK + 1 or TAIL + 1), inverse distribution of the
        delays; may be negative: a concentrator is met before the centre of its tube.
    cherenkov : photoelectrons per tracked Cherenkov photon over those per scintillation photon.
    """

    chance: NDArray[np.float32]
    bulk_ns: NDArray[np.float32]
    tail_ns: NDArray[np.float32]
    cherenkov: float


def angle_bins(cosine: Floats) -> NDArray[np.int64]:
    """Return the bin of an angle given by its cosine, shape of ``cosine``."""
    half_chord = np.sqrt(np.clip(0.5 - 0.5 * cosine, 0.0, 1.0))
    return np.asarray(np.minimum(half_chord * N_ANGLES, N_ANGLES - 1), dtype=np.int64)


@njit
def _count_pairs(direction: Floats, axis: Floats, kind: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count pairs of a vertex and a tube, int64 (2, N_ANGLES)."""
    out = np.zeros((2, N_ANGLES), np.int64)
    for i in range(len(direction)):
        for t in range(len(axis)):
            cosine = (
                direction[i, 0] * axis[t, 0] + direction[i, 1] * axis[t, 1] + direction[i, 2] * axis[t, 2]
            )
            half_chord = np.sqrt(min(max(0.5 - 0.5 * cosine, 0.0), 1.0))
            out[kind[t], min(int(half_chord * N_ANGLES), N_ANGLES - 1)] += 1
    return out


def _delay_tables(cell: NDArray[np.int64], delay_ns: Floats) -> tuple[Floats, Floats]:
    """Return the inverse distributions of the delays in each of PARTS x N_ANGLES cells."""
    bulk, tail = np.zeros((PARTS * N_ANGLES, BULK + 1)), np.zeros((PARTS * N_ANGLES, TAIL + 1))
    low, high = tail_levels(BULK, TAIL)
    order = np.argsort(cell, kind="stable")
    borders = np.searchsorted(cell[order], np.arange(PARTS * N_ANGLES + 1))
    for number in range(PARTS * N_ANGLES):
        here = delay_ns[order[borders[number] : borders[number + 1]]]
        if len(here):
            bulk[number], tail[number] = np.quantile(here, low), np.quantile(here, high)
    shape = (PARTS, N_ANGLES, -1)
    return bulk.reshape(shape), tail.reshape(shape)


def _isotropic(rng: np.random.Generator, n: int) -> Floats:
    direction = rng.standard_normal((n, 3))
    return np.asarray(direction / np.linalg.norm(direction, axis=1)[:, None])


def _shining(place_m: Floats, visible_mev: float) -> Deposits:
    n = len(place_m)
    zero = np.zeros(n)
    kind = np.full(n, BETA_LIKE, np.uint8)
    return Deposits(np.arange(n), kind, zero, zero, np.full(n, visible_mev), *np.ascontiguousarray(place_m.T))


def _inside(radius_m: float, vessel_m: float) -> float:
    """Return a radius; one at the vessel's film is moved just inside, to the scintillator."""
    return radius_m - _FILM_M if abs(radius_m - vessel_m) < _FILM_M else radius_m


class _Maker:
    """Tracks photons for a map; every tube is live and has relative efficiency 1."""

    def __init__(self, config: OpticalConfig) -> None:
        tubes = config.tubes.model_copy(update={"relative_qe": 1.0, "relative_qe_sigma": 0.0})
        shining = config.cherenkov.model_copy(update={"enabled": True, "scale": 1.0})
        optical = config.model_copy(update={"tubes": tubes, "cherenkov": shining})
        bare = DetectorConfig.model_validate({"emission": {"enabled": False}})
        pmts = build_photomultipliers(N_PMT, N_PMT, bare.tubes.layout_seed)
        self.detector = OpticalDetector.build(bare, pmts, optical)
        self.place_m = np.column_stack([pmts.x_m, pmts.y_m, pmts.z_m])
        self.vessel_m = config.spheres.vessel_m
        self.axis = self.place_m / np.linalg.norm(self.place_m, axis=1)[:, None]
        self.kind = (~pmts.concentrator).astype(np.int64)

    def node(self, number: int) -> tuple[Floats, Floats, Floats]:
        """Return chance (2, PARTS, N_ANGLES) and delay tables (PARTS, N_ANGLES, ...) of one radius."""
        direction = _isotropic(stream(0, Stage.LIGHT, number), _POINTS)
        place = direction * _inside(number * NODE_M, self.vessel_m)
        light = self.detector.track(
            photon_key(0, number), _shining(place, _PHOTONS / self.detector.photons_per_mev)
        ).photoelectrons
        tube, vertex = light.tube.astype(np.int64), light.deposit
        cosine = (direction[vertex] * self.axis[tube]).sum(axis=1)
        path_m = np.linalg.norm(self.place_m[tube] - place[vertex], axis=1)
        delay_ns = light.time_ns - path_m * SLOWNESS_NS_M
        part = (light.history & (SCATTERED | REFLECTED) > 0).astype(np.int64)
        cell = part * N_ANGLES + angle_bins(cosine)
        seen = np.bincount(self.kind[tube] * PARTS * N_ANGLES + cell, minlength=2 * PARTS * N_ANGLES)
        pairs = _count_pairs(direction, self.axis, self.kind)[:, None, :]
        chance = seen.reshape(2, PARTS, N_ANGLES) / (np.maximum(pairs, 1) * _PHOTONS)
        return chance, *_delay_tables(cell, delay_ns)

    def cherenkov(self) -> float:
        """Return photoelectrons per Cherenkov photon over those per scintillation photon, in the vessel."""
        rng = stream(0, Stage.LIGHT, N_NODES)
        place = _isotropic(rng, _POINTS) * (VESSEL_RADIUS_M * np.cbrt(rng.random(_POINTS)))[:, None]
        electrons = Electrons(np.full(_POINTS, _FLASH_MEV), *_isotropic(rng, _POINTS).T)
        flashes = float(self.detector.cherenkov_photons(electrons.energy_mev).sum())
        scintillation = self.detector.track(
            photon_key(0, N_NODES), _shining(place, _PHOTONS / self.detector.photons_per_mev)
        )
        flash = self.detector.track(photon_key(0, N_NODES + 1), _shining(place, 0.0), electrons)
        seen, seen_flash = len(scintillation.photoelectrons.tube), len(flash.photoelectrons.tube)
        return seen_flash / flashes / (seen / (_POINTS * _PHOTONS))


def make_light_map(config: OpticalConfig, advance: Advance | None = None) -> LightMap:
    """Track photons and make the map of an optical detector; the same map for any number of threads.

    Parameters
    ----------
    config : the optical detector; its tubes' efficiencies do not matter. The vessel must be centred.
    advance : told the number of photons of each radius that is done.
    """
    maker = _Maker(config)
    nodes = []
    with ThreadPoolExecutor(default_workers()) as pool:
        for node in pool.map(maker.node, range(N_NODES)):
            nodes.append(node)
            if advance is not None:
                advance(float(_POINTS * _PHOTONS))
    chance, bulk, tail = (np.stack(column).astype(np.float32) for column in zip(*nodes, strict=True))
    return LightMap(
        np.ascontiguousarray(chance.transpose(1, 2, 0, 3)),
        np.ascontiguousarray(bulk.transpose(1, 0, 2, 3)),
        np.ascontiguousarray(tail.transpose(1, 0, 2, 3)),
        maker.cherenkov(),
    )


def photons_per_map() -> float:
    """Return the number of scintillation photons that a map is made of."""
    return float(N_NODES * _POINTS * _PHOTONS)
