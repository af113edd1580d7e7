"""The chain closes: a fit of simulated, reconstructed events gives back what was put in.

Stated tolerance: every parameter within 3.5 of its errors (14 of them), the fit valid, chi2/ndf between 0.85 and 1.15.
"""

from pathlib import Path

import pytest

from analysis.config import FitConfig
from analysis.fit import fit
from analysis.parameters import INDEX
from analysis.problem import build_problem
from analysis.simulated import simulated_defaults
from analysis.spectrum_file import read_reconstruction, recorded_card
from recon.config import ReconConfig
from recon.pipeline import reconstruct
from sim.core.config import read_card
from sim.pipeline import simulate

DAYS = 100


@pytest.fixture(scope="module")
def reco(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closure")
    # 11C even in time: after muons it comes in bursts, which the errors of a Poisson likelihood do not know
    card = read_card("phase2", [f"run.live_days={DAYS}", "run.seed=5", "muons.showers=false"])
    simulate(card, folder / "events.root")
    reconstruct(folder / "events.root", folder / "reco.root", card.section("reconstruction", ReconConfig))
    return folder / "reco.root"


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "low"), [("nh", 92.0), ("np_230", 85.0)])
def test_parameters_come_back(reco: Path, estimator: str, low: float) -> None:
    card = recorded_card(reco, [])
    config = FitConfig(estimator=estimator, range=(low, 800.0), **simulated_defaults(card))
    problem = build_problem(card, config, read_reconstruction(reco, estimator).spectrum)
    result = fit(problem.likelihood, problem.start)
    assert result.valid, result.remarks
    # bins of few counts at high energies pull it below 1
    assert 0.8 < result.statistic.value / result.statistic.ndf < 1.15
    for name in result.free:
        truth = problem.start.theta[INDEX[name]]
        assert abs(result.value(name) - truth) < 3.5 * result.error(name), name
