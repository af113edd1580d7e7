"""The vetoes after muons: which clusters they cover, and the share of the live time they leave."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Vetoes(Protocol):
    """A section of the card with two vetoes."""

    @property
    def inner_veto_s(self) -> float:
        """Length after inner muons."""
        ...

    @property
    def outer_veto_ms(self) -> float:
        """Length after all others."""
        ...


def veto_ns(config: Vetoes) -> tuple[int, int]:
    """Return the length of the veto after outer and after inner muons: the index is the column ``inner``."""
    return round(config.outer_veto_ms * 1e6), round(config.inner_veto_s * 1e9)


def muon_free(
    run: NDArray[np.uint32], time_ns: Ints, muons: Iterable[Mapping[str, Any]], config: Vetoes
) -> NDArray[np.bool_]:
    """Return which clusters no veto covers.

    A muon covers the clusters of its run from its own time to the end of its veto, both included.

    Parameters
    ----------
    run, time_ns : of the clusters, shape (n,), in any order.
    muons : rows of tree ``muons`` in parts, in any order; only one part is held at a time.
    config : the two vetoes.
    """
    free = np.ones(len(run), bool)
    if len(run) == 0:
        return free
    for part in muons:
        inner = np.asarray(part["inner"]) != 0
        for number in np.unique(run):
            at = np.flatnonzero(run == number)
            of_run = np.asarray(part["run"]) == number
            for kind, length_ns in enumerate(veto_ns(config)):
                muon_ns = np.sort(np.asarray(part["time_ns"])[of_run & (inner == bool(kind))])
                after = np.searchsorted(muon_ns, time_ns[at], side="right")
                before = np.searchsorted(muon_ns, time_ns[at] - length_ns, side="left")
                free[at[(after > before) & (length_ns > 0)]] = False
    return free


def live_fraction(runs: Mapping[str, Any], config: Vetoes) -> float:
    """Return the share of the live time that no veto covers.

    Muons come at random, so it is exp(-(rate of inner muons) (their veto) - (the same for outer muons)), with
    the rates of each run number; runs count by their live times. 1 where there is no live time.

    Parameters
    ----------
    runs : tree ``runs``.
    config : the two vetoes.
    """
    outer_s, inner_s = (length_ns * 1e-9 for length_ns in veto_ns(config))
    number = np.asarray(runs["run"])
    left_s = total_s = 0.0
    for one in np.unique(number):
        at = number == one
        live_s = float(np.sum(runs["live_time_s"][at]))
        if live_s > 0.0:
            covered_s = inner_s * np.sum(runs["n_muons_inner"][at]) + outer_s * np.sum(
                runs["n_muons_outer"][at]
            )
            left_s += live_s * float(np.exp(-covered_s / live_s))
            total_s += live_s
    return left_s / total_s if total_s > 0.0 else 1.0


class MuonVeto:
    """Vetoes after the muons of a whole file, for clusters that come in parts: 8 bytes a muon."""

    def __init__(self, muons: Iterable[Mapping[str, Any]], config: Vetoes) -> None:
        self._length_ns = veto_ns(config)
        parts: dict[tuple[int, int], list[Ints]] = {}
        for part in muons:
            inner, run = np.asarray(part["inner"]) != 0, np.asarray(part["run"])
            for number in np.unique(run):
                for kind in (0, 1):
                    at = (run == number) & (inner == bool(kind))
                    parts.setdefault((int(number), kind), []).append(np.asarray(part["time_ns"])[at])
        self._muon_ns = {key: np.sort(np.concatenate(times)) for key, times in parts.items()}

    def free(self, run: NDArray[Any], time_ns: Ints) -> NDArray[np.bool_]:
        """Return which clusters no veto covers, bool (n,), as ``muon_free`` does."""
        free = np.ones(len(run), bool)
        for (number, kind), muon_ns in self._muon_ns.items():
            at = np.flatnonzero(run == number)
            length_ns = self._length_ns[kind]
            if len(at) and length_ns > 0:
                after = np.searchsorted(muon_ns, time_ns[at], side="right")
                before = np.searchsorted(muon_ns, time_ns[at] - length_ns, side="left")
                free[at[after > before]] = False
        return free
