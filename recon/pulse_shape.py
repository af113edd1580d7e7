"""Pulse-shape discriminators of a cluster: alpha against electron, positron of 11C against electron.

Alphas put more of their light into the slow components of the scintillator [BX-G4]. ``gatti`` is the linear
discriminator of [GATTI62], here the mean over the hits of w = (a - b) / (a + b), with a and b the mean
profiles of alphas and electrons: alphas are positive, electrons negative. ``alpha_score`` is a small trained
network, as the multilayer perceptron of Borexino [BX-MLP24]. It sees the profile, its moments, the number of
hits and the radius, and gives the chance of an alpha among as many electrons of that energy. At one energy
Gatti's sum is almost as good; one cut on the score is good at all energies. Positrons that form
ortho-positronium annihilate some ns late [FRANCO11], and their gammas spread over tens of cm:
``positron_score`` is a network trained on 11C. It separates statistically, not event by event.
"""

from typing import NamedTuple

import numpy as np

from recon.hits import Floats
from recon.network import Network, network_scores, read_network
from recon.pulse_features import EDGES_NS, FEATURES, N_BINS
from sim.core.errors import TableError
from sim.core.jit import njit
from sim.core.tables import load_table

PROFILES_TABLE = "pulse_profiles"
NETWORKS_TABLE = "pulse_networks"
ALPHA_NETWORK, POSITRON_NETWORK = "alpha", "positron"


class PulseShapes(NamedTuple):
    """Discriminators of every cluster, float64 (n_clusters,); NaN where the vertex is invalid."""

    gatti: Floats  # alphas positive, electrons negative
    alpha_score: Floats  # 0: electron, 1: alpha
    positron_score: Floats  # 0: electron, 1: positron


class PulseModel(NamedTuple):
    """Weights of the discriminators: Gatti's by bin, and two networks."""

    gatti_weight: Floats  # (n_bins,)
    alpha: Network
    positron: Network


def gatti_weights(alpha: Floats, beta: Floats) -> Floats:
    """Return Gatti's weights (a - b) / (a + b) of two profiles, 0 where both are empty, float64 (n,)."""
    total = alpha + beta
    return np.divide(alpha - beta, total, out=np.zeros_like(total), where=total > 0.0)


@njit
def _weighted(features: Floats, weight: Floats, out: Floats) -> None:
    for row in range(features.shape[0]):
        total = 0.0
        for k in range(len(weight)):
            total += weight[k] * features[row, k]
        out[row] = total


def gatti(features: Floats, weight: Floats) -> Floats:
    """Return Gatti's parameter: the mean weight of the hits, float64 (n_clusters,), between -1 and 1.

    Parameters
    ----------
    features : float64 (n_clusters, n_features), of ``pulse_features``.
    weight : float64 (n_bins,), of ``gatti_weights``.
    """
    out = np.empty(len(features))
    _weighted(features, weight, out)
    return out


def pulse_model() -> PulseModel:
    """Read the packaged weights; TableError where they were made for other bins or features."""
    profiles = load_table(PROFILES_TABLE)
    if tuple(profiles.numbers("from_ns")) != EDGES_NS[:-1]:
        bins = f"expected {N_BINS} from {EDGES_NS[0]} ns"
        msg = f"{PROFILES_TABLE}: its bins are not those of this program: {bins}"
        raise TableError(msg)
    networks = load_table(NETWORKS_TABLE)
    return PulseModel(
        gatti_weights(profiles.numbers("alpha"), profiles.numbers("electron")),
        read_network(networks, ALPHA_NETWORK, FEATURES),
        read_network(networks, POSITRON_NETWORK, FEATURES),
    )


def discriminate(features: Floats, model: PulseModel) -> PulseShapes:
    """Return the discriminators of clusters.

    Parameters
    ----------
    features : float64 (n_clusters, n_features), of ``pulse_features``.
    model : from ``pulse_model``.
    """
    return PulseShapes(
        gatti(features, model.gatti_weight),
        network_scores(features, model.alpha),
        network_scores(features, model.positron),
    )
