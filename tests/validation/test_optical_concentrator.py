"""The concentrators' acceptance law against rays traced through a profile built by the string method.

Published: exit radius 95.25 mm, entrance radius 156.6 mm, length 230 mm [BX-G4]. The profile reflects the extreme rays so
that they graze the photocathode, a cap of glass of 110 mm curvature (unverified). Two independent things must meet: the
angle whose profile passes the published entrance, and the cut-off that conservation of phase space asks for.
"""

import math

import numpy as np
import pytest

from sim.detector.optical.config import TubesConfig
from sim.detector.optical.tubes import acceptance, cutoff

CONFIG = TubesConfig()
EXIT, ENTRANCE, LENGTH, GLASS = CONFIG.cathode_m, CONFIG.mouth_m, CONFIG.length_m, CONFIG.curvature_m
CENTRE = -math.sqrt(GLASS**2 - EXIT**2)  # of the glass; the rim lies at z = 0


def profile(angle: float, n: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Return height and radius of the string profile for rays of an extreme angle."""
    z, step = np.linspace(0.0, LENGTH, n, retstep=True)
    r = np.full(n, EXIT)
    ray = np.array([math.sin(angle), -math.cos(angle)])

    def slope(radius: float, height: float) -> float:
        to_centre = np.array([-radius, CENTRE - height])
        distance = max(np.hypot(*to_centre), GLASS)
        phi = math.atan2(to_centre[1], to_centre[0]) - math.asin(GLASS / distance)
        out = np.array([math.cos(phi), math.sin(phi)])
        touch = np.array([radius, height]) + math.sqrt(distance**2 - GLASS**2) * out
        if touch[0] < -EXIT or touch[1] < 0.0:  # beyond the far rim: the ray goes to the rim
            out = np.array([-EXIT - radius, -height])
            out /= np.hypot(*out)
        normal = out - ray
        return -normal[1] / normal[0]

    for i in range(n - 1):
        middle = r[i] + 0.5 * step * slope(r[i], z[i])
        r[i + 1] = r[i] + step * slope(middle, z[i] + 0.5 * step)
    return z, r


def trace(angle, shape, n=4000):
    """Return the part of n rays at an angle that is collected, its reflections, those of the rest, its angle."""
    z, r = shape
    slope = np.gradient(r, z)
    rng = np.random.default_rng(7)
    start, azimuth = ENTRANCE * np.sqrt(rng.random(n)), 2 * np.pi * rng.random(n)
    p = np.column_stack([start * np.cos(azimuth), start * np.sin(azimuth), np.full(n, LENGTH - 1e-9)])
    u = np.tile([math.sin(angle), 0.0, -math.cos(angle)], (n, 1))
    state, bounces = np.zeros(n, int), np.zeros(n, int)  # 0 under way, 1 collected, 2 refused
    for _ in range(4000):
        k = np.flatnonzero(state == 0)
        if not len(k):
            break
        p[k] += 0.001 * u[k]
        radius = np.hypot(p[k, 0], p[k, 1])
        inside = (radius**2 + (p[k, 2] - CENTRE) ** 2 < GLASS**2) | (p[k, 2] < 0)
        state[k[inside]] = 1
        state[k[~inside & (p[k, 2] > LENGTH)]] = 2
        wall = k[(state[k] == 0) & (radius > np.interp(p[k, 2], z, r))]
        normal = np.column_stack([-p[wall, 0], -p[wall, 1], np.interp(p[wall, 2], z, slope)])
        normal[:, :2] /= np.hypot(p[wall, 0], p[wall, 1])[:, None]
        normal /= np.linalg.norm(normal, axis=1)[:, None]
        along = np.einsum("ij,ij->i", u[wall], normal)
        into = along < 0
        u[wall[into]] -= 2 * along[into, None] * normal[into]
        bounces[wall[into]] += 1
    back = state == 2
    return (
        np.mean(state == 1),
        bounces[state == 1].mean() if np.any(state == 1) else 0.0,
        bounces[back].mean() if back.any() else 0.0,
        np.degrees(np.arccos(u[back, 2])).mean() if back.any() else 0.0,
    )


def test_profile_of_the_published_size():
    """The string profile that opens to the published entrance collects up to the cut-off, within 3 degrees."""
    angles = np.radians(np.arange(38.0, 54.0, 0.5))
    ends = np.array([profile(angle, 200)[1][-1] for angle in angles])
    fits = angles[np.abs(ends - ENTRANCE).argmin()]
    assert np.abs(ends - ENTRANCE).min() < 1e-3
    assert math.degrees(fits) == pytest.approx(math.degrees(cutoff(CONFIG)), abs=3.0)


def test_acceptance_of_traced_rays():
    """Parts collected within 0.02, 0.08 at the edge; reflections within 0.3 and 1; refused light keeps its angle."""
    shape = profile(math.radians(47.25))
    reflections = CONFIG.cone_reflectivity**CONFIG.cone_reflections
    for degrees, tolerance in ((15, 0.02), (32, 0.02), (40, 0.08), (44, 0.08), (48, 0.10), (54, 0.02)):
        angle = math.radians(degrees)
        collected, bounces, back, out = trace(angle, shape)
        expected = acceptance(CONFIG, np.array(math.cos(angle))) / reflections
        assert collected == pytest.approx(float(expected), abs=tolerance), degrees
        if collected > 0.1:
            assert bounces == pytest.approx(CONFIG.cone_reflections, abs=0.3)
        if collected < 0.1:
            assert back == pytest.approx(CONFIG.turned_back_reflections, abs=1.0)
            assert out == pytest.approx(degrees, abs=1.5)
