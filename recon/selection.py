"""Cuts on reconstructed quantities, and how many clusters each of them leaves."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recon.clusters import Clusters
from recon.config import ReconConfig
from recon.pulse_shape import PulseShapes
from recon.vertex import Vertices

Flags = NDArray[np.bool_]


class Cut(NamedTuple):
    """One line of the cut flow: what was asked, and how many are left."""

    name: str
    kept: int


class Selection(NamedTuple):
    """Flags of every cluster, bool (n_clusters,), and the cut flow."""

    fiducial: Flags
    selected: Flags
    cut_flow: tuple[Cut, ...]


def select(
    n_gates: int, clusters: Clusters, vertices: Vertices, shapes: PulseShapes, config: ReconConfig
) -> Selection:
    """Apply the cuts in order: vertex, fiducial volume and, where configured, single cluster and pulse shape.

    Parameters
    ----------
    n_gates : gates read, for the head of the cut flow.
    clusters, vertices, shapes : of one block.
    config : fiducial volume and cuts.
    """
    inside = config.fiducial_volume().contains(vertices.x_m, vertices.y_m, vertices.z_m)
    fiducial = inside & vertices.valid
    selected = fiducial
    flow = [
        Cut("gates", n_gates),
        Cut("gates with a cluster", int((clusters.number == 0).sum())),
        Cut("clusters", len(clusters.gate)),
        Cut("vertex fit valid", int(vertices.valid.sum())),
        Cut("in the fiducial volume", int(fiducial.sum())),
    ]
    if config.single_cluster:
        selected = selected & (clusters.in_gate == 1)
        flow.append(Cut("single cluster in the gate", int(selected.sum())))
    if config.alpha_score_max is not None:
        selected = selected & (shapes.alpha_score <= config.alpha_score_max)
        flow.append(Cut("alpha score", int(selected.sum())))
    if config.positron_score_max is not None:
        selected = selected & (shapes.positron_score <= config.positron_score_max)
        flow.append(Cut("positron score", int(selected.sum())))
    flow.append(Cut("selected", int(selected.sum())))
    return Selection(fiducial, selected, tuple(flow))


def add_flows(flows: list[tuple[Cut, ...]]) -> tuple[Cut, ...]:
    """Add the cut flows of blocks, line by line; at least one."""
    return tuple(Cut(lines[0].name, sum(line.kept for line in lines)) for lines in zip(*flows, strict=True))
