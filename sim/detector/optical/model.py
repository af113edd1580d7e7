"""The optical detector: deposits in, photoelectrons out."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.core.geometry import Photomultipliers
from sim.core.jit import njit
from sim.core.primaries import Deposits
from sim.core.rng import Stage, philox_key
from sim.detector.arrival import build_arrival
from sim.detector.config import DetectorConfig
from sim.detector.optical.cherenkov import build_cherenkov, cherenkov_photons
from sim.detector.optical.config import OpticalConfig
from sim.detector.optical.directions import rayleigh_table
from sim.detector.optical.emission import build_emission, poisson_number
from sim.detector.optical.layout import build_layout
from sim.detector.optical.media import FIRST_NM, build_media, quantum_efficiency
from sim.detector.optical.photon import track_photons
from sim.detector.optical.tubes import build_tubes
from sim.detector.optical.world import FATES, Births, Found, World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Key = tuple[np.uint32, np.uint32]
_COUNT_TAG = np.uint32(0x0B7D)  # last word of the counters of photon numbers
ALL = -1  # in place of a number of photoelectrons: as many as come
_MANY = np.iinfo(np.int64).max // 2
_AT_ONCE = 1 << 20  # photons whose photoelectrons must have room


class Electrons(NamedTuple):
    """The electron behind each deposit, for its Cherenkov light; shape (n,), energy 0 where there is none."""

    energy_mev: Floats
    dir_x: Floats
    dir_y: Floats
    dir_z: Floats


class Photoelectrons(NamedTuple):
    """One row a photoelectron, in order of deposits; shape (m,)."""

    deposit: NDArray[np.int32]  # row of the deposits
    tube: NDArray[np.int16]  # NO_TUBE where the steel itself is sensitive
    time_ns: NDArray[np.float32]  # at the photocathode, since the deposit; the tube's jitter is not in it
    wavelength_nm: NDArray[np.float32]  # middle of the 1 nm bin
    history: NDArray[np.uint8]  # bits SCATTERED, REFLECTED, REEMITTED, CHERENKOV; 0: direct


class Light(NamedTuple):
    """Photoelectrons, and where all tracked photons ended."""

    photoelectrons: Photoelectrons
    fates: dict[str, int]  # photons by fate
    steps: int
    random_calls: int


def photon_key(seed: int, block: int) -> Key:
    """Return the key of a block's photons; their counters differ from those of all other kernels."""
    return philox_key(seed, Stage.LIGHT, block)


def thinning() -> float:
    """Return the part of all photons that is tracked: the largest quantum efficiency."""
    return float(quantum_efficiency().max())


def tracked_per_mev(config: DetectorConfig, optical: OpticalConfig | None = None) -> float:
    """Return the mean number of tracked scintillation photons per visible MeV.

    Parameters
    ----------
    config : factor on the light; its section ``optical`` where none is given.
    optical : number of photons at birth.
    """
    optical = optical or config.optical
    return optical.scintillation.photons_per_mev * config.light.scale * thinning()


@njit
def _numbers(first: int, mean: Floats, branch: int, k0: np.uint32, k1: np.uint32) -> Ints:
    out = np.zeros(len(mean), np.int64)
    for i in range(len(mean)):
        if mean[i] > 0.0:
            out[i] = poisson_number(mean[i], np.uint32(branch), np.uint32(first + i), _COUNT_TAG, k0, k1)
    return out


