"""Calibrate the response of the simulated detector: makes sim/data/response_<name>.csv.

Monoenergetic electrons, uniform in a sphere, go through detector and reconstruction; mean and variance of every
estimator over the selected clusters are fitted with the form that the analysis uses. 210Po alphas give the start
values of its peak. Selected clusters of two 14C decays, known from the truth, give the rate of pile-up, which the real
experiment measures by overlaying random windows. Run it again whenever the detector or the reconstruction changes:

    python scripts/make_response.py phase2 --name simulation
"""

import argparse
import hashlib
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analysis.config import FitConfig
from analysis.expectation import Bins
from analysis.lineshape import Shape
from analysis.model import build_model
from analysis.parameters import INDEX, PARAMETERS
from analysis.response import Response
from analysis.simulated import piled_up_events
from analysis.species import build_spectra
from recon.config import ReconConfig
from recon.pipeline import reconstruct
from sim.block import Setup, build_setup, simulate_block
from sim.config import SimConfig, read_config, resolve
from sim.core.config import Card, read_card
from sim.core.constants import SECONDS_PER_DAY
from sim.core.pool import default_workers, in_order
from sim.core.primaries import Block
from sim.core.provenance import program_version, run_record
from sim.core.rootio import create, read_tree
from sim.core.schema import ESTIMATORS, EVENT_TREES, PMTS, RECO, RUNS
from sim.core.tables import data_folder
from sim.physics.quenching import visible_energy_electron
from sim.pipeline import simulate, write_block
from sim.sources.calibration import CalibrationSource
from sim.sources.source import Birks, Source

Floats = NDArray[np.float64]

ENERGIES_MEV = (0.10, 0.125, 0.1565, 0.20, 0.26, 0.33, 0.42, 0.53, 0.665, 0.83, 1.0, 1.25, 1.6)
PO210_MEV = 5.304  # alpha of 210Po
BLOCK_S = 500.0
RATE_HZ = 10.0  # regular in time: no two events share a gate
OVERRIDES = (
    "detector.trigger.min_hits=15",
    "pile_up.analysis_threshold_nh=10",
)  # so that nothing is cut off below
PILE_UP_RANGE = (93, 140)  # N_h
BINNING = 1.0 / 12.0  # variance of a unit bin of the charge; counts are fitted on the grid of raw counts
FIELDS = (
    "light_yield", "curvature", "curvature_2", "offset", "resolution_a", "yield_variance", "floor_variance",
    "skew_factor", "gain_skew", "po210_peak", "po210_width",
)  # fmt: skip


class Moments:
    """Mean, variance, third cumulant and number of events of one estimator at one energy."""

    def __init__(self, values: Floats) -> None:
        centre = float(np.median(values))
        kept = values[np.abs(values - centre) < 6.0 * 1.4826 * np.median(np.abs(values - centre))]
        self.n = kept.size
        self.mean = float(kept.mean())
        self.variance = float(kept.var())
        self.third = float(((kept - self.mean) ** 3).mean())


class Bench(NamedTuple):
    """What all sources go through."""

    card: Card
    config: SimConfig
    setup: Setup
    blocks: int


def simulate_source(source: Source, bench: Bench) -> dict[str, Floats]:
    """Simulate and reconstruct a source; returns the columns of the selected clusters."""
    card, config, setup, blocks = bench
    own = setup._replace(sources=(source,), carbon=None)
    with tempfile.TemporaryDirectory() as folder:
        events, reco = Path(folder) / "events.root", Path(folder) / "reco.root"
        with create(events, EVENT_TREES) as writer:
            writer.extend(PMTS.name, own.detector.pmts._asdict())
            for index in range(blocks):
                data = simulate_block(Block(config.run.seed, index, 0, BLOCK_S), own)
                write_block(writer, data)
            writer.record(run_record("simulate", card, resolve(card, config)))
        reconstruct(events, reco, card.section("reconstruction", ReconConfig))
        rows = read_tree(reco, RECO, [*ESTIMATORS, "block", "n_raw_hits", "selected"])
    use = (rows["selected"] > 0) & (rows["n_raw_hits"] > 0)
    return {name: np.asarray(values[use], dtype=np.float64) for name, values in rows.items()}


