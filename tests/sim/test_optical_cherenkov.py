"""Cherenkov light."""

import math

import numpy as np
import pytest

from sim.core.constants import ALPHA_EM, ELECTRON_MASS_MEV
from sim.core.jit import njit
from sim.core.rng import philox_key
from sim.detector.optical import cherenkov
from sim.detector.optical.config import CherenkovConfig, OpticalConfig
from sim.detector.optical.media import INDEX, build_media, refractive_index, wavelengths

TABLE = cherenkov.build_cherenkov(CherenkovConfig())
MEDIA = build_media(OpticalConfig()).table


@njit
def many(n, energy, k0, k1, table, media):
    out = np.empty((n, 4))
    for i in range(n):
        _, number, x, y, z = cherenkov.cherenkov_photon(
            np.uint32(0),
            np.uint32(i),
            np.uint32(0),
            np.uint32(1),
            k0,
            k1,
            energy,
            (0.0, 0.6, 0.8),
            table,
            media,
        )
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = number, x, y, z
    return out


def test_frank_and_tamm_of_a_fast_particle():
    index = refractive_index(wavelengths())[0]
    expected = 2e7 * math.pi * ALPHA_EM * np.trapezoid((1 - index**-2.0) / wavelengths() ** 2, wavelengths())
    assert cherenkov.photons_per_cm(np.array([5000.0]))[0] == pytest.approx(expected, rel=0.01)


def test_threshold_and_growth():
    index = refractive_index(wavelengths())[0].max()
    threshold = ELECTRON_MASS_MEV * (1 / math.sqrt(1 - index**-2.0) - 1)
    energy = np.array([0.99 * threshold, 1.05 * threshold, 0.3, 1.0, 3.0, 10.0])
    found = cherenkov.cherenkov_photons(TABLE, energy)
    assert found[0] == 0.0
    assert np.all(np.diff(found) > 0)
    # a minimum-ionising electron of 1.6 MeV/cm: per MeV no more than 0.62 cm of the fastest one's light
    fastest = cherenkov.photons_per_cm(np.array([50.0]))[0] / 1.6
    assert found[-1] / 10.0 < fastest
    assert found[-1] / 10.0 > 0.7 * fastest


def test_wavelengths_follow_frank_and_tamm():
    found = many(40_000, 20.0, *philox_key(1, 1, 0), TABLE, MEDIA)
    index = refractive_index(wavelengths())[0]
    part = (1 - index**-2.0) / wavelengths() ** 2
    for low, high in ((200, 250), (250, 350), (350, 650)):
        share = np.mean((found[:, 0] >= low - 200) & (found[:, 0] < high - 200))
        inside = (wavelengths() > low) & (wavelengths() < high)
        assert share == pytest.approx(part[inside].sum() / part.sum(), abs=0.012)


def test_light_of_a_stiff_electron_lies_on_the_cone():
    stiff = TABLE._replace(turned=np.zeros_like(TABLE.turned))  # no scattering
    found = many(5000, 30.0, *philox_key(1, 1, 0), stiff, MEDIA)
    cosine = found[:, 1:] @ np.array([0.0, 0.6, 0.8])
    index = MEDIA[found[:, 0].astype(int), INDEX]
    # cos = 1 / (beta n): never wider than for beta = 1; slower electrons radiate forward (0.01 from 1 - m >= 1e-4)
    assert np.quantile(cosine - 1 / index, 0.01) > -0.03
    assert np.median(cosine * index) == pytest.approx(1.0, abs=0.01)


def test_slow_electrons_forget_their_direction():
    """Mean cosine of the light over that of an electron that does not scatter: rises with energy."""
    stiff = TABLE._replace(turned=np.zeros_like(TABLE.turned))
    axis = np.array([0.0, 0.6, 0.8])
    kept = [
        np.mean(many(20_000, e, *philox_key(1, 1, 0), TABLE, MEDIA)[:, 1:] @ axis)
        / np.mean(many(20_000, e, *philox_key(1, 1, 0), stiff, MEDIA)[:, 1:] @ axis)
        for e in (0.5, 2.0, 10.0)
    ]
    assert 0.1 < kept[0] < kept[1] < kept[2] < 1.0


def test_concentration_gives_the_mean_cosine():
    mean = np.arange(1, 256) / 256
    kappa = TABLE.concentration[1:256] / (1 - mean)
    np.testing.assert_allclose(1 / np.tanh(kappa) - 1 / kappa, mean, atol=1e-4)


def test_plain(compiled_equals_plain):
    with np.errstate(over="ignore"):
        compiled_equals_plain(many, 5, 2.0, *philox_key(1, 1, 0), TABLE, MEDIA)


def test_switched_off():
    assert not cherenkov.build_cherenkov(CherenkovConfig(enabled=False)).photons.any()
