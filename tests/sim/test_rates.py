"""Recoil spectra and rates against brute-force integration; arrival; report; gallium."""

import json

import numpy as np
import pytest
from scipy.integrate import quad

from sim.core.errors import PhysicsError
from sim.physics.arrival import arrival
from sim.physics.config import MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.elastic import differential_cross_section, max_recoil, min_energy, total_cross_section
from sim.physics.gallium import capture_cross_section, gallium_snu
from sim.physics.rates import ELECTRON_SECONDS, UNIT_MOMENT, expected_rates, recoil_rates
from sim.physics.rates_report import moment_text, rates_report, shown_moment
from sim.physics.solar_model import load_solar_model
from sim.physics.spectra import density, endpoint, quadrature


@pytest.fixture(scope="module")
def conversion():
    return Conversion.build(load_solar_model("B16-GS98"), NeutrinoConfig(), SiteConfig())


def rates_of(conversion, component, edges, moment=UNIT_MOMENT, **options):
    return recoil_rates(
        arrival(component, conversion.sun, conversion, moment), np.asarray(edges, float), **options
    )


@pytest.mark.parametrize(("component", "recoil"), [("pp", 0.05), ("pp", 0.24), ("13N", 0.7), ("8B", 1.3)])
def test_continuous_bins_against_adaptive_quadrature(conversion, component, recoil):
    """A narrow bin, by scipy over the neutrino energy with probabilities computed one by one."""
    half = 1e-5
    rates = rates_of(conversion, component, [recoil - half, recoil + half])

    def integrand(energy, magnetic):
        at = conversion.averaged(component, np.array([energy]))
        phi = float(density(component, np.array([energy]))[0])
        if magnetic:
            return phi * np.pi * 2.8179403e-13**2 * 1e-22 * (1 / recoil - 1 / energy) * 1e46
        nue, nux = (float(differential_cross_section(s, recoil, energy)) for s in ("nue", "nux"))
        return phi * (at.nue[0] * nue + (at.numu[0] + at.nutau[0]) * nux) * 1e46

    scale = ELECTRON_SECONDS * conversion.sun.flux(component) * 2 * half * 1e-46
    for magnetic, found in ((False, rates.weak_cpd_100t[0]), (True, rates.magnetic_cpd_100t[0])):
        low = min_energy(recoil)
        value = quad(
            integrand, low, endpoint(component), args=(magnetic,), limit=200, epsrel=1e-7, epsabs=0.0
        )[0]
        assert found == pytest.approx(scale * value, rel=2e-5)


def test_line_bins_against_the_cross_section(conversion):
    energy = float(quadrature("pep").node[0])
    at = conversion.averaged("pep", np.array([energy]))
    top = max_recoil(energy)
    rates = rates_of(conversion, "pep", [0.3, top - 0.01, top + 0.01, 3.0])
    scale = ELECTRON_SECONDS * conversion.sun.flux("pep")
    sigma = {s: total_cross_section(s, energy, [0.3, top - 0.01]) for s in ("nue", "nux")}
    above = scale * (at.nue * sigma["nue"] + (at.numu + at.nutau) * sigma["nux"])
    np.testing.assert_allclose(rates.weak_cpd_100t[:2], [above[0] - above[1], above[1]], rtol=1e-6)
    assert rates.weak_cpd_100t[2] == rates.magnetic_cpd_100t[2] == 0.0


@pytest.mark.parametrize("component", ["pp", "pep", "7Be", "8B", "13N", "15O-EC"])
def test_bins_add_up(conversion, component):
    coarse = rates_of(conversion, component, [0.0, 0.1, 3.0])
    fine = rates_of(
        conversion, component, np.concatenate([np.linspace(0, 0.1, 101), np.linspace(0.1, 3, 601)[1:]])
    )
    for kind in ("weak_cpd_100t", "magnetic_cpd_100t"):
        split = np.add.reduceat(getattr(fine, kind), [0, 100])
        np.testing.assert_allclose(split, getattr(coarse, kind), rtol=1e-5)


def test_edge_of_the_beryllium_line(conversion):
    edges = np.arange(0.640, 0.690, 0.001)
    content = rates_of(conversion, "7Be", edges).weak_cpd_100t
    inside, outside = content[edges[1:] < 0.660], content[edges[:-1] > 0.672]
    assert inside.min() > 0.055
    assert np.all(outside == 0.0)


