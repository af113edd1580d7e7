"""One block of live time, from its sources to the columns of the file; the unit of work."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.config import SimConfig, scintillator
from sim.core.constants import SECONDS_PER_DAY
from sim.core.geometry import VESSEL_RADIUS_M, Photomultipliers
from sim.core.primaries import ALONE, Block, Deposits, Primaries, join
from sim.core.rng import Stage, stream
from sim.core.schema import NEUTRONS, PROCESSES, SPECIES
from sim.detector.history import DetectorHistory, period_tubes
from sim.detector.hits import TICKS_PER_NS
from sim.detector.light import DRAW
from sim.detector.model import Detector, build_detector
from sim.detector.pileup import Carbon, build_carbon, generate_c14
from sim.detector.response import Response, respond
from sim.physics.config import BackgroundsConfig
from sim.physics.muon_config import MuonsConfig
from sim.sources.build import build_sources, generate
from sim.sources.live_time import SECONDS_PER_HOUR, utc_ns
from sim.sources.muons import draw_muons, muons_before
from sim.sources.neutron_gate import seen_neutrons
from sim.sources.showers import ShowerModel, build_showers
from sim.sources.source import Source, count_species

Columns = dict[str, Any]
GATES_PER_BLOCK = 2**24


class Changes(NamedTuple):
    """What changes between blocks of one run, and what 14C needs to know of it."""

    history: DetectorHistory
    backgrounds: BackgroundsConfig


class Setup(NamedTuple):
    """Everything that makes blocks; the same for all of them, and small enough to be sent to workers."""

    run_number: int
    sphere_radius_m: float
    sources: tuple[Source, ...]
    detector: Detector
    carbon: Carbon | None
    muons: MuonsConfig | None  # None where nothing asks for them
    changes: Changes | None = None  # None: detector and carbon are those of all blocks
    showers: ShowerModel | None = None  # None where 11C does not follow muons
    block_s: float = SECONDS_PER_DAY  # live time of all blocks but the last

    def period(self, block: Block) -> int:
        """Return the period of the detector that a block belongs to."""
        return 0 if self.changes is None else self.changes.history.number(block.start_ns)

    def seen_by(self, period: int) -> tuple[Detector, Carbon | None]:
        """Return the detector of a period, and the 14C as this one needs it."""
        if self.changes is None or period == 0:
            return self.detector, self.carbon
        detector = self.changes.history.detector(period)
        if self.carbon is None:
            return detector, None
        return detector, build_carbon(self.changes.backgrounds, self.carbon.kb_cm_mev, detector)

    def tubes(self, period: int) -> Photomultipliers:
        """Return the photomultipliers of a period, as tree ``pmts`` holds them."""
        return (
            self.detector.pmts if self.changes is None else period_tubes(self.changes.history.config, period)
        )


class BlockData(NamedTuple):
    """Columns of one block, by tree."""

    block: Block
    events: Columns
    counts: NDArray[np.int64]
    hits: Columns
    truth: Columns
    muons: Columns
    neutrons: Columns
    runs: Columns


def build_setup(config: SimConfig) -> Setup:
    """Prepare a simulation.

    Raises
    ------
    HeliospinError
        A solar model that cannot be read, a shape factor that is negative, and the like.
    """
    birks = scintillator(config.detector)
    detector = build_detector(config.detector, config.pile_up)
    run = config.run
    block_s = run.block_hours * SECONDS_PER_HOUR
    showers = None
    if "internal" in run.sources and config.muons.showers:
        capture_time_us = config.antineutrino.capture_time_us
        showers = build_showers(config.muons, config.backgrounds.c11_cpd_100t, capture_time_us)
    sources = build_sources(
        config.sun,
        config.neutrino,
        config.site,
        config.moment,
        config.field,
        config.backgrounds,
        config.antineutrino,
        muons=config.muons,
        showers=showers,
        block_s=block_s,
        kinds=run.sources,
        sphere_radius_m=run.sphere_radius_m,
        birks=birks,
        run_start_ns=utc_ns(run.start_utc),
        run_live_s=run.live_days * SECONDS_PER_DAY,
    )
    has_c14 = config.pile_up.c14 and config.backgrounds.c14_bq_100t > 0
    carbon = build_carbon(config.backgrounds, birks.electron_cm_mev, detector) if has_c14 else None
    muons = config.muons if {"internal", "antineutrino"} & set(run.sources) else None
    rows = config.detector.tubes.history
    starts_ns = tuple(utc_ns(row.from_utc) for row in rows)
    history = DetectorHistory(config.detector, config.pile_up, starts_ns, detector)
    return Setup(
        run.number,
        run.sphere_radius_m,
        sources,
        detector,
        carbon,
        muons,
        changes=Changes(history, config.backgrounds) if rows else None,
        showers=showers,
        block_s=block_s,
    )


def simulate_block(block: Block, setup: Setup) -> BlockData:
    """Simulate one block; its random numbers depend on the seed and the block's index only."""
    period = setup.period(block)
    detector, carbon = setup.seen_by(period)
    tracked = generate(setup.sources, block)
    generated = count_species(tracked[0])
    above = np.full(len(tracked[1].primary), DRAW)
    parts = [tracked]
    if carbon is not None:
        rng = stream(block.seed, Stage.PILE_UP, block.index)
        c14 = generate_c14(rng, carbon, detector, tracked[0].time_ns, block.live_s * 1e9)
        parts.append((c14.primaries, c14.deposits))
        above = np.concatenate([above, c14.above])
        radius2 = c14.primaries.x_m**2 + c14.primaries.y_m**2 + c14.primaries.z_m**2
        share = (setup.sphere_radius_m / VESSEL_RADIUS_M) ** 3
        generated["14C"] += int((radius2 < setup.sphere_radius_m**2).sum() + rng.binomial(c14.skipped, share))
    primaries, deposits = join(parts)
    response = respond(block, primaries, deposits, detector, above)
    gates = response.gates
    truth = _truth(block, setup, primaries, deposits, response)
    interaction = truth["process"] != PROCESSES["neutron_capture"]
    kept = np.bincount(truth["species"][interaction & (truth["event_id"] >= 0)], minlength=256)
    dead_s = gates.opened * detector.trigger.dead / TICKS_PER_NS * 1e-9
    n = len(gates.start_ns)
    identity = {"run": setup.run_number, "block": block.index}
    seen, n_inner, n_outer = _muons(block, setup, gates.start_ns)
    muons = _with_identity(identity, seen)
    neutrons = _with_identity(
        identity, {} if setup.showers is None else seen_neutrons(block, setup.showers, setup.block_s)
    )
    runs = {
        **identity,
        "period": period,
        "start_time_ns": block.start_ns,
        "live_time_s": block.live_s - dead_s,
        "dead_time_s": dead_s,
        "n_gates": n,
        "n_muons_inner": n_inner,
        "n_muons_outer": n_outer,
        **{f"generated_{name}": count for name, count in generated.items()},
        **{f"kept_{name}": kept[code] for name, code in SPECIES.items()},
    }
    events = {
        **{name: np.full(n, value) for name, value in identity.items()},
        "event_id": block.index * GATES_PER_BLOCK + np.arange(n),
        "gate_time_ns": block.start_ns + gates.start_ns,
        "weight": _gate_weights(truth, n, block.index * GATES_PER_BLOCK),
    }
    hits = {name: getattr(gates, name) for name in ("hit_time_ns", "hit_pmt", "hit_charge_pe", "hit_primary")}
    return BlockData(
        block, events, gates.counts, hits, truth, muons, neutrons, {k: np.array([v]) for k, v in runs.items()}
    )


