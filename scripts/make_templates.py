"""Make Monte Carlo templates for the fit: the spectrum of every species alone, as ``fit.templates`` takes it.

Each species goes alone, at a higher rate than in the card, through detector and reconstruction; its selected
clusters are counted in the bins of the card's own simulated data. 14C and pile-up, on request, come from one
stream at the card's activity and are told apart by the truth.

    python scripts/make_templates.py phase2 -o templates.csv
    heliospin fit reco.root --set fit.templates=templates.csv
"""

import contextlib
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analysis.config import FitConfig
from analysis.histograms import Spectrum
from analysis.parameters import SOLAR_MEMBERS
from analysis.simulated import piled_up_events, simulated_pile_up
from analysis.species import solar_input
from analysis.spectrum_file import read_reconstruction
from analysis.templates import KNOWN, MAGNETIC, Templates, templates_text
from recon.config import ReconConfig
from recon.pipeline import reconstruct
from sim.block import Setup, build_setup, simulate_block
from sim.config import SimConfig, read_config, resolve
from sim.core.config import Card, read_card
from sim.core.console import announce_compilation, console, friendly, progress
from sim.core.constants import SECONDS_PER_DAY
from sim.core.errors import InputFileError
from sim.core.geometry import sphere_mass_t
from sim.core.options import CardArgument, SetOption
from sim.core.output import write_text
from sim.core.pool import in_order
from sim.core.provenance import card_hash, program_version, run_record
from sim.core.rootio import count_rows, create, read_tree
from sim.core.schema import EVENT_TREES, EVENTS, PMTS, RECO, RUNS, SPECIES
from sim.physics.exposure import inverse_distance_squared, utc_seconds
from sim.physics.rates import UNIT_MOMENT
from sim.pipeline import write_block
from sim.sources.cosmogenic import CarbonSource
from sim.sources.internal import InternalSource
from sim.sources.live_time import split_blocks, utc_ns
from sim.sources.solar import SolarSource
from sim.sources.source import REFERENCE_MASS_T, Source

Advance = Callable[[float], None]

CARBON = ("14C", "pile_up")
TRACKED = tuple(name for name in KNOWN if name not in CARBON and not name.startswith("ext_"))
BACKGROUNDS = {
    "85Kr": "kr85_cpd_100t", "210Bi": "bi210_cpd_100t", "210Po": "po210_cpd_100t", "11C": "c11_cpd_100t",
}  # fmt: skip
LEAST_EVENTS = 100_000  # decays or recoils of a species that is rare in the card
MOST_RATE_HZ = 10.0  # in the sphere: one gate in 5000 holds two
LEAST_MAGNETIC = 2_000_000  # magnetic recoils, most of them below the range of a fit
BLOCK_EVENTS = 20_000
BLOCK_HOURS = 240.0
SEED_OFFSET = 1_000_000  # templates must not share random numbers with data of the same card
SIMULATION_SHARE = 0.6  # of the time, for the progress bar
WHOLE_YIELD = 2000  # bins written: raw hits up to about 5 MeV


class Plan(NamedTuple):
    """What is simulated for one species (or for 14C and pile-up together).

    Attributes
    ----------
    names : species that come of it.
    setup : the detector with this source alone.
    live_days : live time of the simulation.
    events : expected primaries, for the blocks and the progress bar.
    reference_cpd_100t : rate in the card, counts a day and 100 t.
    rate_cpd_100t : weak rate that the template belongs to; None to count the primaries.
    """

    names: tuple[str, ...]
    setup: Setup
    live_days: float
    events: float
    reference_cpd_100t: float
    rate_cpd_100t: float | None = None


class Made(NamedTuple):
    """A template: shape, selected clusters, exposure in d x 100 t that would give them at the card's rate."""

    shape: NDArray[np.float64]
    clusters: int
    exposure_d_100t: float


