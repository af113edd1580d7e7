"""The threefold-coincidence tag against its definition, and the exposure that it leaves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.config import CoincidenceConfig, TfcConfig
from recon.muon_veto import MuonVeto, muon_free
from recon.tfc import Tagger, group_neutrons
from sim.core.geometry import FiducialVolume
from sim.core.schema import NEUTRONS

MINUTE = 60 * 10**9
EPOCH = 1_323_820_800 * 10**9
CONFIG = TfcConfig(window_min=100.0, track_m=0.5, neutron_m=1.0)
VOLUME = FiducialVolume(2.8, -1.8, 2.2)


def rows(muon_min, place, point=(0.0, 0.0, 6.0), direction=(1.0, 0.0, 0.0), run=1):
    """Neutrons of one muon: places (n, 3); the track passes far above where nothing else is said."""
    n = len(place)
    columns = {column.name: np.zeros(n, column.dtype) for column in NEUTRONS.columns}
    columns |= {f"{a}_m": np.asarray(place)[:, k] for k, a in enumerate("xyz")}
    columns |= {f"track_{a}_m": np.full(n, point[k]) for k, a in enumerate("xyz")}
    columns |= {f"track_dir_{a}": np.full(n, direction[k]) for k, a in enumerate("xyz")}
    muon_ns = EPOCH + round(muon_min * MINUTE)
    return columns | {
        "run": np.full(n, run),
        "muon_time_ns": np.full(n, muon_ns),
        "time_ns": muon_ns + 250_000 * (1 + np.arange(n)),
    }


def together(*parts):
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def tag(columns, minute, place, config=CONFIG, run=1):
    place = np.atleast_2d(np.asarray(place, float))
    n = len(place)
    time_ns = EPOCH + np.rint(np.broadcast_to(minute, n) * MINUTE).astype(np.int64)
    return list(Tagger(group_neutrons(columns), config).tag(np.full(n, run), time_ns, *place.T))


@pytest.mark.parametrize(
    ("minute", "place", "tagged"),
    [
        (10.0, (0.0, 0.0, 0.0), True),
        (10.0, (0.0, 0.99, 0.0), True),
        (10.0, (0.0, 1.01, 0.0), False),
        (100.0, (0.0, 0.0, 0.0), True),
        (100.01, (0.0, 0.0, 0.0), False),
        (-0.01, (0.0, 0.0, 0.0), False),
        (10.0, (np.nan, np.nan, np.nan), False),
    ],
)
def test_near_a_capture(minute, place, tagged):
    assert tag(rows(0.0, [(0.0, 0.0, 0.0)]), minute, place) == [tagged]


@pytest.mark.parametrize(("away", "tagged"), [(0.49, True), (0.51, False)])
def test_near_the_track_however_far_along_it(away, tagged):
    slanted = rows(0.0, [(0.0, 0.0, -9.0)], point=(0.0, 1.0, 0.0), direction=(0.6, 0.0, -0.8))
    place = np.array([0.0, 1.0, 0.0]) + 3.0 * np.array([0.6, 0.0, -0.8]) + away * np.array([0.8, 0.0, 0.6])
    assert tag(slanted, 10.0, place) == [tagged]


def test_muons_of_another_run_and_no_muons():
    columns = rows(0.0, [(0.0, 0.0, 0.0)], run=2)
    assert tag(columns, 10.0, (0, 0, 0), run=1) == [False]
    assert tag(columns, 10.0, (0, 0, 0), run=2) == [True]
    nothing = {name: column[:0] for name, column in columns.items()}
    assert group_neutrons(nothing) == {}
    assert tag(nothing, 10.0, (0, 0, 0)) == [False]


def test_switched_off():
    columns = rows(0.0, [(0.0, 0.0, 0.0)])
    off = CONFIG.model_copy(update={"enabled": False})
    assert tag(columns, 10.0, (0, 0, 0), off) == [False]
    runs = {"run": [1], "start_time_ns": [EPOCH], "live_time_s": [6000.0], "dead_time_s": [0.0]}
    assert Tagger(group_neutrons(columns), off).kept(runs, VOLUME) == (1.0, 0.0, 0)
    blunt = CONFIG.model_copy(update={"track_m": 0.0, "neutron_m": 0.0})
    assert tag(columns, 10.0, (0, 0, 0), blunt) == [False]


_PLACE = st.tuples(*[st.integers(-4, 4)] * 3)


@given(
    st.lists(st.tuples(st.integers(0, 300), _PLACE, st.lists(_PLACE, min_size=1, max_size=4)), max_size=8),
    st.lists(st.tuples(st.integers(0, 400), _PLACE), min_size=1, max_size=20),
    st.randoms(use_true_random=False),
)
def test_the_definition_in_any_order(muons, clusters, shuffle):
    config = TfcConfig(window_min=90.5, track_m=1.3, neutron_m=2.3)
    direction = np.array([0.0, 0.6, 0.8])
    parts = [rows(minute, captures, point, direction) for minute, point, captures in muons]
    columns = together(rows(0.0, [(0, 0, 0)], run=9), *parts)
    order = list(range(len(columns["time_ns"])))
    shuffle.shuffle(order)
    columns = {name: column[order] for name, column in columns.items()}

    def expected(minute, place):
        for at, point, captures in muons:
            if not 0 <= minute - at <= 90.5:
                continue
            step = np.subtract(place, point)
            away = np.linalg.norm(step - (step @ direction) * direction)
            if away < 1.3 or min(np.linalg.norm(np.subtract(place, c)) for c in captures) < 2.3:
                return True
        return False

    found = tag(columns, [c[0] for c in clusters], [c[1] for c in clusters], config)
    assert found == [expected(*cluster) for cluster in clusters]


def test_a_block_that_is_there_twice_changes_nothing():
    columns = together(rows(0.0, [(0, 0, 0), (1, 0, 0)]), rows(50.0, [(0, 2, 0)]))
    place = np.random.default_rng(4).uniform(-2, 2, (200, 3))
    assert tag(together(columns, columns), 60.0, place) == tag(columns, 60.0, place)


def test_kept_exposure_of_one_sphere():
    """A capture at the centre takes a sphere of 1 m for 100 of 400 minutes."""
    runs = {
        "run": np.array([1, 1, 1]),
        "start_time_ns": EPOCH + np.array([0, 100, 900]) * MINUTE,  # a gap without live time
        "live_time_s": np.array([5990.0, 6000.0, 12_000.0]),
        "dead_time_s": np.array([10.0, 0.0, 0.0]),
    }
    tagger = Tagger(
        group_neutrons(rows(50.0, [(0.0, 0.0, 0.0)])), CONFIG.model_copy(update={"points": 400_000})
    )
    kept = tagger.kept(runs, VOLUME)
    assert kept.points == 400_000
    taken = 0.25 * 4.0 / 3.0 * np.pi / VOLUME.volume_m3()
    assert kept.fraction == pytest.approx(1.0 - taken, abs=4.0 * np.sqrt(taken / 400_000))
    assert kept.error == pytest.approx(np.sqrt(taken / 400_000), rel=0.05)
    assert tagger.kept(runs, VOLUME) == kept
    assert tagger.kept({name: column[:0] for name, column in runs.items()}, VOLUME).fraction == 1.0


def test_points_fill_a_volume_without_planes():
    everywhere = CONFIG.model_copy(update={"neutron_m": 20.0})
    runs = {"run": [1], "start_time_ns": [EPOCH], "live_time_s": [6000.0], "dead_time_s": [0.0]}
    tagger = Tagger(group_neutrons(rows(0.0, [(0.0, 0.0, 0.0)])), everywhere)
    assert tagger.kept(runs, FiducialVolume(1.0, -4.0, 4.0)).fraction == 0.0


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 1), st.integers(1, 2)), max_size=30),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 3)), min_size=1, max_size=30),
    st.integers(1, 4),
)
def test_the_veto_of_a_file_is_that_of_its_parts(muons, clusters, n_parts):
    config = CoincidenceConfig(inner_veto_s=0.007, outer_veto_ms=2.0)
    time, inner, run = (np.array([m[k] for m in muons], np.int64) for k in range(3))
    whole = {"time_ns": time * 10**6, "inner": inner, "run": run}
    parts = [{name: column[k::n_parts] for name, column in whole.items()} for k in range(n_parts)]
    at, of = (np.array([c[k] for c in clusters], np.int64) for k in range(2))
    expected = muon_free(of, at * 10**6, [whole], config)
    assert list(MuonVeto(parts, config).free(of, at * 10**6)) == list(expected)
