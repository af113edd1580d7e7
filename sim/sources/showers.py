"""What muons leave behind on their tracks: neutrons, and 11C where a neutron was knocked out of 12C.

Tracks are straight, their places even over the disc that the inner detector shows to each direction, so the
length of track in a volume is even, too, and with it the births of neutrons and 11C. Showers begin anywhere
on a track. The number of their neutrons has a long tail; each neutron is born near the track and captured
somewhere else; a share of the births leaves 11C in the same place. The rest of 11C ("silent") leaves no
neutron. The shapes are plain choices that give the rates and distances of [BX-COSMO13], from memory.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import SCINTILLATOR_DENSITY_G_CM3
from sim.core.errors import CardError
from sim.core.geometry import BUFFER_RADIUS_M
from sim.core.jit import njit
from sim.core.primaries import Block, Floats
from sim.physics.muon_config import MuonsConfig
from sim.sources.muons import draw_muons, muon_stream
from sim.sources.source import REFERENCE_MASS_T
from sim.sources.vertices import rotate, sample_directions

Ints = NDArray[np.int64]

C11_MEAN_LIFE_S = 29.4 * 60.0  # [BX-COSMO13] half-life 20.4 min
_SHOWERS = 1  # branch of a block's muon stream


class Showers(NamedTuple):
    """What the inner muons of a block leave behind; times in ns since the block's start.

    Attributes
    ----------
    time_ns, tagged : (m,), every inner muon.
    point_m, direction : (3, m), nearest point to the detector's centre, and the direction of flight.
    neutron_muon, capture_ns, capture_m : (n,), (n,), (3, n), captured neutrons: row of the muon, time, place.
    carbon_ns, carbon_m : (k,), (3, k), decays of 11C; they may lie after the block's end.
    """

    time_ns: Floats
    tagged: NDArray[np.bool_]
    point_m: Floats
    direction: Floats
    neutron_muon: Ints
    capture_ns: Floats
    capture_m: Floats
    carbon_ns: Floats
    carbon_m: Floats


@dataclass(frozen=True, slots=True)
class ShowerModel:
    """How often muons leave something behind.

    Attributes
    ----------
    muons : section of the card.
    showers_per_m, silent_per_m : showers, and 11C without a neutron, per metre of track.
    carbon_chance : that a neutron's birth leaves 11C.
    capture_time_us : mean time to capture.
    multiplicity : cumulative chance of 1, 2, ... neutrons in a shower.
    """

    muons: MuonsConfig
    showers_per_m: float
    silent_per_m: float
    carbon_chance: float
    capture_time_us: float
    multiplicity: Floats


def build_showers(muons: MuonsConfig, c11_cpd_100t: float, capture_time_us: float) -> ShowerModel:
    """Prepare showers such that neutrons and 11C come at their rates.

    Parameters
    ----------
    muons : section of the card.
    c11_cpd_100t : all 11C.
    capture_time_us : mean time to capture of a neutron.

    Raises
    ------
    CardError
        11C without muons to make it, or more of it with a neutron than there are neutrons.
    """
    if muons.inner_per_day <= 0.0:
        if c11_cpd_100t > 0.0:
            msg = "muons.inner_per_day = 0: 11C comes from these muons; set muons.showers = false"
            raise CardError(msg)
        return ShowerModel(muons, 0.0, 0.0, 0.0, capture_time_us, np.ones(1))
    chance = np.arange(1, muons.multiplicity_max + 1, dtype=np.float64) ** -muons.multiplicity_power
    chance /= chance.sum()
    mean = float(chance @ np.arange(1, muons.multiplicity_max + 1))
    # a day's length of track in 1 m3 is the number of muons over the disc they cross
    per_m = math.pi * BUFFER_RADIUS_M**2 / muons.inner_per_day * SCINTILLATOR_DENSITY_G_CM3 / REFERENCE_MASS_T
    with_neutron = muons.c11_with_neutron * c11_cpd_100t
    if with_neutron > muons.neutrons_cpd_100t:
        msg = (
            f"muons.neutrons_cpd_100t = {muons.neutrons_cpd_100t:g}: {with_neutron:g} cpd/100 t of 11C have "
            "one, expected at least as many; set muons.showers = false for 11C that is even in time"
        )
        raise CardError(msg)
    share = with_neutron / muons.neutrons_cpd_100t if muons.neutrons_cpd_100t > 0.0 else 0.0
    return ShowerModel(
        muons,
        per_m * muons.neutrons_cpd_100t / mean,
        per_m * (1.0 - muons.c11_with_neutron) * c11_cpd_100t,
        share,
        capture_time_us,
        np.minimum(np.cumsum(chance) / chance.sum(), 1.0),
    )


@njit
def _fill_tracks(rng: np.random.Generator, power: float, point: Floats, direction: Floats) -> None:
    """Draw directions, downwards, and nearest points to the centre; both (3, n)."""
    for i in range(point.shape[1]):
        cosine = rng.random() ** (1.0 / (power + 1.0))
        azimuth = 2.0 * math.pi * rng.random()
        sine = math.sqrt(1.0 - cosine * cosine)
        x, y, z = sine * math.cos(azimuth), sine * math.sin(azimuth), -cosine
        away = BUFFER_RADIUS_M * math.sqrt(rng.random())
        u, v, w = rotate(x, y, z, 0.0, 2.0 * math.pi * rng.random())
        direction[0, i], direction[1, i], direction[2, i] = x, y, z
        point[0, i], point[1, i], point[2, i] = away * u, away * v, away * w


@njit
def _fill_births(
    rng: np.random.Generator,
    distance_m: float,
    along_m: Floats,
    point: Floats,
    direction: Floats,
    out: Floats,
) -> None:
    """Draw places near tracks, at lengths ``along_m`` from their nearest points; arrays (n,), (3, n)."""
    for i in range(along_m.size):
        away = rng.exponential(distance_m)
        x, y, z = direction[0, i], direction[1, i], direction[2, i]
        u, v, w = rotate(x, y, z, 0.0, 2.0 * math.pi * rng.random())
        out[0, i] = point[0, i] + along_m[i] * x + away * u
        out[1, i] = point[1, i] + along_m[i] * y + away * v
        out[2, i] = point[2, i] + along_m[i] * z + away * w


def draw_showers(block: Block, model: ShowerModel) -> Showers:
    """Return what the muons of a block leave behind; the same block gives the same, whoever asks."""
    config = model.muons
    muons = draw_muons(block, config)
    time_ns, tagged = muons.time_ns[muons.inner], muons.tagged[muons.inner]
    n = time_ns.size
    rng = muon_stream(block, _SHOWERS)
    point, direction = np.empty((3, n)), np.empty((3, n))
    _fill_tracks(rng, config.zenith_power, point, direction)
    half_m = np.sqrt(np.maximum(BUFFER_RADIUS_M**2 - (point**2).sum(axis=0), 0.0))

    def births(of: Ints, along_m: Floats) -> Floats:
        out = np.empty((3, of.size))
        _fill_births(rng, config.birth_distance_m, along_m, point[:, of], direction[:, of], out)
        return out

    shower = np.repeat(np.arange(n), rng.poisson(model.showers_per_m * 2.0 * half_m))
    centre_m = half_m[shower] * (2.0 * rng.random(shower.size) - 1.0)
    neutrons = 1 + np.searchsorted(model.multiplicity, rng.random(shower.size), side="right")
    parent = np.repeat(shower, np.minimum(neutrons, model.multiplicity.size))
    along_m = np.repeat(centre_m, np.minimum(neutrons, model.multiplicity.size))
    born = births(parent, along_m + rng.normal(0.0, config.shower_length_m, parent.size))
    flight = rng.exponential(config.neutron_flight_m, parent.size) * sample_directions(rng, parent.size)
    delay_ns = rng.exponential(model.capture_time_us * 1e3, parent.size)
    leaves = rng.random(parent.size) < model.carbon_chance
    silent = np.repeat(np.arange(n), rng.poisson(model.silent_per_m * 2.0 * half_m))
    quiet = births(silent, half_m[silent] * (2.0 * rng.random(silent.size) - 1.0))
    carbon = np.concatenate([parent[leaves], silent])
    return Showers(
        time_ns,
        tagged,
        point,
        direction,
        parent,
        time_ns[parent] + delay_ns,
        born + flight,
        time_ns[carbon] + rng.exponential(C11_MEAN_LIFE_S * 1e9, carbon.size),
        np.concatenate([born[:, leaves], quiet], axis=1),
    )
