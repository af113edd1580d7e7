"""Expected Phase-II limits against the published ones.

Source: Borexino Collaboration, PRD 96 (2017) 091103: 90 % C.L. limits on the effective moment of 4.0e-11 mu_B without
and 2.6e-11 mu_B with the gallium constraint, statistical profile alone. Stated tolerance: the expected limit of the
same exposure lies between 3.2 and 4.6, and between 2.4 and 3.6; the constraint gains more than 15 %.
"""

from analysis.config import FitConfig
from analysis.pipeline import fit_asimov
from sim.core.config import card_from_values

EXPOSURE_D_100T = 920.85  # 1291.51 d x 71.3 t


def test_expected_limits() -> None:
    outcome = fit_asimov(card_from_values("defaults", {}), FitConfig(), EXPOSURE_D_100T)
    assert outcome.best.valid
    without, with_gallium = outcome.free.integrated, outcome.gallium.integrated
    assert without is not None
    assert with_gallium is not None
    assert 3.2 < without.value < 4.6
    assert 2.4 < with_gallium.value < 3.6
    assert without.value / with_gallium.value > 1.15
