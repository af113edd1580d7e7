"""Calibration events through the detector of a card, with the same random numbers for every card.

Two cards give the same events: place, direction, energy deposits (and their number), rays of light and
charges come from streams that know the seed and the event only. The number of photoelectrons of a deposit is
the quantile of its Poisson law at a random number of its own. So a change of the card changes an event by as
little as can be, and differences of means have a small part of the error that independent events would give.
The numbers of photoelectrons below threshold and of dark hits are not tied in this way. Calibration events
see the section's own tubes; a history of the tubes is not used.
"""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from sim.config import SimConfig, read_config, resolve, scintillator
from sim.core.config import Card
from sim.core.errors import PhysicsError
from sim.core.geometry import VESSEL_RADIUS_M
from sim.core.pool import in_order
from sim.core.primaries import (
    ALPHA_LIKE,
    BETA_LIKE,
    Block,
    Deposits,
    Primaries,
    empty_primaries,
    point_deposits,
)
from sim.core.probes import PARTICLES, Probe
from sim.core.provenance import run_record
from sim.core.rng import Stage, stream
from sim.core.rootio import create
from sim.core.schema import EVENT_TREES, EVENTS, PMTS, PROCESSES, RUNS, SPECIES, TRUTH
from sim.detector.light import mean_photoelectrons
from sim.detector.model import Detector, build_detector
from sim.detector.response import Response, respond
from sim.physics.beta import DECAYS
from sim.physics.quenching import quenching, visible_energies
from sim.sources.carbon_pair import pair_decays
from sim.sources.cascade import gamma_deposits
from sim.sources.positron import positron_deposits
from sim.sources.source import Birks
from sim.sources.vertices import sample_directions, sample_sphere

Columns = dict[str, Any]

SPACING_S = 0.01  # between events: far more than a gate and its dead time
_GATES_PER_BLOCK = 2**24
_COUNTS = 1  # branch of the stream of photoelectron numbers; 0 is that of the events
_CODES = {"electron": "electron", "alpha": "alpha", "gamma": "gamma", "positron": "11C", "14C pair": "14C"}


class Bench(NamedTuple):
    """What all blocks share."""

    probes: tuple[Probe, ...]
    seed: int
    start_ns: int
    detector: Detector
    birks: Birks


class Shots(NamedTuple):
    """A block's columns by tree."""

    events: Columns
    counts: NDArray[np.int64]
    hits: Columns
    truth: Columns
    runs: Columns


def check_probe(probe: Probe) -> None:
    """Raise PhysicsError where a probe cannot be: unknown particle, a value out of range."""
    if probe.particle not in PARTICLES:
        msg = f"no calibration events of {probe.particle!r}, particles are {', '.join(PARTICLES)}"
        raise PhysicsError(msg)
    lowest_ok = probe.energy_mev > 0.0 or (probe.particle == "positron" and probe.energy_mev == 0.0)
    if not (lowest_ok and 0.0 <= probe.radius_m < VESSEL_RADIUS_M and probe.events > 0):
        msg = (
            f"{probe.events} {probe.particle} events of {probe.energy_mev:g} MeV at {probe.radius_m:g} m: "
            f"expected an energy > 0, a radius from 0 to below {VESSEL_RADIUS_M} m and at least one event"
        )
        raise PhysicsError(msg)
    if probe.particle == "14C pair" and not probe.energy_mev < DECAYS["14C"].endpoint_mev:
        msg = f"14C pair: energies above {probe.energy_mev:g} MeV: expected less than the endpoint of 14C"
        raise PhysicsError(msg)


def shoot(probe: Probe, block: Block, birks: Birks) -> tuple[Primaries, Deposits]:
    """Return the events of a probe with their energy deposits; only the quenching depends on the detector.

    Parameters
    ----------
    probe : what is shot.
    block : gives the random stream.
    birks : quenching.
    """
    rng = stream(block.seed, Stage.CALIBRATION, block.index, SPECIES[_CODES[probe.particle]], 0)
    n = probe.events
    primaries = empty_primaries(n)
    primaries.species[:] = SPECIES[_CODES[probe.particle]]
    primaries.process[:] = PROCESSES["calibration"]
    primaries.energy_mev[:] = probe.energy_mev
    primaries.time_ns[:] = (np.arange(n) + 0.5) * (SPACING_S * 1e9)
    inside = sample_sphere(rng, probe.radius_m, n)
    place = probe.radius_m * sample_directions(rng, n) if probe.shell else inside
    direction = sample_directions(rng, n)
    primaries = primaries._replace(
        **dict(zip(("x_m", "y_m", "z_m"), place, strict=True)),
        **dict(zip(("dir_x", "dir_y", "dir_z"), direction, strict=True)),
    )
    if probe.particle == "14C pair":
        return pair_decays(rng, probe, primaries, place, birks.electron_cm_mev)
    if probe.particle == "positron":
        return primaries, positron_deposits(rng, primaries, birks)
    if probe.particle == "gamma":
        electron = quenching("electron", birks.electron_cm_mev)
        deposits = gamma_deposits(
            rng, np.arange(n), primaries.energy_mev, np.zeros(n), place, direction, electron
        )
        return primaries, deposits
    if probe.particle == "alpha":
        visible = visible_energies("alpha", primaries.energy_mev, birks.alpha_cm_mev)
        return primaries, point_deposits(primaries, ALPHA_LIKE, visible)
    visible = visible_energies("electron", primaries.energy_mev, birks.electron_cm_mev)
    return primaries, point_deposits(primaries, BETA_LIKE, visible)


