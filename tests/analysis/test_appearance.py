"""Limits of the search: scaling laws, sensitivity, closure of an injected signal and of its field family."""

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.appearance.candidates import Candidates, Prompts
from analysis.appearance.config import AppearanceConfig
from analysis.appearance.field_limits import field_limits
from analysis.appearance.limits import (
    BINNED,
    COUNTING,
    binned,
    binned_limits,
    counted,
    counting_limits,
    enlarged,
    flux_bins,
    flux_edges,
    windows,
)
from analysis.appearance.model import AppearanceModel, Physics, build_model, read_physics
from analysis.appearance.search import card_exposure_t_y, expected_candidates, with_background
from sim.core.config import Card, card_from_values
from sim.core.errors import CardError
from sim.core.rng import Stage, stream
from sim.physics.config import FieldConfig

Floats = NDArray[np.float64]

EXPOSURE_T_Y = 1500.0
CONFIG = AppearanceConfig(toys=0)


@pytest.fixture(scope="module")
def card() -> Card:
    return card_from_values("test", {})


@pytest.fixture(scope="module")
def physics(card: Card) -> Physics:
    return read_physics(card)


@pytest.fixture(scope="module")
def expected(card: Card) -> Candidates:
    return expected_candidates(card, CONFIG, EXPOSURE_T_Y)


@pytest.fixture(scope="module")
def model(physics: Physics, expected: Candidates) -> AppearanceModel:
    return build_model(physics, CONFIG, expected)


def test_every_limit_has_its_name_and_level(model: AppearanceModel) -> None:
    observed = model.background()
    names = {
        *(f"{w}_counting_{m.replace('-', '_')}" for w in ("whole", "above") for m in COUNTING),
        *(f"{w}_binned_{m}" for w in ("whole", "above") for m in BINNED),
    }
    found = counting_limits(model, observed, CONFIG).joined(binned_limits(model, observed, CONFIG))
    assert set(found.limits) == {f"{q}_{n}" for n in names for q in ("probability", "flux")}
    assert all(limit.cl == 0.90 and limit.value > 0.0 for limit in found.limits.values())
    for name in names:
        low = 1.8 if name.startswith("whole") else 7.3
        pair = [found.limits[f"{q}_{name}"].value for q in ("flux", "probability")]
        assert pair[0] == pytest.approx(model.flux_above(low) * pair[1])


def test_shape_helps_where_backgrounds_differ(model: AppearanceModel) -> None:
    """The binned limit of the whole range is far below the counted one: reactors and the Earth end at 8 MeV."""
    observed = model.background()
    shape = binned_limits(model, observed, CONFIG).limits["probability_whole_binned_bayesian"].value
    count = counting_limits(model, observed, CONFIG).limits["probability_whole_counting_bayesian"].value
    assert shape < 0.4 * count


def test_no_background_and_no_candidate(model: AppearanceModel) -> None:
    """2.303 counts, whatever the method, in the signal's own normalisation."""
    above = windows(CONFIG, model)[1]
    bare = model._replace(backgrounds=())
    per_unit = model.signal(1.0)[above.first :].sum()
    found = counting_limits(
        model._replace(backgrounds=tuple(b._replace(counts=0.0 * b.counts) for b in model.backgrounds)),
        np.zeros_like(model.background()),
        CONFIG.model_copy(update={"efficiency_sigma": 0.0}),
    )
    assert found.limits["probability_above_counting_bayesian"].value == pytest.approx(
        2.3026 / per_unit, rel=1e-3
    )
    data = binned(bare, np.zeros_like(model.background()), 1.0, above)
    assert data.backgrounds.shape == (0, model.edges_mev.size - 1 - above.first)


def test_limits_scale_with_the_flux(expected: Candidates) -> None:
    twice = read_physics(card_from_values("test", {"sun": {"flux_scale": {"8B": 2.0}}}))
    one = build_model(read_physics(card_from_values("test", {})), CONFIG, expected)
    two = build_model(twice, CONFIG, expected)
    limit = [binned_limits(m, m.background(), CONFIG).limits for m in (one, two)]
    name = "whole_binned_bayesian"
    plain = CONFIG.efficiency_sigma**2
    assert limit[0][f"probability_{name}"].value == pytest.approx(
        2.0 * limit[1][f"probability_{name}"].value, rel=plain + 1e-4
    )
    assert limit[0][f"flux_{name}"].value == pytest.approx(limit[1][f"flux_{name}"].value, rel=plain + 1e-4)