def pile_up_rate(card: Card, response: Response, days: float, folder: Path) -> float:
    """Return the pile-up rate [cpd/100 t] that gives the selected clusters of two 14C decays in ``PILE_UP_RANGE``."""
    quiet = {name: 0.0 for name in ("kr85_cpd_100t", "bi210_cpd_100t", "po210_cpd_100t", "c11_cpd_100t")}
    values = {**card.values, "backgrounds": card.values.get("backgrounds", {}) | quiet}
    values["run"] = card.values.get("run", {}) | {"live_days": days, "sources": ["internal"]}
    carbon = Card(card.source, values)
    events, reco = folder / "carbon.root", folder / "carbon_reco.root"
    simulate(carbon, events, workers=default_workers())
    config = carbon.section("reconstruction", ReconConfig)
    reconstruct(events, reco, config, workers=default_workers())
    rows = read_tree(reco, RECO, ["event_id", "nh", "selected"])
    low, high = PILE_UP_RANGE
    seen = (rows["selected"] > 0) & (rows["nh"] > low - 0.5) & (rows["nh"] < high + 0.5)
    found = int(np.isin(rows["event_id"][seen], piled_up_events(events)).sum())
    live_d = float(read_tree(reco, RUNS, ["live_time_s"])["live_time_s"].sum()) / SECONDS_PER_DAY
    rate = found / (live_d * config.fiducial_volume().mass_t() / 100.0)
    bins = Bins(float(low), int(high - low) + 1, 1, 1.0, 1.0)
    model = build_model(build_spectra(card, FitConfig()), response, int(Shape.CUMULANT), bins)
    theta = np.array([p.start for p in PARAMETERS])
    theta[:3] = response.light_yield, response.resolution_a, response.yield_variance
    share = float(model.component(theta, "pile_up").sum() / theta[INDEX["rate_pile_up"]])
    print(f"pile-up: {found} clusters in {live_d:.0f} days, {rate:.3f} cpd/100 t in N_h {low} to {high}")
    return rate / share


def renew_checksum(path: Path) -> None:
    """Write the table's checksum into the README beside it, if it has a row there."""
    readme = path.with_name("README.md")
    if readme.is_file():
        row = re.compile(rf"^(\| `{re.escape(path.name)}` \|.*\| )`[0-9a-f]*` \|$", re.M)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        readme.write_text(
            row.sub(rf"\g<1>`{digest}` |", readme.read_text(encoding="utf-8")), encoding="utf-8"
        )


def fit_mean(visible: Floats, found: list[Moments]) -> tuple[Floats, float]:
    """Return light yield, curvature, curvature_2, offset, and the largest relative residual."""
    mean = np.array([m.mean for m in found])
    error = np.sqrt([m.variance / m.n for m in found])
    error = np.hypot(error, 2e-4 * mean)

    def model(p: Floats) -> Floats:
        return p[3] + p[0] * visible * (1.0 - visible * (p[1] + p[2] * visible))

    best = least_squares(
        lambda p: (model(p) - mean) / error, np.array([500.0, 0.1, 0.0, 0.0]), x_scale=[10, 0.01, 0.01, 1]
    )
    return best.x, float(np.abs(model(best.x) / mean - 1.0).max())


def fit_variance(counts: Floats, found: list[Moments], floor: float, binning: float) -> tuple[Floats, float]:
    """Return resolution_a and yield_variance, and the largest relative residual."""
    variance = np.array([m.variance for m in found]) + binning
    error = variance * np.sqrt([2.0 / m.n for m in found])
    design = np.stack([counts, counts**2], axis=1) / error[:, None]
    solution = np.linalg.lstsq(design, (variance - floor) / error, rcond=None)[0]
    if solution[1] < 0.0:
        solution = np.array(
            [np.sum(design[:, 0] * (variance - floor) / error) / np.sum(design[:, 0] ** 2), 0.0]
        )
    model = solution[0] * counts + solution[1] * counts**2 + floor
    return solution, float(np.abs(model / variance - 1.0).max())


