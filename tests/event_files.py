"""Events files of the toy detector with a truth to look at: pulses, pairs in one gate, pairs across gates."""

from pathlib import Path
from typing import Any

import numpy as np

from sim.core import rootio, schema
from sim.core.schema import PROCESSES, SPECIES

START_NS = 2000  # of the first pulse in every gate, as in the toy detector
SECOND_NS = 6000  # after it, in the gates of block 1
GATES = 4  # a block
BLOCKS = 3
EPOCH_NS = 1_323_820_800_000_000_000  # 2011-12-14
STEP_NS = 100_000  # between gates: the last two of a block are one interaction
FAMILY = 5
ENERGY_MEV = 1.25


def event_id(block: int, gate: int) -> int:
    return block * 2**24 + gate


def gate_time_ns(block: int, gate: int, offset_ns: int = 0) -> int:
    return EPOCH_NS + offset_ns + 86_400_000_000_000 * block + STEP_NS * gate


def _truth(run: int, block: int, vertices: np.ndarray, offset_ns: int) -> dict[str, Any]:
    rows = []
    for gate in range(GATES):
        pair = gate >= GATES - 2
        species = SPECIES["reactor"] if pair else SPECIES["210Po"]
        process = ("inverse_beta_decay", "neutron_capture")[gate - (GATES - 2)] if pair else "decay"
        rows.append((gate, 0, START_NS, FAMILY if pair else -1, species, PROCESSES[process]))
        if block == 1:
            rows.append((gate, 1, START_NS + SECOND_NS, -1, SPECIES["14C"], PROCESSES["decay"]))
    gate, primary, after, family, species, process = (np.array(column) for column in zip(*rows, strict=True))
    start = np.array([gate_time_ns(block, g, offset_ns) for g in gate])
    place = np.where(primary[:, None] == 0, vertices[gate], 0.0)
    values = {c.name: np.zeros(len(rows)) for c in schema.TRUTH.columns}
    values |= dict(zip(("x_m", "y_m", "z_m"), place.T, strict=True))
    return values | {
        "run": np.full(len(rows), run),
        "block": np.full(len(rows), block),
        "event_id": block * 2**24 + gate,
        "primary": primary,
        "time_ns": start + after,
        "family": family,
        "species": species,
        "process": process,
        "energy_mev": np.full(len(rows), ENERGY_MEV),
        "n_pe": np.full(len(rows), 100),
    }


def write_events(
    path: Path,
    detector: Any,
    *,
    runs: tuple[int, ...] = (1,),
    offsets_ns: tuple[int, ...] = (0,),
    with_truth: bool = True,
    kind: rootio.Format = "ttree",
    later: dict[int, Any] | None = None,
) -> Path:
    """Write BLOCKS blocks of GATES gates a run, each block as baskets of its own, as a simulation does.

    With ``later`` every block has a period of its own, whose tubes are those of these detectors.
    """
    rng = np.random.default_rng(11)
    trees = tuple(tree for tree in schema.EVENT_TREES if with_truth or tree is not schema.TRUTH)
    with rootio.create(path, trees, kind) as writer:
        for run, offset_ns in zip(runs, offsets_ns, strict=True):
            for block in range(BLOCKS):
                vertices = rng.uniform(-1.5, 1.5, (GATES, 3))
                second = (float(SECOND_NS), 120) if block == 1 else None
                toy = detector.gates(rng, vertices, 400, second)
                shift = np.where(toy.time_ns > START_NS + SECOND_NS - 100, 1, 0) if block == 1 else 0
                since = toy.time_ns - START_NS - shift * SECOND_NS
                flat = {
                    "run": np.full(GATES, run),
                    "block": np.full(GATES, block),
                    "event_id": event_id(block, 0) + np.arange(GATES),
                    "gate_time_ns": np.array([gate_time_ns(block, g, offset_ns) for g in range(GATES)]),
                    "weight": np.ones(GATES),
                }
                hits = {
                    "hit_time_ns": toy.time_ns,
                    "hit_pmt": toy.pmt,
                    "hit_charge_pe": np.where(detector.tubes.charge_live[toy.pmt], toy.charge_pe, 0.0),
                    "hit_primary": np.where((since > 0) & (since < 1000), shift, -1),
                }
                writer.extend("events", flat, np.diff(toy.offsets), hits)
                if with_truth:
                    writer.extend("truth", _truth(run, block, vertices, offset_ns))
                row = {c.name: np.zeros(1) for c in schema.RUNS.columns}
                row |= {"run": [run], "block": [block], "live_time_s": [86400.0]}
                row |= {
                    "period": [block if later else 0],
                    "start_time_ns": [gate_time_ns(block, 0, offset_ns)],
                }
                writer.extend("runs", row)
            for period, one in (later or {0: detector}).items():
                number = np.full(len(one.tubes.live), period)
                writer.extend("pmts", one.tubes._asdict() | {"period": number})
        writer.record({"program": "heliospin", "step": "simulate", "card": {}, "card_sha256": "ab" * 32})
    return path