@dataclass(frozen=True)
class OpticalDetector:
    """Every table that tracking needs."""

    world: World
    photons_per_mev: float  # tracked, of visible energy: thinned by the largest quantum efficiency
    thinning: float  # the largest quantum efficiency

    @classmethod
    def build(cls, config: DetectorConfig, pmts: Photomultipliers, optical: OpticalConfig) -> Self:
        """Make the detector.

        Parameters
        ----------
        config : emission times, factor on the light yield, layout seed of the tubes' efficiencies.
        pmts : positions, live tubes, concentrators.
        optical : the rest.
        """
        emission_only = config.model_copy(
            update={"transit": config.transit.model_copy(update={"enabled": False})}
        )
        world = World(
            build_media(optical).table,
            rayleigh_table(),
            build_emission(optical.scintillation),
            build_arrival(emission_only),
            build_cherenkov(optical.cherenkov),
            build_layout(optical, pmts),
            build_tubes(optical.tubes, config.tubes.layout_seed, pmts),
            optical.steel.reflectivity,
            optical.steel.specular,
            optical.steel.efficiency,
            optical.reemission.ppo_delay_ns,
            optical.reemission.transfer_delay_ns,
            optical.reemission.red_only,
            optical.latest_ns,
        )
        return cls(world, tracked_per_mev(config, optical), thinning())

    def tracked_photons(self, visible_mev: Floats) -> Floats:
        """Return the mean number of scintillation photons that are tracked, shape of ``visible_mev``."""
        return np.asarray(visible_mev * self.photons_per_mev)

    def cherenkov_photons(self, electron_mev: Floats) -> Floats:
        """Return the mean number of Cherenkov photons that are tracked, for electrons that stop."""
        return self.thinning * cherenkov_photons(self.world.cherenkov, electron_mev)

    def track(
        self,
        key: Key,
        deposits: Deposits,
        electrons: Electrons | None = None,
        first: int = 0,
        wanted: Ints | None = None,
        chance: Floats | None = None,
    ) -> Light:
        """Track all light of the deposits.

        Parameters
        ----------
        key : of the random numbers, from ``photon_key``.
        deposits : where, how much visible energy, which kind of particle; inside the steel sphere.
        electrons : what radiates Cherenkov light; None for none.
        first : number of the first deposit in its block: a block cut in parts gives the same light.
        wanted : photoelectrons to be made, int64 (n,), where their number is known; ALL for what comes.
            Photons of a deposit are alike and independent, so the first of them to be seen are a fair sample.
        chance : about the chance of a photon to be seen, float64 (n,); asked for where a number is known.

        Raises
        ------
        PhysicsError
            A deposit lies outside the steel sphere or has negative visible energy.
        """
        births = self._births(key, deposits, electrons, first)
        if wanted is not None and chance is not None:
            births = _enough(births, wanted, chance)
        ends = np.zeros(len(FATES) + 2, np.int64)
        photons = np.cumsum(births.photons + births.flashes)
        begin, parts = 0, []
        while begin < len(photons):
            done = int(photons[begin - 1]) if begin else 0
            end = max(int(np.searchsorted(photons, done + _AT_ONCE, side="right")), begin + 1)
            room = int(photons[end - 1]) - done
            found = _room(room)
            part = _rows(births, begin, end)
            n = track_photons(first + begin, part, self.world, *key, found, ends)
            parts.append(_filled(found, n, begin))
            begin = end
        columns = _join(parts)
        return Light(
            Photoelectrons(
                columns.deposit,
                columns.tube,
                columns.time_ns,
                np.asarray(columns.bin + np.float32(FIRST_NM + 0.5), dtype=np.float32),
                columns.history,
            ),
            dict(zip(FATES, ends[: len(FATES)].tolist(), strict=True)),
            int(ends[-2]),
            int(ends[-1]),
        )

    def _births(self, key: Key, deposits: Deposits, electrons: Electrons | None, first: int) -> Births:
        place = np.column_stack([deposits.x_m, deposits.y_m, deposits.z_m])
        outside = np.flatnonzero((place**2).sum(axis=1) >= self.world.layout.radius_m[-1] ** 2)
        if len(outside):
            msg = f"deposit {outside[0]} at {place[outside[0]]} m: expected inside the steel sphere"
            raise PhysicsError(msg)
        if len(place) and deposits.visible_mev.min() < 0.0:
            msg = f"visible energy {deposits.visible_mev.min():g} MeV of a deposit, expected >= 0"
            raise PhysicsError(msg)
        n = len(place)
        energy, direction = np.zeros(n), np.zeros((n, 3))
        if electrons is not None:
            energy = np.asarray(electrons.energy_mev, dtype=np.float64)
            direction = np.column_stack([electrons.dir_x, electrons.dir_y, electrons.dir_z])
        return Births(
            _numbers(first, self.tracked_photons(deposits.visible_mev), 0, *key),
            _numbers(first, self.cherenkov_photons(energy), 1, *key),
            np.full(n, _MANY),
            deposits.kind,
            np.ascontiguousarray(place),
            energy,
            np.ascontiguousarray(direction, dtype=np.float64),
        )


def _enough(births: Births, wanted: Ints, chance: Floats) -> Births:
    """Give deposits of a known number of photoelectrons photons to spare: 10 standard deviations."""
    known = wanted != ALL
    more = (wanted + 10.0 * np.sqrt(wanted.clip(0)) + 30.0) / np.maximum(chance, 1e-6)
    return births._replace(
        photons=np.where(known, np.ceil(more).astype(np.int64), births.photons),
        flashes=np.where(known, 0, births.flashes),
        wanted=np.where(known, wanted, births.wanted),
    )


def _rows(births: Births, begin: int, end: int) -> Births:
    return Births(
        births.photons[begin:end],
        births.flashes[begin:end],
        births.wanted[begin:end],
        births.kind[begin:end],
        births.place_m[begin:end],
        births.electron_mev[begin:end],
        births.direction[begin:end],
    )


def _filled(found: Found, n: int, first: int) -> Found:
    """Copy what was found; deposits were counted from ``first``."""
    return Found(
        np.asarray(found.deposit[:n] + first, dtype=np.int32),
        found.tube[:n].copy(),
        found.time_ns[:n].copy(),
        found.bin[:n].copy(),
        found.history[:n].copy(),
    )


def _join(parts: list[Found]) -> Found:
    parts = parts or [_room(0)]
    return Found(
        np.concatenate([part.deposit for part in parts]),
        np.concatenate([part.tube for part in parts]),
        np.concatenate([part.time_ns for part in parts]),
        np.concatenate([part.bin for part in parts]),
        np.concatenate([part.history for part in parts]),
    )


def _room(n: int) -> Found:
    return Found(
        np.empty(n, np.int32),
        np.empty(n, np.int16),
        np.empty(n, np.float32),
        np.empty(n, np.int16),
        np.empty(n, np.uint8),
    )
