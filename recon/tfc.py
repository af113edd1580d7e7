"""Threefold coincidence: a muon, its neutrons, and 11C that decays half an hour later near them.

A cluster is tagged that comes within a time after a muon with seen neutrons, and lies near the muon's track
or near one of the captures. What the tag leaves of the exposure is measured with points that are spread
evenly over live time and fiducial volume, so it holds for just the muons of the file.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recon.config import TfcConfig
from sim.core.geometry import FiducialVolume
from sim.core.jit import njit
from sim.core.rng import Stage, stream
from sim.core.rootio import iterate
from sim.core.schema import NEUTRONS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROWS = 1_000_000
_BATCH = 100_000  # points at a time
_BRANCH = 11  # of the stream of points


class Showers(NamedTuple):
    """Muons with seen neutrons of one run, in time order, and the places of the captures.

    Attributes
    ----------
    muon_ns : int64 (m,), UTC.
    point_m, direction : float64 (3, m), of the tracks; directions are unit vectors.
    first : int64 (m + 1,), rows of ``capture_m`` by muon.
    capture_m : float64 (3, n).
    """

    muon_ns: Ints
    point_m: Floats
    direction: Floats
    first: Ints
    capture_m: Floats


class Kept(NamedTuple):
    """Share of the exposure outside the tag, its statistical error, and the points it was measured with."""

    fraction: float
    error: float
    points: int


def group_neutrons(columns: Mapping[str, Any]) -> dict[int, Showers]:
    """Return the showers of each run from the rows of tree ``neutrons``, which may be in any order.

    Rows belong to one muon if run, time and track are the same; a block that a joined file holds twice makes
    the same showers twice, which tags nothing more.
    """
    axes = "xyz"
    track = [columns[f"track_{a}_m"] for a in axes] + [columns[f"track_dir_{a}"] for a in axes]
    keys = (columns["time_ns"], *track[::-1], columns["muon_time_ns"], columns["run"])
    order = np.lexsort(keys)
    run = np.asarray(columns["run"])[order].astype(np.int64)
    muon_ns = np.asarray(columns["muon_time_ns"])[order].astype(np.int64)
    tracks = np.stack([np.asarray(one)[order] for one in track]).astype(np.float64)
    capture = np.stack([np.asarray(columns[f"{a}_m"])[order] for a in axes]).astype(np.float64)
    showers = {}
    for number in np.unique(run):
        rows = np.flatnonzero(run == number)
        same = (np.diff(muon_ns[rows]) == 0) & (np.diff(tracks[:, rows], axis=1) == 0.0).all(axis=0)
        first = np.concatenate([[0], 1 + np.flatnonzero(~same)])
        head = rows[first]
        length = np.sqrt((tracks[3:, head] ** 2).sum(axis=0))
        showers[int(number)] = Showers(
            muon_ns[head],
            np.ascontiguousarray(tracks[:3, head]),
            np.ascontiguousarray(tracks[3:, head] / length),
            np.append(first, rows.size).astype(np.int64),
            np.ascontiguousarray(capture[:, rows]),
        )
    return showers


def read_showers(path: Path) -> dict[int, Showers]:
    """Read the showers of an events file by run: 15 kB a day of live time; errors as in ``iterate``."""
    parts = list(iterate(path, NEUTRONS, rows=_ROWS))
    names = [column.name for column in NEUTRONS.columns]
    empty = {column.name: np.zeros(0, column.dtype) for column in NEUTRONS.columns}
    return group_neutrons({name: np.concatenate([p[name] for p in (empty, *parts)]) for name in names})


@njit
def _tag(
    time_ns: Ints,
    place: Floats,
    showers: Showers,
    window_ns: int,
    track_m: float,
    neutron_m: float,
    out: NDArray[np.bool_],
) -> None:
    """Set out (n,) where a cluster at place (3, n) is tagged; a place that is not a number never is."""
    for i in range(time_ns.size):
        j = np.searchsorted(showers.muon_ns, time_ns[i], side="right") - 1
        while j >= 0 and not out[i] and time_ns[i] - showers.muon_ns[j] <= window_ns:
            along = 0.0
            square = 0.0
            for axis in range(3):
                step = place[axis, i] - showers.point_m[axis, j]
                along += step * showers.direction[axis, j]
                square += step * step
            if square - along * along < track_m * track_m:
                out[i] = True
            for k in range(showers.first[j], showers.first[j + 1]):
                square = 0.0
                for axis in range(3):
                    square += (place[axis, i] - showers.capture_m[axis, k]) ** 2
                if square < neutron_m * neutron_m:
                    out[i] = True
                    break
            j -= 1


class Tagger:
    """Tags clusters; the same for any order and any parts."""

    def __init__(self, showers: Mapping[int, Showers], config: TfcConfig) -> None:
        self._showers = showers
        self._config = config
        self._window_ns = round(config.window_min * 60e9)

    def tag(self, run: NDArray[Any], time_ns: Ints, x_m: Any, y_m: Any, z_m: Any) -> NDArray[np.bool_]:
        """Return which clusters are tagged, bool (n,).

        Parameters
        ----------
        run, time_ns : of the clusters, UTC in ns.
        x_m, y_m, z_m : their vertices; NaN where there is none.
        """
        tagged = np.zeros(len(run), bool)
        if self._config.enabled:
            place = np.stack([x_m, y_m, z_m]).astype(np.float64)
            for number in np.unique(run):
                if int(number) in self._showers:
                    self._tag_run(int(number), run == number, np.asarray(time_ns), place, tagged)
        return tagged

    def _tag_run(
        self, number: int, of_run: NDArray[np.bool_], time_ns: Ints, place: Floats, tagged: NDArray[np.bool_]
    ) -> None:
        out = np.zeros(int(of_run.sum()), bool)
        config, showers = self._config, self._showers[number]
        _tag(
            time_ns[of_run], np.ascontiguousarray(place[:, of_run]), showers, self._window_ns,
            config.track_m, config.neutron_m, out,
        )  # fmt: skip
        tagged[of_run] = out

    def kept(self, runs: Mapping[str, Any], volume: FiducialVolume) -> Kept:
        """Measure the share of the exposure that is not tagged.

        Parameters
        ----------
        runs : tree ``runs``; the points are spread over its blocks by their lengths.
        volume : the fiducial volume.

        Returns
        -------
        Kept; 1 where there is no live time or nothing is tagged. The points depend on their number and on the
        blocks alone. The error takes each point for itself.
        """
        length_s = np.asarray(runs["live_time_s"], np.float64) + np.asarray(runs["dead_time_s"], np.float64)
        end_s = np.cumsum(length_s)
        points = self._config.points
        if not self._config.enabled or not self._showers or not end_s.size or not end_s[-1] > 0.0:
            return Kept(1.0, 0.0, 0)
        rng = stream(0, Stage.TOY, 0, _BRANCH)
        kept = 0
        for begin in range(0, points, _BATCH):
            n = min(_BATCH, points - begin)
            at_s = (begin + np.arange(n) + rng.random(n)) * (end_s[-1] / points)
            block = np.minimum(np.searchsorted(end_s, at_s, side="right"), end_s.size - 1)
            within_ns = np.rint((at_s - (end_s - length_s)[block]) * 1e9).astype(np.int64)
            time_ns = np.asarray(runs["start_time_ns"], np.int64)[block] + within_ns
            place = _points(rng, volume, n)
            kept += n - int(self.tag(np.asarray(runs["run"])[block], time_ns, *place).sum())
        fraction = kept / points
        return Kept(fraction, math.sqrt(fraction * (1.0 - fraction) / points), points)


def _points(rng: np.random.Generator, volume: FiducialVolume, n: int) -> Floats:
    """Return n points spread evenly over the fiducial volume, float64 (3, n)."""
    found = np.empty((3, 0))
    radius = volume.radius_m
    low, high = max(volume.z_min_m, -radius), min(volume.z_max_m, radius)
    while found.shape[1] < n:
        point = rng.random((3, n))
        point[:2] = radius * (2.0 * point[:2] - 1.0)
        point[2] = low + (high - low) * point[2]
        found = np.concatenate([found, point[:, volume.contains(*point)]], axis=1)
    return found[:, :n]
