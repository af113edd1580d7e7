"""Muon tracks, what they leave behind, and the rows of tree neutrons."""

import numpy as np
import pytest

from sim.core.errors import CardError
from sim.core.geometry import BUFFER_RADIUS_M, VESSEL_RADIUS_M
from sim.core.primaries import Block
from sim.core.schema import NEUTRONS, SPECIES
from sim.physics.config import BackgroundsConfig
from sim.physics.muon_config import MuonsConfig
from sim.sources.cosmogenic import build_shower_carbon
from sim.sources.muons import draw_muons, earlier_blocks
from sim.sources.neutron_gate import REACH_S, seen_neutrons
from sim.sources.showers import build_showers, draw_showers
from sim.sources.source import Birks

DAY_S = 86400.0
EPOCH_NS = 1_323_820_800 * 10**9
CAPTURE_US = 255.0
EXACT = MuonsConfig(
    neutron_efficiency=1.0,
    neutron_vertex_m=0.0,
    track_point_m=0.0,
    track_angle_deg=0.0,
    tagging_efficiency=1.0,
)


def block(index: int = 0, live_s: float = DAY_S, seed: int = 3) -> Block:
    return Block(seed, index, EPOCH_NS + index * round(live_s * 1e9), live_s)


def model(config: MuonsConfig = EXACT, c11_cpd_100t: float = 26.8):
    return build_showers(config, c11_cpd_100t, CAPTURE_US)


def test_the_same_block_gives_the_same_showers() -> None:
    for index in (-3, 0, 5):
        one, other = draw_showers(block(index), model()), draw_showers(block(index), model())
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)
    times = [draw_showers(block(index), model()).time_ns[0] for index in (-3, -1, 0, 1, 3)]
    assert len(set(times)) == 5  # blocks before the run have numbers of their own


def test_tracks_pass_the_inner_detector_downwards() -> None:
    found = draw_showers(block(), model())
    muons = draw_muons(block(), EXACT)
    np.testing.assert_array_equal(found.time_ns, muons.time_ns[muons.inner])
    np.testing.assert_allclose((found.direction**2).sum(axis=0), 1.0)
    np.testing.assert_allclose((found.direction * found.point_m).sum(axis=0), 0.0, atol=1e-9)
    assert np.all(found.direction[2] < 0.0)
    assert np.all((found.point_m**2).sum(axis=0) <= BUFFER_RADIUS_M**2)


def test_captures_and_decays_follow_their_muons() -> None:
    found = draw_showers(block(), model())
    assert found.neutron_muon.size > 500
    assert np.all(found.capture_ns > found.time_ns[found.neutron_muon])
    assert np.all(found.carbon_ns > found.time_ns.min())
    # near the track: flights and births of half a metre
    step = found.capture_m - found.point_m[:, found.neutron_muon]
    along = (step * found.direction[:, found.neutron_muon]).sum(axis=0)
    away = np.sqrt((step**2).sum(axis=0) - along**2)
    assert 0.4 < away.mean() < 0.8
    assert away.max() < 8.0