def test_more_candidates_weaker_limit(model: AppearanceModel) -> None:
    values = []
    for extra in (0.0, 1.0, 3.0):
        observed = model.background()
        observed[20] += extra
        found = binned_limits(model, observed, CONFIG).limits
        values.append(found["probability_whole_binned_bayesian"].value)
    assert values[0] < values[1] < values[2]


def test_efficiency_uncertainty_enlarges(model: AppearanceModel) -> None:
    assert enlarged(3.0, 0.0) == 3.0
    assert enlarged(3.0, 0.1) == pytest.approx(3.0 * 1.015)
    big = CONFIG.model_copy(update={"efficiency_sigma": 0.3})
    limits = [counting_limits(model, model.background(), c).limits for c in (CONFIG, big)]
    name = "probability_above_counting_cls"
    assert 1.1 < limits[1][name].value / limits[0][name].value < 1.5


def test_counting_takes_all_backgrounds(model: AppearanceModel) -> None:
    whole, above = windows(CONFIG, model)
    number = counted(model, model.background(), whole)
    assert number.observed == pytest.approx(number.background)
    geo = next(b for b in model.backgrounds if b.name == "geo").counts.sum()
    assert number.background_sigma > 0.25 * geo  # free in the fit, 25 % for a count
    assert counted(model, model.background(), above).background < 0.05 * number.background


def test_sensitivity_is_near_the_expected_limit(model: AppearanceModel) -> None:
    config = CONFIG.model_copy(update={"toys": 300})
    found = binned_limits(model, model.background(), config)
    assert set(found.sensitivity) == {f"probability_{w}_binned_bayesian" for w in ("whole", "above")}
    for name, median in found.sensitivity.items():
        assert median.median == pytest.approx(found.limits[name].value, rel=0.2)
        assert median.low_95 <= median.low_68 <= median.median <= median.high_68 <= median.high_95
    again = binned_limits(model, model.background(), config)
    assert again.sensitivity == found.sensitivity
    counts = counting_limits(model, model.background(), config)
    for name, median in counts.sensitivity.items():
        assert median.low_95 <= counts.limits[name].value <= median.high_95


def test_flux_bins(physics: Physics, model: AppearanceModel, expected: Candidates) -> None:
    bins = flux_bins(physics, model, CONFIG, expected)
    assert [b.low_mev for b in bins] == pytest.approx(np.arange(1.8, 16.7, 1.0))
    assert bins[-1].high_mev == pytest.approx(16.8)
    values = np.array([b.flux_cm2_s for b in bins])
    assert np.all(np.diff(values) < 0.0)  # backgrounds fall, the cross section rises
    assert sum(b.observed for b in bins) == pytest.approx(expected.prompts.weight.sum())
    assert sum(b.background for b in bins) == pytest.approx(model.background().sum(), rel=1e-6)
    # 10.8 to 11.8 MeV: s < counts / (exposure, 0.85 less what is smeared out, 8.8e-42 cm^2)
    tenth = bins[9]
    plain = tenth.upper_counts / (expected.proton_seconds() * 0.85 * 8.7e-42)
    assert 1.0 < tenth.flux_cm2_s / plain < 1.4


def test_flux_edges_follow_the_data() -> None:
    data = Candidates(Prompts(np.zeros(1), np.ones(1)), 1.0, "t", edges_mev=np.array([1.1, 5.0, 9.0, 15.0]))
    np.testing.assert_allclose(flux_edges(CONFIG, data), [1.884, 5.784, 9.784, 15.784])


def test_backgrounds_of_the_option() -> None:
    config = with_background(CONFIG, 0.248)
    assert config.li9_he8_per_100t_y == pytest.approx(0.06)
    none = CONFIG.model_copy(
        update={"li9_he8_per_100t_y": 0.0, "accidental_per_100t_y": 0.0, "alpha_neutron_per_100t_y": 0.0}
    )
    assert with_background(none, 0.3).accidental_per_100t_y == 0.3
    with pytest.raises(CardError, match="must be >= 0"):
        with_background(CONFIG, -0.1)


