"""The channel closes: a field put into the simulation comes back from the pairs that the reconstruction finds.

40 years, to tell the families of fields apart at ten times the limit of the ten-year search. Stated tolerance:
mu_12 B within 4 % of what was put in. Signals are 10 times more than there are, with weights of 1/10: 2000 found
give 1.1 %; other antineutrinos above 6 MeV, not boosted, 1 %; the response table 1 %; limits take first order in
mu B, which is 2.5 % too large in P, so 1.2 % too small in mu B.
"""

from pathlib import Path

import numpy as np
import pytest

from analysis.appearance.candidates import read_pairs
from analysis.appearance.config import AppearanceConfig
from analysis.appearance.search import search
from analysis.spectrum_file import recorded_card
from recon.config import CoincidenceConfig, ReconConfig
from recon.pipeline import reconstruct
from sim.core.config import read_card
from sim.pipeline import simulate

FEW_SINGLES = ("antineutrino.singles_internal_cpd_100t=1", "antineutrino.singles_surface_cpd_m2=0.1")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("profile", "strength", "product", "family"),
    [
        ("tachocline", "field.peak_kg=2000", 20.0, "outer"),
        ("cosh9", "field.value_kg=4000", 40.0, "core"),
    ],
)
def test_the_field_comes_back(
    tmp_path: Path, profile: str, strength: str, product: float, family: str
) -> None:
    overrides = [
        *FEW_SINGLES, "run.seed=21", "run.live_days=11080", "antineutrino.boost=10", "moment.nature=majorana", "moment.mu12_bohr=1e-11",
        f"field.profile={profile}", strength,
    ]  # fmt: skip
    if "value_kg" in strength:
        overrides.append("field.at_radius=0.05")
    card = read_card("antineutrino", overrides)
    events, reco = tmp_path / "events.root", tmp_path / "reco.root"
    simulate(card, events, workers=2)
    cuts = card.section("coincidence", CoincidenceConfig)
    reconstruct(events, reco, card.section("reconstruction", ReconConfig), workers=2, coincidence=cuts)
    data = read_pairs(reco)
    assert data.weighted()
    assert data.exposure_t_y == pytest.approx(4 * 1614.0, rel=0.01)
    found = search(recorded_card(reco, []), AppearanceConfig(toys=0), data)
    row = found.fields.card()
    assert row.conversion.name == profile
    assert np.sqrt(row.strength.best) == pytest.approx(product, rel=0.04)
    assert found.fields.seen()
    assert found.fields.family() == family
