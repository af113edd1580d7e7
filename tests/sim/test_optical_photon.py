"""The photon kernel and its public face: conservation, order, compiled against plain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import PhysicsError
from sim.core.geometry import build_photomultipliers
from sim.core.primaries import ALPHA_LIKE, BETA_LIKE, Deposits, empty_primaries, point_deposits
from sim.detector.config import DetectorConfig
from sim.detector.optical import model, photon, world
from sim.detector.optical.config import OpticalConfig, ReemissionConfig, SpheresConfig
from sim.detector.optical.layout import NO_TUBE
from sim.detector.optical.model import Electrons, OpticalDetector, photon_key

PMTS = build_photomultipliers(1610, 1475, 1)
KEY = photon_key(11, 0)


@pytest.fixture(scope="module")
def detector() -> OpticalDetector:
    return OpticalDetector.build(DetectorConfig(), PMTS, OpticalConfig())


def deposits(places, visible_mev=0.05, kind=BETA_LIKE) -> Deposits:
    places = np.atleast_2d(places)
    primaries = empty_primaries(len(places))
    for column, values in zip((primaries.x_m, primaries.y_m, primaries.z_m), places.T, strict=True):
        column[:] = values
    return point_deposits(primaries, kind, np.full(len(places), visible_mev))


def some_places(rng, n, radius=4.2):
    places = rng.uniform(-radius, radius, (20 * n, 3))
    return places[np.linalg.norm(places, axis=1) < radius][:n]


def electrons(n, energy):
    return Electrons(np.full(n, energy), np.zeros(n), np.zeros(n), np.ones(n))


def test_kernel_plain(compiled_equals_plain):
    for optical in (OpticalConfig(), OpticalConfig(spheres=SpheresConfig(buffer_index_ratio=1.05))):
        tables = OpticalDetector.build(DetectorConfig(), PMTS, optical).world
        births = world.Births(
            np.array([25, 0, 12]),
            np.array([3, 6, 0]),
            np.array([1000, 2, 1000]),
            np.array([0, 1, 1], np.uint8),
            np.array([[0.0, 0.1, 0.2], [3.9, 0.0, 0.0], [0.0, 0.0, 5.9]]),
            np.array([1.0, 3.0, 0.0]),
            np.tile([0.0, 0.6, 0.8], (3, 1)),
        )
        found = world.Found(*(np.zeros(46, c.dtype) for c in model._room(1)))
        with np.errstate(over="ignore"):
            compiled_equals_plain(
                photon.track_photons, 7, births, tables, *KEY, found, np.zeros(10, np.int64), rtol=1e-6
            )


@settings(max_examples=12)
@given(
    radius=st.floats(0.0, 6.8),
    offset=st.floats(-1.0, 1.0),
    ratio=st.sampled_from([1.0, 0.97, 1.05]),
    energy=st.sampled_from([0.0, 2.0]),
)
def test_every_photon_ends_somewhere(radius, offset, ratio, energy):
    optical = OpticalConfig(
        spheres=SpheresConfig(vessel_offset_m=(0.0, 0.0, offset), buffer_index_ratio=ratio)
    )
    detector = OpticalDetector.build(DetectorConfig(), PMTS, optical)
    where = deposits([[0.0, 0.6 * radius, 0.8 * radius]])
    light = detector.track(KEY, where, electrons(1, energy))
    births = detector._births(KEY, where, electrons(1, energy), 0)
    assert sum(light.fates.values()) == births.photons.sum() + births.flashes.sum()
    assert light.fates["seen"] == len(light.photoelectrons.deposit)
    assert light.fates["too late"] < 0.01 * sum(light.fates.values())


def test_photoelectrons_are_on_live_tubes_in_order(rng, detector):
    found = detector.track(KEY, deposits(some_places(rng, 30), 0.3)).photoelectrons
    assert np.all(PMTS.live[found.tube])
    assert np.all(np.diff(found.deposit) >= 0)
    assert set(np.unique(found.deposit)) == set(range(30))
    assert found.time_ns.min() > 0
    assert found.time_ns.max() < 6000
    assert found.wavelength_nm.min() > 310
    assert found.wavelength_nm.max() < 650
    assert len(np.unique(found.tube)) > 1000


def test_parts_of_a_block_and_the_order_do_not_matter(rng, detector, monkeypatch):
    where = deposits(some_places(rng, 9), 0.2)
    flashes = electrons(9, 1.5)
    whole = detector.track(KEY, where, flashes)
    monkeypatch.setattr(model, "_AT_ONCE", 1500)
    cut = detector.track(KEY, where, flashes)
    for a, b in zip(whole.photoelectrons, cut.photoelectrons, strict=True):
        np.testing.assert_array_equal(a, b)
    assert whole.fates == cut.fates
    tail = Deposits(*(column[5:] for column in where))
    late = detector.track(KEY, tail, Electrons(*(c[5:] for c in flashes)), first=5).photoelectrons
    from_five = whole.photoelectrons.deposit >= 5
    np.testing.assert_array_equal(late.time_ns, whole.photoelectrons.time_ns[from_five])
    np.testing.assert_array_equal(late.deposit + 5, whole.photoelectrons.deposit[from_five])


def test_another_block_gives_other_light(detector):
    where = deposits([[0.0, 0.0, 0.0]], 1.0)
    a = detector.track(photon_key(11, 0), where).photoelectrons.time_ns
    b = detector.track(photon_key(11, 1), where).photoelectrons.time_ns
    assert len(np.intersect1d(a, b)) < 0.05 * len(a)


def test_alphas_shine_longer(detector):
    mean = {}
    for kind in (BETA_LIKE, ALPHA_LIKE):
        light = detector.track(KEY, deposits(np.zeros((20, 3)), 1.0, kind)).photoelectrons
        mean[kind] = np.mean(light.time_ns > 200.0)
    assert mean[ALPHA_LIKE] > 1.8 * mean[BETA_LIKE]


def test_an_offset_vessel_moves_with_its_light():
    """Without absorption that depends on the medium, a displaced empty vessel changes nothing."""
    detector = [
        OpticalDetector.build(
            DetectorConfig(),
            PMTS,
            OpticalConfig(
                spheres=SpheresConfig(vessel_offset_m=(0.0, 0.0, offset)),
                reemission=ReemissionConfig(enabled=False),
            ),
        )
        for offset in (0.0, 0.5)
    ]
    where = deposits(np.tile([0.0, 0.0, 4.0], (30, 1)), 1.0)
    seen = [d.track(KEY, where).fates for d in detector]
    # the buffer begins at 4.25 m above the centre, or at 4.75 m: less light is lost in it, more in the scintillator
    assert seen[1]["lost in the scintillator"] > 1.05 * seen[0]["lost in the scintillator"]
    assert seen[1]["lost in the buffer"] < seen[0]["lost in the buffer"]


def test_cherenkov_light_is_added_and_marked(detector):
    where = deposits(np.zeros((40, 3)), 0.0)
    light = detector.track(KEY, where, electrons(40, 5.0)).photoelectrons
    assert len(light.deposit) > 1000
    assert np.all(light.history & world.CHERENKOV)
    z = detector.world.layout.axis[light.tube, 2]
    direct = light.history == world.CHERENKOV
    assert direct.sum() > 50
    assert z[direct].mean() > 0.25  # along the electron
    assert abs(z[~direct].mean()) < 0.2
    assert len(detector.track(KEY, where).photoelectrons.deposit) == 0


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (deposits([[0.0, 7.0, 0.0]]), "inside the steel sphere"),
        (deposits([[0.0, 0.0, 0.0]], -1.0), "expected >= 0"),
    ],
)
def test_nonsense_is_refused(detector, where, says):
    with pytest.raises(PhysicsError, match=says):
        detector.track(KEY, where)


def test_no_deposits_no_light(detector):
    light = detector.track(KEY, deposits(np.zeros((0, 3))))
    assert len(light.photoelectrons.tube) == 0
    assert NO_TUBE == -1


@given(st.floats(0.01, 1.0), st.floats(1.0, 2.0), st.floats(1.0, 2.0))
def test_fresnel_law(cos_in, n_in, n_out):
    sine2 = (n_in / n_out) ** 2 * (1 - cos_in**2)
    if sine2 >= 1.0:
        return
    cos_out = np.sqrt(1 - sine2)
    there = photon._unpolarised_reflectivity(cos_in, cos_out, n_in, n_out)
    assert 0 <= there <= 1 + 1e-12
    assert there == pytest.approx(photon._unpolarised_reflectivity(cos_out, cos_in, n_out, n_in), abs=1e-9)
    head_on = photon._unpolarised_reflectivity(1.0, 1.0, n_in, n_out)
    assert head_on == pytest.approx(((n_in - n_out) / (n_in + n_out)) ** 2)


def test_brewster_angle():
    angle = np.arctan(1.5)
    s_only = 0.5 * ((1.0 * np.cos(angle) - 1.5 * np.sin(angle)) / (np.cos(angle) + 1.5 * np.sin(angle))) ** 2
    found = photon._unpolarised_reflectivity(np.cos(angle), np.sin(angle), 1.0, 1.5)
    assert found == pytest.approx(s_only)
