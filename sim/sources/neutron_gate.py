"""The gate after each muon, in which captured neutrons are seen: rows of tree ``neutrons``.

The light of muons and of their neutrons is not simulated. What a reconstruction would make of it is drawn
here: which captures are seen, where, and where the muon's track seems to be.
"""

from typing import Any

import numpy as np

from sim.core.geometry import VESSEL_RADIUS_M
from sim.core.primaries import Block, Floats
from sim.sources.muons import earlier_blocks, muon_stream
from sim.sources.showers import C11_MEAN_LIFE_S, ShowerModel, draw_showers

REACH_S = 12.0 * C11_MEAN_LIFE_S  # 6e-6 of 11C lives longer
_SEEN = 2  # branch of a block's muon stream
_AXES = ("x", "y", "z")


def _smeared(rng: np.random.Generator, values: Floats, sigma: float) -> Floats:
    return np.asarray(values + rng.normal(0.0, 1.0, values.shape) * sigma)


def _of_block(block: Block, model: ShowerModel) -> dict[str, Any]:
    config = model.muons
    showers = draw_showers(block, model)
    rng = muon_stream(block, _SEEN)
    of = showers.neutron_muon
    radius2 = (showers.capture_m**2).sum(axis=0)
    late_ns = showers.capture_ns - showers.time_ns[of]
    seen = rng.random(of.size) < config.neutron_efficiency
    seen &= (radius2 < VESSEL_RADIUS_M**2) & (late_ns < config.neutron_gate_us * 1e3) & showers.tagged[of]
    place = _smeared(rng, showers.capture_m, config.neutron_vertex_m)[:, seen]
    point = _smeared(rng, showers.point_m, config.track_point_m)[:, of[seen]]
    # small angles: an error along the track itself only changes the length, which is made 1 again
    direction = _smeared(rng, showers.direction, np.radians(config.track_angle_deg))[:, of[seen]]
    direction /= np.sqrt((direction**2).sum(axis=0))
    columns: dict[str, Any] = {
        "muon_time_ns": block.start_ns + np.rint(showers.time_ns[of[seen]]).astype(np.int64),
        "time_ns": block.start_ns + np.rint(showers.capture_ns[seen]).astype(np.int64),
    }
    for k, axis in enumerate(_AXES):
        columns |= {f"{axis}_m": place[k], f"track_{axis}_m": point[k], f"track_dir_{axis}": direction[k]}
    return columns


def seen_neutrons(block: Block, model: ShowerModel, block_s: float) -> dict[str, Any]:
    """Return the neutrons seen after the muons of a block.

    Parameters
    ----------
    block : of a run; the first one also holds the neutrons of the hours before the run, whose 11C decays in
        it.
    model : of the showers.
    block_s : live time of all blocks but the last.

    Returns
    -------
    columns of tree ``neutrons`` without run and block, (n,) each, sorted by muon, then capture.
    """
    before = earlier_blocks(block, block_s, REACH_S) if block.index == 0 else []
    parts = [_of_block(one, model) for one in (*before, block)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns["time_ns"], columns["muon_time_ns"]))
    order = order[columns["muon_time_ns"][order] >= block.start_ns - round(REACH_S * 1e9)]
    return {name: column[order] for name, column in columns.items()}