def unit_config(card: Card) -> SimConfig:
    """Return the sections of a card with 1 cpd/100 t of every background and a moment of 1e-11 mu_B.

    11C is even in time: a spectrum alone asks for no muons.
    """
    backgrounds = card.values.get("backgrounds", {}) | dict.fromkeys(BACKGROUNDS.values(), 1.0)
    values = {**card.values, "backgrounds": backgrounds, "moment": UNIT_MOMENT.model_dump(mode="json")}
    values["muons"] = {**card.values.get("muons", {}), "showers": False}
    return read_config(Card(card.source, values))


def solar_part(source: SolarSource, name: str, factor: float) -> SolarSource:
    """Return the weak or the magnetic part of one solar rate, ``factor`` times as frequent."""
    members = SOLAR_MEMBERS[name.removesuffix(MAGNETIC)]
    is_magnetic = name.endswith(MAGNETIC)
    components = []
    for part in source.components:
        if part.name not in members:
            continue
        weak = part.weak._replace(rate_per_s=0.0 if is_magnetic else factor * part.weak.rate_per_s)
        magnetic = part.magnetic
        if magnetic is not None:
            magnetic = magnetic._replace(rate_per_s=factor * magnetic.rate_per_s) if is_magnetic else None
        components.append(replace(part, weak=weak, magnetic=magnetic))
    return replace(source, components=tuple(components))


def plan_tracked(card: Card, name: str, setup: Setup, exposure_factor: float, most: float) -> Plan:
    """Plan one species that happens in the tracked sphere; InputFileError if the card has none of it."""
    config = read_config(card)
    run = config.run
    mass = sphere_mass_t(run.sphere_radius_m) / REFERENCE_MASS_T
    plain = name.removesuffix(MAGNETIC)
    solar, krypton, bismuth, polonium, carbon = setup.sources[:5]
    assert isinstance(solar, SolarSource)
    if plain in SOLAR_MEMBERS:
        reference = solar_input(card).ssm_cpd_100t[plain]
        if not reference > 0.0:
            msg = f"{card.source}: the sun of the card has no {plain}; leave it out with --species"
            raise InputFileError(msg)
        unit = frequent = reference
    else:
        unit, reference = 1.0, float(getattr(config.backgrounds, BACKGROUNDS[plain]))
        frequent = reference
    least = LEAST_EVENTS
    if name.endswith(MAGNETIC):  # the envelope of an effective moment is its rate
        parts = solar_part(solar, name, 1.0).components
        hertz = sum(part.magnetic.rate_per_s for part in parts if part.magnetic is not None)
        unit = frequent = hertz * SECONDS_PER_DAY / mass
        least = LEAST_MAGNETIC
    events = min(max(exposure_factor * frequent * run.live_days * mass, least), most)
    live_days = max(run.live_days, events / (MOST_RATE_HZ * SECONDS_PER_DAY))
    factor = events / (unit * live_days * mass)
    alone: Source
    if plain in SOLAR_MEMBERS:
        alone = solar_part(solar, name, factor)
    else:
        decays = {"85Kr": krypton, "210Bi": bismuth, "210Po": polonium, "11C": carbon}[plain]
        assert isinstance(decays, InternalSource | CarbonSource)
        alone = replace(decays, rate_per_s=factor * decays.rate_per_s)
    rate = None
    if name.endswith(MAGNETIC):
        times = utc_seconds(run.start_utc) + np.linspace(0.0, live_days, 10_001) * SECONDS_PER_DAY
        rate = factor * reference * float(inverse_distance_squared(times).mean())
    return Plan((name,), setup._replace(sources=(alone,), carbon=None), live_days, events, reference, rate)


def plan_carbon(card: Card, names: tuple[str, ...], setup: Setup, exposure_factor: float) -> Plan:
    """Plan 14C and its pile-up; InputFileError if the card has no 14C."""
    if setup.carbon is None:
        msg = f"{card.source}: the card has no 14C; leave {' and '.join(names)} out with --species"
        raise InputFileError(msg)
    assert isinstance(setup.sources[0], SolarSource)
    config = read_config(card)
    live_days = exposure_factor * config.run.live_days
    events = setup.carbon.loud_rate_hz * live_days * SECONDS_PER_DAY
    rate = config.backgrounds.c14_bq_100t * SECONDS_PER_DAY
    silent = solar_part(setup.sources[0], "pp", 0.0)
    return Plan(names, setup._replace(sources=(silent,)), live_days, events, rate)


