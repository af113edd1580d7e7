"""Events of the nominal detector beside those of a changed one: shifts, response points, acceptance."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.response import Response, electron_mean
from analysis.study.closure import radial_offset_m
from analysis.study.fit import Acceptance
from analysis.study.paired import Paired, compare, in_peak
from analysis.study.response import Points, variance
from analysis.study.sample import Sample
from recon.config import ReconConfig
from sim.core.config import Card
from sim.core.probes import Probe

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

GROUPS = 10  # of events, whose scatter gives the statistical error of the fit's shifts


class Comparison(NamedTuple):
    """The nominal side: card, probes, events, and a random number for each event."""

    card: Card
    probes: tuple[Probe, ...]
    sample: Sample
    chance: Floats


class VertexChange(NamedTuple):
    """Mean offset along the true radius, and width of a coordinate, before and after, in m."""

    bias_m: tuple[float, float]
    bias_change_error_m: float
    sigma_m: tuple[float, float]


def used_events(given: Comparison, after: Sample, card: Card) -> tuple[Rows, ...]:
    """Return the events of each probe that are used: those on shells, or truly in both fiducial volumes."""
    volumes = [c.section("reconstruction", ReconConfig).fiducial_volume() for c in (given.card, card)]
    inside = given.sample.inside(volumes[0]) & given.sample.inside(volumes[1])
    both = given.sample.found & after.found
    chosen = []
    for number, probe in enumerate(given.probes):
        rows = given.sample.of(number)
        chosen.append(rows[both[rows] & (inside[rows] | probe.shell)])
    return tuple(chosen)


def paired(given: Comparison, after: Sample, rows: tuple[Rows, ...], estimator: str) -> tuple[Paired, ...]:
    """Return what changes in an estimator, one result a probe.

    Parameters
    ----------
    given : nominal side.
    after : events of the changed detector.
    rows : events of each probe that are used.
    estimator : its name.
    """
    before = given.sample
    step = before.step[estimator], after.step[estimator]
    return tuple(
        compare(before.estimators[estimator][r], after.estimators[estimator][r], step, given.chance[r])
        for r in rows
    )


def electron_balls(probes: tuple[Probe, ...]) -> list[int]:
    """Return the numbers of the probes that are electrons spread over the volume."""
    return [i for i, probe in enumerate(probes) if probe.particle == "electron" and not probe.shell]


def alpha_ball(probes: tuple[Probe, ...]) -> int:
    """Return the number of the probe of alphas spread over the volume."""
    return next(i for i, probe in enumerate(probes) if probe.particle == "alpha" and not probe.shell)


def response_points(given: Comparison, after: Sample, rows: tuple[Rows, ...], estimator: str) -> Points:
    """Return the points that move the response; arguments as ``paired``."""
    pairs = paired(given, after, rows, estimator)
    use = electron_balls(given.probes)
    alpha = pairs[alpha_ball(given.probes)]
    p = [pairs[i] for i in use]
    mean0 = np.array([x.mean for x in p])
    return Points(
        np.array([given.sample.visible_mev[rows[i]].mean() for i in use]),
        np.array([after.visible_mev[rows[i]].mean() for i in use]),
        mean0,
        mean0 * (1.0 + np.array([x.bias for x in p])),
        np.array([x.sigma**2 for x in p]),
        np.array([x.sigma**2 + x.variance for x in p]),
        mean0 * np.array([x.bias_error for x in p]),
        np.array([x.variance_error for x in p]),
        1.0 + alpha.bias,
        (1.0 + alpha.resolution) * (1.0 + alpha.bias),
    )


def points_against_table(
    given: Comparison, rows: tuple[Rows, ...], estimator: str, table: Response
) -> Points:
    """Return the nominal detector as a change of what a table says."""
    use = electron_balls(given.probes)
    alpha = alpha_ball(given.probes)
    values = [given.sample.estimators[estimator][rows[i]] for i in (*use, alpha)]
    values = [v[in_peak(v)] for v in values]
    mean, spread = np.array([v.mean() for v in values]), np.array([v.var() for v in values])
    n = np.array([v.size for v in values])
    visible = np.array([given.sample.visible_mev[rows[i]].mean() for i in use])
    expected = electron_mean(table, table.light_yield, visible)
    return Points(
        visible, visible, expected, mean[:-1], variance(table, expected), spread[:-1],
        np.sqrt(spread[:-1] / n[:-1]), spread[:-1] * np.sqrt(2.0 / n[:-1]),
        float(mean[-1] / table.po210_peak), float(spread[-1] ** 0.5 / table.po210_width),
    )  # fmt: skip


def acceptance_change(
    given: Comparison, after: Sample, card: Card, rows: tuple[Rows, ...]
) -> tuple[Acceptance, Acceptance]:
    """Return factor and error: vertex over truth inside the volume, with over without the effect."""
    volumes = [c.section("reconstruction", ReconConfig).fiducial_volume() for c in (given.card, card)]
    true = [given.sample.share_inside(volume, true=True) for volume in volumes]
    seen = [
        sample.share_inside(volume, true=False)
        for sample, volume in zip((given.sample, after), volumes, strict=True)
    ]
    group = np.unique(np.concatenate([r % GROUPS for r in rows]))
    factors, errors = [], []
    for probes in (electron_balls(given.probes), [alpha_ball(given.probes)]):
        use = np.concatenate([given.sample.of(i) for i in probes])
        use = use[np.isin(use % GROUPS, group)]
        share = [float(s[use].sum() / t[use].sum()) for s, t in zip(seen, true, strict=True)]
        own = seen[1][use] / true[1][use].sum() - seen[0][use] / true[0][use].sum()
        if volumes[0] != volumes[1]:
            own = own - true[1][use] / true[1][use].sum() + true[0][use] / true[0][use].sum()
        factors.append(share[1] / share[0])
        errors.append(float(own.std() * own.size**0.5 / share[0]))
    return Acceptance(*factors), Acceptance(*errors)


def vertex_change(before: Sample, after: Sample, rows: Rows) -> VertexChange:
    """Return what changes in the vertices of the events of one probe."""
    radial = [radial_offset_m(before, s, rows) for s in (before, after)]
    use = in_peak(radial[0]) & in_peak(radial[1])
    radial = [values[use] for values in radial]
    change = radial[1] - radial[0]
    offset = [(s.vertex_m - s.true_m)[rows] for s in (before, after)]
    sigma = [float(np.mean([o[in_peak(o[:, i]), i].std() for i in range(3)])) for o in offset]
    return VertexChange(
        (float(radial[0].mean()), float(radial[1].mean())),
        float(change.std() / max(change.size, 1) ** 0.5),
        (sigma[0], sigma[1]),
    )
