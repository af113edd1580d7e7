"""Cherenkov light of electrons: number, wavelength, direction.

An electron slows down by its collision stopping power; at every energy above threshold it radiates after
Frank and Tamm [FT37] with the dispersion of the liquid. Its direction is not followed: multiple scattering
turns it by an angle whose mean cosine is exp(-int dx / 2 <theta^2>'), <theta^2>' = (21.2 MeV / p beta)^2 / X0
[ROSSI41]; the angle is drawn from the law of largest entropy with that mean (von Mises-Fisher).
Photons start where the energy is deposited: tracks are millimetres long.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_trapezoid

from sim.core.constants import ALPHA_EM, ELECTRON_MASS_MEV, SCINTILLATOR_DENSITY_G_CM3
from sim.core.jit import njit, njit_inline
from sim.core.rng import philox, unit
from sim.detector.optical.config import CherenkovConfig
from sim.detector.optical.directions import tilt, turn
from sim.detector.optical.media import FIRST_NM, INDEX, N_BINS, refractive_index, wavelengths
from sim.physics.stopping import electron_stopping

Floats = NDArray[np.float64]
_SCATTERING_MEV = 21.2
_MAX_MEV = 50.0
_STEPS = 600


class Cherenkov(NamedTuple):
    """Tables over electron energy, float64 (_STEPS,), and of the law of directions."""

    energy_mev: Floats
    photons: Floats  # made while slowing down from this energy
    turned: Floats  # -log of the mean cosine gathered while slowing down from this energy
    concentration: Floats  # (257,) of the law of directions, times 1 - mean cosine, by mean cosine 0 to 1
    largest_index: float


@njit
def _place(table: Floats, value: float) -> tuple[int, float]:
    """Return the interval of a rising table and the place in it."""
    low, high = 0, len(table) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if table[middle] <= value:
            low = middle
        else:
            high = middle
    return low, min(max((value - table[low]) / (table[high] - table[low]), 0.0), 1.0)


@njit
def _at(table: Floats, place: tuple[int, float]) -> float:
    i, part = place
    return float(table[i] + part * (table[i + 1] - table[i]))


@njit_inline
def cherenkov_photon(
    draw: np.uint32,
    c1: np.uint32,
    c2: np.uint32,
    c3: np.uint32,
    k0: np.uint32,
    k1: np.uint32,
    energy_mev: float,
    direction: tuple[float, float, float],
    table: Cherenkov,
    media: NDArray[np.float32],
) -> tuple[np.uint32, int, float, float, float]:
    """Draw a photon of an electron that stops; return the next draw, bin of wavelength, direction."""
    begin = _place(table.energy_mev, energy_mev)
    w0, w1, w2, w3 = philox(draw, c1, c2, c3, k0, k1)
    draw = np.uint32(draw + np.uint32(1))
    then = _place(table.photons, unit(w0) * _at(table.photons, begin))
    mean_cosine = math.exp(_at(table.turned, then) - _at(table.turned, begin))
    now_mev = _at(table.energy_mev, then)
    gamma = 1.0 + now_mev / ELECTRON_MASS_MEV
    slow2 = 1.0 / (1.0 - 1.0 / (gamma * gamma))  # 1 / beta^2
    cell = min(int(mean_cosine * 256.0), 255)
    kappa = _at(table.concentration, (cell, mean_cosine * 256.0 - cell)) / max(1.0 - mean_cosine, 1e-4)
    u = unit(w1)
    cosine = 1.0 + math.log(u + (1.0 - u) * math.exp(-2.0 * kappa)) / max(kappa, 1e-6)
    c, s = turn(w2)
    ex, ey, ez = tilt(direction[0], direction[1], direction[2], max(cosine, -1.0), c, s)
    c, s = turn(w3)
    most = max(1.0 - slow2 / table.largest_index**2, 1e-9)
    number = 0
    index = table.largest_index
    for _ in range(1000):  # wavelengths: 1 / lambda^2 times the sine of the cone's angle squared
        w0, w1, w2, w3 = philox(draw, c1, c2, c3, k0, k1)
        draw = np.uint32(draw + np.uint32(1))
        wave = 1.0 / FIRST_NM - unit(w0) * (1.0 / FIRST_NM - 1.0 / (FIRST_NM + N_BINS))
        number = min(int(1.0 / wave - FIRST_NM), N_BINS - 1)
        index = float(media[number, INDEX])
        if unit(w1) * most <= 1.0 - slow2 / (index * index):
            break
    ux, uy, uz = tilt(ex, ey, ez, min(math.sqrt(slow2) / index, 1.0), c, s)
    return draw, number, ux, uy, uz


def photons_per_cm(energy_mev: Floats) -> Floats:
    """Return the Cherenkov photons per cm between the ends of our tables, shape of ``energy_mev``."""
    nm = wavelengths()
    index = refractive_index(nm)[0]
    gamma = 1.0 + np.asarray(energy_mev)[..., None] / ELECTRON_MASS_MEV
    beta2 = 1.0 - gamma**-2.0
    part = np.clip(1.0 - 1.0 / (beta2 * index**2), 0.0, None) / nm**2
    return np.asarray(2.0 * math.pi * ALPHA_EM * 1e7 * part.sum(axis=-1))  # 1 nm bins; 1e7 nm in a cm


def _concentrations() -> Floats:
    """Return kappa (1 - m) at 257 mean cosines m = coth kappa - 1 / kappa from 0 to 1; it stays finite."""
    kappa = np.geomspace(1e-3, 1e5, 4000)
    mean = 1.0 / np.tanh(kappa) - 1.0 / kappa
    return np.asarray(np.interp(np.linspace(0.0, 1.0, 257), mean, kappa * (1.0 - mean)), dtype=np.float64)


def build_cherenkov(config: CherenkovConfig) -> Cherenkov:
    """Integrate light and turning along the slowing down."""
    largest = float(refractive_index(wavelengths())[0].max())
    threshold = ELECTRON_MASS_MEV * (1.0 / math.sqrt(1.0 - largest**-2.0) - 1.0)
    energy = np.geomspace(threshold, _MAX_MEV, _STEPS)
    stopping = np.array([electron_stopping(e, False) for e in energy])
    p_beta = energy * (energy + 2.0 * ELECTRON_MASS_MEV) / (energy + ELECTRON_MASS_MEV)
    x0_cm = config.radiation_length_g_cm2 / SCINTILLATOR_DENSITY_G_CM3
    turning = 0.5 * (_SCATTERING_MEV / p_beta) ** 2 / x0_cm
    photons = cumulative_trapezoid(photons_per_cm(energy) / stopping, energy, initial=0.0)
    return Cherenkov(
        energy,
        np.asarray(photons) * (config.scale if config.enabled else 0.0),
        np.asarray(cumulative_trapezoid(turning / stopping, energy, initial=0.0)),
        _concentrations(),
        largest,
    )


def cherenkov_photons(table: Cherenkov, energy_mev: Floats) -> Floats:
    """Return the mean number of photons of electrons that stop, shape of ``energy_mev``."""
    return np.asarray(np.interp(energy_mev, table.energy_mev, table.photons, left=0.0))
