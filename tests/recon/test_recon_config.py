import pytest

from recon.config import ReconConfig
from sim.core.config import card_from_values
from sim.core.errors import CardError


def test_default_fiducial_mass_is_the_published_one():
    assert ReconConfig().fiducial_volume().mass_t() == pytest.approx(71.3, abs=0.05)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"min_hit": 3}, "did you mean 'min_hits'"),
        ({"min_hits": 1}, "greater than or equal to 2"),
        ({"emission_weight": (0.5, 0.4), "emission_tau_ns": (3.0, 20.0)}, "sum is 0.9"),
        ({"emission_weight": (1.0,)}, "1 emission weights but 4 lifetimes"),
        ({"emission_tau_ns": (3.0, 20.0, 0.0, 5.0)}, "lifetimes > 0"),
        ({"fiducial_z_min_m": 2.0, "fiducial_z_max_m": 1.0}, "must be below"),
        ({"fiducial_z_min_m": 3.0, "fiducial_z_max_m": 4.0}, "fiducial volume is empty"),
    ],
)
def test_bad_values_are_named(values, words):
    card = card_from_values("card.toml", {"reconstruction": values})
    with pytest.raises(CardError, match=words):
        card.section("reconstruction", ReconConfig)
