import pytest

from recon.config import CoincidenceConfig, ReconConfig
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


def test_published_cuts_are_the_defaults():
    cuts = CoincidenceConfig()
    assert (cuts.prompt_min_pe, cuts.prompt_max_pe, cuts.delayed_min_pe, cuts.delayed_max_pe) == (
        408,
        None,
        860,
        1300,
    )
    assert (cuts.dt_min_us, cuts.dt_max_us, cuts.distance_m, cuts.wall_m) == (20, 1280, 1.0, 0.25)
    assert (cuts.inner_veto_s, cuts.outer_veto_ms) == (2.0, 2.0)


def test_reach_of_the_moved_windows():
    assert CoincidenceConfig().reach_s() == pytest.approx(1.00128)
    assert CoincidenceConfig(shifts=0).reach_s() == pytest.approx(0.00128)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"dt_min": 3}, "did you mean 'dt_min_us'"),
        ({"prompt_max_pe": 400}, "prompt_min_pe must be below"),
        ({"delayed_min_pe": 1300}, "delayed_min_pe must be below"),
        ({"dt_max_us": 20}, "dt_min_us must be below"),
        ({"shift_step_ms": 1.2}, "windows overlap"),
        ({"shifts": 2001}, "less than or equal to 2000"),
        ({"wall_m": 4.25}, "less than 4.25"),
        ({"distance_m": 0}, "greater than 0"),
    ],
)
def test_bad_coincidence_values_are_named(values, words):
    card = card_from_values("card.toml", {"coincidence": values})
    with pytest.raises(CardError, match=words):
        card.section("coincidence", CoincidenceConfig)
