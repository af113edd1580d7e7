"""Spheres, tubes and the maps that find them."""

import math

import numpy as np
import pytest

from sim.core.geometry import build_photomultipliers
from sim.detector.optical.config import OpticalConfig, SpheresConfig, TubesConfig
from sim.detector.optical.layout import CATHODES, MOUTHS, NO_TUBE, build_layout, texel, texel_directions

PMTS = build_photomultipliers(2000, 2000, 1)
LAYOUT = build_layout(OpticalConfig(), PMTS)
HALF_ANGLE = {
    "mouths": math.asin(0.1566 / LAYOUT.radius_m[MOUTHS]),
    "cathodes": math.asin(0.11 / LAYOUT.radius_m[CATHODES]),
}


def test_texels_hold_their_own_directions():
    directions = texel_directions()
    for number in range(0, len(directions), 997):
        assert texel(*directions[number]) == number


def test_apertures_do_not_overlap():
    cosine = LAYOUT.axis @ LAYOUT.axis.T
    np.fill_diagonal(cosine, -1.0)
    half = np.where(PMTS.concentrator, HALF_ANGLE["mouths"], HALF_ANGLE["cathodes"])
    apart = np.arccos(np.clip(cosine, -1, 1))
    assert np.all(apart > half[:, None] + half[None, :])


@pytest.mark.parametrize(("name", "kind"), [("mouths", PMTS.concentrator), ("cathodes", ~PMTS.concentrator)])
def test_no_aperture_is_missed(rng, name, kind):
    """Points inside apertures, edges included, are led to their tube by the map."""
    table = getattr(LAYOUT, name)
    for tube in rng.choice(np.flatnonzero(kind), 300, replace=False):
        axis = LAYOUT.axis[tube]
        side = np.cross(axis, rng.normal(size=3))
        side /= np.linalg.norm(side)
        for part in (0.0, rng.uniform(), 0.999):
            angle = part * HALF_ANGLE[name]
            assert table[texel(*(math.cos(angle) * axis + math.sin(angle) * side))] == tube


def test_most_directions_meet_nothing():
    share = np.mean(LAYOUT.mouths != NO_TUBE)
    covered = PMTS.concentrator.sum() * 0.5 * (1 - math.cos(HALF_ANGLE["mouths"]))
    assert covered < share < 2.2 * covered  # texels are a fifth of a mouth: many touch its edge


def test_without_tubes_there_is_only_steel():
    layout = build_layout(OpticalConfig(tubes=TubesConfig(enabled=False)), PMTS)
    assert np.all(layout.mouths == NO_TUBE)
    assert np.all(layout.cathodes == NO_TUBE)


def test_spheres_must_be_nested():
    with pytest.raises(ValueError, match="must rise"):
        OpticalConfig(spheres=SpheresConfig(vessel_offset_m=(0.0, 0.0, 1.3)))
    with pytest.raises(ValueError, match="exceeds"):
        TubesConfig(cathode_m=0.15)
