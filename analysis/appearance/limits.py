"""The limits of the antineutrino search: counting and binned, on probability and flux, with sensitivities."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.appearance.backgrounds import FREE, backgrounds
from analysis.appearance.candidates import Candidates
from analysis.appearance.config import PROMPT_OFFSET_MEV, AppearanceConfig
from analysis.appearance.model import AppearanceModel, Physics
from analysis.appearance.prompt_response import fold
from analysis.counts import counting, strength
from analysis.counts.flux_bins import FluxBin, flux_limits
from analysis.counts.sensitivity import Sensitivity, counting_sensitivity, sensitivity
from analysis.limits import Limit
from sim.core.rng import Stage, stream
from sim.physics.ibd import total_cross_section

Floats = NDArray[np.float64]

COUNTING: tuple[counting.Method, ...] = ("feldman-cousins", "bayesian", "cls")
BINNED: tuple[strength.Method, ...] = ("profile", "bayesian", "cls")
FLUX_UNIT = "cm^-2 s^-1"
PROBABILITY_UNIT = "1"
_FREE_IN_COUNTS = 0.25  # relative uncertainty of a free background where one number is counted [BX-GEONU20]
_NOTHING = 1e-9  # expected counts of a background that is not in a window
_MANY = 10.0  # background counts above which unified intervals of all counts take a minute
_FINE = 50  # energies a flux bin


class Window(NamedTuple):
    """A part of the spectrum: its name, its first bin, its least neutrino energy."""

    name: str
    first: int
    low_mev: float


class Limits(NamedTuple):
    """Limits by name, and the sensitivities of those that have one (median toy and its spread)."""

    limits: dict[str, Limit]
    sensitivity: dict[str, Sensitivity]

    def joined(self, other: "Limits") -> "Limits":
        """Return both together."""
        return Limits({**self.limits, **other.limits}, {**self.sensitivity, **other.sensitivity})


def windows(config: AppearanceConfig, model: AppearanceModel) -> tuple[Window, Window]:
    """Return the whole range and the part above the threshold."""
    low = float(model.edges_mev[0]) + PROMPT_OFFSET_MEV
    above = float(model.edges_mev[model.first_above]) + PROMPT_OFFSET_MEV
    return Window("whole", 0, max(low, config.range_mev[0])), Window("above", model.first_above, above)


def binned(
    model: AppearanceModel, observed: Floats, probability: Floats | float, window: Window
) -> strength.Binned:
    """Return a window as the statistics take it, for the signal that P at ``model.energy_mev`` gives."""
    at = slice(window.first, None)
    there = [b for b in model.backgrounds if b.counts[at].sum() > _NOTHING]
    rows = np.array([b.counts[at] for b in there]).reshape(len(there), observed[at].size)
    return strength.Binned(
        observed[at], model.signal(probability)[at], rows, np.array([b.sigma for b in there])
    )


def counted(model: AppearanceModel, observed: Floats, window: Window) -> counting.Counting:
    """Return a window as one number; a sum of weights need not be whole."""
    totals = np.array([b.counts[window.first :].sum() for b in model.backgrounds])
    sigma = np.array([_FREE_IN_COUNTS if b.sigma == FREE else b.sigma for b in model.backgrounds])
    n = float(observed[window.first :].sum())
    return counting.Counting(n, float(totals.sum()), float(np.sqrt(np.sum((sigma * totals) ** 2))))


def enlarged(upper_counts: float, relative_sigma: float) -> float:
    """Return an upper limit with the uncertainty of the efficiency, to second order [CH92]."""
    return upper_counts * (1.0 + 0.5 * upper_counts * relative_sigma**2)


def _limit_pair(
    name: str,
    window: Window,
    model: AppearanceModel,
    shape: Floats | float,
    scale: float,
    cl: float,
    method: str,
) -> dict[str, Limit]:
    probability = scale * model.mean_probability(window.low_mev, shape)
    flux = scale * model.flux_above(window.low_mev, shape)
    return {
        f"probability_{name}": Limit(probability, cl, method, PROBABILITY_UNIT),
        f"flux_{name}": Limit(flux, cl, method, FLUX_UNIT),
    }


def counting_limits(model: AppearanceModel, observed: Floats, config: AppearanceConfig) -> Limits:
    """Return the limits of counting, for the undistorted 8B shape, with their median expectations.

    No medians without toys, nor for unified intervals above 10 counts of background.
    """
    limits: dict[str, Limit] = {}
    expected: dict[str, Sensitivity] = {}
    for window in windows(config, model):
        number = counted(model, observed, window)
        per_unit = float(model.signal(1.0)[window.first :].sum())
        for method in COUNTING:
            found = counting.counting_limit(number, method, config.confidence)
            scale = enlarged(found.upper, config.efficiency_sigma) / per_unit
            name = f"{window.name}_counting_{method.replace('-', '_')}"
            limits |= _limit_pair(name, window, model, 1.0, scale, config.confidence, found.method)
            if config.toys == 0 or (method == "feldman-cousins" and number.background > _MANY):
                continue
            median = counting_sensitivity(
                number.background, number.background_sigma, method, config.confidence
            )
            expected[f"probability_{name}"] = Sensitivity(*(value / per_unit for value in median))
    return Limits(limits, expected)


def binned_limits(
    model: AppearanceModel,
    observed: Floats,
    config: AppearanceConfig,
    shape: Floats | float = 1.0,
    label: str = "binned",
) -> Limits:
    """Return the limits of the binned spectra, both windows and all methods, for one shape of the signal.

    Parameters
    ----------
    model, observed, config : expectation, counts (n,), settings.
    shape : P at ``model.energy_mev`` up to a factor; 1 is the undistorted 8B spectrum.
    label : second part of the names, after the window. Sensitivities come with ``config.toys`` toys of the
        method ``config.method``.
    """
    limits: dict[str, Limit] = {}
    expected: dict[str, Sensitivity] = {}
    for window in windows(config, model):
        data = binned(model, observed, shape, window)
        per_unit = float(data.signal.sum())
        for method in BINNED:
            found = strength.strength_limit(data, method, config.confidence)
            scale = enlarged(found.upper * per_unit, config.efficiency_sigma) / per_unit
            name = f"{window.name}_{label}_{method}"
            limits |= _limit_pair(name, window, model, shape, scale, config.confidence, found.method)
            if method == config.method and config.toys > 0:
                rng = stream(config.seed, Stage.TOY, 0, window.first)
                toys = sensitivity(data, rng, config.toys, config.confidence, method)
                mean = model.mean_probability(window.low_mev, shape)
                expected[f"probability_{name}"] = Sensitivity(*(mean * value for value in toys))
    return Limits(limits, expected)


def flux_edges(config: AppearanceConfig, data: Candidates) -> Floats:
    """Return the edges in neutrino energy of the flux limits: even steps, or the bins of the data."""
    low, high = config.range_mev
    if data.edges_mev is not None:
        edges = data.edges_mev + PROMPT_OFFSET_MEV
        return edges[(edges > low - 1e-6) & (edges < high + 1e-6)]
    n = max(round((high - low) / config.flux_bin_mev), 1)
    return np.linspace(low, high, n + 1)


def flux_bins(
    physics: Physics, model: AppearanceModel, config: AppearanceConfig, data: Candidates
) -> tuple[FluxBin, ...]:
    """Return limits on the flux of antineutrinos of any origin in bins of neutrino energy.

    Every bin is counted by itself, with a flux that is even within it; antineutrinos whose prompt energy is
    reconstructed in a neighbouring bin are lost from the efficiency.
    """
    edges = flux_edges(config, data)
    prompt = edges - PROMPT_OFFSET_MEV
    parts = backgrounds(physics.neutrino, physics.channel, config, data, prompt, model.response)
    sigma = np.array([_FREE_IN_COUNTS if b.sigma == FREE else b.sigma for b in parts])
    expected = np.array([b.counts for b in parts])
    efficiency, cross_section = np.empty((2, edges.size - 1))
    for i, (low, high) in enumerate(pairwise(edges)):
        energy = low + (high - low) * (np.arange(_FINE) + 0.5) / _FINE
        sections = total_cross_section(energy, physics.channel.cross_section)
        cross_section[i] = sections.mean()
        own = fold(energy, prompt[i : i + 2], model.response)[:, 0]
        efficiency[i] = np.sum(sections * own) / sections.sum()
    return flux_limits(
        edges,
        data.prompts.histogram(prompt),
        expected.sum(axis=0),
        np.sqrt(np.sum((sigma[:, None] * expected) ** 2, axis=0)),
        data.proton_seconds(),
        efficiency,
        cross_section,
        "feldman-cousins",
        config.confidence,
    )
