"""14C in the whole vessel, thinned exactly: what cannot reach the analysis is never generated.

A decay is *loud* if its own photoelectrons above threshold reach the cut of ``model.select``, else *quiet*.
Both kinds are parts of one marked Poisson process, hence independent of each other.
Loud decays are drawn from their own energy distribution. Quiet ones matter in two cases: near a loud decay or
another primary, and in chains of decays that follow each other within a gate's reach. Near primaries the
stream is stepped decay by decay. Elsewhere the lone decays are jumped over: the number of gaps longer than
the reach W between two shorter ones is geometric with q = 1 - exp(-R W), and k long gaps take the time
k W + Gamma(k) / R, for a rate R.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc

from sim.core.geometry import VESSEL_RADIUS_M, sphere_mass_t
from sim.core.jit import njit, njit_inline
from sim.core.primaries import BETA_LIKE, Deposits, Floats, Primaries, empty_primaries, point_deposits
from sim.core.schema import PROCESSES, SPECIES
from sim.detector.light import flash_mev
from sim.detector.model import Detector
from sim.detector.optics import light_yield
from sim.physics.beta import beta_spectrum
from sim.physics.config import BackgroundsConfig
from sim.physics.quantile import Quantiles, quantile, spectrum_quantiles
from sim.physics.quenching import visible_energies
from sim.physics.spectra import Spectrum

Ints = NDArray[np.int64]
_FEW = 8.0  # expected decays before the next window, below which the stream is stepped decay by decay
_REFERENCE_MASS_T = 100.0


class Carbon(NamedTuple):
    """The 14C of the vessel."""

    rate_hz: float
    energy: Quantiles
    loud_energy: Quantiles  # of decays at the brightest place that reach the cut
    loud_rate_hz: float  # of those, were every place the brightest
    kb_cm_mev: float
    cut: int  # photoelectrons above threshold


class Stream(NamedTuple):
    """14C decays that are simulated, and how many happened."""

    primaries: Primaries
    deposits: Deposits
    above: Ints  # photoelectrons above threshold of each
    skipped: int  # decays in the vessel that were jumped over


@njit
def _place(rng: np.random.Generator, n: int, energy: Quantiles, radius_m: float) -> Floats:
    """Draw energies and vertices, rows energy, x, y, z; uniform in a centred sphere."""
    out = np.empty((4, n))
    for i in range(n):
        out[0, i] = quantile(energy, rng.random())
        radius = radius_m * rng.random() ** (1.0 / 3.0)
        cosine = 2.0 * rng.random() - 1.0
        azimuth = 2.0 * math.pi * rng.random()
        sine = math.sqrt(1.0 - cosine * cosine)
        out[1, i] = radius * sine * math.cos(azimuth)
        out[2, i] = radius * sine * math.sin(azimuth)
        out[3, i] = radius * cosine
    return out


@njit
def _truncated_poisson(rng: np.random.Generator, mean: Floats, tail: Floats, least: int) -> Ints:
    """Draw Poisson numbers that are at least ``least``; ``tail`` is the probability of that."""
    out = np.empty(len(mean), np.int64)
    log_factorial = math.lgamma(least + 1.0)
    for i in range(len(mean)):
        rest = rng.random() * tail[i]
        k = least
        term = math.exp(k * math.log(mean[i]) - mean[i] - log_factorial)
        while rest > term and k < 100 * (least + 10):
            rest -= term
            k += 1
            term *= mean[i] / k
        out[i] = k
    return out


@njit_inline
def _put(out: Floats, n: int, value: float) -> tuple[Floats, int]:
    if n == len(out):
        out = np.concatenate((out, np.empty(len(out))))
    out[n] = value
    return out, n + 1


@njit
def _walk(
    rng: np.random.Generator, rate: float, reach: float, begin: Floats, end: Floats, length: float
) -> tuple[Floats, int]:
    """Walk through a Poisson stream; return the times that matter, and the number of all decays.

    Parameters
    ----------
    rate, reach : decays per ns, ns.
    begin, end : windows in ns, sorted, not overlapping; every decay in them matters.
    length : of the block in ns.
    """
    out = np.empty(1024)
    n = 0
    total = 0
    q = -math.expm1(-rate * reach)
    w = 0
    queue = np.empty(0)  # gaps that are known already ...
    head = 0
    after = -1.0  # ... and the one that follows them, if it is
    chained = False  # the gap before the decay at t is short
    t = rng.standard_exponential() / rate
    while t < length:
        total += 1
        while w < len(end) and end[w] < t:
            w += 1
        inside = w < len(end) and begin[w] <= t
        keep = inside or chained
        limit = begin[w] if w < len(end) else length
        if head == len(queue) and after < 0.0 and not inside and rate * (limit - t) > _FEW:
            lone = int(math.log1p(-rng.random()) / math.log1p(-q))  # long gaps before the next short one
            steps = int(0.5 * rate * (limit - t))
            if lone < steps:  # else it is only known that so many gaps are long, not what follows them
                steps = lone
                after = -math.log1p(-rng.random() * q) / rate
            if steps > 0:
                excess = rng.standard_gamma(steps) / rate
                if t + steps * reach + excess < limit:
                    if chained:
                        out, n = _put(out, n, t)
                    chained = False
                    total += steps - 1
                    t += steps * reach + excess
                    continue
                # Too far. Exponential gaps of a known sum are exponential gaps scaled to it.
                queue = np.empty(steps)
                for j in range(steps):
                    queue[j] = rng.standard_exponential()
                queue *= excess / queue.sum()
                queue += reach
                head = 0
        if head < len(queue):
            gap = queue[head]
            head += 1
        elif after >= 0.0:
            gap = after
            after = -1.0
        else:
            gap = rng.standard_exponential() / rate
        short = gap < reach
        if keep or short:
            out, n = _put(out, n, t)
        chained = short
        t += gap
    return out[:n], total


def _windows(time_ns: Floats, reach_ns: float) -> tuple[Floats, Floats]:
    """Return begin and end of the union of intervals of half length ``reach_ns`` around times."""
    time_ns = np.sort(time_ns)
    if len(time_ns) == 0:
        return time_ns, time_ns
    apart = np.diff(time_ns) > 2.0 * reach_ns
    begin = time_ns[np.concatenate([[True], apart])] - reach_ns
    end = time_ns[np.concatenate([apart, [True]])] + reach_ns
    return begin, end


def build_carbon(backgrounds: BackgroundsConfig, kb_cm_mev: float, detector: Detector) -> Carbon:
    """Prepare the 14C of the vessel.

    The light map gives the mean light in both fidelities; the optical one then tracks photons of the decays
    that are kept until their photoelectrons are made.

    Parameters
    ----------
    backgrounds : activity and shape.
    kb_cm_mev : Birks' constant of electrons.
    detector : yield map and cut.
    """
    spectrum = beta_spectrum("14C", backgrounds)
    rate_hz = backgrounds.c14_bq_100t * sphere_mass_t(VESSEL_RADIUS_M) / _REFERENCE_MASS_T
    cut = detector.selection.min_photoelectrons
    energy = spectrum_quantiles(spectrum)
    if cut < 1:
        return Carbon(rate_hz, energy, energy, 0.0, kb_cm_mev, cut)
    best = detector.optics.best_pe_mev * (1.0 - detector.charge.below_fraction)
    reached = gammainc(cut, _shining(spectrum.energy_mev, kb_cm_mev, detector) * best)
    loud = Spectrum(spectrum.energy_mev, spectrum.density_per_mev * reached)
    share = float(np.trapezoid(loud.density_per_mev, loud.energy_mev))
    return Carbon(rate_hz, energy, spectrum_quantiles(loud), rate_hz * share, kb_cm_mev, cut)


def _shining(energy_mev: Floats, kb_cm_mev: float, detector: Detector) -> Floats:
    """Return visible energies, Cherenkov light included."""
    return visible_energies("electron", energy_mev, kb_cm_mev) + flash_mev(detector, energy_mev)


def _mean(carbon: Carbon, detector: Detector, energy_mev: Floats, place_m: Floats) -> Floats:
    """Return the mean number of photoelectrons above threshold."""
    shining = _shining(energy_mev, carbon.kb_cm_mev, detector)
    return shining * light_yield(detector.optics, *place_m) * (1.0 - detector.charge.below_fraction)


def _loud(
    rng: np.random.Generator, carbon: Carbon, detector: Detector, length_ns: float
) -> tuple[Floats, Floats, Ints]:
    """Return times, rows energy, x, y, z, and photoelectrons above threshold of the loud decays."""
    n = rng.poisson(carbon.loud_rate_hz * length_ns * 1e-9)
    what = _place(rng, n, carbon.loud_energy, VESSEL_RADIUS_M)
    best = detector.optics.best_pe_mev * (1.0 - detector.charge.below_fraction)
    at_best = gammainc(carbon.cut, _shining(what[0], carbon.kb_cm_mev, detector) * best)
    mean = _mean(carbon, detector, what[0], what[1:])
    tail = gammainc(carbon.cut, mean)
    kept = rng.random(n) * at_best < tail
    above = _truncated_poisson(rng, mean[kept], tail[kept], carbon.cut)
    return rng.random(int(kept.sum())) * length_ns, what[:, kept], above


def _quiet(
    rng: np.random.Generator, carbon: Carbon, detector: Detector, time_ns: Floats
) -> tuple[Floats, Floats, Ints]:
    """Give decays at known times all the rest; the loud ones among them are taken out."""
    what = _place(rng, len(time_ns), carbon.energy, VESSEL_RADIUS_M)
    above = rng.poisson(_mean(carbon, detector, what[0], what[1:]))
    kept = above < carbon.cut if carbon.cut > 0 else np.ones(len(above), bool)
    return time_ns[kept], what[:, kept], above[kept]


def generate_c14(
    rng: np.random.Generator, carbon: Carbon, detector: Detector, tracked_ns: Floats, length_ns: float
) -> Stream:
    """Return the 14C decays of a block that can matter; all of them where thinning is off.

    Parameters
    ----------
    rng : stream of this stage and block.
    carbon : rates and distributions.
    detector : yield map and cuts.
    tracked_ns : times of the other primaries, float64 (n,), since the block's start.
    length_ns : of the block.
    """
    if carbon.cut < 1:
        times = rng.random(rng.poisson(carbon.rate_hz * length_ns * 1e-9)) * length_ns
        found = _quiet(rng, carbon, detector, times)
        return _stream(*found, 0, carbon)
    loud = _loud(rng, carbon, detector, length_ns)
    reach_ns = detector.selection.reach_ns
    begin, end = _windows(np.concatenate([tracked_ns, loud[0]]), reach_ns)
    times, total = _walk(rng, carbon.rate_hz * 1e-9, reach_ns, begin, end, length_ns)
    quiet = _quiet(rng, carbon, detector, times)
    time_ns, what, above = (np.concatenate(parts, axis=-1) for parts in zip(loud, quiet, strict=True))
    # ``total`` counts loud decays among the skipped ones too, at other times than those drawn for them
    return _stream(time_ns, what, above, max(total - len(time_ns), 0), carbon)


def _stream(time_ns: Floats, what: Floats, above: Ints, skipped: int, carbon: Carbon) -> Stream:
    energy, x, y, z = what
    primaries = empty_primaries(len(time_ns))._replace(
        time_ns=time_ns, energy_mev=energy, x_m=x, y_m=y, z_m=z
    )
    primaries.species[:] = SPECIES["14C"]
    primaries.process[:] = PROCESSES["decay"]
    visible = visible_energies("electron", energy, carbon.kb_cm_mev)
    return Stream(primaries, point_deposits(primaries, BETA_LIKE, visible), above, skipped)