def test_detection_does_not_change_what_happens() -> None:
    blind = EXACT.model_copy(update={"neutron_efficiency": 0.1, "track_angle_deg": 10.0})
    for a, b in zip(draw_showers(block(), model()), draw_showers(block(), model(blind)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_rows_of_exact_detection_are_the_captures() -> None:
    rows = seen_neutrons(block(1), model(), DAY_S)
    assert set(rows) | {"run", "block"} == {column.name for column in NEUTRONS.columns}
    found = draw_showers(block(1), model())
    of = found.neutron_muon
    use = (found.capture_m**2).sum(axis=0) < VESSEL_RADIUS_M**2
    use &= found.capture_ns - found.time_ns[of] < 1.7e6
    time_ns = block(1).start_ns + np.rint(found.capture_ns[use]).astype(np.int64)
    np.testing.assert_array_equal(np.sort(rows["time_ns"]), np.sort(time_ns))
    np.testing.assert_array_equal(np.sort(rows["x_m"]), np.sort(found.capture_m[0, use]))
    np.testing.assert_allclose(np.sort(rows["track_dir_z"]), np.sort(found.direction[2, of[use]]))
    assert np.all(np.diff(rows["muon_time_ns"]) >= 0)
    assert np.all(rows["muon_time_ns"] < rows["time_ns"])


def test_smearing_has_its_size() -> None:
    config = EXACT.model_copy(update={"neutron_vertex_m": 0.2, "track_point_m": 0.4, "track_angle_deg": 2.0})
    exact, smeared = (seen_neutrons(block(1, 10 * DAY_S), model(c), DAY_S) for c in (EXACT, config))
    np.testing.assert_array_equal(exact["time_ns"], smeared["time_ns"])
    assert np.std(smeared["y_m"] - exact["y_m"]) == pytest.approx(0.2, rel=0.1)
    one = np.unique(exact["muon_time_ns"], return_index=True)[1]
    assert np.std(smeared["track_x_m"][one] - exact["track_x_m"][one]) == pytest.approx(0.4, rel=0.1)
    cosine = sum(smeared[f"track_dir_{a}"] * exact[f"track_dir_{a}"] for a in "xyz")[one]
    # two axes of 2 degrees: the square of the angle has mean 2 * 2^2
    assert np.mean(np.degrees(np.arccos(np.minimum(cosine, 1.0))) ** 2) == pytest.approx(8.0, rel=0.15)


def test_every_neutron_has_its_chance_and_untagged_muons_leave_no_row() -> None:
    every = len(seen_neutrons(block(1), model(), DAY_S)["time_ns"])
    half = len(
        seen_neutrons(block(1), model(EXACT.model_copy(update={"neutron_efficiency": 0.5})), DAY_S)["time_ns"]
    )
    assert half == pytest.approx(every / 2, abs=4 * np.sqrt(every / 4))
    unseen = EXACT.model_copy(update={"tagging_efficiency": 0.0})
    assert len(seen_neutrons(block(1), model(unseen), DAY_S)["time_ns"]) == 0
    assert not draw_muons(block(1), unseen).tagged.any()
    quick = EXACT.model_copy(update={"neutron_gate_us": CAPTURE_US})
    short = len(seen_neutrons(block(1), model(quick), DAY_S)["time_ns"])
    assert short == pytest.approx(every * (1 - np.exp(-1)), abs=4 * np.sqrt(every / 4))


def test_the_first_block_holds_the_hours_before_the_run() -> None:
    rows = seen_neutrons(block(0), model(), DAY_S)
    early = rows["muon_time_ns"] < EPOCH_NS
    assert early.any()
    assert rows["muon_time_ns"].min() >= EPOCH_NS - REACH_S * 1e9
    assert seen_neutrons(block(1), model(), DAY_S)["muon_time_ns"].min() >= block(1).start_ns


def test_earlier_blocks_are_those_of_the_run() -> None:
    last = Block(3, 7, EPOCH_NS + 7 * 3600 * 10**9, 100.0)  # shorter than the others
    before = earlier_blocks(last, 3600.0, 2.5 * 3600.0)
    assert before == [Block(3, i, EPOCH_NS + i * 3600 * 10**9, 3600.0) for i in (4, 5, 6)]


@pytest.mark.parametrize("hours", [0.3, 7.0, 24.0])
def test_blocks_share_out_all_decays(hours: float) -> None:
    """Every decay in the time of the run belongs to one block, wherever its muon was."""
    backgrounds = BackgroundsConfig(c11_cpd_100t=80.0)
    showers = model(c11_cpd_100t=80.0)
    source = build_shower_carbon(backgrounds, showers, hours * 3600.0, 3.5, Birks(0.0, 0.0))
    blocks = [block(i, hours * 3600.0) for i in range(4)]
    found = []
    for one in blocks:
        primaries, _ = source.generate(one)
        assert np.all((primaries.time_ns >= 0) & (primaries.time_ns < one.live_s * 1e9))
        assert np.all(primaries.species == SPECIES["11C"])
        found.append(np.stack([primaries.time_ns + one.index * one.live_s * 1e9, primaries.x_m]))
    expected = []
    for one in (*earlier_blocks(blocks[0], hours * 3600.0, REACH_S), *blocks):
        drawn = draw_showers(one, showers)
        time_ns = drawn.carbon_ns + one.index * one.live_s * 1e9
        use = (time_ns >= 0) & (time_ns < 4 * hours * 3.6e12)
        use &= (drawn.carbon_m**2).sum(axis=0) < 3.5**2
        expected.append(np.stack([time_ns, drawn.carbon_m[0]])[:, use])
    got, wanted = (np.concatenate(parts, axis=1) for parts in (found, expected))
    np.testing.assert_allclose(np.sort(got[0]), np.sort(wanted[0]), atol=10.0)
    np.testing.assert_array_equal(np.sort(got[1]), np.sort(wanted[1]))
    assert got.shape[1] > 2


def test_rates_of_zero() -> None:
    assert draw_showers(block(), model(c11_cpd_100t=0.0)).carbon_ns.size == 0
    none = build_showers(MuonsConfig(inner_per_day=0.0), 0.0, CAPTURE_US)
    assert draw_showers(block(), none).neutron_muon.size == 0
    quiet = MuonsConfig(neutrons_cpd_100t=0.0, c11_with_neutron=0.0)
    found = draw_showers(block(), build_showers(quiet, 26.8, CAPTURE_US))
    assert found.neutron_muon.size == 0
    assert found.carbon_ns.size > 100


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(CardError, match=r"muons\.inner_per_day = 0"):
        build_showers(MuonsConfig(inner_per_day=0.0), 26.8, CAPTURE_US)
    with pytest.raises(CardError, match=r"muons\.neutrons_cpd_100t = 10"):
        build_showers(MuonsConfig(neutrons_cpd_100t=10.0), 26.8, CAPTURE_US)
