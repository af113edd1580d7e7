"""Gauss rules of a given density: few nodes that integrate smooth functions as well as many.

Production regions and line profiles enter only through averages of smooth functions; a rule of ten nodes
made for the density itself replaces hundreds of radii [GOLUB69].
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError

Floats = NDArray[np.float64]

# three-point rule on (0, 1), exact to degree 5: carries a piecewise-linear density to discrete masses
_UNIT_NODES = np.array([0.5 - np.sqrt(0.15), 0.5, 0.5 + np.sqrt(0.15)])
_UNIT_WEIGHTS = np.array([5.0, 8.0, 5.0]) / 18.0


class Rule(NamedTuple):
    """Nodes and weights, each float64 (n,); the weights sum to 1."""

    node: Floats
    weight: Floats


def masses(x: Floats, density: Floats) -> Rule:
    """Turn a piecewise-linear density on knots ``x`` into three point masses a cell, normalised to 1."""
    width = np.diff(x)[:, None]
    node = x[:-1, None] + width * _UNIT_NODES
    value = density[:-1, None] + np.diff(density)[:, None] * _UNIT_NODES
    weight = (value * width * _UNIT_WEIGHTS).ravel()
    total = weight.sum()
    if not total > 0.0:
        msg = f"a density must have a positive integral, got {total:.6g}"
        raise PhysicsError(msg)
    return Rule(node.ravel(), weight / total)


def gauss_rule(points: Rule, n: int) -> Rule:
    """Return the n-point Gauss rule of a discrete measure: exact for polynomials of degree 2n - 1.

    Parameters
    ----------
    points : masses that sum to 1.
    n : number of nodes; fewer are returned if the measure has fewer distinct points.
    """
    used = points.weight > 0.0
    x, mass = points.node[used], points.weight[used]
    n = min(n, len(np.unique(x)))
    centre, scale = 0.5 * (x.max() + x.min()), max(0.5 * float(np.ptp(x)), 1e-300)
    u = (x - centre) / scale
    # Stieltjes recurrence of the orthonormal polynomials on the masses
    diagonal, off = np.zeros(n), np.zeros(max(n - 1, 0))
    before, now = np.zeros_like(u), np.ones_like(u)
    for k in range(n):
        diagonal[k] = np.sum(mass * u * now * now)
        following = (u - diagonal[k]) * now - (off[k - 1] * before if k else 0.0)
        if k < n - 1:
            off[k] = np.sqrt(np.sum(mass * following * following))
            before, now = now, following / off[k]
    value, vector = np.linalg.eigh(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
    weight = vector[0] ** 2
    return Rule(centre + scale * value, weight / weight.sum())
