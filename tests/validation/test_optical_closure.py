"""The optical fidelity against laws that have a closed form: a sphere whose steel counts what it absorbs.

Tolerances are four standard deviations of the numbers tracked, unless said otherwise.
"""

import numpy as np
import pytest
from scipy.stats import kstest

from sim.core.constants import SPEED_OF_LIGHT_M_NS
from sim.core.geometry import build_photomultipliers
from sim.core.primaries import empty_primaries, point_deposits
from sim.detector.config import DetectorConfig, EmissionConfig
from sim.detector.optical.config import (
    LengthsConfig,
    OpticalConfig,
    ReemissionConfig,
    SpheresConfig,
    SteelConfig,
    TubesConfig,
)
from sim.detector.optical.emission import emission_distribution
from sim.detector.optical.media import FIRST_NM, N_BINS, refractive_index, wavelengths
from sim.detector.optical.model import OpticalDetector, photon_key
from sim.detector.optical.world import SCATTERED

PMTS = build_photomultipliers(2212, 2212, 1)
CLEAR = LengthsConfig(
    absorption_ppo=1e13, scattering=1e13, absorption_pc=1e13, absorption_dmp=1e13, nylon=1e13
)
BARE = TubesConfig(enabled=False)
DARK_STEEL = SteelConfig(reflectivity=0.0, efficiency=1.0)
INSTANT = DetectorConfig(emission=EmissionConfig(enabled=False))
STEEL_M, VESSEL_M = 6.85, 4.25


def colours():
    """Return the emitted spectrum in 1 nm bins."""
    edges = FIRST_NM + np.arange(N_BINS + 1.0)
    return np.diff(emission_distribution(OpticalConfig().scintillation, edges))


def slowness():
    return refractive_index(wavelengths())[1] / SPEED_OF_LIGHT_M_NS


def run(optical, radius=0.0, photons=100_000):
    detector = OpticalDetector.build(INSTANT, PMTS, optical)
    primaries = empty_primaries(10)
    primaries.z_m[:] = radius
    where = point_deposits(primaries, 0, np.full(10, 0.1 * photons / detector.photons_per_mev))
    light = detector.track(photon_key(5, 0), where)
    born = sum(light.fates.values())
    assert born == pytest.approx(photons, abs=5 * photons**0.5)
    return light, born


def sure(share, born):
    return 4.0 * np.sqrt(share * (1 - share) / born) + 1e-9


def chords(radius, r0, cosine):
    """Return the way from a point at r0, at an angle to its radius, to a sphere about the centre."""
    return -r0 * cosine + np.sqrt(radius**2 - r0**2 * (1 - cosine**2))


def test_clear_liquid_loses_nothing():
    light, born = run(OpticalConfig(lengths=CLEAR, tubes=BARE, steel=DARK_STEEL), 3.0)
    assert light.fates["seen"] == born
    assert not light.photoelectrons.history.any()


@pytest.mark.parametrize("radius", [0.0, 3.5])
def test_beer_and_lambert(radius):
    """Absorption only: what arrives is the mean of exp(-attenuation x way) over colours and directions."""
    optical = OpticalConfig(
        lengths=CLEAR.model_copy(update={"absorption_ppo": 1.0, "absorption_dmp": 1.0}),
        reemission=ReemissionConfig(enabled=False),
        tubes=BARE,
        steel=DARK_STEEL,
    )
    table = OpticalDetector.build(INSTANT, PMTS, optical).world.media[:, 0].astype(float)
    cosine = np.linspace(-1, 1, 2001)[1::2]
    inside = chords(VESSEL_M, radius, cosine)
    outside = chords(STEEL_M, radius, cosine) - inside
    depth = np.outer(inside, table[:N_BINS]) + np.outer(outside, table[N_BINS:])
    expected = np.mean(np.exp(-depth) @ colours())
    light, born = run(optical, radius)
    assert light.fates["seen"] / born == pytest.approx(expected, abs=sure(expected, born))


def test_free_path_of_scattering():
    """Scattering only: direct light is what did not scatter on its way, and all arrives in the end."""
    optical = OpticalConfig(
        lengths=CLEAR.model_copy(update={"scattering": 1.0}), tubes=BARE, steel=DARK_STEEL
    )
    table = OpticalDetector.build(INSTANT, PMTS, optical).world.media[:, 0].astype(float)
    depth = VESSEL_M * table[:N_BINS] + (STEEL_M - VESSEL_M) * table[N_BINS:]
    expected = np.exp(-depth) @ colours()
    light, born = run(optical)
    assert light.fates["seen"] == born
    assert set(np.unique(light.photoelectrons.history)) == {0, SCATTERED}
    direct = np.mean(light.photoelectrons.history == 0)
    assert direct == pytest.approx(expected, abs=sure(expected, born))


def test_nylon_absorbs_twice():
    optical = OpticalConfig(lengths=CLEAR.model_copy(update={"nylon": 1.0}), tubes=BARE, steel=DARK_STEEL)
    film = OpticalDetector.build(INSTANT, PMTS, optical).world.layout.film.astype(float).sum(axis=0)
    expected = np.exp(-film) @ colours()  # from the centre: normal incidence on both
    light, born = run(optical)
    assert light.fates["seen"] / born == pytest.approx(expected, abs=sure(expected, born))
    assert light.fates["lost in nylon"] == born - light.fates["seen"]


