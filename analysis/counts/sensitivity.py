"""What limit to expect without a signal: the spread of limits over the backgrounds' fluctuations.

The backgrounds of each toy are drawn from their constraints (Gaussian, cut off at 0; free ones stand at their
expectation), the counts from Poisson: the ensemble that the averaged probabilities of a counting limit mean.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy
from scipy.stats import truncnorm

from analysis.counts.counting import Counting, background_nodes, counting_limit
from analysis.counts.counting import Method as CountingMethod
from analysis.counts.crossing import summarise
from analysis.counts.scales import Templates
from analysis.counts.strength import METHODS, Binned, Method, Prepared, check_method, one_sided, prepare
from analysis.counts.upper_ends import bayesian_upper, cls_upper, ratio_upper
from sim.core.errors import FitError
from sim.core.jit import njit

Floats = NDArray[np.float64]

_PARTS = (0.5, 0.15865525, 0.84134475, 0.02275013, 0.97724987)  # median, one and two Gaussian sigma
_LEFT_OUT = 1e-9  # probability of counts that are too high to be looked at


class Sensitivity(NamedTuple):
    """Upper limits of background-only data: median, central 68.3 % and 95.4 %, and the mean.

    In counts of signal for ``counting_sensitivity``, in strength for ``sensitivity``. The mean is what [FC98]
    calls the sensitivity.
    """

    median: float
    low_68: float
    high_68: float
    low_95: float
    high_95: float
    mean: float


def draw_counts(prepared: Prepared, scales: Floats, rng: np.random.Generator, n_toys: int) -> Floats:
    """Return counts of toy spectra, float (n_toys, n).

    Parameters
    ----------
    prepared : templates and the uncertainty of their scales.
    scales : (m,), the signal's counts and those of the free backgrounds; constrained ones are drawn.
    rng : random numbers.
    n_toys : number of spectra.
    """
    templates = prepared.templates
    drawn = np.broadcast_to(scales, (n_toys, scales.size)).copy()
    for i, sigma in enumerate(prepared.sigma, start=1):
        if np.isfinite(sigma):
            factor = truncnorm.ppf(rng.random(n_toys), -1.0 / sigma, np.inf)
            drawn[:, i] = templates.centre[i] * np.maximum(1.0 + sigma * factor, 0.0)
    return rng.poisson(templates.base + drawn @ templates.shapes).astype(np.float64)


@njit
def _upper_limits(
    counts: Floats, templates: Templates, kind: int, rise: float, cl: float, out: Floats
) -> None:
    for t in range(out.size):
        summary = summarise(counts[t], templates)
        if kind == 0:
            out[t] = ratio_upper(counts[t], templates, summary, rise)
        elif kind == 1:
            out[t] = bayesian_upper(counts[t], templates, summary, cl)
        else:
            out[t] = cls_upper(counts[t], templates, summary, cl)


def toy_upper_limits(prepared: Prepared, counts: Floats, method: Method, cl: float) -> Floats:
    """Return upper limits on the strength of toy spectra, float (n_toys,).

    Parameters
    ----------
    prepared : templates.
    counts : float (n_toys, n).
    method, cl : as in ``strength_limit``.

    Raises
    ------
    FitError
        A fit did not converge.
    """
    out = np.empty(counts.shape[0])
    kind = list(METHODS).index(method)
    _upper_limits(np.ascontiguousarray(counts), prepared.templates, kind, one_sided(cl), cl, out)
    if np.isnan(out).any():
        msg = f"sensitivity: {int(np.isnan(out).sum())} of {out.size} fits of toy spectra did not converge"
        raise FitError(msg)
    return out * prepared.unit


def sensitivity(
    binned: Binned,
    rng: np.random.Generator,
    n_toys: int = 2000,
    cl: float = 0.90,
    method: Method = "bayesian",
) -> Sensitivity:
    """Return the limits of toy spectra without signal.

    Parameters
    ----------
    binned : signal and backgrounds; the observed counts play no part.
    rng : random numbers.
    n_toys : number of spectra.
    cl, method : as in ``strength_limit``.

    Raises
    ------
    FitError
        An unusable spectrum, method, level or number of toys.
    """
    check_method(method, cl, METHODS)
    if n_toys < 1:
        msg = f"sensitivity: number of toys = {n_toys}: must be at least 1"
        raise FitError(msg)
    prepared = prepare(binned._replace(observed=np.zeros(np.size(binned.signal))))
    counts = draw_counts(prepared, prepared.templates.centre, rng, n_toys)
    limits = toy_upper_limits(prepared, counts, method, cl)
    return Sensitivity._make([*np.quantile(limits, _PARTS).tolist(), float(limits.mean())])


def count_probabilities(background: float, sigma: float) -> Floats:
    """Return P(n) of background counts, n = 0, 1, ... until 1e-9 is left; averaged over the uncertainty."""
    nodes, weight = background_nodes(background, sigma)
    top = nodes[-1] + 8.0 * np.sqrt(nodes[-1]) + 16.0
    n = np.arange(int(top) + 1)
    probability = np.exp(xlogy(n[:, None], nodes) - nodes - gammaln(n[:, None] + 1.0)) @ weight
    keep = int(np.searchsorted(np.cumsum(probability), 1.0 - _LEFT_OUT)) + 1
    return np.asarray(probability[:keep] / probability[:keep].sum())


def counting_sensitivity(
    background: float, sigma: float = 0.0, method: CountingMethod = "feldman-cousins", cl: float = 0.90
) -> Sensitivity:
    """Return the limits of counts without signal, exactly: the sum over all counts replaces toys.

    Counts are discrete, so a quantile is the limit of one count: the least that reaches the part asked.

    Parameters
    ----------
    background, sigma : expected counts and their standard deviation.
    method, cl : as in ``counting_limit``.

    Raises
    ------
    FitError
        As ``counting_limit``.
    """
    counting_limit(Counting(0.0, background, sigma), method, cl)
    probability = count_probabilities(background, sigma)
    limits = np.array(
        [
            counting_limit(Counting(float(n), background, sigma), method, cl).upper
            for n in range(probability.size)
        ]
    )
    at = np.minimum(np.searchsorted(np.cumsum(probability), _PARTS), limits.size - 1)
    return Sensitivity._make([*limits[at].tolist(), float(probability @ limits)])
