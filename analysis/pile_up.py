"""Spectra of two decays in one cluster, by visible energy.

Two descriptions. *Synthetic*: two 14C decays in one cluster; an estimator of the whole cluster sees the light
of both, one of a short window only what the second has emitted when the window closes. *Convolution*: every
spectrum folded with the light that a window opened at random contains, which is nearly always nothing and
else part of a 14C decay: the window cuts its light, evenly in time.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CUTS = 64  # equal steps of the share of a decay's light that falls into the window
_DELAYS = 46  # equal steps of the delay of the second decay
MERGED_NS = 360.0  # pile-up of whole clusters is as frequent as pairs of decays closer than this
# Light of two decays puts the vertex between them, so pairs close in time are found in the fiducial volume
# more often than single decays: 1.9, 1.5, 1.1 times at 25, 75, 125 ns in simulated pairs of the whole vessel.
_CENTRED, _CENTRED_NS = 1.3, 60.0


def overlay(first: Floats, second: Floats) -> Floats:
    """Spectrum of the sum of two visible energies.

    Parameters
    ----------
    first, second : contents of equal bins that start at 0, float (n,); bin centres are at k + 1/2.

    Returns
    -------
    float (n,), same bins; what lies above them is dropped.
    """
    n = first.size
    size = 2 * n
    both = np.fft.irfft(np.fft.rfft(first, size) * np.fft.rfft(second, size), size)[:n]
    # centres add up to k + 1: half of it belongs to either neighbour of that edge
    shifted = 0.5 * both
    shifted[1:] += 0.5 * both[:-1]
    return np.maximum(shifted, 0.0)


def self_overlay(spectrum: Floats) -> Floats:
    """Spectrum of two decays of one kind, normalised to 1; input normalised to 1, float (n,)."""
    return overlay(spectrum, spectrum)


def _dimmed(cumulative: Floats, share: float) -> Floats:
    """Spectrum of a decay whose light is seen to a share > 0, from its cumulative contents (n + 1,)."""
    edges = np.arange(cumulative.size, dtype=np.float64)
    return np.diff(np.interp(edges / share, edges, cumulative, right=cumulative[-1]))


def windowed_overlay(spectrum: Floats, window_ns: float, emission: tuple[Floats, Floats]) -> Floats:
    """Spectrum of two decays of one kind in a window that opens with the first.

    Parameters
    ----------
    spectrum : of one decay, normalised to 1, float (n,).
    window_ns : length of the window.
    emission : weights and lifetimes [ns] of the scintillation, float (k,) each.

    Returns
    -------
    float (n,), for as much pile-up of whole clusters as sums to 1. A window looks beyond the end of its
    cluster: the second decay is in it whether it is parted or not.
    """
    weight, tau_ns = emission
    cumulative = np.concatenate([[0.0], np.cumsum(spectrum)])
    second = np.zeros_like(spectrum)
    for delay in (np.arange(_DELAYS) + 0.5) * window_ns / _DELAYS:
        share = float(weight @ (1.0 - np.exp(-(window_ns - delay) / tau_ns)))
        often = 1.0 + _CENTRED * np.exp(-delay / _CENTRED_NS)
        second += _dimmed(cumulative, max(share, 1e-3)) * often * window_ns / MERGED_NS / _DELAYS
    return overlay(spectrum, second)


def random_window(spectrum: Floats) -> Floats:
    """Light of one decay in a window that opens or closes during it: shares spread evenly over 0 to 1.

    Half of the decays of a window are cut, so half of the spectrum is kept whole.
    """
    cumulative = np.concatenate([[0.0], np.cumsum(spectrum)])
    cut = np.zeros_like(spectrum)
    for share in (np.arange(_CUTS) + 0.5) / _CUTS:
        cut += _dimmed(cumulative, share) / _CUTS
    return 0.5 * (spectrum + cut)