def common_counts(rng: np.random.Generator, deposits: Deposits, detector: Detector) -> NDArray[np.int64]:
    """Return photoelectrons above threshold: the Poisson quantile at one random number a deposit, (m,)."""
    mean = mean_photoelectrons(deposits, detector)
    chance = rng.random(len(mean))
    return np.asarray(poisson.ppf(chance, mean * (1.0 - detector.charge.below_fraction)), dtype=np.int64)


def build_bench(config: SimConfig, probes: Sequence[Probe], start_ns: int = 0) -> Bench:
    """Prepare the detector of a card for probes; PhysicsError as in ``check_probe``."""
    for probe in probes:
        check_probe(probe)
    birks = scintillator(config.detector)
    all_gates = config.pile_up.model_copy(update={"thinning": False, "analysis_threshold_nh": 0.0})
    detector = build_detector(config.detector, all_gates)
    return Bench(tuple(probes), config.run.seed, start_ns, detector, birks)


def shoot_block(index: int, bench: Bench) -> Shots:
    """Simulate one probe; the number of the block is that of the probe."""
    probe = bench.probes[index]
    block = Block(bench.seed, index, bench.start_ns, probe.events * SPACING_S)
    primaries, deposits = shoot(probe, block, bench.birks)
    code = int(SPECIES[_CODES[probe.particle]])
    rng = stream(bench.seed, Stage.CALIBRATION, index, code, _COUNTS)
    above = common_counts(rng, deposits, bench.detector)
    return _columns(block, primaries, deposits, respond(block, primaries, deposits, bench.detector, above))


def _columns(block: Block, primaries: Primaries, deposits: Deposits, response: Response) -> Shots:
    light, groups, gates = response
    n, n_gates = len(primaries.time_ns), len(gates.start_ns)
    gate = np.full(n, -1, np.int64)
    gate[groups.primary] = gates.primary_gate
    first_id = block.index * _GATES_PER_BLOCK
    identity = {"run": 0, "block": block.index}
    truth = {
        **primaries._asdict(),
        **{name: np.full(n, value) for name, value in identity.items()},
        "event_id": np.where(gate >= 0, first_id + gate, -1),
        "primary": np.zeros(n),
        "time_ns": block.start_ns + np.rint(primaries.time_ns).astype(np.int64),
        "deposited_mev": np.bincount(deposits.primary, deposits.deposited_mev, minlength=n),
        "visible_mev": np.bincount(deposits.primary, deposits.visible_mev, minlength=n),
        "n_pe": np.bincount(deposits.primary, light.above + light.below, minlength=n),
    }
    events = {
        **{name: np.full(n_gates, value) for name, value in identity.items()},
        "event_id": first_id + np.arange(n_gates),
        "gate_time_ns": block.start_ns + gates.start_ns,
        "weight": np.ones(n_gates),
    }
    made = np.bincount(primaries.species, minlength=256)
    kept = np.bincount(primaries.species[gate >= 0], minlength=256)
    runs = {
        **identity,
        "period": 0,
        "start_time_ns": block.start_ns,
        "live_time_s": block.live_s,
        "dead_time_s": 0.0,
        "n_gates": n_gates,
        "n_muons_inner": 0,
        "n_muons_outer": 0,
        **{f"generated_{name}": made[code] for name, code in SPECIES.items()},
        **{f"kept_{name}": kept[code] for name, code in SPECIES.items()},
    }
    hits = {name: getattr(gates, name) for name in ("hit_time_ns", "hit_pmt", "hit_charge_pe", "hit_primary")}
    return Shots(events, gates.counts, hits, truth, {name: np.array([v]) for name, v in runs.items()})


def simulate_probes(
    card: Card,
    probes: Sequence[Probe],
    out: Path,
    workers: int = 1,
    advance: Callable[[float], None] | None = None,
) -> None:
    """Simulate calibration events with the detector of a card into an events file.

    The truth tree has one row an event, in the order of the probes and their events: rows of two files with
    the same probes belong together. Positrons stand in it as 11C. Every gate that the trigger opens is
    written; there is no other source of events.

    Parameters
    ----------
    card : its sections ``run`` (the seed), ``detector`` and ``pile_up`` are used.
    probes : one block each.
    out : the file; it appears when it is complete.
    workers : processes; the content is the same for any number.
    advance : told the number of events of each block that is written.

    Raises
    ------
    CardError
        A section of the card is not usable.
    PhysicsError
        A probe is not usable.
    OutputError
        The file cannot be written.
    """
    config = read_config(card)
    bench = build_bench(config, probes)
    made = in_order(shoot_block, bench, range(len(probes)), workers)
    with create(out, EVENT_TREES) as writer, contextlib.closing(made):
        writer.extend(PMTS.name, bench.detector.pmts._asdict())
        for shots, probe in zip(made, probes, strict=True):
            writer.extend(EVENTS.name, shots.events, shots.counts, shots.hits)
            writer.extend(TRUTH.name, shots.truth)
            writer.extend(RUNS.name, shots.runs)
            if advance is not None:
                advance(float(probe.events))
        plain = [probe.to_plain() for probe in probes]
        writer.record(
            run_record("calibrate", card, resolve(card, config), seed=config.run.seed, probes=plain)
        )


def resolved_card(card: Card) -> dict[str, Any]:
    """Return every section of a card that the simulation reads, defaults filled in; CardError as for it."""
    return resolve(card, read_config(card))
