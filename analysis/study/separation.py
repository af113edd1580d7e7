"""How well pulse shapes tell particles apart, and what an effect does to it: the same events in both.

Two numbers. *Kept out*: the share of the alphas above the cut that 99 per cent of the electrons pass; the cut
is set anew for each detector, as an analysis would. *Ranked*: the chance that a positron scores above an
electron of as much light. The error is the spread of what each event adds to these numbers (its influence);
where with and without an effect are compared, that of the difference, event by event.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.study.sample import LIKE_PO210_MEV, LIKE_POSITRON_MEV, POSITRON_MEV, Sample
from sim.core.probes import Probe

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

ELECTRONS_KEPT = 0.99
_FEWEST = 400  # events of a kind: of fewer electrons, 1 per cent is no number
_NEAR = 0.005  # of the electrons, to either side of the cut: where the slope is taken


class Separation(NamedTuple):
    """A discriminator without and with an effect; shares from 0 to 1.

    Attributes
    ----------
    score : column of the reconstruction.
    kind : ``kept_out`` or ``ranked``.
    signal, electron : numbers of the probes.
    n : events of the signal and electrons that are used.
    nominal, nominal_error : without the effect.
    change, change_error : with it, less without; the error is that of the paired difference.
    """

    score: str
    kind: str
    signal: int
    electron: int
    n: tuple[int, int]
    nominal: float
    nominal_error: float
    change: float
    change_error: float


class _Measured(NamedTuple):
    value: float
    of_signal: Floats  # influence of each event on the value, before division by their number
    of_electrons: Floats


def kept_out(signal: Floats, electrons: Floats) -> _Measured:
    """Return the share of the signal above the cut that ``ELECTRONS_KEPT`` of the electrons pass.

    Parameters
    ----------
    signal, electrons : scores, float (n,) and (m,), no NaN.
    """
    cut, near = (
        np.quantile(electrons, ELECTRONS_KEPT),
        np.quantile(electrons, [ELECTRONS_KEPT - _NEAR, ELECTRONS_KEPT + _NEAR]),
    )
    value = float((signal > cut).mean())
    slope = float(((signal > near[0]) & (signal <= near[1])).mean()) / (2.0 * _NEAR)
    above = np.asarray(electrons > cut, dtype=np.float64)
    return _Measured(
        value, np.asarray((signal > cut) - value), np.asarray(slope * (1.0 - ELECTRONS_KEPT - above))
    )


def ranked(signal: Floats, electrons: Floats) -> _Measured:
    """Return the chance that a signal scores above an electron, ties shared; arguments as ``kept_out``."""
    below = _share_below(signal, electrons)
    above = 1.0 - _share_below(electrons, signal)
    value = float(below.mean())
    return _Measured(value, below - value, above - value)


def _share_below(values: Floats, others: Floats) -> Floats:
    ordered = np.sort(others)
    both = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(0.5 * both / others.size)


_KINDS = {"kept_out": kept_out, "ranked": ranked}


def _error(of_signal: Floats, of_electrons: Floats) -> float:
    return float(np.hypot(of_signal.std() / of_signal.size**0.5, of_electrons.std() / of_electrons.size**0.5))


def separation_pairs(probes: tuple[Probe, ...]) -> tuple[tuple[str, str, int, int], ...]:
    """Return score, kind, signal and electron probe of what is compared: electrons of the nearest energy.

    Alphas of 210Po shine like electrons of 0.42 MeV, positrons of 0.5 MeV with their gammas like those of
    1.4 MeV [BX-G4].
    """

    def ball(particle: str, energy_mev: float | None = None) -> int | None:
        found = [
            i for i, p in enumerate(probes)
            if p.particle == particle and not p.shell and energy_mev in (None, p.energy_mev)
        ]  # fmt: skip
        return found[0] if found else None

    wanted = (
        ("alpha_score", "kept_out", ball("alpha"), ball("electron", LIKE_PO210_MEV)),
        ("gatti", "kept_out", ball("alpha"), ball("electron", LIKE_PO210_MEV)),
        ("positron_score", "ranked", ball("positron", POSITRON_MEV), ball("electron", LIKE_POSITRON_MEV)),
    )
    return tuple((s, k, a, b) for s, k, a, b in wanted if a is not None and b is not None)


def separations(
    before: Sample, after: Sample, rows: tuple[Rows, ...], probes: tuple[Probe, ...]
) -> tuple[Separation, ...]:
    """Return what changes in the separation of particles.

    Parameters
    ----------
    before, after : the same events without and with the effect; the same sample twice gives no change.
    rows : events of each probe that are used.
    probes : of the samples.
    """
    found = []
    for score, kind, signal, electron in separation_pairs(probes):
        values = [sample.scores[score] for sample in (before, after)]
        known = np.isfinite(values[0]) & np.isfinite(values[1])
        use = [rows[i][known[rows[i]]] for i in (signal, electron)]
        if min(r.size for r in use) < _FEWEST:
            continue
        old, new = (_KINDS[kind](v[use[0]], v[use[1]]) for v in values)
        found.append(
            Separation(
                score,
                kind,
                signal,
                electron,
                (use[0].size, use[1].size),
                old.value,
                _error(old.of_signal, old.of_electrons),
                new.value - old.value,
                _error(new.of_signal - old.of_signal, new.of_electrons - old.of_electrons),
            )
        )
    return tuple(found)