def test_light_travels_with_the_group_velocity():
    light, born = run(OpticalConfig(lengths=CLEAR, tubes=BARE, steel=DARK_STEEL))
    time, colour = light.photoelectrons.time_ns, light.photoelectrons.wavelength_nm
    np.testing.assert_allclose(time, STEEL_M * np.interp(colour, wavelengths(), slowness()), rtol=1e-5)
    spread = float(time.std()) / born**0.5
    assert time.mean() == pytest.approx(STEEL_M * (slowness() @ colours()), abs=4 * spread + 2e-3)


@pytest.mark.parametrize(("specular", "chord"), [(0.0, 4 / 3), (1.0, 2.0)])
def test_reflections_in_a_sphere(specular, chord):
    """Number of reflections is geometric; chords are 4R/3 in the mean by Lambert's law, 2R by the mirror's."""
    optical = OpticalConfig(
        lengths=CLEAR, tubes=BARE, steel=SteelConfig(reflectivity=0.55, specular=specular, efficiency=1.0)
    )
    light, born = run(optical)
    assert light.fates["seen"] == born
    reflected = np.mean(light.photoelectrons.history > 0)
    assert reflected == pytest.approx(0.55, abs=sure(0.55, born))
    way = light.photoelectrons.time_ns / np.interp(
        light.photoelectrons.wavelength_nm, wavelengths(), slowness()
    )
    expected = STEEL_M * (1 + chord * 0.55 / 0.45)
    assert way.mean() == pytest.approx(expected, abs=4 * float(way.std()) / born**0.5)


def test_total_reflection_traps_light():
    """Vessel of higher index: light beyond the critical angle never leaves it, the rest does in the end."""
    ratio, radius = 0.9, 4.2
    optical = OpticalConfig(
        lengths=CLEAR,
        tubes=BARE,
        steel=DARK_STEEL,
        spheres=SpheresConfig(buffer_index_ratio=ratio),
        latest_ns=400,
    )
    light, born = run(optical, radius, 20_000)
    trapped = np.sqrt(1 - (VESSEL_M * ratio / radius) ** 2)
    left = light.fates["too late"] / born
    # the last of the rest, reflected at grazing angles, are late: half a per cent
    assert trapped - sure(trapped, born) < left < trapped + sure(trapped, born) + 0.005


def test_refraction_follows_snell():
    """Light from near the vessel: times to the steel are those of bent rays, direction by direction."""
    ratio, radius = 1.1, 4.0
    optical = OpticalConfig(
        lengths=CLEAR, tubes=BARE, steel=DARK_STEEL, spheres=SpheresConfig(buffer_index_ratio=ratio)
    )
    light, _ = run(optical, radius)
    found = light.photoelectrons
    way = found.time_ns / np.interp(found.wavelength_nm, wavelengths(), slowness())
    way = way[found.history == 0]  # not reflected
    cosine = np.linspace(-1, 1, 200_001)[1::2]
    inside = chords(VESSEL_M, radius, cosine)
    impact = radius * np.sqrt(1 - cosine**2) / ratio  # n r sin is kept
    outside = np.sqrt(STEEL_M**2 - impact**2) - np.sqrt(VESSEL_M**2 - impact**2)
    sine_in = radius * np.sqrt(1 - cosine**2) / VESSEL_M
    c_in, c_out = np.sqrt(1 - sine_in**2), np.sqrt(1 - (sine_in / ratio) ** 2)
    s = (c_in - ratio * c_out) / (c_in + ratio * c_out)
    p = (ratio * c_in - c_out) / (ratio * c_in + c_out)
    through = 1 - 0.5 * (s**2 + p**2)
    order = np.argsort(inside + ratio * outside)
    law = np.cumsum(through[order]) / through.sum()
    assert kstest(way, lambda x: np.interp(x, (inside + ratio * outside)[order], law)).pvalue > 1e-3
    assert way.min() == pytest.approx(VESSEL_M - radius + ratio * (STEEL_M - VESSEL_M), rel=1e-3)


@pytest.mark.parametrize("radius", [0.0, 3.0])
def test_tubes_see_their_solid_angle(radius):
    """Clear liquid, black steel, flat discs that take every angle: the part that is met is the solid angle."""
    disc = 0.12
    tubes = TubesConfig(
        mouth_m=disc,
        cathode_m=disc,
        ring_m=disc,
        curvature_m=10.0,
        length_m=1e-6,
        cone_reflectivity=1.0,
        cutoff_width_deg=1e-3,
        relative_qe=1.0,
    )
    optical = OpticalConfig(
        lengths=CLEAR, tubes=tubes, steel=SteelConfig(reflectivity=0.0), spheres=SpheresConfig(tubes_m=6.329)
    )
    light, born = run(optical, radius)
    met = light.fates["seen"] + light.fates["no photoelectron at a photocathode"]
    layout = OpticalDetector.build(INSTANT, PMTS, optical).world.layout
    toward = 6.329 * layout.axis - np.array([0.0, 0.0, radius])
    distance = np.linalg.norm(toward, axis=1)
    slant = np.einsum("ij,ij->i", toward, layout.axis) / distance
    expected = np.sum(np.pi * disc**2 * slant / distance**2) / (4 * np.pi)
    assert met / born == pytest.approx(expected, abs=sure(expected, born) + 3e-4 * expected)
