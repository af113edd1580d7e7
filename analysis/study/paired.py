"""What an effect does to a quantity, from the same events with and without it: shifts with paired errors.

With deviations z = (x - mean)/sigma of one event before (0) and after (1), the ratio of means varies as
mean(x1/mean1 - x0/mean0), that of widths as mean(z1^2 - z0^2)/2. The spread of these differences over the
events is the error: it is small where both are the same event.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from sim.core.errors import PhysicsError

Floats = NDArray[np.float64]

FEWEST = 20  # events
SEEN = 3.0  # standard deviations from which a change counts as seen
SEEN_P = 0.0027  # the same as a probability
_CLIP = 6.0  # robust standard deviations: what is further away is not the peak
_BINS = 10  # of the shape test, equally filled before
_FEWEST = 5.0  # events that move along a direction of the table; with fewer it is not tested


class Paired(NamedTuple):
    """Change of the distribution of one quantity; relative changes are fractions, not per cent.

    Attributes
    ----------
    n : events in both.
    mean, sigma : before.
    bias : relative change of the mean.
    bias_unpaired_error : what two independent samples of n events would give.
    resolution : relative change of sigma over mean.
    variance, variance_error : absolute change of the variance.
    shape_chi2, shape_ndf, shape_p : Stuart-Maxwell test of the shape, mean and width taken out. Cautious: of
        shapes that do not change, 3 per cent have p below 0.05.
    """

    n: int
    mean: float
    sigma: float
    bias: float
    bias_error: float
    bias_unpaired_error: float
    resolution: float
    resolution_error: float
    variance: float
    variance_error: float
    shape_chi2: float
    shape_ndf: int
    shape_p: float


def is_seen(value: float, error: float) -> bool:
    """Return whether a change stands out of its statistical error."""
    return error > 0.0 and abs(value) > SEEN * error


def in_peak(values: Floats) -> NDArray[np.bool_]:
    """Return True for values within 6 robust standard deviations of the median, (n,); False for NaN."""
    centre = np.nanmedian(values)
    spread = 1.4826 * np.nanmedian(np.abs(values - centre))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(values - centre) <= _CLIP * max(spread, 1e-12))


def stuart_maxwell(before: NDArray[np.int64], after: NDArray[np.int64], n_bins: int) -> tuple[float, int]:
    """Test whether the same events fill bins equally before and after [STUART55] [MAXWELL70].

    Parameters
    ----------
    before, after : int (n,), bin of each event, 0 to n_bins - 1.
    n_bins : number of bins.

    Returns
    -------
    chi2, ndf : 0 and 0 if hardly an event changed its bin.
    """
    table = np.zeros((n_bins, n_bins))
    np.add.at(table, (before, after), 1.0)
    difference = table.sum(axis=1) - table.sum(axis=0)
    covariance = np.diag(table.sum(axis=1) + table.sum(axis=0)) - table - table.T
    values, vectors = np.linalg.eigh(covariance)
    use = values > _FEWEST
    if not use.any():
        return 0.0, 0
    along = vectors[:, use].T @ difference
    return float((along**2 / values[use]).sum()), int(use.sum())


def compare(before: Floats, after: Floats, step: tuple[float, float], chance: Floats) -> Paired:
    """Compare a quantity of the same events without and with an effect.

    Parameters
    ----------
    before, after : (n,), NaN where an event has none; events with one value missing are left out.
    step : grid of the values (0: none); they are spread over it before shapes are compared.
    chance : (n,), random numbers in (0, 1) for that.

    Raises
    ------
    PhysicsError
        Fewer than 20 events remain.
    """
    n = int((np.isfinite(before) & np.isfinite(after)).sum())
    if n < FEWEST:
        msg = f"{n} calibration events of one kind are left, at least {FEWEST} are needed: ask for more"
        raise PhysicsError(msg)
    use = in_peak(before) & in_peak(after)
    n = int(use.sum())
    x0, x1, u = before[use], after[use], chance[use] - 0.5
    mean0, mean1, sigma0, sigma1 = x0.mean(), x1.mean(), x0.std(), x1.std()
    root_n = np.sqrt(n)
    d_mean = x1 / mean1 - x0 / mean0
    z0, z1 = (x0 - mean0) / sigma0, (x1 - mean1) / sigma1
    d_width = 0.5 * (z1**2 - z0**2)
    smooth0 = (x0 + u * step[0] - mean0) / np.hypot(sigma0, step[0] / 12.0**0.5)
    smooth1 = (x1 + u * step[1] - mean1) / np.hypot(sigma1, step[1] / 12.0**0.5)
    edges = np.quantile(smooth0, np.arange(1, _BINS) / _BINS)
    value, ndf = stuart_maxwell(np.searchsorted(edges, smooth0), np.searchsorted(edges, smooth1), _BINS)
    ratio = mean1 / mean0
    width_ratio = (sigma1 / mean1) / (sigma0 / mean0)
    unpaired = np.hypot(sigma0 / mean0, sigma1 / mean1) / root_n
    return Paired(
        n=n,
        mean=float(mean0),
        sigma=float(sigma0),
        bias=float(ratio - 1.0),
        bias_error=float(ratio * d_mean.std() / root_n),
        bias_unpaired_error=float(ratio * unpaired),
        resolution=float(width_ratio - 1.0),
        resolution_error=float(width_ratio * (d_width - d_mean).std() / root_n),
        variance=float(sigma1**2 - sigma0**2),
        variance_error=float(((x1 - mean1) ** 2 - (x0 - mean0) ** 2).std() / root_n),
        shape_chi2=value,
        shape_ndf=ndf,
        shape_p=float(chi2.sf(value, ndf)) if ndf else 1.0,
    )
