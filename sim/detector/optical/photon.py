"""One photon after the other, from birth to its end.

A photon draws an optical depth at birth and after every interaction, and spends it on the way: in the
liquids, and in the nylon films it crosses. So a boundary costs no random number, and what is not spent in
one region is spent in the next. Random words come from Philox with the counter (draw, photon, deposit, tag):
a photon's fate depends on nothing but its own number and its deposit's.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit, njit_inline
from sim.core.rng import philox, unit
from sim.detector.arrival import arrival_time
from sim.detector.optical.cherenkov import cherenkov_photon
from sim.detector.optical.directions import isotropic, lambert, scattered_cosine, tilt, turn
from sim.detector.optical.emission import emitted_bin
from sim.detector.optical.layout import MOUTHS, NO_TUBE, SHROUD, STEEL, VESSEL, texel
from sim.detector.optical.media import (
    ATTENUATION,
    INDEX,
    N_BINS,
    REEMITS,
    SCATTERS,
    SLOWNESS,
    TRANSFERS,
)
from sim.detector.optical.tubes import accepted
from sim.detector.optical.world import (
    AT_CATHODE,
    CHERENKOV,
    FATES,
    IN_BUFFER,
    IN_NYLON,
    IN_SCINTILLATOR,
    ON_METAL,
    ON_STEEL,
    REEMITTED,
    REFLECTED,
    SCATTERED,
    SEEN,
    TOO_LATE,
    Births,
    Found,
    World,
)

PHOTON_TAG = np.uint32(0x0B7C)  # last word of the counters of photons; no other kernel uses it
_MANY = 100_000  # steps after which a photon is given up


@njit_inline
def _unpolarised_reflectivity(cos_in: float, cos_out: float, n_in: float, n_out: float) -> float:
    s = (n_in * cos_in - n_out * cos_out) / (n_in * cos_in + n_out * cos_out)
    p = (n_out * cos_in - n_in * cos_out) / (n_out * cos_in + n_in * cos_out)
    return 0.5 * (s * s + p * p)


@njit_inline
def _refract(
    ux: float, uy: float, uz: float, nx: float, ny: float, nz: float,
    cosine: float, n_in: float, n_out: float, u: float,
) -> tuple[bool, float, float, float]:  # fmt: skip
    """Return whether light passes a boundary, and its direction; n is the normal on the far side."""
    ratio = n_in / n_out
    sine2 = ratio * ratio * (1.0 - cosine * cosine)
    cos_out = math.sqrt(max(1.0 - sine2, 0.0))
    if sine2 >= 1.0 or u < _unpolarised_reflectivity(cosine, cos_out, n_in, n_out):
        back = 2.0 * cosine
        return False, ux - back * nx, uy - back * ny, uz - back * nz
    more = cos_out - ratio * cosine
    return True, ratio * ux + more * nx, ratio * uy + more * ny, ratio * uz + more * nz


@njit
def track_photons(
    first: int,
    births: Births,
    world: World,
    k0: np.uint32,
    k1: np.uint32,
    found: Found,
    ends: NDArray[np.int64],
) -> int:
    """Track every photon of some deposits; return the number of photoelectrons.

    Parameters
    ----------
    first : number of the first deposit, part of the counters.
    births : the deposits.
    world : tables.
    k0, k1 : key of the random numbers.
    found : output, room for every photon.
    ends : output, int64 (10,): photons by fate are added; then steps; then random calls.
    """
    media, layout, tubes = world.media, world.layout, world.tubes
    # Arrays are taken out of their tuples once: each access inside the loops would count a reference.
    centre, radius, film, medium = layout.centre_m, layout.radius_m, layout.film, layout.medium
    axis, mouths, cathodes = layout.axis, layout.mouths, layout.cathodes
    bins, below, rayleigh = world.emission.bins, world.emission.below, world.rayleigh
    by_bin, by_tube, acceptance = tubes.by_bin, tubes.by_tube, tubes.accepted
    emitted_ns = world.arrival.quantiles_ns
    photons, flashes, kinds, place = births.photons, births.flashes, births.kind, births.place_m
    one = np.uint32(1)
    n_found = 0
    steps = 0
    calls = 0
    for i in range(len(photons)):
        c2 = np.uint32(first + i)
        n_scintillation = photons[i]
        x0, y0, z0 = place[i, 0], place[i, 1], place[i, 2]
        home = 0
        while home < STEEL:
            dx, dy, dz = x0 - centre[home, 0], y0 - centre[home, 1], z0 - centre[home, 2]
            if dx * dx + dy * dy + dz * dz < radius[home] * radius[home]:
                break
            home += 1
        wanted = n_found + births.wanted[i]
        for j in range(n_scintillation + flashes[i]):
            if n_found >= wanted:
                break
            c1 = np.uint32(j)
            draw = one
            w0, w1, w2, w3 = philox(np.uint32(0), c1, c2, PHOTON_TAG, k0, k1)
            history = 0
            tau = -math.log(unit(w3))
            if j < n_scintillation:
                ux, uy, uz = isotropic(w0)
                colour = emitted_bin(unit(w1), bins)
                t = float(arrival_time(w2, kinds[i], emitted_ns))
            else:
                history = CHERENKOV
                t = 0.0
                draw, colour, ux, uy, uz = cherenkov_photon(
                    draw,
                    c1,
                    c2,
                    PHOTON_TAG,
                    k0,
                    k1,
                    births.electron_mev[i],
                    (births.direction[i, 0], births.direction[i, 1], births.direction[i, 2]),
                    world.cherenkov,
                    media,
                )
            x, y, z = x0, y0, z0
            region = home
            w0, w1, w2, w3 = philox(draw, c1, c2, PHOTON_TAG, k0, k1)
            stale = False
            fate = TOO_LATE
            tube = NO_TUBE
            step_limit = steps + _MANY
            while t <= world.latest_ns and steps < step_limit:
                steps += 1
                if stale:
                    draw = np.uint32(draw + one)
                    w0, w1, w2, w3 = philox(draw, c1, c2, PHOTON_TAG, k0, k1)
                    stale = False
                # -- where the region ends
                inward = False
                sphere = region
                px, py, pz = x - centre[sphere, 0], y - centre[sphere, 1], z - centre[sphere, 2]
                along = px * ux + py * uy + pz * uz
                square = along * along + radius[sphere] * radius[sphere] - (px * px + py * py + pz * pz)
                if region > 0 and (along < 0.0 or region == SHROUD):  # the vessel may be off-centre
                    k = region - 1
                    qx, qy, qz = x - centre[k, 0], y - centre[k, 1], z - centre[k, 2]
                    b = qx * ux + qy * uy + qz * uz
                    d = b * b + radius[k] * radius[k] - (qx * qx + qy * qy + qz * qz)
                    if b < 0.0 and d > 0.0:
                        inward = True
                        sphere = k
                        along, square = b, d
                root = math.sqrt(max(square, 0.0))
                distance = -along - root if inward else root - along
                row = medium[region] * N_BINS + colour
                spent = distance * media[row, ATTENUATION]
                if tau < spent:  # -- the free path ends in the liquid
                    distance = tau / media[row, ATTENUATION]
                    x += distance * ux
                    y += distance * uy
                    z += distance * uz
                    t += distance * media[row, SLOWNESS]
                    u = unit(w0)
                    stale = True
                    tau = -math.log(unit(w1))
                    if u < media[row, SCATTERS]:
                        history |= SCATTERED
                        c, s = turn(w2)
                        ux, uy, uz = tilt(ux, uy, uz, scattered_cosine(w2, rayleigh), c, s)
                    elif u < media[row, TRANSFERS]:
                        history |= REEMITTED
                        ux, uy, uz = isotropic(w2)
                        low = media[row, SCATTERS]
                        high = media[row, REEMITS]
                        if u >= high:
                            low, high = high, media[row, TRANSFERS]
                            draw = np.uint32(draw + one)
                            words = philox(draw, c1, c2, PHOTON_TAG, k0, k1)
                            t -= world.transfer_ns * math.log(unit(words[0]))
                        t -= world.reemission_ns * math.log(max((u - low) / (high - low), 1e-9))
                        floor = float(below[colour]) if world.red_only else 0.0
                        colour = emitted_bin(floor + (1.0 - floor) * unit(w3), bins)
                    else:
                        fate = IN_SCINTILLATOR if medium[region] == 0 else IN_BUFFER
                        break
                    continue
                # -- a sphere is met
                tau -= spent
                x += distance * ux
                y += distance * uy
                z += distance * uz
                t += distance * media[row, SLOWNESS]
                cosine = root / radius[sphere]
                beyond = sphere if inward else sphere + 1
                if sphere < MOUTHS:
                    depth = film[sphere, colour] / max(cosine, 1e-3)
                    if tau < depth:
                        fate = IN_NYLON
                        break
                    tau -= depth
                    if sphere == VESSEL and layout.refracts:
                        n_in = float(media[row, INDEX])
                        n_out = float(media[medium[beyond] * N_BINS + colour, INDEX])
                        side = -1.0 if inward else 1.0
                        nx = side * (x - centre[sphere, 0]) / radius[sphere]
                        ny = side * (y - centre[sphere, 1]) / radius[sphere]
                        nz = side * (z - centre[sphere, 2]) / radius[sphere]
                        stale = True
                        through, ux, uy, uz = _refract(ux, uy, uz, nx, ny, nz, cosine, n_in, n_out, unit(w0))
                        if not through:
                            history |= REFLECTED
                            continue
                    region = beyond
                    continue
                specular, reflectivity, lost = world.steel_specular, world.steel_reflectivity, ON_STEEL
                if sphere < STEEL:
                    tube = mouths[texel(x, y, z)] if sphere == MOUTHS else cathodes[texel(x, y, z)]
                    if tube == NO_TUBE:
                        region = beyond
                        continue
                    ax, ay, az = axis[tube, 0], axis[tube, 1], axis[tube, 2]
                    height = x * ax + y * ay + z * az
                    off2 = radius[sphere] * radius[sphere] - height * height
                    reach = tubes.mouth_m if sphere == MOUTHS else tubes.ring_m
                    if off2 > reach * reach:
                        region = beyond
                        continue
                    stale = True
                    specular, reflectivity, lost = tubes.ring_specular, tubes.ring_reflectivity, ON_METAL
                    if not inward and (sphere == MOUTHS or off2 < tubes.cathode_m * tubes.cathode_m):
                        cathode = True
                        if sphere == MOUTHS:
                            c = ux * ax + uy * ay + uz * az
                            t += tubes.length_m / max(c, 0.1) * media[row, SLOWNESS]
                            cathode = unit(w1) < accepted(c, acceptance)
                        if cathode:
                            fate = AT_CATHODE
                            if unit(w0) < by_bin[colour] * by_tube[tube]:
                                fate = SEEN
                            break
                        if unit(w0) >= tubes.turned_back:
                            fate = ON_METAL
                            break
                        t += tubes.length_m / max(c, 0.1) * media[row, SLOWNESS]
                        cos_turn, sin_turn = turn(w2)
                        ux, uy, uz = tilt(-ax, -ay, -az, c, cos_turn, sin_turn)
                        history |= REFLECTED
                        continue
                # -- reflection, back into the region
                stale = True
                u = unit(w0)
                if u >= reflectivity:
                    fate = lost
                    tube = NO_TUBE
                    if sphere == STEEL and u - reflectivity < world.steel_efficiency * (1.0 - reflectivity):
                        fate = SEEN
                    break
                history |= REFLECTED
                side = -1.0 / radius[sphere] if not inward else 1.0 / radius[sphere]
                nx, ny, nz = x * side, y * side, z * side
                if unit(w1) < specular:
                    ux += 2.0 * cosine * nx
                    uy += 2.0 * cosine * ny
                    uz += 2.0 * cosine * nz
                else:
                    ux, uy, uz = lambert(w2, nx, ny, nz)
            calls += int(draw) + 1
            ends[fate] += 1
            if fate == SEEN:
                found.deposit[n_found] = i
                found.tube[n_found] = tube
                found.time_ns[n_found] = t
                found.bin[n_found] = colour
                found.history[n_found] = history
                n_found += 1
    ends[len(FATES)] += steps
    ends[len(FATES) + 1] += calls
    return n_found
