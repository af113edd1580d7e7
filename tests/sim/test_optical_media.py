"""Tables of the liquids."""

import numpy as np
import pytest

from sim.core.constants import SPEED_OF_LIGHT_M_NS
from sim.core.tables import load_table
from sim.detector.optical.config import LengthsConfig, OpticalConfig, ReemissionConfig, SpheresConfig
from sim.detector.optical.media import (
    ATTENUATION,
    BUFFER,
    FIRST_NM,
    INDEX,
    N_BINS,
    REEMITS,
    SCATTERS,
    SLOWNESS,
    TRANSFERS,
    build_media,
    film_depth,
    quantum_efficiency,
    refractive_index,
    wavelengths,
)


def rows(config=None, medium=0):
    table = build_media(config or OpticalConfig()).table.astype(float)
    return table[medium * N_BINS : (medium + 1) * N_BINS]


def at(nm):
    return int(nm - FIRST_NM)


def test_index_meets_the_published_points():
    table = load_table("optical_index")
    phase, _ = refractive_index(table.numbers("wavelength_nm"))
    np.testing.assert_allclose(phase, table.numbers("index"), atol=1.1e-3)


def test_group_index_is_the_derivative_of_the_phase():
    nm = np.linspace(320.0, 600.0, 50)
    step = 0.01
    slope = (refractive_index(nm + step)[0] - refractive_index(nm - step)[0]) / (2 * step)
    phase, group = refractive_index(nm)
    np.testing.assert_allclose(group, phase - nm * slope, rtol=1e-6)
    assert np.all(group > phase)
    found = rows()[:, SLOWNESS] * SPEED_OF_LIGHT_M_NS
    np.testing.assert_allclose(found, refractive_index(wavelengths())[1], rtol=1e-6)


@pytest.mark.parametrize("nm", [380, 400, 420, 440])
def test_lengths_are_the_tabulated_ones(nm):
    table = load_table("optical_lengths")
    row = list(table.numbers("wavelength_nm")).index(nm)
    ppo, scattering = table.numbers("ppo_absorption_m")[row], table.numbers("pc_scattering_m")[row]
    here = 0.5 * (rows()[at(nm) - 1] + rows()[at(nm)])  # bins on both sides of the point
    assert 1 / (here[ATTENUATION] * here[SCATTERS]) == pytest.approx(scattering, rel=0.01)
    assert 1 / (here[ATTENUATION] * (1 - here[SCATTERS])) == pytest.approx(ppo, rel=0.06)  # kinked there


def test_a_free_path_ends_in_one_of_the_ways():
    for medium in (0, BUFFER):
        row = rows(medium=medium)
        assert np.all(row[:, ATTENUATION] > 0)
        edges = np.column_stack([row[:, SCATTERS], row[:, REEMITS], row[:, TRANSFERS]])
        assert np.all(np.diff(edges, axis=1) >= -1e-7)
        assert edges.min() >= 0
        assert edges.max() <= 1 + 1e-6


def test_chance_of_reemission_by_range():
    row = rows()
    chance = (row[:, REEMITS] - row[:, SCATTERS]) / (1 - row[:, SCATTERS])
    for nm, expected in ((315, 0.53), (350, 0.839), (400, 0.15)):
        assert chance[at(nm)] == pytest.approx(expected, rel=1e-3)
    off = rows(OpticalConfig(reemission=ReemissionConfig(enabled=False)))
    np.testing.assert_array_equal(off[:, TRANSFERS], off[:, SCATTERS])


def test_factors_scale_lengths():
    plain = rows(medium=BUFFER)
    twice = rows(OpticalConfig(lengths=LengthsConfig(scattering=2.0)), BUFFER)
    scatters = plain[:, ATTENUATION] * plain[:, SCATTERS]
    np.testing.assert_allclose(twice[:, ATTENUATION] * twice[:, SCATTERS], 0.5 * scatters, rtol=1e-5)
    np.testing.assert_allclose(
        film_depth(OpticalConfig(lengths=LengthsConfig(nylon=2.0))),
        0.5 * film_depth(OpticalConfig()),
        rtol=1e-6,
    )


def test_buffer_index_ratio():
    config = OpticalConfig(spheres=SpheresConfig(buffer_index_ratio=0.9))
    np.testing.assert_allclose(rows(config, BUFFER)[:, INDEX], 0.9 * rows(config)[:, INDEX], rtol=1e-6)


def test_efficiency_peaks_where_published():
    efficiency = quantum_efficiency()
    assert efficiency.max() == pytest.approx(0.312, rel=3e-3)
    assert wavelengths()[efficiency.argmax()] == pytest.approx(360, abs=1)
    assert efficiency.min() >= 0
