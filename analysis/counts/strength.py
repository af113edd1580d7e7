"""Limits on the strength of a signal shape in a binned spectrum with uncertain backgrounds.

Strength s >= 0 multiplies the signal; each background has a scale about 1 with a Gaussian constraint (or is
free or fixed), never below 0, and is profiled. Delta(s) is -2 ln of the profile likelihood less its least
value over s >= 0. Three upper limits:

- ``profile``: the likelihood ratio with the boundary: where Delta reaches the squared one-sided quantile.
  Right for many counts; too strict for few (no count at all: 0.82 signal counts at 90 %, a true 56 %).
- ``bayesian``: the limit that holds ``cl`` of the integral of exp(-Delta/2) over s >= 0, the published way of
  the moment analysis; a prior flat in s, with profiled backgrounds. No count at all: 2.30, as it must be.
- ``cls``: CLs by the asymptotic formulae of [COWAN11], for many counts too (no count at all: 1.35).

``analysis.counts.toy_limits`` has the likelihood ratio and CLs for few counts, calibrated by toys.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from analysis.counts.counting import check_level
from analysis.counts.crossing import Summary, summarise
from analysis.counts.scales import Templates
from analysis.counts.upper_ends import bayesian_upper, cls_upper, ratio_upper
from sim.core.errors import FitError

Floats = NDArray[np.float64]
Method = Literal["profile", "bayesian", "cls"]

METHODS: dict[str, str] = {
    "profile": "profile-likelihood ratio, one-sided, boundary s >= 0",
    "bayesian": "profile likelihood integrated over s >= 0 (flat in s)",
    "cls": "CLs, asymptotic",
}


class Binned(NamedTuple):
    """Counts of a spectrum and what is expected in it.

    Attributes
    ----------
    observed : (n,), counts; sums of weights are taken as they are.
    signal : (n,), counts per unit strength.
    backgrounds : (k, n), expected counts, one row a background.
    sigma : (k,), relative uncertainty of each background; 0: fixed, infinite: free.
    """

    observed: Floats
    signal: Floats
    backgrounds: Floats
    sigma: Floats


class StrengthLimit(NamedTuple):
    """Best strength with its 68 % interval (Delta < 1), upper limit, and the test of no signal.

    ``q0`` is -2 ln of the likelihood ratio of no signal to the best fit, ``p_zero`` its one-sided probability
    (asymptotic, 0.5 where the best fit is 0) [COWAN11].
    """

    best: float
    lower_68: float
    upper_68: float
    upper: float
    cl: float
    method: str
    q0: float
    p_zero: float


class Prepared(NamedTuple):
    """Counts and templates in the units of the kernels.

    ``unit`` is the strength of one signal count, ``sigma`` the relative uncertainty of each scaled
    background: the rows of ``templates.shapes`` after the first.
    """

    counts: Floats
    templates: Templates
    unit: float
    sigma: Floats


def _array(name: str, values: Floats, shape: tuple[int, ...], *, infinite: bool = False) -> Floats:
    out = np.ascontiguousarray(values, dtype=np.float64)
    if out.shape != shape:
        msg = f"binned limit: {name} has shape {out.shape}, expected {shape}"
        raise FitError(msg)
    bad = np.isnan(out) | (out < 0.0) | (np.isinf(out) & (not infinite))
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        msg = f"binned limit: {name}{list(where)} = {out[where]}: must be a number >= 0"
        raise FitError(msg)
    return out


def prepare(binned: Binned) -> Prepared:
    """Check a spectrum and sort it into fixed and scaled templates.

    Raises
    ------
    FitError
        Shapes that do not match, negative numbers, no signal at all, or counts where nothing is expected.
    """
    observed = np.asarray(binned.observed, dtype=np.float64)
    n, k = observed.size, np.size(binned.sigma)
    counts = _array("observed", observed, (n,))
    signal = _array("signal", binned.signal, (n,))
    backgrounds = _array(
        "backgrounds", np.reshape(binned.backgrounds, (k, -1)) if k else np.empty((0, n)), (k, n)
    )
    sigma = _array("sigma", binned.sigma, (k,), infinite=True)
    if not signal.sum() > 0.0:
        msg = "binned limit: the signal expects no counts in any bin"
        raise FitError(msg)
    empty = (counts > 0.0) & (signal + backgrounds.sum(axis=0) <= 0.0)
    if empty.any():
        j = int(np.argmax(empty))
        msg = (
            f"binned limit: bin {j} holds {counts[j]:g} counts, but neither signal nor backgrounds expect any"
        )
        raise FitError(msg)
    totals = backgrounds.sum(axis=1)
    scaled = (sigma > 0.0) & (totals > 0.0)
    base = backgrounds[~scaled].sum(axis=0)
    totals, sigma = totals[scaled], sigma[scaled]
    shapes = np.vstack([signal / signal.sum(), backgrounds[scaled] / totals[:, None]])
    centre = np.concatenate([[0.0], totals])
    curvature = np.concatenate([[0.0], 1.0 / (sigma * totals) ** 2])
    templates = Templates(base, np.ascontiguousarray(shapes), centre, curvature)
    return Prepared(counts, templates, 1.0 / float(signal.sum()), sigma)


def one_sided(cl: float) -> float:
    """Return the rise of -2 ln L at a one-sided limit of a Gaussian."""
    return float(norm.ppf(cl)) ** 2 if cl > 0.5 else 0.0


def upper_counts(counts: Floats, templates: Templates, summary: Summary, method: Method, cl: float) -> float:
    """Return the upper limit of the signal in counts; NaN if a fit did not converge."""
    if method == "profile":
        return ratio_upper(counts, templates, summary, one_sided(cl))
    if method == "bayesian":
        return bayesian_upper(counts, templates, summary, cl)
    return cls_upper(counts, templates, summary, cl)


def check_method(method: str, cl: float, methods: dict[str, str]) -> None:
    """Raise FitError for an unknown method or a level outside 0 to 1."""
    check_level(cl)
    if method not in methods:
        msg = f"method of a binned limit = {method!r}: one of {', '.join(methods)}"
        raise FitError(msg)


def assemble(prepared: Prepared, summary: Summary, upper: float, cl: float, method: str) -> StrengthLimit:
    """Turn results in counts into strengths.

    Raises
    ------
    FitError
        A fit did not converge (NaN).
    """
    numbers = np.array([*summary, upper])
    if not np.all(np.isfinite(numbers)):
        msg = f"binned limit: the fit did not converge ({prepared.counts.sum():g} counts, method: {method})"
        raise FitError(msg)
    unit, q0 = prepared.unit, summary.q0
    p_zero = float(norm.sf(math.sqrt(q0)))
    return StrengthLimit(
        summary.best * unit, summary.lower * unit, summary.upper * unit, upper * unit, cl, method, q0, p_zero
    )


def strength_limit(binned: Binned, method: Method, cl: float = 0.90) -> StrengthLimit:
    """Return best strength, interval and upper limit of a spectrum.

    Parameters
    ----------
    binned : counts, signal and backgrounds.
    method : ``profile``, ``bayesian`` or ``cls``, see the head of this module.
    cl : confidence level of the upper limit (one-sided).

    Raises
    ------
    FitError
        An unusable spectrum, method or level, or a fit that does not converge.
    """
    check_method(method, cl, METHODS)
    prepared = prepare(binned)
    summary = summarise(prepared.counts, prepared.templates)
    upper = upper_counts(prepared.counts, prepared.templates, summary, method, cl)
    return assemble(prepared, summary, upper, cl, METHODS[method])