def test_thresholds_only_take_away(conversion):
    before = expected_rates(conversion.sun, conversion)
    for threshold in (0.05, 0.2, 0.7):
        now = expected_rates(conversion.sun, conversion, threshold_mev=threshold)
        for name, rate in now.items():
            assert 0.0 <= rate.weak_cpd_100t <= before[name].weak_cpd_100t
            assert 0.0 <= rate.magnetic_cpd_100t <= before[name].magnetic_cpd_100t
        before = now


def test_magnetic_rate_is_quadratic_and_weak_rate_independent(conversion):
    one = rates_of(conversion, "7Be", [0.1, 1.0])
    three = rates_of(conversion, "7Be", [0.1, 1.0], MomentConfig(mu_eff_bohr=3e-11))
    none = rates_of(conversion, "7Be", [0.1, 1.0], MomentConfig())
    assert three.magnetic_cpd_100t[0] == pytest.approx(9 * one.magnetic_cpd_100t[0], rel=1e-12)
    assert none.magnetic_cpd_100t[0] == 0.0
    assert none.weak_cpd_100t[0] == one.weak_cpd_100t[0] == three.weak_cpd_100t[0]


def test_mass_basis_moments_follow_the_populations(conversion):
    majorana = MomentConfig(nature="majorana", mu12_bohr="1e-11i")
    energy = quadrature("pep").node
    at = conversion.averaged("pep", energy)
    expected = (at.e1[0] + at.e2[0]) * rates_of(conversion, "pep", [0.2, 2.0]).magnetic_cpd_100t[0]
    found = rates_of(conversion, "pep", [0.2, 2.0], majorana).magnetic_cpd_100t[0]
    assert found == pytest.approx(expected, rel=1e-12)


def test_arrival_grid_is_close_to_exact_probabilities(conversion):
    arriving = arrival("8B", conversion.sun, conversion, UNIT_MOMENT)
    inside = arriving.energy_mev > 0.0
    exact = conversion.averaged("8B", arriving.energy_mev[inside])
    assert np.abs(arriving.nue[inside] - exact.nue).max() < 2e-5
    np.testing.assert_allclose(arriving.moment_squared, 1e-22, rtol=1e-9)


def test_radiative_corrections_can_be_switched_off(conversion):
    on, off = (rates_of(conversion, "7Be", [0.0, 1.0], radiative=r).weak_cpd_100t[0] for r in (True, False))
    assert 0.95 < on / off < 1.05
    assert on != off


def test_bad_edges(conversion):
    for edges in ([0.1], [0.2, 0.1], [-0.1, 0.1], [0.1, np.nan]):
        with pytest.raises(PhysicsError, match="edges"):
            rates_of(conversion, "pep", edges)


def test_report_is_plain_and_complete(conversion):
    report = json.loads(json.dumps(rates_report(conversion, threshold_mev=0.1)))
    keys = {"weak_cpd_100t", "magnetic_cpd_100t", "gallium_snu", "gallium_snu_no_osc"}
    assert set(report["components"]) == set(conversion.sun.components)
    assert all(set(row) == keys for row in (*report["components"].values(), report["total"], report["cno"]))
    for key in keys:
        assert report["total"][key] == pytest.approx(sum(row[key] for row in report["components"].values()))


def test_shown_moment():
    assert shown_moment(MomentConfig()) is UNIT_MOMENT
    assert moment_text(UNIT_MOMENT) == "mu_eff = 1e-11 mu_B"
    majorana = MomentConfig(nature="majorana", mu23_bohr=2e-11)
    assert shown_moment(majorana) is majorana
    assert moment_text(majorana).startswith("majorana")


def test_gallium_threshold_and_conversion(conversion):
    assert capture_cross_section(0.2331) == 0.0
    assert capture_cross_section([0.24, 16.0]) == pytest.approx([13.10e-46, 22640e-46], rel=2e-3)
    for rate in gallium_snu(conversion.sun, conversion).values():
        assert 0.0 < rate.gallium_snu < rate.gallium_snu_no_osc