def simulate_plan(
    card: Card, plan: Plan, seed: int, workers: int, folder: Path, advance: Advance
) -> tuple[Path, Path]:
    """Simulate and reconstruct a plan; returns the events file and the reco file."""
    config = read_config(card)
    events, reco = folder / "events.root", folder / "reco.root"
    number = max(plan.events / BLOCK_EVENTS, plan.live_days * 24.0 / BLOCK_HOURS, 1.0)
    hours = plan.live_days * 24.0 / np.ceil(number)
    blocks = split_blocks(seed, utc_ns(config.run.start_utc), plan.live_days, float(hours))
    made = in_order(simulate_block, plan.setup._replace(changes=None), blocks, workers)
    with create(events, EVENT_TREES) as writer, contextlib.closing(made):
        writer.extend(PMTS.name, plan.setup.detector.pmts._asdict())
        for data in made:
            write_block(writer, data)
            advance(SIMULATION_SHARE * plan.events / len(blocks))
        writer.record(run_record("simulate", card, resolve(card, config)))
    gates = max(count_rows(events, EVENTS), 1)
    share = (1.0 - SIMULATION_SHARE) * plan.events / gates
    reconstruct(
        events, reco, card.section("reconstruction", ReconConfig), lambda n: advance(share * n), workers
    )
    return events, reco


def pile_up_counts(events: Path, reco: Path, spectrum: Spectrum) -> NDArray[np.float64]:
    """Return the part of a spectrum whose clusters are in gates where two decays follow each other at once."""
    rows = read_tree(reco, RECO, ["event_id", spectrum.estimator, "selected"])
    use = (rows["selected"] > 0) & np.isin(rows["event_id"], piled_up_events(events))
    bins = np.round(rows[spectrum.estimator][use].astype(np.float64) / spectrum.step).astype(np.int64)
    n = spectrum.counts.size
    return np.bincount(bins[(bins >= 0) & (bins < n)], minlength=n).astype(np.float64)


def templates_of(
    card: Card, plan: Plan, events: Path, reco: Path, estimator: str
) -> tuple[dict[str, Made], float]:
    """Return the templates of a simulated plan, counts a day and 100 t at unit rate, and the width of their bins."""
    spectrum = read_reconstruction(reco, estimator).spectrum
    config = read_config(card)
    exposure = spectrum.exposure_d_100t
    if plan.names[0] in CARBON:
        piled = pile_up_counts(events, reco, spectrum)
        pile_up_rate = simulated_pile_up(config.backgrounds.c14_bq_100t)
        parts = {
            "14C": (spectrum.counts - piled, plan.reference_cpd_100t, exposure),
            "pile_up": (piled, pile_up_rate, exposure),
        }
    else:
        rate = plan.rate_cpd_100t
        if rate is None:
            runs = read_tree(reco, RUNS, [f"generated_{species}" for species in SPECIES])
            primaries = sum(int(column.sum()) for column in runs.values())
            mass_t = sphere_mass_t(config.run.sphere_radius_m)
            rate = primaries / (plan.live_days * mass_t / REFERENCE_MASS_T)
        enlarged = exposure * rate / plan.reference_cpd_100t if plan.reference_cpd_100t else np.inf
        parts = {plan.names[0]: (spectrum.counts, rate, enlarged)}
    made = {}
    for name in plan.names:
        counts, rate, enlarged = parts[name]
        made[name] = Made(counts[:WHOLE_YIELD] / (exposure * rate), int(counts.sum()), enlarged)
    return made, spectrum.step


