"""When a photoelectron comes after its energy deposit, travel apart: one tabulated law per particle kind.

Emission and transit time are independent, so their sum has one distribution; it is convolved on a fine grid
once and then drawn with one random word.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from sim.core.jit import njit_inline
from sim.core.primaries import ALPHA_LIKE, BETA_LIKE
from sim.core.rng import single
from sim.detector.config import DetectorConfig
from sim.detector.late_pulses import late_pulse_share
from sim.detector.tail_table import tail_levels, tail_quantile

Floats = NDArray[np.float64]
_STEP_NS = 0.05
_N = 2**19  # 26 us
_BINS = 2048  # steps of the bulk, and of the tail


class Arrival(NamedTuple):
    """Inverse distribution functions of both kinds of particle, float32 (kinds, 2 _BINS + 2)."""

    quantiles_ns: NDArray[np.float32]  # rows of ``sim.detector.tail_table``


@njit_inline
def arrival_time(word: np.uint32, kind: int, quantiles_ns: NDArray[np.float32]) -> Any:
    """Turn a random word into a delay in ns, float32, by the law of a kind of particle."""
    return tail_quantile(single(word), quantiles_ns, kind, _BINS, _BINS)


def _exponential(tau_ns: float) -> Floats:
    edges = np.arange(_N + 1) * _STEP_NS
    return np.asarray(-np.diff(np.exp(-edges / tau_ns)))


def arrival_distribution(config: DetectorConfig, kind: int) -> tuple[Floats, Floats]:
    """Return delays in ns and their distribution function, float64 (2^19 + 1,) each.

    Parameters
    ----------
    kind : BETA_LIKE or ALPHA_LIKE.
    """
    emission = config.emission
    alpha = kind == ALPHA_LIKE
    weights = emission.alpha_weight if alpha else emission.beta_weight
    taus = emission.alpha_tau_ns if alpha else emission.beta_tau_ns
    density = np.zeros(_N)
    density[0] = 1.0
    if emission.enabled:
        density = np.sum([w * _exponential(tau) for w, tau in zip(weights, taus, strict=True)], axis=0)
    spectrum = rfft(density, 2 * _N)
    shift = 0.0
    if config.transit.enabled:
        reach = int(np.ceil(6.0 * config.transit.sigma_ns / _STEP_NS))
        t = np.arange(-reach, reach + 1) * _STEP_NS
        jitter = np.exp(-0.5 * (t / config.transit.sigma_ns) ** 2)
        spectrum = spectrum * rfft(jitter / jitter.sum(), 2 * _N)
        shift = reach * _STEP_NS
        if config.transit.late_fraction > 0:
            edges = np.arange(_N + 1, dtype=np.float64) * _STEP_NS
            late_pulses = np.diff(late_pulse_share(config.transit, edges))
            late_pulses[0] += 1.0 - config.transit.late_fraction
            spectrum = spectrum * rfft(late_pulses, 2 * _N)
    density = np.clip(irfft(spectrum, 2 * _N)[:_N], 0.0, None)
    cdf = np.concatenate([[0.0], np.cumsum(density)])
    time_ns = np.arange(_N + 1, dtype=np.float64) * _STEP_NS - shift
    return np.asarray(time_ns, dtype=np.float64), np.asarray(cdf / cdf[-1], dtype=np.float64)


def build_arrival(config: DetectorConfig) -> Arrival:
    """Make the tables for both kinds of particle."""
    quantiles_ns = np.zeros((2, 2 * _BINS + 2), np.float32)
    low, high = tail_levels(_BINS, _BINS)
    # the outermost steps stop short of the ends
    low[0], high[-1] = 0.1 * low[1], 0.9 * high[-1] + 0.1 * high[-2]
    for kind in (BETA_LIKE, ALPHA_LIKE):
        time_ns, cdf = arrival_distribution(config, kind)
        rising = np.concatenate([[True], np.diff(cdf) > 1e-13])
        quantiles_ns[kind] = np.interp(np.concatenate([low, high]), cdf[rising], time_ns[rising])
        if not config.emission.enabled and not config.transit.enabled:
            quantiles_ns[kind] = 0.0
    return Arrival(quantiles_ns)
