"""Gammas from outside in Borexino's public Phase-II spectrum.

Source of the data: Nature 562 (2018) 505, Fig. 2a, N_h 100 to 900 in unit bins. Above N_h = 471 there are 2574 counts,
4.4 cpd/100 t, of which 11C, pep, CNO and 8B make less than half: only gammas from outside have the shape of the rest.
Asked is that the two simulated spectra describe it (chi2 per degree of freedom below 1.25, without them above 2.5)
and leave pp and 7Be within two standard deviations of the published values, and that as many counts are given to them
as in the published fit of the same spectrum: 2.64 cpd/100 t from N_h 400 to 950, the component of external gammas
in Fig. 6a of PRD 100, 082004 (2019) as read off the figure, good to 3 %; asked within 10 %, what the fit knows it to.
"""

import numpy as np
import pytest

from analysis.config import FitConfig
from analysis.fit import fit
from analysis.parameters import NAMES
from analysis.problem import Problem, build_problem
from analysis.results import FitResult
from analysis.species import EXTERNAL
from sim.core.config import card_from_values
from tests.public_spectrum import EXPOSURE_D_100T, public_spectrum

NONE = {"rate_ext_k40_bi214": 0.0, "rate_ext_tl208": 0.0}


def _fit(fixed: dict[str, float], limits: tuple[float, float] = (100.0, 900.0)) -> tuple[Problem, FitResult]:
    spectrum = public_spectrum()
    config = FitConfig(range=limits, tfc_subtracted=True, fixed=fixed)
    problem = build_problem(card_from_values("defaults", {}), config, spectrum)
    return problem, fit(problem.likelihood, problem.start)


def test_the_public_spectrum_needs_gammas_from_outside() -> None:
    whole, without = _fit({})[1], _fit(NONE)[1]
    assert whole.valid
    assert whole.statistic.value / whole.statistic.ndf < 1.25
    assert without.statistic.value / without.statistic.ndf > 2.5
    assert abs(whole.value("rate_7Be") - 48.3) < 2 * (whole.error("rate_7Be") ** 2 + 1.1**2) ** 0.5
    assert abs(whole.value("rate_pp") - 134.0) < 2 * (whole.error("rate_pp") ** 2 + 10.0**2) ** 0.5
    for name in NONE:
        assert whole.value(name) > 5 * whole.error(name)


def test_as_many_as_in_the_published_fit() -> None:
    problem, result = _fit({}, (92.0, 950.0))
    theta = np.array([result.value(name) for name in NAMES])
    model, nh = problem.likelihood.model, problem.spectrum.centres()
    high = nh >= 400.0
    counts = sum(model.component(theta, name)[high].sum() for name in EXTERNAL)
    assert counts / EXPOSURE_D_100T == pytest.approx(2.64, rel=0.1)