def make_plans(card: Card, names: tuple[str, ...], exposure_factor: float, most: float) -> list[Plan]:
    """Plan the simulation of species.

    Parameters
    ----------
    card : the detector, the rates and the live time.
    names : species of ``analysis.templates.KNOWN``.
    exposure_factor : exposure of the templates over that of the card.
    most : events of a species at most.

    Raises
    ------
    HeliospinError
        A card that cannot be used, or that has none of a species.
    """
    setup = build_setup(unit_config(card))
    plans = [plan_tracked(card, name, setup, exposure_factor, most) for name in names if name not in CARBON]
    carbon = tuple(name for name in names if name in CARBON)
    return [*plans, plan_carbon(card, carbon, setup, exposure_factor)] if carbon else plans


def make_templates(
    card: Card, plans: list[Plan], estimator: str, seed: int, workers: int, advance: Advance
) -> str:
    """Return the CSV text of templates.

    Parameters
    ----------
    card : as the plans were made of.
    plans : what to simulate.
    estimator : of the fit.
    seed : first seed; every plan has its own.
    workers : processes.
    advance : told the events done, in all the sum over the plans.
    """
    made: dict[str, Made] = {}
    step = 1.0
    for plan in plans:
        own = seed + KNOWN.index(plan.names[0])
        with tempfile.TemporaryDirectory() as folder:
            files = simulate_plan(card, plan, own, workers, Path(folder), advance)
            found, step = templates_of(card, plan, *files, estimator)
        made |= found
    header = {
        "title": f"Monte Carlo templates of {estimator}, counts a day and 100 t in each bin",
        "source": f"this program, version {program_version()}, {card.source}, each species alone",
        "units": "for 1 cpd/100 t of a species; magnetic parts for 1 cpd/100 t of its weak rate and 1e-11 mu_B",
        "made_by": "scripts/make_templates.py",
        "card_sha256": card_hash(resolve(card, read_config(card))),
        "seed": f"{seed}, and the place of a species in the list of all added to it",
        "selected_clusters": "; ".join(f"{name} {m.clusters}" for name, m in made.items()),
        "exposure_d_100t": "; ".join(f"{name} {m.exposure_d_100t:.4g}" for name, m in made.items()),
    }
    shapes = {name: m.shape for name, m in made.items()}
    return templates_text(Templates(estimator, 0.0, step, shapes, "simulation"), header)


def choose(species: str | None) -> tuple[str, ...]:
    """Return the species asked for, all that are tracked by default; InputFileError for an unknown one."""
    names = tuple(dict.fromkeys(part.strip() for part in species.split(","))) if species else TRACKED
    unknown = [name for name in names if name not in (*TRACKED, *CARBON)]
    if unknown:
        msg = (
            f"--species: unknown species {unknown[0]!r}; templates can be of {', '.join((*TRACKED, *CARBON))}"
        )
        raise InputFileError(msg)
    return names


@friendly
def main(
    card: CardArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The CSV to write.")] = Path(
        "templates.csv"
    ),
    estimator: Annotated[str, typer.Option(help="Estimator of the fit: nh, np_230, charge_pe ...")] = "nh",
    exposure_factor: Annotated[
        float, typer.Option(min=0.01, max=1000.0, help="Exposure of the templates over that of the card.")
    ] = 10.0,
    most: Annotated[
        float, typer.Option(min=1000.0, help="Events of a species at most (a minute or two a million).")
    ] = 2e6,
    species: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Species; default: all but 14C and pile_up, which take long."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Default: the card's, plus a million.")] = None,
    workers: Annotated[int, typer.Option("--workers", "-j", min=1, help="Processes.")] = 1,
    overrides: SetOption = None,
) -> None:
    """Make Monte Carlo templates of single species for `heliospin fit --set fit.templates=FILE`."""
    loaded = read_card(card, overrides or [])
    names = choose(species)
    Card("--estimator", {"fit": {"estimator": estimator}}).section("fit", FitConfig)
    first = read_config(loaded).run.seed + SEED_OFFSET if seed is None else seed
    announce_compilation()
    plans = make_plans(loaded, names, exposure_factor, most)
    with progress("Templates", sum(plan.events for plan in plans), "events") as advance:
        text = make_templates(loaded, plans, estimator, first, workers, advance)
    write_text(output, text)
    console.print(f"written: {output}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
