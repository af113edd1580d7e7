"""Flux limits in bins: the formula, its scaling, and what is refused."""

from typing import Any

import numpy as np
import pytest

from analysis.counts.counting import Counting, counting_limit
from analysis.counts.flux_bins import FluxBin, flux_limits
from sim.core.constants import DAYS_PER_YEAR, FREE_PROTONS_PER_100T, SECONDS_PER_DAY
from sim.core.errors import FitError

EDGES = np.array([1.8, 4.8, 7.8, 16.8])
COUNTS = np.array([12.0, 3.0, 0.0])
SECTION = np.array([2e-43, 9e-43, 4e-42])
EXPOSURE = 15.0 * FREE_PROTONS_PER_100T * DAYS_PER_YEAR * SECONDS_PER_DAY


def bins(**changes: Any) -> tuple[FluxBin, ...]:
    arguments: dict[str, Any] = {
        "edges_mev": EDGES,
        "observed": COUNTS,
        "background": np.array([10.0, 4.0, 0.3]),
        "sigma": np.array([1.0, 0.5, 0.0]),
        "exposure_proton_s": EXPOSURE,
        "efficiency": 0.85,
        "mean_cross_section_cm2": SECTION,
    }
    return flux_limits(**(arguments | changes))


def test_each_bin_is_a_counting_experiment() -> None:
    for method in ("feldman-cousins", "bayesian", "cls"):
        found = bins(method=method, cl=0.95)
        assert [(b.low_mev, b.high_mev) for b in found] == [(1.8, 4.8), (4.8, 7.8), (7.8, 16.8)]
        for one, n, b, sigma, section in zip(
            found, COUNTS, (10.0, 4.0, 0.3), (1.0, 0.5, 0.0), SECTION, strict=True
        ):
            limit = counting_limit(Counting(n, b, sigma), method, 0.95).upper  # type: ignore[arg-type]
            assert one.upper_counts == limit
            assert one.flux_cm2_s * EXPOSURE * 0.85 * section == pytest.approx(limit)


def test_no_count_and_no_background_by_hand() -> None:
    """2.3026 / (15 x 6.01e30 x 3.156e7 s x 0.85 x 4e-42 cm2) = 238 / (cm2 s)."""
    found = bins(observed=np.zeros(3), background=0.0, sigma=0.0, method="bayesian")
    assert found[2].flux_cm2_s == pytest.approx(238.0, rel=2e-3)


def test_scaling() -> None:
    reference = np.array([b.flux_cm2_s for b in bins()])
    double = np.array([b.flux_cm2_s for b in bins(exposure_proton_s=2.0 * EXPOSURE)])
    half = np.array([b.flux_cm2_s for b in bins(efficiency=np.full(3, 0.425))])
    section = np.array([b.flux_cm2_s for b in bins(mean_cross_section_cm2=SECTION * 4.0)])
    np.testing.assert_allclose(double, reference / 2.0)
    np.testing.assert_allclose(half, reference * 2.0)
    np.testing.assert_allclose(section, reference / 4.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"edges_mev": EDGES[::-1]}, "rising"),
        ({"edges_mev": EDGES[:1]}, "two or more"),
        ({"observed": np.array([1.0, -1.0, 0.0])}, "observed counts = -1 in bin 1"),
        ({"observed": np.zeros(2)}, r"observed counts has shape \(2,\)"),
        ({"background": np.nan}, "background = nan"),
        ({"efficiency": 1.2}, "at most 1"),
        ({"efficiency": np.array([0.8, 0.0, 0.8])}, "efficiency = 0 in bin 1: must be a number > 0"),
        ({"mean_cross_section_cm2": 0.0}, "cross section"),
        ({"exposure_proton_s": -1.0}, "exposure"),
        ({"cl": 0.0}, "confidence level"),
    ],
)
def test_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FitError, match=message):
        bins(**changes)