def test_exposure_of_a_card() -> None:
    """2770 days, 235.2 t, 90.48 % outside the vetoes: about the published 1.5e3 t years."""
    card = card_from_values("c", {"run": {"live_days": 2770.0}})
    assert card_exposure_t_y(card) == pytest.approx(2770.0 / 365.25 * 235.2 * 0.9048, rel=1e-3)
    for bad in ({}, {"run": {"live_days": 0}}, {"run": {"live_days": "long"}}):
        with pytest.raises(CardError, match="live_days"):
            card_exposure_t_y(Card("c", bad))


def injected(
    physics: Physics, model: AppearanceModel, profile: str, mean_probability: float
) -> tuple[Floats, float]:
    """Return mean counts with a signal of one field's shape, and the mu_12 B behind it in 1e-9 mu_B kG."""
    fields = field_limits(physics, model, model.background(), CONFIG, FieldConfig(profile=profile))
    shape = fields.card().conversion.probability(model.energy_mev)
    strength = mean_probability / model.mean_probability(1.8, shape)
    return model.background() + model.signal(strength * shape), float(np.sqrt(strength))


@pytest.mark.parametrize(
    ("profile", "family"), [("cosh9", "core"), ("ring", "core"), ("tachocline", "outer")]
)
def test_an_injected_signal_comes_back(
    physics: Physics, model: AppearanceModel, profile: str, family: str
) -> None:
    """Ten times the limit, mean counts: the size to 1 %, the family of the field, and its rejection of zero."""
    observed, product = injected(physics, model, profile, 1.1e-3)
    found = field_limits(physics, model, observed, CONFIG, FieldConfig(profile=profile))
    fit = found.card().strength
    assert np.sqrt(fit.best) == pytest.approx(product, rel=0.01)
    assert np.sqrt(fit.lower_68) < product < np.sqrt(fit.upper_68)
    assert found.seen()
    assert found.family() == family
    best = found.best(family)
    assert best is not None
    assert best.conversion.family() == family


def test_toys_with_a_signal(card: Card, physics: Physics) -> None:
    """Thirty years, ten times the limit of ten, 40 toys each.

    The 68 % interval covers 20 to 35 times (5 % each side of the binomial); the family is right nearly always:
    -2 ln L differs by 15 on average, with a spread of twice its root, and 2.7 is asked for.
    """
    data = expected_candidates(card, CONFIG, 3.0 * EXPOSURE_T_Y)
    model = build_model(physics, CONFIG, data)
    rng = stream(7, Stage.TOY, 0)
    for profile, family in (("cosh9", "core"), ("tachocline", "outer")):
        observed, product = injected(physics, model, profile, 1.1e-3)
        covered = right = wrong = 0
        for _ in range(40):
            toy = rng.poisson(observed).astype(np.float64)
            found = field_limits(physics, model, toy, CONFIG, FieldConfig(profile=profile))
            fit = found.card().strength
            covered += fit.lower_68 < product**2 < fit.upper_68
            right += found.family() == family
            wrong += found.family() == ("outer" if family == "core" else "core")
        assert 20 <= covered <= 35, profile
        assert right >= 32, profile
        assert wrong <= 2, profile


def test_without_a_signal_no_family(physics: Physics, model: AppearanceModel) -> None:
    found = field_limits(physics, model, model.background(), CONFIG, FieldConfig())
    assert found.family() == "none"
    assert abs(found.preference()) < 0.1
    for row in found.rows:
        assert row.first_order()
        assert row.moment_bohr(100.0) == pytest.approx(row.upper_1e9 * 1e-11)
        assert row.peak_1e9() >= row.upper_1e9
        assert 0.6 < row.upper_1e9 / row.rescaled_1e9 < 1.0  # each shape is harder than the 8B spectrum


def test_a_changed_profile_of_the_card_is_a_row_of_its_own(physics: Physics, model: AppearanceModel) -> None:
    field = FieldConfig(profile="tachocline", width=0.02)
    rows = field_limits(physics, model, model.background(), CONFIG, field).rows
    assert rows[0].conversion.name == "tachocline (card)"
    assert [r.conversion.name for r in rows].count("tachocline") == 1
    assert rows[0].upper_1e9 > 1.3 * next(r for r in rows if r.conversion.name == "tachocline").upper_1e9
