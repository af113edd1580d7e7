import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon import coincidence as module
from recon.bright import BrightBlocks
from recon.coincidence import find_pairs, search_windows
from recon.config import CoincidenceConfig

US = 1_000
MS = 1_000_000
PROMPT, DELAYED, DIM, TOO_BRIGHT = 600.0, 1000.0, 405.0, 1400.0

clusters = st.lists(
    st.tuples(
        st.integers(0, 2_000),  # in 10 us
        st.sampled_from([300.0, DIM, PROMPT, DELAYED, TOO_BRIGHT]),
        st.sampled_from([0.0, 0.6, 1.2]),
        st.sampled_from([1.0, 0.25]),
        st.booleans(),
    ),
    max_size=25,
)


def bright_of(rows):
    blocks = BrightBlocks(400.0)
    return [*blocks.add(rows), *blocks.finish()]


def pairs_of(rows, **changes):
    windows = search_windows(CoincidenceConfig(**changes))
    return [find_pairs(block, windows) for block in bright_of(rows)]


def by_hand(rows, config):
    """Every pair by the words of the cuts, in plain Python."""
    found = []
    order = sorted(range(len(rows["charge_pe"])), key=lambda i: rows["cluster_time_ns"][i])
    order = [i for i in order if rows["charge_pe"][i] >= 400.0]
    time, charge = rows["cluster_time_ns"], rows["charge_pe"]
    for i, j in itertools.permutations(order, 2):
        if charge[i] < 408.0 or not 860.0 <= charge[j] <= 1300.0:
            continue
        for k in range(config.shifts + 1):
            dt_us = (time[j] - time[i]) / 1e3 - k * config.shift_step_ms * 1e3
            if not 20.0 <= dt_us <= 1280.0 or not (rows["vertex_valid"][i] and rows["vertex_valid"][j]):
                continue
            if abs(rows["x_m"][i] - rows["x_m"][j]) > 1.0:
                continue
            others = [o for o in order if o not in (i, j)]
            near = [o for o in others if min(abs(time[o] - time[i]), abs(time[o] - time[j])) <= 2 * MS]
            found.append((i, j, k, round(dt_us, 6), min(rows["weight"][i], rows["weight"][j]), not near))
    return sorted(found)


@given(clusters)
@settings(max_examples=300)
def test_the_search_finds_what_the_cuts_say(rows_of, some):
    time, charge, x, weight, valid = (
        (np.array(c) for c in zip(*sorted(some), strict=True)) if some else [[]] * 5
    )
    place = np.zeros((len(some), 3))
    place[:, 0] = x
    rows = rows_of(np.asarray(time, np.int64) * 10 * US, charge, place, weight, valid=valid)
    config = CoincidenceConfig(shifts=4, shift_step_ms=3.0)
    found = []
    for block in bright_of(rows):
        p = find_pairs(block, search_windows(config)).pairs
        columns = (p.prompt_event_id, p.delayed_event_id, p.shift, np.round(p.dt_us, 6), p.weight, p.alone)
        found += list(zip(*(column.tolist() for column in columns), strict=True))
    assert sorted(found) == by_hand(rows, config)


def test_compiled_equals_plain(compiled_equals_plain, rows_of, rng):
    n = 300
    time = np.sort(rng.integers(0, 300 * MS, n))
    charge = rng.choice([DIM, PROMPT, DELAYED], n)
    (bright,) = bright_of(rows_of(time, charge, rng.uniform(-0.6, 0.6, (n, 3)), rng.uniform(0.1, 1, n)))
    windows = search_windows(CoincidenceConfig())
    prompts = np.flatnonzero(bright.charge_pe >= 408.0)
    delayeds = np.flatnonzero(bright.charge_pe >= 860.0)
    room = 4000
    n_pairs = compiled_equals_plain(
        module._search,
        bright.time_ns,
        bright.charge_pe,
        np.stack([bright.x_m, bright.y_m, bright.z_m]),
        bright.weight,
        prompts,
        delayeds,
        windows,
        np.zeros((2, room), np.int64),
        np.zeros(room, np.float32),
        np.zeros(room, bool),
        np.zeros((2, 3)),
        rtol=1e-6,
    )
    assert 1000 < n_pairs < room


@pytest.mark.parametrize(
    ("dt_ns", "kept"),
    [(20_000, True), (19_999, False), (1_280_000, True), (1_280_001, False), (-300_000, False), (0, False)],
)
def test_the_delayed_window_ends_where_it_says(rows_of, dt_ns, kept):
    at = 10 * MS
    time, charge = np.array([at, at + dt_ns]), np.array([PROMPT, DELAYED])
    order = np.argsort(time, kind="stable")
    (found,) = pairs_of(rows_of(time[order], charge[order]))
    assert len(found.pairs.shift) == kept


@pytest.mark.parametrize("k", [1, 7, 200])
def test_moved_windows_are_the_same_window_later(rows_of, k):
    for dt_us, kept in ((19.0, 0), (20.0, 1), (640.0, 1), (1280.0, 1), (1281.0, 0)):
        (found,) = pairs_of(rows_of([0, round((5000.0 * k + dt_us) * US)], [PROMPT, DELAYED]))
        assert len(found.pairs.shift) == kept
        assert list(found.pairs.shift) == [k] * kept
        assert found.pairs.dt_us == pytest.approx([dt_us] * kept)
        np.testing.assert_array_equal(found.timely[:, 0], [0, kept])


