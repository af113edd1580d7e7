import json

import numpy as np
import pytest

from recon.config import CoincidenceConfig
from recon.pair_search import PairSearch
from recon.pair_selection import fiducial_radius_m, select_pairs
from sim.core.schema import PAIRS

US, MS, S = 1_000, 1_000_000, 1_000_000_000


@pytest.fixture
def rows(rows_of):
    """Five pairs 10 s apart, the last one in the second moved window; then a lonely prompt near another."""
    prompt = 10 * S * np.arange(1, 6)
    dt = np.array([100 * US, 200 * US, 300 * US, 400 * US, 10 * MS + 500 * US])
    time = np.append(np.stack([prompt, prompt + dt], 1).ravel(), prompt[3] + MS)
    charge = np.append(np.tile([700.0, 1050.0], 5), 500.0)
    radius = np.append(np.repeat([1.0, 3.9, 4.1, 2.0, 3.0], 2), 0.0)
    weight = np.append(np.repeat([1.0, 0.5, 1.0, 1.0, 0.25], 2), 1.0)
    order = np.argsort(time)
    place = np.stack([0.6 * radius, 0.8 * radius, 0 * radius], 1)
    return rows_of(time[order], charge[order], place[order], weight[order])


def selected(rows, muon_free=None, **changes):
    config = CoincidenceConfig(**changes)
    search = PairSearch(config)
    search.add(rows)
    found = search.finish()
    free = np.ones(len(found.pairs.run), bool) if muon_free is None else np.array(muon_free)
    return select_pairs(found, free, 86400.0, 0.9, config)


def test_cuts_in_order(rows):
    columns, result = selected(rows, [False, True, True, True, True])
    assert set(columns) == {column.name for column in PAIRS.columns}
    np.testing.assert_array_equal(columns["shift"], [0, 0, 0, 0, 2])
    np.testing.assert_array_equal(columns["selected"], [0, 1, 0, 0, 1])  # muon, good, wall, third, moved
    np.testing.assert_array_equal(columns["muon_free"], [0, 1, 1, 1, 1])
    assert [(cut.name, cut.kept, cut.weight) for cut in result.pairs] == [
        ("in the time window", 4, 3.5),
        ("within 1 m", 4, 3.5),
        ("prompt 0.25 m inside the vessel", 3, 2.5),
        ("no muon before", 2, 1.5),
        ("no third cluster", 1, 0.5),
        ("selected", 1, 0.5),
    ]
    assert all(cut.accidental == pytest.approx(0.25 / 200) for cut in result.pairs)
    assert all(cut.accidental_error == pytest.approx(0.25 / 200) for cut in result.pairs)
    assert [cut.kept for cut in result.clusters] == [11, 11, 5]


def test_cuts_can_be_left_out(rows):
    columns, result = selected(rows, multiplicity_ms=0.0, wall_m=0.0, shifts=0)
    assert columns["selected"].all()
    assert [cut.kept for cut in result.pairs] == [4] * 5
    assert result.pairs[-1].accidental is None
    assert result.pairs[-1].accidental_error is None


def test_exposure(rows):
    _, result = selected(rows)
    assert result.fiducial_mass_t == pytest.approx(4.0 / 3.0 * np.pi * 4.0**3 * 0.8774)
    assert fiducial_radius_m(CoincidenceConfig(wall_m=0.0)) == 4.25
    assert result.exposure_t_y() == pytest.approx(result.fiducial_mass_t * 0.9 / 365.25)
    record = json.loads(json.dumps(result.record()))
    assert record["exposure_t_y"] == result.exposure_t_y()
    assert record["pairs"][-1]["name"] == "selected"
    assert record["clusters"][0] == {"name": "bright clusters", "kept": 11}


def test_squared_weights_make_the_error(rows_of):
    n = 50
    start = 10 * S * np.arange(n)
    time = np.stack([start, start + 5 * MS + 100 * US], 1).ravel()
    weight = np.repeat(np.linspace(0.1, 2.0, n), 2)
    _, result = selected(rows_of(time, np.tile([600.0, 1000.0], n), weight=weight))
    last = result.pairs[-1]
    assert last.kept == 0
    assert last.accidental == pytest.approx(weight[::2].sum() / 200)
    assert last.accidental_error == pytest.approx(np.sqrt((weight[::2] ** 2).sum()) / 200)
