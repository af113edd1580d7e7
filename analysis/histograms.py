"""Binned data: counts of an estimator, with the exposure they belong to."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputFileError

if TYPE_CHECKING:
    from hist import Hist

Floats = NDArray[np.float64]


class Spectrum(NamedTuple):
    """Counts in equal bins of an estimator.

    Attributes
    ----------
    estimator : name of the reconstructed quantity.
    first : centre of the first bin.
    counts : (n,), counts of bins centred at first, first + step, ...
    exposure_d_100t : exposure in days times 100 t.
    source : where it is from, for labels and provenance.
    step : width of a bin; 1, or what one raw count stands for after scaling to 2000 channels.
    label : what the counts are, for the legend: data, simulated data or Asimov data.
    """

    estimator: str
    first: float
    counts: Floats
    exposure_d_100t: float
    source: str
    step: float = 1.0
    label: str = "data"

    def centres(self) -> Floats:
        """Return the bin centres, float (n,)."""
        return self.first + self.step * np.arange(self.counts.size, dtype=np.float64)


def check_spectrum(spectrum: Spectrum, *, whole: bool = True) -> Spectrum:
    """Return the spectrum if it can be fitted.

    Parameters
    ----------
    spectrum : what to check.
    whole : counts must be whole numbers (data); expected counts need not be.

    Raises
    ------
    InputFileError
        No bins, negative or (if ``whole``) fractional counts, no exposure, no counts at all.
    """
    counts = spectrum.counts
    if counts.size == 0 or not np.all(np.isfinite(counts)):
        msg = f"{spectrum.source}: the spectrum has no bins, or bins that are not numbers"
        raise InputFileError(msg)
    if counts.min() < 0.0:
        at = spectrum.centres()[np.argmin(counts)]
        msg = f"{spectrum.source}: counts = {counts.min():g} in the bin at {at:g}: must be >= 0"
        raise InputFileError(msg)
    if whole and np.any(counts != np.round(counts)):
        worst = int(np.argmax(counts != np.round(counts)))
        at = spectrum.centres()[worst]
        msg = f"{spectrum.source}: counts = {counts[worst]:g} in the bin at {at:g}: must be whole"
        raise InputFileError(msg)
    if counts.sum() == 0.0:
        msg = f"{spectrum.source}: the spectrum is empty"
        raise InputFileError(msg)
    if not (np.isfinite(spectrum.exposure_d_100t) and spectrum.exposure_d_100t > 0.0):
        msg = f"{spectrum.source}: exposure = {spectrum.exposure_d_100t} d x 100 t: must be > 0"
        raise InputFileError(msg)
    return spectrum


def cut_range(spectrum: Spectrum, low: float, high: float, bin_width: int = 1) -> Spectrum:
    """Return the bins with centres from low to high, as many as fill whole fit bins.

    Raises
    ------
    InputFileError
        The range reaches outside the spectrum or holds less than 10 fit bins.
    """
    centres = spectrum.centres()
    inside = np.nonzero((centres >= low - 1e-9) & (centres <= high + 1e-9))[0]
    if low < centres[0] - 0.999 * spectrum.step or high > centres[-1] + 0.999 * spectrum.step:
        msg = (
            f"{spectrum.source}: the fit range {low:g} to {high:g} reaches outside the spectrum, "
            f"which holds {spectrum.estimator} from {centres[0]:g} to {centres[-1]:g}"
        )
        raise InputFileError(msg)
    n = inside.size // bin_width
    if n < 10:
        msg = f"{spectrum.source}: the fit range {low:g} to {high:g} holds {n} bins, at least 10 are needed"
        raise InputFileError(msg)
    counts = spectrum.counts[inside[0] : inside[0] + n * bin_width]
    return spectrum._replace(first=float(centres[inside[0]]), counts=counts)


def to_hist(spectrum: Spectrum) -> "Hist":
    """Return the spectrum as a ``hist.Hist`` (UHI); the exposure is in its metadata."""
    import hist

    low = spectrum.first - 0.5 * spectrum.step
    high = low + spectrum.step * spectrum.counts.size
    name = spectrum.estimator
    axis = hist.axis.Regular(spectrum.counts.size, low, high, name=name, label=name)
    filled = hist.Hist(axis, storage=hist.storage.Double(), name=spectrum.estimator, label="counts")
    filled.metadata = {"exposure_d_100t": spectrum.exposure_d_100t, "source": spectrum.source}
    filled.view()[:] = spectrum.counts
    return filled


def from_hist(histogram: object, estimator: str, exposure_d_100t: float, source: str) -> Spectrum:
    """Make a spectrum of any one-dimensional histogram of the UHI (``hist``, uproot's TH1, ...).

    Raises
    ------
    InputFileError
        Not one-dimensional, or bins of different widths.
    """
    axes: Any = getattr(histogram, "axes", ())
    if len(axes) != 1:
        msg = f"{source}: a histogram with {len(axes)} axes, expected one"
        raise InputFileError(msg)
    pairs = list(axes[0])
    edges = np.array([*(low for low, _ in pairs), pairs[-1][1]], dtype=np.float64)
    steps = np.diff(edges)
    if not np.allclose(steps, steps[0], rtol=1e-6):
        msg = f"{source}: the bins must be equally wide, they are {steps.min():g} to {steps.max():g} wide"
        raise InputFileError(msg)
    values = np.asarray(histogram.values(), dtype=np.float64)  # type: ignore[attr-defined]
    step = float(steps.mean())
    return Spectrum(estimator, float(edges[0]) + 0.5 * step, values, exposure_d_100t, source, step)
