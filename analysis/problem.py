"""From card and data to a likelihood and a starting point."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.config import FitConfig
from analysis.expectation import Bins
from analysis.fit import Start
from analysis.gallium import gallium_constraint
from analysis.histograms import Spectrum, cut_range
from analysis.likelihood import Likelihood, build_likelihood
from analysis.model import Model, build_model, shape_code
from analysis.parameters import (
    INDEX,
    LIGHT_YIELD,
    NAMES,
    PARAMETERS,
    RESOLUTION_A,
    SOLAR_RATES,
    YIELD_VARIANCE,
    parameter,
)
from analysis.pile_up import self_overlay
from analysis.pulls import Constraint, card_pulls, parameter_pull
from analysis.response import Response, load_response
from analysis.species import EXTERNAL, Spectra, build_spectra, external_rate
from analysis.templates import read_templates, with_templates
from analysis.tfc import Carbon, expected_carbon
from sim.core.config import Card
from sim.core.constants import SECONDS_PER_DAY
from sim.physics.config import BackgroundsConfig

Floats = NDArray[np.float64]

PILE_UP_WINDOW = (100, 120)  # N_h, both included [BX-PDF17]
_FEW_COUNTS = 200.0  # in the fit range: fewer 11C cannot fix where its spectrum starts, fewer gammas no rate


@dataclass(frozen=True)
class Problem:
    """A fit that is ready to run: likelihood, start, gallium constraint, what it was made of."""

    config: FitConfig
    spectrum: Spectrum
    likelihood: Likelihood
    start: Start
    gallium: Constraint
    spectra: Spectra


def _carbon(card: Card, config: FitConfig) -> Carbon:
    total = card.section("backgrounds", BackgroundsConfig).c11_cpd_100t
    return expected_carbon(config.tfc, subtracted=config.tfc_subtracted, c11_cpd_100t=total)


def starting_values(card: Card, config: FitConfig, spectra: Spectra, response: Response) -> Floats:
    """Return the parameters as expected before the fit, float (n_parameters,), order of ``NAMES``."""
    backgrounds = card.section("backgrounds", BackgroundsConfig)
    values = {p.name: p.start for p in PARAMETERS}
    values |= {
        "light_yield": response.light_yield,
        "resolution_a": response.resolution_a,
        "yield_variance": response.yield_variance,
        "gain_skew": response.gain_skew,
        "po210_peak": response.po210_peak,
        "po210_width": response.po210_width,
        "c11_start": spectra.annihilation.mean_mev,
        "rate_14C": backgrounds.c14_bq_100t * SECONDS_PER_DAY,
        "rate_85Kr": backgrounds.kr85_cpd_100t,
        "rate_210Bi": backgrounds.bi210_cpd_100t,
        "rate_210Po": backgrounds.po210_cpd_100t,
        "rate_11C": _carbon(card, config).rate,
    }
    here = _has_external(card, config)
    values |= {f"rate_{name}": external_rate(backgrounds, name) if here else 0.0 for name in EXTERNAL}
    values |= {f"rate_{name}": spectra.ssm_cpd_100t[name] for name in SOLAR_RATES}
    if config.pile_up == "none":
        values["rate_pile_up"] = 0.0
    if "rate_pile_up" in config.pulls:
        values["rate_pile_up"] = config.pulls["rate_pile_up"].value
    values |= config.start | config.fixed
    return np.array([values[name] for name in NAMES])


def _pile_up_share(spectra: Spectra, config: FitConfig) -> float:
    """Share of the pile-up spectrum with N_h in the window of its constraint, whatever is fitted."""
    if not spectra.pile_up.any():
        return 0.0
    low, high = PILE_UP_WINDOW
    if config.pile_up == "synthetic":
        spectra = replace(spectra, pile_up=self_overlay(spectra.weak["14C"]))
    response = load_response(config.response, "nh")
    model = build_model(
        spectra, response, shape_code(config.line_shape), Bins(float(low), high - low + 1, 1, 1.0, 1.0)
    )
    theta = np.array([p.start for p in PARAMETERS])
    theta[[LIGHT_YIELD, RESOLUTION_A, YIELD_VARIANCE]] = (
        response.light_yield,
        response.resolution_a,
        response.yield_variance,
    )
    return float(model.component(theta, "pile_up").sum() / theta[INDEX["rate_pile_up"]])


def _has_external(card: Card, config: FitConfig) -> bool:
    """Return whether gammas from outside are expected: in data, and in simulated data if they were made."""
    return config.response != "simulation" or "external" in card.values.get("run", {}).get("sources", ())


def _can_tell(model: Model, theta: Floats, name: str) -> bool:
    """Return whether at least a few counts of a rate of gammas from outside can be in the fit range."""
    unit = theta.copy()
    unit[INDEX[name]] = max(theta[INDEX[name]], 1.0)
    return float(model.component(unit, name.removeprefix("rate_")).sum()) >= _FEW_COUNTS


def build_problem(card: Card, config: FitConfig, spectrum: Spectrum) -> Problem:
    """Set up the fit of a spectrum.

    Parameters
    ----------
    card : physics sections (sun, neutrino, site, backgrounds).
    config : fit section.
    spectrum : checked data.

    Raises
    ------
    InputFileError
        The fit range reaches outside the spectrum.
    CardError, PhysicsError, TableError
        As of the parts.
    """
    data = cut_range(spectrum, *config.range, config.bin_width)
    spectra = build_spectra(card, config)
    response = load_response(config.response, config.estimator)
    bins = Bins(data.first, data.counts.size, config.bin_width, data.exposure_d_100t, data.step)
    model = build_model(spectra, response, shape_code(config.line_shape), bins)
    if config.templates is not None:
        model = with_templates(model, read_templates(Path(config.templates), config.estimator))
    theta = starting_values(card, config, spectra, response)
    share = _pile_up_share(spectra, config)
    pulls = card_pulls(config, share)
    if share > 0.0 and not {"rate_pile_up"} & (set(config.start) | set(config.fixed) | set(config.pulls)):
        theta[INDEX["rate_pile_up"]] = config.pile_up_in_window.value / share
    held = set(config.fixed)
    if config.pile_up == "none":
        held.add("rate_pile_up")
    if float(model.component(theta, "11C").sum()) < _FEW_COUNTS:
        held.add("c11_start")
    external = _has_external(card, config)
    held |= {
        name for name in map("rate_{}".format, EXTERNAL) if not external or not _can_tell(model, theta, name)
    }
    carbon = _carbon(card, config)
    if carbon.sigma is not None and not {"rate_11C"} & (set(config.pulls) | held):
        pulls = (*pulls, parameter_pull("rate_11C", carbon.rate, max(carbon.sigma, 0.01)))
    likelihood = build_likelihood(model, data.counts, pulls)
    if config.templates is not None:  # what acts on analytic shapes only may have nothing left to act on
        information = np.diag(likelihood.information(theta))
        held |= {name for name in NAMES if not information[INDEX[name]] > 0.0}
    free = tuple(name for name in NAMES if parameter(name).free and name not in held)
    start = Start(theta, free)
    return Problem(config, data, likelihood, start, gallium_constraint(card, config), spectra)
