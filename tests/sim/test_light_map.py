"""Light maps: what they depend on, where they are kept, and what they hold against plain tracking."""

import json

import numpy as np
import pytest

from sim.core.errors import CardError, TableError
from sim.core.primaries import Deposits
from sim.detector.config import DetectorConfig
from sim.detector.optical import light_map as maps
from sim.detector.optical import map_store
from sim.detector.optical.config import OpticalConfig
from sim.detector.optical.map_store import is_packaged, packaged_map, read_map, write_map


def changed(**sections):
    return DetectorConfig.model_validate({"optical": sections}).optical


def test_the_packaged_map_is_that_of_the_default_detector():
    light, provenance = packaged_map()
    assert is_packaged(OpticalConfig())
    assert provenance["photons"] == maps.photons_per_map()
    assert {"title", "source", "made_by", "version", "tables_sha256"} <= set(provenance)
    assert light.chance.shape == (2, maps.PARTS, maps.N_NODES, maps.N_ANGLES)
    assert np.all(np.diff(light.bulk_ns, axis=-1) >= 0)
    assert np.all(np.diff(light.tail_ns, axis=-1) >= 0)
    assert 0.2 < light.cherenkov < 1.5


@pytest.mark.parametrize(
    "same",
    [{"tubes": {"relative_qe": 0.5}}, {"cherenkov": {"enabled": False}}, {"cherenkov": {"scale": 2.0}},
     {"scintillation": {"photons_per_mev": 9000.0}}],
)  # fmt: skip
def test_efficiencies_need_no_new_map(same):
    assert is_packaged(changed(**same))


@pytest.mark.parametrize(
    "other",
    [{"steel": {"reflectivity": 0.3}}, {"lengths": {"scattering": 1.1}}, {"reemission": {"enabled": False}},
     {"tubes": {"cone_reflectivity": 0.9}}, {"spheres": {"vessel_m": 4.0}}],
)  # fmt: skip
def test_what_light_meets_needs_a_new_map(other):
    assert not is_packaged(changed(**other))


def test_an_off_centre_vessel_has_no_map():
    with pytest.raises(CardError, match="vessel_offset_m"):
        map_store.light_map(changed(spheres={"vessel_offset_m": (0.0, 0.0, 0.1)}))


def test_a_map_comes_back_from_its_file(tmp_path):
    light, provenance = packaged_map()
    path = tmp_path / "map.npz"
    write_map(path, light, provenance)
    again, told = read_map(path)
    assert told == json.loads(json.dumps(provenance))
    for one, other in zip(light, again, strict=True):
        np.testing.assert_array_equal(one, other)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(TableError, match="not a light map"):
        read_map(path)


def test_a_small_map_agrees_with_the_packaged_one_and_any_number_of_threads(monkeypatch):
    monkeypatch.setattr(maps, "_POINTS", 200)
    monkeypatch.setattr(maps, "_PHOTONS", 500)
    monkeypatch.setattr(maps, "N_NODES", 4)
    made = []
    for threads in (1, 2):
        monkeypatch.setattr(maps, "default_workers", lambda threads=threads: threads)
        made.append(maps.make_light_map(OpticalConfig()))
    for one, other in zip(*made, strict=True):
        np.testing.assert_array_equal(one, other)
    packaged = packaged_map()[0]
    shares = [
        (light.chance[kind, part, :4] * np.diff((np.arange(49) / 48) ** 2)).sum()
        for light in (made[0], packaged)
        for kind in (0, 1)
        for part in (0, 1)
    ]
    # about 60,000 and 6,000 photoelectrons on tubes with and without concentrator
    np.testing.assert_allclose(shares[:4], shares[4:], rtol=0.05)
    middle = made[0].bulk_ns[0, :, :, maps.BULK // 2] - packaged.bulk_ns[0, :4, :, maps.BULK // 2]
    assert abs(np.median(middle)) < 0.1


@pytest.mark.slow
def test_the_packaged_map_is_what_the_tracking_makes_now():
    """One radius tracked anew with the same random numbers: a change of tracking asks for a new map."""
    chance, bulk, _ = maps._Maker(OpticalConfig()).node(8)
    light = packaged_map()[0]
    np.testing.assert_array_equal(chance.astype(np.float32), light.chance[:, :, 8])
    np.testing.assert_allclose(bulk, light.bulk_ns[:, 8], rtol=1e-3, atol=1e-3)  # half precision


def test_deposits_of_the_maker_have_the_asked_light():
    deposits = maps._shining(np.zeros((3, 3)), 0.5)
    assert isinstance(deposits, Deposits)
    np.testing.assert_array_equal(deposits.visible_mev, 0.5)
