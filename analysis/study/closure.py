"""The standing check of the nominal detector: truth against reconstruction."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.response import Response, electron_mean
from analysis.study.paired import FEWEST, in_peak
from analysis.study.response import variance
from analysis.study.sample import Sample
from sim.core.geometry import FiducialVolume
from sim.core.probes import Probe

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class Energy(NamedTuple):
    """An estimator for one probe; what the fit's response says of electrons, None for other events."""

    probe: int
    estimator: str
    n: int
    visible_mev: float
    mean: float
    mean_error: float
    sigma: float
    sigma_error: float
    expected_mean: float | None
    expected_sigma: float | None


class Vertex(NamedTuple):
    """Place of the events of one probe, in m; pull: width of (reconstructed - true)/uncertainty."""

    probe: int
    n: int
    found: float
    radial_bias_m: float
    radial_bias_error_m: float
    sigma_m: float
    sigma_error_m: float
    pull: float


class Closure(NamedTuple):
    """Energy and vertex of every probe; electrons found in the fiducial volume over those truly in it."""

    energy: tuple[Energy, ...]
    vertex: tuple[Vertex, ...]
    acceptance: float


def used_rows(sample: Sample, probes: tuple[Probe, ...], volume: FiducialVolume) -> list[Rows]:
    """Return the events of each probe with a cluster: those on shells, or truly in the volume."""
    inside = sample.inside(volume)
    rows = [sample.of(i) for i in range(len(probes))]
    return [r[sample.found[r] & (inside[r] | p.shell)] for r, p in zip(rows, probes, strict=True)]


def radial_offset_m(truth: Sample, sample: Sample, rows: Rows) -> Floats:
    """Return reconstructed less true place along the true radius (at the centre: along z), (n_rows,)."""
    place = truth.true_m[rows]
    radius = np.linalg.norm(place, axis=1)
    away = radius > 1e-6
    axis = np.where(away[:, None], place / np.maximum(radius, 1e-6)[:, None], np.array([0.0, 0.0, 1.0]))
    return np.asarray(((sample.vertex_m[rows] - place) * axis).sum(axis=1))


def _energy(sample: Sample, rows: Rows, number: int, probe: Probe, name: str, response: Response) -> Energy:
    values = sample.estimators[name][rows]
    values = values[in_peak(values)]
    n = values.size
    visible = float(sample.visible_mev[rows].mean())
    mean, sigma = float(values.mean()), float(values.std())
    expected: Floats | None = None
    if probe.particle == "electron" and not probe.shell:
        expected = electron_mean(response, response.light_yield, np.array([visible]))
    return Energy(
        number, name, n, visible, mean, sigma / n**0.5, sigma, sigma / (2.0 * n) ** 0.5,
        None if expected is None else float(expected[0]),
        None if expected is None else float(variance(response, expected)[0] ** 0.5),
    )  # fmt: skip


def _vertex(sample: Sample, rows: Rows, number: int, found: float) -> Vertex:
    offset = sample.vertex_m[rows] - sample.true_m[rows]
    radial = radial_offset_m(sample, sample, rows)
    radial = radial[in_peak(radial)]
    widths = [offset[in_peak(offset[:, i]), i].std() for i in range(3)]
    pull = offset / sample.vertex_sigma_m[rows][:, None]
    pulls = [pull[in_peak(pull[:, i]), i].std() for i in range(3)]
    sigma = float(np.mean(widths))
    return Vertex(
        number, rows.size, found, float(radial.mean()), float(radial.std() / radial.size**0.5),
        sigma, sigma / (6.0 * rows.size) ** 0.5, float(np.mean(pulls)),
    )  # fmt: skip


def close(
    sample: Sample, probes: tuple[Probe, ...], volume: FiducialVolume, responses: dict[str, Response]
) -> Closure:
    """Compare truth and reconstruction.

    Parameters
    ----------
    sample : the nominal detector.
    probes : of the sample.
    volume : fiducial volume.
    responses : by estimator, what the fit assumes.
    """
    rows = used_rows(sample, probes, volume)
    energy = tuple(
        _energy(sample, rows[i], i, probe, name, response)
        for i, probe in enumerate(probes)
        if rows[i].size >= FEWEST
        for name, response in responses.items()
    )
    found = [float(sample.found[sample.of(i)].mean()) for i in range(len(probes))]
    vertex = tuple(
        _vertex(sample, rows[i], i, found[i]) for i in range(len(probes)) if rows[i].size >= FEWEST
    )
    ball = np.concatenate(
        [sample.of(i) for i, p in enumerate(probes) if p.particle == "electron" and not p.shell]
    )
    by_truth, by_vertex = (sample.share_inside(volume, true=true)[ball].sum() for true in (True, False))
    return Closure(energy, vertex, float(by_vertex / by_truth))


def table_mismatch(
    sample: Sample, probes: tuple[Probe, ...], volume: FiducialVolume, response: Response, estimator: str
) -> float:
    """Return the greatest relative deviation of electron means from the fit's response, 0.2 to 1.6 MeV."""
    rows = used_rows(sample, probes, volume)
    found = [
        _energy(sample, rows[i], i, probe, estimator, response)
        for i, probe in enumerate(probes)
        if probe.particle == "electron" and not probe.shell and 0.2 <= probe.energy_mev <= 1.6
    ]
    return max(abs(e.mean / e.expected_mean - 1.0) for e in found if e.expected_mean)
