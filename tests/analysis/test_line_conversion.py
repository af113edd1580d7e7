"""Conversion of the 7Be line: shapes, limits of known profiles, closure, the command."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf
from scipy.stats import norm
from typer.testing import CliRunner

from analysis.asimov import asimov_problem
from analysis.beryllium.cli import beryllium
from analysis.beryllium.line_model import LineModel, build_line_model
from analysis.beryllium.outcome import LineOutcome, fit_line_asimov, limits
from analysis.beryllium.profile import LineProfile, integrated_limit, ratio_limit, scan_limits
from analysis.config import FitConfig
from analysis.fit import Start, fit
from analysis.parameters import INDEX, NAMES
from analysis.problem import Problem
from analysis.response import electron_mean
from analysis.species import solar_input
from sim.core.config import Card, card_from_values
from sim.core.constants import ELECTRONS_PER_100T, SECONDS_PER_DAY
from sim.core.errors import CardError, FitError
from sim.core.rng import Stage, stream
from sim.physics.elastic import max_recoil, total_cross_section
from sim.physics.quenching import visible_energies
from sim.physics.solar_model import load_solar_model
from sim.physics.spectra import quadrature

EXPOSURE_D_100T = 920.85
QUICK = FitConfig(range=(92.0, 500.0), bin_width=2)
CONVERTED = 0.3


@pytest.fixture(scope="module")
def line(card: Card) -> LineModel:
    return build_line_model(asimov_problem(card, QUICK, EXPOSURE_D_100T), card)


@pytest.fixture(scope="module")
def standard(card: Card) -> LineOutcome:
    return fit_line_asimov(card, QUICK, EXPOSURE_D_100T)


def _profile(sigma: float, best: float = 0.0) -> LineProfile:
    probability = np.linspace(0.0, 1.0, 51)
    delta = ((probability - best) / sigma) ** 2
    return LineProfile(probability, delta - delta.min(), np.zeros((51, len(NAMES))), 0)


def test_nothing_converted_is_the_standard_fit(phase2: Problem, card: Card) -> None:
    line = build_line_model(phase2, card)
    theta = 1.01 * phase2.start.theta
    expected = phase2.likelihood.model.expected(theta)
    np.testing.assert_allclose(line.model(0.0).expected(theta), expected, rtol=1e-12)
    gradients = np.zeros((2, len(NAMES)))
    values = [
        likelihood.evaluate(theta, gradient)
        for likelihood, gradient in zip((phase2.likelihood, line.likelihood(0.0)), gradients, strict=True)
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-12)
    assert np.abs(gradients[0]).max() > 1.0
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-9)


def test_events_follow_the_cross_sections(line: LineModel, card: Card) -> None:
    """Flux, shares of the lines and probabilities by hand; the bins hold all recoils."""
    solar = solar_input(card)
    energy, share = quadrature("7Be")
    at = solar.conversion.averaged("7Be", energy)
    nue, nux, anue = (total_cross_section(state, energy) for state in ("nue", "nux", "anue"))
    plain = share * (at.nue * nue + (at.numu + at.nutau) * nux)
    upper = energy > 0.6
    converted = (plain[~upper]).sum() + (share * anue)[upper].sum()
    assert line.event_ratio == pytest.approx(converted / plain.sum(), rel=1e-6)


def test_counts_follow_the_cross_sections_above_the_fit_range(line: LineModel) -> None:
    """The recoil that gives N_h = 91.5 on average is a threshold, smearing across it: 2 %."""
    problem = line.problem
    theta = problem.start.theta
    recoil = np.linspace(0.05, 0.6, 2000)
    visible = visible_energies("electron", recoil, problem.config.kb_cm_mev)
    mean = electron_mean(problem.likelihood.model.response, theta[INDEX["light_yield"]], visible)
    threshold = float(np.interp(91.5, mean, recoil))
    counts = line.model(1.0, "antineutrinos").component(theta, "7Be").sum()
    anue = float(total_cross_section("anue", 0.8613, threshold))
    flux = load_solar_model("B16-GS98").flux("7Be") * 0.8956  # share of the line [BAH94]
    expected = ELECTRONS_PER_100T * SECONDS_PER_DAY * EXPOSURE_D_100T * flux * anue
    assert counts == pytest.approx(expected, rel=0.02)


@settings(max_examples=20)
@given(st.floats(0.0, 1.0))
def test_expected_counts_are_linear_in_p_and_the_parts_add_up(line: LineModel, probability: float) -> None:
    theta = line.problem.start.theta
    ends = [line.model(p).expected(theta) for p in (0.0, 1.0)]
    between = line.model(probability)
    np.testing.assert_allclose(
        between.expected(theta), (1.0 - probability) * ends[0] + probability * ends[1], rtol=1e-10
    )
    parts = [line.model(probability, part).component(theta, "7Be") for part in ("neutrinos", "antineutrinos")]
    np.testing.assert_allclose(np.sum(parts, axis=0), between.component(theta, "7Be"), rtol=1e-9, atol=1e-9)


def test_antineutrino_recoils_are_softer(line: LineModel) -> None:
    """dsigma/dT of anti-nu_e falls by 50 from 0 to the edge, that of neutrinos by less than 1.5."""
    theta = line.problem.start.theta
    centres = line.problem.likelihood.model.centres()
    low, shoulder = (centres > 100) & (centres < 120), (centres > 265) & (centres < 285)
    before, after = (
        line.model(p, part).component(theta, "7Be") for p, part in ((0.0, "all"), (1.0, "antineutrinos"))
    )
    assert before[shoulder].sum() / before[low].sum() > 0.7
    assert after[shoulder].sum() / after[low].sum() < 0.15
    assert max_recoil(0.8613) == pytest.approx(0.665, abs=1e-3)


def test_gradient_with_conversion(line: LineModel) -> None:
    likelihood = line.likelihood(CONVERTED, "solar_model")
    theta = line.problem.start.theta
    gradient = np.zeros(len(NAMES))
    likelihood.evaluate(theta, gradient)
    for name, step in (("rate_7Be", 1e-3), ("light_yield", 1e-3), ("rate_85Kr", 1e-3)):
        ends = []
        for sign in (1.0, -1.0):
            moved = theta.copy()
            moved[INDEX[name]] += sign * step
            ends.append(likelihood.evaluate(moved, np.zeros(len(NAMES))))
        assert gradient[INDEX[name]] == pytest.approx((ends[0] - ends[1]) / (2.0 * step), rel=1e-4), name


@pytest.mark.parametrize("sigma", [0.05, 0.1, 0.4])
def test_limits_of_a_half_gaussian(sigma: float) -> None:
    profile = _profile(sigma)
    inside = 0.9 * erf(1.0 / (sigma * np.sqrt(2.0)))  # cut at P = 1
    expected = sigma * norm.ppf(0.5 + 0.5 * inside)
    assert integrated_limit(profile, 0.9).value == pytest.approx(expected, rel=1e-4)
    ratio = ratio_limit(profile, 0.9)
    assert ratio is not None
    assert ratio.value == pytest.approx(sigma * norm.ppf(0.9), abs=1e-4)


def test_limits_without_information_and_away_from_zero() -> None:
    flat = _profile(1e6)
    assert integrated_limit(flat, 0.9).value == pytest.approx(0.9, abs=1e-4)
    assert ratio_limit(flat, 0.9) is None
    seen = _profile(0.05, best=0.4)
    assert integrated_limit(seen, 0.9).value == pytest.approx(0.4 + 0.05 * norm.ppf(0.9), abs=1e-3)


def test_expected_limits(standard: LineOutcome) -> None:
    assert standard.standard.valid
    assert standard.free.profile.n_failed == standard.solar_model.profile.n_failed == 0
    for scan in (standard.free, standard.solar_model):
        assert scan.best[0] == pytest.approx(0.0, abs=0.02)
        assert scan.profile.delta[-1] > 25.0
    assert standard.solar_model.integrated.value < standard.free.integrated.value
    assert set(limits(standard)) == {
        f"p_862_{rate}{how}" for rate in ("free", "solar_model") for how in ("", "_ratio")
    }


def test_krypton_is_what_conversion_trades_with(card: Card, standard: LineOutcome) -> None:
    """With a free rate the limit is where 85Kr is used up: less of it, a stronger limit; known, stronger still."""
    assert standard.at_limit.value("rate_85Kr") < 1.0
    assert standard.at_limit.value("rate_7Be") > 1.2 * standard.standard.value("rate_7Be")
    clean = card_from_values("clean", {**card.values, "backgrounds": {"kr85_cpd_100t": 2.0}})
    assert (
        fit_line_asimov(clean, QUICK, EXPOSURE_D_100T).free.integrated.value
        < 0.7 * standard.free.integrated.value
    )
    pull = {"rate_85Kr": {"value": 6.8, "sigma": 1.0}}
    known = fit_line_asimov(card, FitConfig(range=(92.0, 500.0), bin_width=2, pulls=pull), EXPOSURE_D_100T)
    assert known.free.integrated.value < 0.7 * standard.free.integrated.value


def test_flux_error_loosens_the_tie(card: Card, standard: LineOutcome) -> None:
    assert standard.line.flux_error == pytest.approx(0.06)  # of B16-GS98
    loose = fit_line_asimov(card, QUICK, EXPOSURE_D_100T, flux_error=10.0)
    assert loose.solar_model.integrated.value == pytest.approx(standard.free.integrated.value, rel=0.02)


def test_conversion_in_the_counts_is_found(card: Card) -> None:
    """Closure: with the rate tied the best P is the truth, 0 is far excluded, the fit without conversion is bad."""
    outcome = fit_line_asimov(card, QUICK, EXPOSURE_D_100T, CONVERTED)
    best, low, high = outcome.solar_model.best
    assert best == pytest.approx(CONVERTED, abs=2e-3)
    assert low < CONVERTED < high
    assert float(outcome.solar_model.profile.at(np.zeros(1))[0]) > 9.0
    assert outcome.solar_model.integrated.value > CONVERTED
    assert float(outcome.free.profile.at(np.array([CONVERTED]))[0]) == pytest.approx(0.0, abs=1e-3)


def test_profiles_of_toys_cover_the_truth(line: LineModel) -> None:
    """-2 ln L at the true P (rate tied) is chi2 with one degree of freedom: mean 1, over 2.706 in 10 %.

    Counts and the values of all constraints are drawn. 24 toys: the mean is within 0.4 and 1.9, at most 7 are over
    (each fails by chance in less than 0.5 %).
    """
    rng = stream(7, Stage.TOY, 0)
    truth = 0.15
    theta, free = line.problem.start.theta, line.problem.start.free
    expected = line.model(truth).expected(theta)
    grid = np.linspace(0.0, 0.36, 7)
    found = []
    for _ in range(24):
        counts = rng.poisson(expected).astype(np.float64)
        base = line.likelihood(truth, "solar_model")
        pulls = tuple(c._replace(value=rng.normal(c.value, c.sigma)) for c in base.constraints)
        values = []
        for probability in (truth, *grid):
            likelihood = replace(line.likelihood(float(probability)).with_counts(counts), constraints=pulls)
            values.append(fit(likelihood, Start(theta, free), errors=False).minimum)
        curve = np.polynomial.Polynomial.fit(grid, values[1:], 4)
        found.append(values[0] - min(curve(np.linspace(0.0, 0.36, 721))))
    assert 0.4 < np.mean(found) < 1.9
    assert np.count_nonzero(np.array(found) > 2.706) <= 7


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(beryllium)
    return app


def test_command(app: typer.Typer, tmp_path: Path) -> None:
    arguments = ["--asimov", "phase2", "--exposure", "920.85", "--range", "92", "500", "--bin-width", "4"]
    done = CliRunner().invoke(app, [*arguments, "--conversion", "0.3", "-o", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "p_862_free" in done.output
    plain = json.loads((tmp_path / "beryllium.json").read_text())
    assert set(plain["limits"]["p_862_solar_model"]) == {"value", "cl", "method", "unit"}
    assert plain["conversion"]["solar_model"]["value"] == pytest.approx(0.3, abs=5e-3)
    assert plain["published"]["BX-ANTINU21"]["value"] == 0.14
    assert plain["line"]["event_ratio"] == pytest.approx(0.754, abs=0.005)
    assert plain["constraint_solar_model"]["sigma"] == pytest.approx(0.06 * 48.1, rel=0.01)
    for name in ("profile", "profile_solar_model"):
        profile = plain[name]
        assert profile["probability"][0] == 0.0
        assert len(profile["delta"]) == len(profile["rate_85Kr_cpd_100t"]) > 5
    for name in ("beryllium_spectrum", "beryllium_profile"):
        for ending in (".png", ".pdf", ".csv"):
            assert (tmp_path / f"{name}{ending}").stat().st_size > 500, name + ending
    rows = np.genfromtxt(tmp_path / "beryllium_profile.csv", delimiter=",", names=True)
    assert rows["delta_solar_model"].min() == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either an INPUT or --asimov CARD"),
        (["{csv}", "--exposure", "1", "--conversion", "0.2"], "needs --asimov"),
        (["{csv}"], "needs its exposure"),
        (["--asimov", "phase2", "--set", "fit.fixed.rate_7Be=48"], "rate_7Be is held or zero"),
    ],
)
def test_user_errors(app: typer.Typer, tmp_path: Path, arguments: list[str], message: str) -> None:
    csv = tmp_path / "spectrum.csv"
    csv.write_text("n_hits,counts\n" + "".join(f"{n},5\n" for n in range(100, 300)))
    folder = tmp_path / "out"
    done = CliRunner().invoke(app, [*(a.format(csv=csv) for a in arguments), "-o", str(folder)])
    assert done.exit_code == 2, done.output
    assert message in " ".join(done.output.split())
    assert not (folder / "beryllium.json").exists()


def test_other_errors(card: Card, line: LineModel, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CardError, match="from 0 to 1"):
        fit_line_asimov(card, QUICK, EXPOSURE_D_100T, 1.2)
    spectrum = line.problem
    held = FitConfig(range=(92.0, 500.0), bin_width=2).model_copy(update={"templates": "shapes.csv"})
    with pytest.raises(CardError, match="hold no antineutrinos"):
        build_line_model(Problem(**{**vars(spectrum), "config": held}), card)

    def broken(*_: object, **__: object) -> object:
        return type("Failed", (), {"valid": False})()

    monkeypatch.setattr("analysis.beryllium.profile.fit", broken)
    with pytest.raises(FitError, match="fits converged"):
        scan_limits(line, "free")