def test_no_window_is_moved_beyond_the_last(rows_of):
    rows = rows_of([0, 201 * 5 * MS + 100 * US], [PROMPT, DELAYED])
    assert len(pairs_of(rows)[0].pairs.shift) == 0
    assert len(pairs_of(rows_of([0, 5_200_000], [PROMPT, DELAYED]), shifts=0)[0].pairs.shift) == 0


@pytest.mark.parametrize(
    ("prompt", "delayed", "kept"),
    [(408, 860, 1), (407.9, 1000, 0), (1e5, 1300, 1), (600, 859.9, 0), (600, 1300.2, 0)],
)
def test_charges(rows_of, prompt, delayed, kept):
    (found,) = pairs_of(rows_of([0, 100 * US], [prompt, delayed]))
    assert len(found.pairs.shift) == kept
    assert found.pairs.prompt_charge_pe == pytest.approx([prompt] * kept)
    if kept:
        (found,) = pairs_of(rows_of([0, 100 * US], [prompt, delayed]), prompt_max_pe=1e4)
        assert len(found.pairs.shift) == (prompt <= 1e4)


def test_distance_and_failed_vertices(rows_of):
    place = [[3.0, 2.0, -1.0], [3.0, 2.6, -1.79]]
    (found,) = pairs_of(rows_of([0, 100 * US], [PROMPT, DELAYED], place))
    assert found.pairs.dr_m == pytest.approx([np.hypot(0.6, 0.79)], rel=1e-6)
    assert found.pairs.prompt_z_m == pytest.approx([-1.0])
    far = [[3.0, 2.0, -1.0], [3.0, 2.6, -1.81]]
    (found,) = pairs_of(rows_of([0, 100 * US], [PROMPT, DELAYED], far))
    assert len(found.pairs.shift) == 0
    assert found.timely[0, 0] == 1
    (found,) = pairs_of(rows_of([0, 100 * US], [PROMPT, DELAYED], place, valid=[1, 0]))
    assert len(found.pairs.shift) == 0


def test_a_pair_weighs_what_its_lighter_cluster_weighs(rows_of):
    time, charge = [0, 100 * US, 903 * MS, 903 * MS + 50 * US], [PROMPT, DELAYED, PROMPT, DELAYED]
    (found,) = pairs_of(rows_of(time, charge, weight=[1e-3, 1.0, 0.5, 0.25]))
    assert found.pairs.weight == pytest.approx([1e-3, 0.25])
    assert found.timely[0] == pytest.approx([2, 0.251, 0.062501])


def test_a_third_cluster_is_noticed(rows_of):
    for third, alone in ((-1.9, False), (-2.1, True), (0.05, False), (2.05, False), (2.2, True)):
        time = np.array([0, 100 * US, round(third * MS)])
        order = np.argsort(time)
        for charge, seen in ((DIM, True), (399.0, False)):
            rows = rows_of(time[order], np.array([PROMPT, DELAYED, charge])[order])
            (found,) = pairs_of(rows)
            assert list(found.pairs.alone) == [alone or not seen]
            assert pairs_of(rows, multiplicity_ms=0.0)[0].pairs.alone.all()


def test_more_pairs_than_the_room_prepared(rows_of):
    n = 60
    (found,) = pairs_of(rows_of(20 * US * np.arange(n), DELAYED))
    assert len(found.pairs.shift) == n * (n - 1) // 2 > module._ROOM
    assert found.timely[0, 0] == n * (n - 1) // 2


def test_chance_pairs_come_at_the_rate_of_chance(rows_of, rng, points_in_sphere):
    """In time and in moved windows: prompts x rate of delayeds x width x share of the volume within 1 m."""
    live_s, rate_hz, radius_m = 20_000.0, 10.0, 4.25
    n = rng.poisson(live_s * rate_hz, 2)
    time = rng.integers(0, round(live_s * 1e9), n.sum())
    charge = np.repeat([PROMPT, DELAYED], n)
    order = np.argsort(time)
    place = points_in_sphere(rng, n.sum(), radius_m)
    (found,) = pairs_of(rows_of(time[order], charge[order], place))
    s = 1.0 / radius_m
    near = s**3 - 9.0 / 16.0 * s**4 + s**6 / 32.0  # of two points, evenly spread in a sphere
    expected = n.sum() * rate_hz * 1260e-6 * near
    in_time = (found.pairs.shift == 0).sum()
    moved = (found.pairs.shift > 0).sum() / 200
    assert expected == pytest.approx(56.7, rel=0.02)
    assert in_time == pytest.approx(expected, abs=4.0 * np.sqrt(expected))
    assert moved == pytest.approx(expected, abs=4.0 * np.sqrt(expected / 200))
    numbers = np.bincount(found.pairs.shift, minlength=201)[1:]
    chi2 = ((numbers - expected) ** 2).sum() / expected
    assert abs(chi2 - 200) < 4.0 * np.sqrt(400)
    timely = n.sum() * rate_hz * 1260e-6
    assert found.timely[:, 0] == pytest.approx([timely, 200 * timely], rel=0.05)
    dt = found.pairs.dt_us
    assert dt.mean() == pytest.approx(650.0, abs=4.0 * 1260.0 / np.sqrt(12 * len(dt)))