def main() -> None:
    """Make the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("card", nargs="?", default="phase2", help="card whose detector is calibrated")
    parser.add_argument("--name", default="simulation", help="the table is response_<name>.csv")
    parser.add_argument(
        "--blocks", type=int, default=4, help=f"blocks of {BLOCK_S * RATE_HZ:.0f} events an energy"
    )
    parser.add_argument("--days", type=float, default=600.0, help="live days of 14C for the pile-up rate")
    parser.add_argument("--out", type=Path, default=data_folder(), help="folder for the table")
    arguments = parser.parse_args()
    card = read_card(arguments.card, OVERRIDES)
    config = read_config(card)
    setup = build_setup(config)
    birks = Birks(config.detector.quenching.kb_beta_cm_mev, config.detector.quenching.kb_alpha_cm_mev)
    radius = config.run.sphere_radius_m
    moments: dict[str, list[Moments]] = {name: [] for name in ESTIMATORS}
    probes = [("electron", energy) for energy in ENERGIES_MEV] + [("alpha", PO210_MEV)]
    sources = [CalibrationSource(*probe, RATE_HZ, birks, radius_m=radius, regular=True) for probe in probes]
    bench = Bench(card, config, setup, arguments.blocks)
    for (particle, energy), rows in zip(
        probes, in_order(simulate_source, bench, sources, default_workers()), strict=True
    ):
        for estimator in ESTIMATORS:
            moments[estimator].append(Moments(rows[estimator]))
        m = moments["nh"][-1]
        print(f"{particle} {energy:.4f} MeV: {m.n} events, nh {m.mean:.2f} +- {np.sqrt(m.variance):.2f}")
    visible = visible_energy_electron(np.array(ENERGIES_MEV), birks.electron_cm_mev)
    lines = [
        "# title: Response of the estimators of the simulated detector",
        f"# source: this program, version {program_version()}, card {arguments.card}: "
        f"{len(ENERGIES_MEV)} electron energies from {ENERGIES_MEV[0]} to {ENERGIES_MEV[-1]} MeV and 210Po alphas, "
        f"{arguments.blocks * BLOCK_S * RATE_HZ:.0f} each in a sphere of {radius} m, selected clusters",
        "# units: as response_borexino.csv",
        "# made_by: scripts/make_response.py",
        "# caveats: make it again when detector or reconstruction change; valid for the light yield of its card",
        ",".join(("estimator", *FIELDS)),
    ]
    for estimator in ESTIMATORS:
        *found, peak = moments[estimator]
        mean, off_mean = fit_mean(visible, found)
        counts = np.array([m.mean for m in found]) - mean[3]
        step = float(np.median(rows["nh"] / rows["n_raw_hits"]))
        binning = BINNING if estimator.startswith("charge") else 0.0
        floor = max(mean[3], 0.0) * step + binning  # dark hits fluctuate by themselves
        variance, off_variance = fit_variance(counts, found, floor, binning)
        a, v = variance
        model_third = a * a * counts + 3.0 * a * v * counts**2 + a * floor
        third = np.array([m.third for m in found]) / model_third
        skew_factor = (
            1.0  # the third cumulants, printed below, are those of a compound Poisson within their errors
        )
        values = (*mean, a, v, floor, skew_factor, 0.0, peak.mean, np.sqrt(peak.variance + binning))
        lines.append(",".join((estimator, *(f"{x:.6g}" for x in values))))
        print(f"{estimator}: mean within {100 * off_mean:.2f} %, variance {100 * off_variance:.1f} %, "
              f"third cumulant over the model's {np.round(third, 2)}")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        nh = next(line for line in lines if line.startswith("nh,")).split(",")[1:]
        pile_up = pile_up_rate(
            read_card(arguments.card), Response(*map(float, nh)), arguments.days, Path(name)
        )
    lines.insert(len(lines) - len(ESTIMATORS) - 1, f"# pile_up_cpd_100t: {pile_up:.1f}")
    c14 = config.backgrounds.c14_bq_100t
    lines.insert(len(lines) - len(ESTIMATORS) - 1, f"# pile_up_at_c14_bq_100t: {c14:g}")
    path = arguments.out / f"response_{arguments.name}.csv"
    path.write_text(re.sub(r"(?<=,)-0(?=,|$)", "0", "\n".join(lines)) + "\n", encoding="utf-8")
    renew_checksum(path)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
