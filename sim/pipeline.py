"""The chain from a card to events.root: blocks of live time, each made alone, written in order."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sim.block import BlockData, build_setup, simulate_block
from sim.config import SimConfig, read_config, resolve
from sim.core.config import Card
from sim.core.constants import SECONDS_PER_DAY
from sim.core.geometry import VESSEL_RADIUS_M, sphere_mass_t
from sim.core.pool import in_order
from sim.core.provenance import run_record
from sim.core.rootio import Format, RootWriter, create
from sim.core.schema import EVENT_TREES, EVENTS, MUONS, NEUTRONS, PMTS, RUNS, SPECIES, TRUTH
from sim.sources.live_time import split_blocks, utc_ns

Progress = Callable[[float], None]


class Summary(NamedTuple):
    """What a simulation made."""

    path: Path
    blocks: int
    live_days: float
    gates: int
    hits: int
    generated: dict[str, int]
    kept: dict[str, int]


def simulate(
    card: Card, out: Path, workers: int = 1, kind: Format = "ttree", advance: Progress | None = None
) -> Summary:
    """Simulate a run into an events file.

    Parameters
    ----------
    card : the run card, overrides applied.
    out : the file; it appears when it is complete.
    workers : processes; the content of the file is the same for any number.
    kind : format of the trees.
    advance : called with the live days of each block that is written.

    Raises
    ------
    CardError
        A section of the card is not usable.
    OutputError
        The file cannot be written.
    HeliospinError
        A worker process was killed.
    """
    config = read_config(card)
    setup = build_setup(config)
    run = config.run
    blocks = split_blocks(run.seed, utc_ns(run.start_utc), run.live_days, run.block_hours)
    totals = dict.fromkeys((*(f"generated_{s}" for s in SPECIES), *(f"kept_{s}" for s in SPECIES)), 0)
    gates = hits = 0
    live_s = 0.0
    made = in_order(simulate_block, setup, blocks, workers)
    with create(out, EVENT_TREES, kind) as writer, contextlib.closing(made):
        for period in sorted({setup.period(block) for block in blocks}):
            writer.extend(PMTS.name, setup.tubes(period)._asdict())
        for data in made:
            write_block(writer, data)
            for name in totals:
                totals[name] += int(data.runs[name][0])
            gates += len(data.counts)
            hits += int(data.counts.sum())
            live_s += float(data.runs["live_time_s"][0])
            if advance is not None:
                advance(data.block.live_s / SECONDS_PER_DAY)
        writer.record(_record(card, config, live_s, totals))
    generated, kept = ({name: totals[f"{what}_{name}"] for name in SPECIES} for what in ("generated", "kept"))
    return Summary(out, len(blocks), live_s / SECONDS_PER_DAY, gates, hits, generated, kept)


def write_block(writer: RootWriter, data: BlockData) -> None:
    """Append a simulated block to the trees of an events file."""
    writer.extend(EVENTS.name, data.events, data.counts, data.hits)
    writer.extend(TRUTH.name, data.truth)
    writer.extend(MUONS.name, data.muons)
    writer.extend(NEUTRONS.name, data.neutrons)
    writer.extend(RUNS.name, data.runs)


def _record(card: Card, config: SimConfig, live_s: float, totals: dict[str, int]) -> dict[str, Any]:
    run = config.run
    return run_record(
        "simulate",
        card,
        resolve(card, config),
        run_name=run.name,
        run_number=run.number,
        seed=run.seed,
        start_utc=run.start_utc,
        live_time_s=live_s,
        sphere_mass_t=sphere_mass_t(run.sphere_radius_m),
        vessel_mass_t=sphere_mass_t(VESSEL_RADIUS_M),
        counts=totals,
    )
