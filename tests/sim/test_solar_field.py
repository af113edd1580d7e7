import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.errors import PhysicsError, TableError
from sim.physics.solar_field import PROFILES, solar_field

X = np.linspace(0.0, 1.0, 20_001)


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_peak_at_one_and_are_not_negative(name):
    b = solar_field(name, peak_kg=1.0).at(X)
    assert b.max() == pytest.approx(1.0, abs=7e-5)  # Wood-Saxon reaches 1 - 4.5e-5 at the centre
    assert b.min() >= 0.0
    assert np.abs(np.diff(b)).max() < 0.01  # no steps inside


def test_stated_values():
    at = {"cosh9": 1 / np.cosh(0.45), "wood-saxon": 1 / (1 + np.exp(-9.0)), "linear": 0.95, "ring": 1.0}
    for name, value in at.items():
        assert solar_field(name, peak_kg=3.0).at(np.array([0.05]))[0] == pytest.approx(3.0 * value, rel=1e-12)
    ohmic = solar_field("radiative", peak_kg=1.0)
    assert X[np.argmax(ohmic.at(X))] == pytest.approx(0.324, abs=1e-3)
    assert ohmic.at(np.array([0.05]))[0] == pytest.approx(0.24, abs=5e-3)
    assert ohmic.at(np.array([0.0, 0.7, 0.9])).tolist() == [0.0, 0.0, 0.0]
    assert ohmic.at(np.array([1e-5]))[0] == pytest.approx(ohmic.at(np.array([1e-3]))[0] / 100.0, rel=1e-3)
    assert ohmic.kinks == (0.7,)


@given(st.sampled_from(sorted(PROFILES)), st.floats(0.1, 1e6), st.floats(0.01, 0.95))
def test_value_at_a_radius_is_met(name, value, radius):
    if solar_field(name, peak_kg=1.0).at(np.array([radius]))[0] <= 1e-6:
        with pytest.raises(PhysicsError, match="is zero at radius"):
            solar_field(name, value_kg=value, at_radius=radius)
        return
    field = solar_field(name, value_kg=value, at_radius=radius)
    assert field.at(np.array([radius]))[0] == pytest.approx(value, rel=1e-12)


def test_width_moves_the_kinks():
    narrow = solar_field("tachocline", peak_kg=1.0, width=0.02)
    assert narrow.kinks == pytest.approx((0.693, 0.733))
    assert narrow.at(np.array([0.7, 0.74]))[1] == 0.0


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"profile": "cosh7", "peak_kg": 1.0}, "profiles: cosh9"),
        ({"profile": "ring"}, "either its peak"),
        ({"profile": "ring", "peak_kg": 1.0, "value_kg": 2.0}, "either its peak"),
        ({"profile": "ring", "value_kg": 2.0}, "at which radius"),
        ({"profile": "ring", "peak_kg": -1.0}, "-1.0 kG"),
        ({"profile": "ring", "peak_kg": float("nan")}, "nan kG"),
        ({"profile": "tachocline", "value_kg": 1.0, "at_radius": 0.05}, "is zero at radius 0.05"),
        ({"profile": "cosh9", "peak_kg": 1.0, "width": 0.1}, "only ring and tachocline"),
        ({"profile": "ring", "peak_kg": 1.0, "width": 0.0}, "only ring and tachocline"),
        ({"profile": "ring", "peak_kg": 1.0, "twist_rad_per_rsun": float("inf")}, "twist"),
    ],
)
def test_bad_fields_are_refused(kwargs, says):
    with pytest.raises(PhysicsError, match=says):
        solar_field(**kwargs)


def table(folder: Path, r, b) -> str:
    path = folder / "field.csv"
    rows = "\n".join(f"{x:.10g},{y:.10g}" for x, y in zip(r, b, strict=True))
    path.write_text(f"# title: a field\nr,b\n{rows}\n")
    return str(path)


def test_a_table_is_interpolated_without_overshoot(tmp_path):
    r = np.linspace(0.0, 1.0, 201)
    field = solar_field(table(tmp_path, r, 7.0 / np.cosh(9.0 * r)), peak_kg=2.0)
    assert field.at(X) == pytest.approx(2.0 / np.cosh(9.0 * X), abs=2e-4)
    hat = solar_field(table(tmp_path, [0.2, 0.3, 0.4, 0.5, 1.0], [0, 0, 1, 0, 0]), peak_kg=1.0)
    assert hat.at(X).min() >= 0.0
    assert hat.at(X).max() == 1.0
    assert hat.at(np.array([0.0, 0.1])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("r", "b", "says"),
    [
        ([0, 0.3, 0.6, 0.9], [1, 1, 0.5, 0], "reach the surface"),
        ([0, 0.3, 0.6, 1], [1, -1, 0.5, 0], "row 2 has r = 0.3, b = -1"),
        ([0, 0.6, 0.3, 1], [1, 1, 0.5, 0], "not increasing at row 3"),
        ([0, 0.3, 0.3, 1], [1, 1, 0.5, 0], "not increasing at row 3"),
        ([0, 0.3, 0.6, 1], [1, 1, 0.5, 0.5], "a step at the edge, b = 0.5 at r = 1"),
        ([0.1, 0.3, 0.6, 1], [1, 1, 0.5, 0], "a step at the edge, b = 1 at r = 0.1"),
        ([0, 0.3, 0.6, 1], [0, 0, 0, 0], "zero everywhere"),
        ([0, 0.3, 1], [1, 0.5, 0], "at least 4"),
        ([0, 0.3, 0.6, 1], [1, float("nan"), 0.5, 0], "finite field"),
    ],
)
def test_bad_tables_are_refused(tmp_path, r, b, says):
    with pytest.raises(TableError, match=says):
        solar_field(table(tmp_path, r, b), peak_kg=1.0)


def test_fields_can_be_sent_to_other_processes(tmp_path):
    x = np.linspace(0.0, 1.0, 11)
    for field in (
        solar_field("tachocline", peak_kg=2.0, width=0.1),
        solar_field(table(tmp_path, x, 1.0 - x), peak_kg=2.0),
    ):
        assert pickle.loads(pickle.dumps(field)).at(x).tolist() == field.at(x).tolist()


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(TableError, match="cannot be read"):
        solar_field(str(tmp_path / "none.csv"), peak_kg=1.0)
