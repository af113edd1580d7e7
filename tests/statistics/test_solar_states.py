"""Elastic scattering of six states: events of a Sun with a magnetic field against the rates of the fit."""

import numpy as np
import pytest
from scipy import stats

from sim.core.geometry import sphere_mass_t
from sim.core.primaries import Block, Primaries
from sim.core.schema import PROCESSES
from sim.physics.arrival import arrival
from sim.physics.config import FieldConfig, MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.elastic import max_recoil
from sim.physics.exposure import nadir_exposure
from sim.physics.rates import recoil_rates
from sim.physics.solar_model import load_solar_model
from sim.sources.arriving import build_passage, flavours_at, masses_at
from sim.sources.solar import PDG_RIGHT_HANDED, SolarSource
from sim.sources.source import Birks

SMALLEST_P = 1e-4
START_NS = 1_323_820_800 * 10**9
YEAR = Block(20, 0, START_NS, 365.25 * 86400.0)
RADIUS_M = 3.5
MASS_DAYS = sphere_mass_t(RADIUS_M) / 100.0 * 365.25
SITE = SiteConfig()
EXPOSURE = nadir_exposure(SITE, START_NS * 1e-9, 365.25)
# conversions of tens of percent, far beyond what is allowed, so that every state is seen
MAJORANA = MomentConfig(nature="majorana", mu12_bohr=1.2e-11)
MAJORANA_FIELD = FieldConfig(profile="tachocline", peak_kg=30_000.0)
DIRAC = MomentConfig(nature="dirac", matrix_bohr=((1e-11, 0, 0), (0, 1e-11, 0), (0, 0, 1e-11)))
DIRAC_FIELD = FieldConfig(profile="cz-triangle", peak_kg=30.0)


def _conversion(factor: float, field: FieldConfig, moment: MomentConfig) -> Conversion:
    sun = load_solar_model("B16-GS98")
    sun = sun.scaled({name: factor * (name == "8B") for name in sun.components})
    return Conversion.build(sun, NeutrinoConfig(), SITE, EXPOSURE, field=field, moment=moment)


def _year(field: FieldConfig, moment: MomentConfig, wanted: float) -> tuple[Primaries, Conversion]:
    conversion = _conversion(1.0, field, moment)
    rates = recoil_rates(arrival("8B", conversion.sun, conversion, moment), np.array([0.0, np.inf]))
    whole = float(rates.weak_cpd_100t[0] + rates.magnetic_cpd_100t[0])
    conversion = _conversion(wanted / whole / MASS_DAYS, field, moment)
    source = SolarSource.build(conversion, moment, RADIUS_M, Birks(0.011, 0.0104))
    return source.generate(YEAR)[0], conversion


@pytest.mark.parametrize(("field", "moment"), [(MAJORANA_FIELD, MAJORANA), (DIRAC_FIELD, DIRAC)])
def test_spectra_and_states_of_a_magnetic_sun(field: FieldConfig, moment: MomentConfig) -> None:
    primaries, conversion = _year(field, moment, 2e5)
    edges = np.linspace(0.0, max_recoil(16.5), 61)
    rates = recoil_rates(arrival("8B", conversion.sun, conversion, moment), edges)
    for process, expected in (("elastic_weak", rates[1]), ("elastic_magnetic", rates[2])):
        mine = primaries.process == PROCESSES[process]
        model = expected * MASS_DAYS
        assert mine.sum() == pytest.approx(model.sum(), abs=4 * np.sqrt(model.sum()) + 2e-3 * model.sum())
        found = np.histogram(primaries.energy_mev[mine], edges)[0]
        good = model > 50
        chi2 = np.sum((found - model)[good] ** 2 / model[good])
        assert stats.chi2.sf(chi2, good.sum()) > SMALLEST_P
    weak = primaries.process == PROCESSES["elastic_weak"]
    states = set(np.unique(primaries.pdg_detector[weak]))
    assert states == ({12, 14, 16, -12, -14, -16} if moment.nature == "majorana" else {12, 14, 16})
    right = primaries.pdg_detector == PDG_RIGHT_HANDED
    assert right.any() == (moment.nature == "dirac")  # right-handed neutrinos scatter by their moment alone
    assert np.all(primaries.pdg_birth == 12)


@pytest.mark.parametrize(("field", "moment"), [(MAJORANA_FIELD, MAJORANA), (DIRAC_FIELD, DIRAC)])
def test_the_kernel_gives_the_states_of_the_conversion(field: FieldConfig, moment: MomentConfig) -> None:
    conversion = _conversion(1.0, field, moment)
    passage = build_passage(conversion)
    births = conversion.sun.births("8B")
    for energy in (2.3, 6.1, 9.7, 13.9):
        masses = [masses_at(passage, energy, radius) for radius in births.node]
        by_day = births.weight @ np.array([flavours_at(passage, energy, m, 0.3) for m in masses])
        at = conversion.probabilities("8B", np.array([energy]))
        expected = np.array([at.nue[0], at.numu[0], at.nutau[0], at.anue[0], at.anumu[0], at.anutau[0]])
        assert np.allclose(by_day[:3], expected[:3], rtol=0.01, atol=1e-3)
        assert np.allclose(by_day[3:], expected[3:], rtol=0.02, atol=1e-3)
        assert by_day.sum() == pytest.approx(1.0 - at.sterile[0], abs=2e-3)


def test_without_a_field_nothing_changes() -> None:
    block = Block(3, 1, START_NS, 30 * 86400.0)
    plain = Conversion.build(load_solar_model("B16-GS98"), NeutrinoConfig(), SITE, EXPOSURE)
    weak_field = FieldConfig(profile="cosh9", peak_kg=1e-6)
    precessing = Conversion.build(
        plain.sun, NeutrinoConfig(), SITE, EXPOSURE, field=weak_field, moment=MAJORANA
    )
    one, two = (
        SolarSource.build(conversion, MAJORANA, RADIUS_M, Birks(0.011, 0.0104)).generate(block)[0]
        for conversion in (plain, precessing)
    )
    weak_one, weak_two = (p.process == PROCESSES["elastic_weak"] for p in (one, two))
    assert abs(int(weak_one.sum()) - int(weak_two.sum())) <= 3  # conversion by matter agrees to 5e-6
    assert not np.any(two.pdg_detector < 0)