def _with_identity(identity: dict[str, int], columns: Columns) -> Columns:
    """Return columns of a tree with those that name run and block; all of a tree's, empty, for no columns."""
    columns = columns or {column.name: np.zeros(0, column.dtype) for column in NEUTRONS.columns}
    n = len(columns["time_ns"])
    return {**columns, **{name: np.full(n, value) for name, value in identity.items()}}


def _muons(block: Block, setup: Setup, gate_ns: NDArray[np.int64]) -> tuple[Columns, int, int]:
    """Return the muons that a veto can ask for, and how many are tagged, inner and outer ones."""
    if setup.muons is None:
        return {"time_ns": np.zeros(0, np.int64), "inner": np.zeros(0, np.uint8)}, 0, 0
    muons = draw_muons(block, setup.muons)
    near = muons_before(muons, np.sort(gate_ns)) & muons.tagged
    columns = {
        "time_ns": block.start_ns + np.rint(muons.time_ns[near]).astype(np.int64),
        "inner": muons.inner[near],
    }
    return columns, int((muons.inner & muons.tagged).sum()), int((~muons.inner & muons.tagged).sum())


def _gate_weights(truth: Columns, n_gates: int, first_id: int) -> NDArray[np.float64]:
    """Return the weight of each gate: the product over its families of primaries."""
    weights = np.ones(n_gates)
    at = np.flatnonzero((truth["weight"] != 1.0) & (truth["event_id"] >= 0))
    gate = truth["event_id"][at] - first_id
    alone = truth["family"][at] == ALONE
    family = np.where(alone, -1 - at, truth["family"][at])
    _, one = np.unique(np.stack([gate, family]), axis=1, return_index=True)
    np.multiply.at(weights, gate[one], truth["weight"][at[one]])
    return weights


def _truth(
    block: Block, setup: Setup, primaries: Primaries, deposits: Deposits, response: Response
) -> Columns:
    """Return the rows of the truth tree; 14C decays that are in no gate are left out."""
    light, groups, gates = response
    number = np.arange(len(groups.primary)) - np.repeat(
        groups.primary_start[:-1], np.diff(groups.primary_start)
    )
    shown = (gates.primary_gate >= 0) | (primaries.species[groups.primary] != SPECIES["14C"])
    gate = gates.primary_gate[shown]
    row = groups.primary[shown]
    n = len(primaries.time_ns)
    deposited = np.bincount(deposits.primary, deposits.deposited_mev, minlength=n)[row]
    visible = np.bincount(deposits.primary, deposits.visible_mev, minlength=n)[row]
    n_pe = np.bincount(deposits.primary, light.above + light.below, minlength=n)[row]
    columns = {name: column[row] for name, column in primaries._asdict().items()}
    return {
        **columns,
        "run": np.full(len(row), setup.run_number),
        "block": np.full(len(row), block.index),
        "event_id": np.where(gate >= 0, block.index * GATES_PER_BLOCK + gate, -1),
        "primary": number[shown],
        "time_ns": block.start_ns + np.rint(columns["time_ns"]).astype(np.int64),
        "deposited_mev": deposited,
        "visible_mev": visible,
        "n_pe": n_pe,
    }
