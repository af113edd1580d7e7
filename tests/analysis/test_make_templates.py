"""The script that makes templates: a small one of 7Be, read back, agrees with the analytic shape."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from analysis.config import FitConfig
from analysis.expectation import Bins
from analysis.model import build_model, shape_code
from analysis.parameters import INDEX, PARAMETERS
from analysis.response import load_response
from analysis.species import build_spectra
from analysis.templates import read_templates, with_templates
from sim.core.config import Card, card_from_values, read_card
from sim.core.errors import InputFileError

EVENTS = 6000.0
MAGNETIC_EVENTS = 20_000.0  # most of them are below the range
WHOLE = 2000  # bins


@pytest.fixture(scope="module")
def script() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "scripts" / "make_templates.py"
    spec = importlib.util.spec_from_file_location("make_templates", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def small() -> Card:
    return read_card("quickstart", ["run.live_days=10"])


def test_template_feeds_the_fit(script: ModuleType, small: Card, tmp_path: Path) -> None:
    plans = [
        *script.make_plans(small, ("7Be",), 10.0, EVENTS),
        *script.make_plans(small, ("7Be:magnetic",), 100.0, MAGNETIC_EVENTS),
    ]
    done: list[float] = []
    path = tmp_path / "templates.csv"
    path.write_text(script.make_templates(small, plans, "nh", 77, 1, done.append), encoding="utf-8")
    assert sum(done) == pytest.approx(EVENTS + MAGNETIC_EVENTS)  # the progress bar ends at its end
    templates = read_templates(path, "nh")
    assert templates.step == pytest.approx(2000.0 / 1650.0, rel=1e-6)
    assert all(
        key in path.read_text() for key in ("# title", "# source", "# seed", "# card_sha256", "d_100t: 7Be")
    )

    config = FitConfig(response="simulation")
    response = load_response("simulation", "nh")
    first = round(110 / templates.step) * templates.step
    bins = Bins(first, 140, 1, 1.0, templates.step)
    analytic = build_model(build_spectra(small, config), response, shape_code("cumulant"), bins)
    simulated = with_templates(analytic, templates)
    theta = np.array([p.start for p in PARAMETERS])
    theta[:3] = response.light_yield, response.resolution_a, response.yield_variance
    theta[INDEX["rate_7Be"]] = 1.0
    weak, found_weak = (model.component(theta, "7Be").sum() for model in (analytic, simulated))
    theta[INDEX["mu_squared"]] = 1.0
    both, found_both = (model.component(theta, "7Be").sum() for model in (analytic, simulated))
    assert found_weak == pytest.approx(weak, rel=0.12)  # about 1300 clusters, 4 standard deviations
    assert found_both - found_weak == pytest.approx(both - weak, rel=0.15)  # 1000 clusters


def test_other_seed_is_another_template(script: ModuleType, small: Card, tmp_path: Path) -> None:
    plans = script.make_plans(small, ("85Kr",), 10.0, 1000.0)
    one, same, other = (
        script.make_templates(small, plans, "nh", seed, 1, lambda _: None) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other
    (tmp_path / "kr.csv").write_text(one, encoding="utf-8")
    assert read_templates(tmp_path / "kr.csv", "nh").shapes["85Kr"].sum() > 0.0


def test_pile_up_is_told_by_the_truth(script: ModuleType, tmp_path: Path) -> None:
    card = read_card("quickstart", ["run.live_days=4"])
    plans = script.make_plans(card, ("14C", "pile_up"), 1.0, EVENTS)
    assert len(plans) == 1
    path = tmp_path / "carbon.csv"
    path.write_text(script.make_templates(card, plans, "nh", 5, 1, lambda _: None), encoding="utf-8")
    templates = read_templates(path, "nh")
    centres = templates.first + templates.step * np.arange(WHOLE)
    seen = centres > 90.0  # below, gates are not written for all they hold
    carbon, pile_up = (
        np.average(centres[seen], weights=templates.shapes[n][seen]) for n in ("14C", "pile_up")
    )
    assert pile_up > carbon + 2.0


def test_what_cannot_be_made(script: ModuleType, small: Card) -> None:
    with pytest.raises(InputFileError, match="unknown species 'Be7'"):
        script.choose("7Be,Be7")
    assert script.choose(None) == script.TRACKED
    quiet = card_from_values(
        "quiet", small.values, ["backgrounds.c14_bq_100t=0", "sun.flux_scale.8B=0", "sun.flux_scale.hep=0"]
    )
    with pytest.raises(InputFileError, match="no 14C"):
        script.make_plans(quiet, ("14C",), 1.0, EVENTS)
    with pytest.raises(InputFileError, match="has no 8B"):
        script.make_plans(quiet, ("8B",), 1.0, EVENTS)
