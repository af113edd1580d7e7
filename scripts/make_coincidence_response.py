"""Calibrate the prompt events of inverse beta decay in the simulated detector: makes sim/data/response_coincidence.csv.

Antineutrinos of four spectra (reactor, Earth, atmosphere, 8B), many more than there are, go through detector,
reconstruction and coincidence search; no muons, no singles. Found pairs are traced back to their interactions by
the truth tree. Mean charge and resolution are taken in steps of the true prompt energy (kinetic energy of the
positron plus 2 m_e); efficiency is found pairs over interactions inside the fiducial radius. Run it again whenever
detector, reconstruction or the cuts of the coincidence change:

    python scripts/make_coincidence_response.py antineutrino
"""

import argparse
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from recon.config import CoincidenceConfig, ReconConfig
from recon.pipeline import reconstruct
from scripts.make_response import renew_checksum
from sim.core.config import Card, read_card
from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.geometry import VESSEL_RADIUS_M
from sim.core.provenance import program_version
from sim.core.rootio import read_tree
from sim.core.schema import PAIRS, PROCESSES, TRUTH
from sim.core.tables import data_folder
from sim.pipeline import simulate

Floats = NDArray[np.float64]

# prompt energies in MeV that bound the steps: finer where gammas are most of the light
EDGES_MEV = (1.022, 1.2, 1.5, 1.8, 2.2, 2.6, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 14.0, 17.0,
             20.0)  # fmt: skip
QUIET = (
    "muons.inner_per_day=0",
    "muons.outer_per_day=0",
    "antineutrino.li9_cpd_100t=0",
    "antineutrino.he8_cpd_100t=0",
    "antineutrino.alpha_neutron_per_100t_y=0",
    "antineutrino.singles_internal_cpd_100t=0",
    "antineutrino.singles_surface_cpd_m2=0",
)
SHARES = {"reactor": 0.30, "geo_u238": 0.25, "geo_th232": 0.0, "atmospheric": 0.45}
_CLIP = 5.0  # robust standard deviations
POOLS_MEV = (1.022, 1.2, 1.5, 2.2, 6.0, 20.0)  # steps between these share one efficiency


class Interactions(NamedTuple):
    """One row an interaction: true prompt energy, inside the fiducial radius, found, charge (0: not found)."""

    prompt_mev: Floats
    inside: NDArray[np.bool_]
    found: NDArray[np.bool_]
    charge_pe: Floats


def boosted(source: str, per_100t_y: float, days: float) -> Card:
    """Return the card with its rates of antineutrinos replaced and everything else of the channel switched off."""
    rates = [f"antineutrino.{name}_per_100t_y={per_100t_y * share}" for name, share in SHARES.items()]
    return read_card(source, [*QUIET, *rates, f"run.live_days={days}", "run.sources=['antineutrino']"])


def trace(events: Path, reco: Path, fiducial_radius_m: float) -> Interactions:
    """Match the selected pairs to the interactions of the truth tree by gate."""
    columns = ["run", "block", "event_id", "process", "energy_mev", "x_m", "y_m", "z_m"]
    truth = read_tree(events, TRUTH, columns)
    use = truth["process"] == PROCESSES["inverse_beta_decay"]
    radius2 = sum(np.square(truth[axis][use], dtype=np.float64) for axis in ("x_m", "y_m", "z_m"))
    prompt = truth["energy_mev"][use] + 2.0 * ELECTRON_MASS_MEV
    event = truth["event_id"][use]
    pairs = read_tree(reco, PAIRS, ["prompt_event_id", "prompt_charge_pe", "shift", "selected"])
    chosen = (pairs["selected"] > 0) & (pairs["shift"] == 0)
    charge_of = dict(zip(pairs["prompt_event_id"][chosen], pairs["prompt_charge_pe"][chosen], strict=True))
    charge = np.array([charge_of.get(number, 0.0) if number >= 0 else 0.0 for number in event])
    return Interactions(prompt, radius2 < fiducial_radius_m**2, charge > 0.0, charge)


def moments(prompt: Floats, charge: Floats) -> tuple[float, float, float]:
    """Return mean prompt energy, mean charge there, and the standard deviation of charge less its local trend."""
    slope, offset = np.polyfit(prompt, charge, 1)
    off = charge - (offset + slope * prompt)
    centre = float(np.median(off))
    kept = np.abs(off - centre) < _CLIP * 1.4826 * np.median(np.abs(off - centre))
    mean = float(prompt[kept].mean())
    return mean, float(charge[kept].mean()), float(off[kept].std())


def pool(found: Interactions, energy_mev: float) -> float:
    """Return the efficiency of the pool of steps around an energy: found over inside."""
    high = float(np.array(POOLS_MEV)[np.searchsorted(POOLS_MEV, energy_mev)])
    low = float(np.array(POOLS_MEV)[np.searchsorted(POOLS_MEV, energy_mev) - 1])
    step = (found.prompt_mev >= low) & (found.prompt_mev < high)
    return float((step & found.found).sum() / (step & found.inside).sum())


def rows(found: Interactions) -> list[tuple[float, float, float, float]]:
    """Return energy, charge, resolution in MeV and efficiency of every step."""
    table = []
    for low, high in pairwise(EDGES_MEV):
        step = (found.prompt_mev >= low) & (found.prompt_mev < high)
        seen = step & found.found
        inside = int((step & found.inside).sum())
        if seen.sum() < 100:
            msg = f"{int(seen.sum())} pairs from {low} to {high} MeV: raise --interactions"
            raise SystemExit(msg)
        energy, charge, sigma = moments(found.prompt_mev[seen], found.charge_pe[seen])
        efficiency = seen.sum() / inside
        pooled = pool(found, energy)
        table.append((energy, charge, sigma, pooled))
        error = np.sqrt(efficiency * abs(1.0 - efficiency) / inside)
        print(f"{energy:7.3f} MeV: {inside:6d} interactions, charge {charge:8.1f} +- {sigma:5.1f}, "
              f"efficiency {efficiency:.3f} +- {error:.3f}, pooled {pooled:.4f}")  # fmt: skip
    energy, charge, sigma, efficiency = (np.array(column) for column in zip(*table, strict=True))
    sigma_mev = sigma / np.gradient(charge, energy)
    return list(zip(energy, charge, sigma_mev, np.minimum(efficiency, 1.0), strict=True))


def main() -> None:
    """Make the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("card", nargs="?", default="antineutrino", help="card whose detector is calibrated")
    parser.add_argument("--interactions", type=float, default=60_000.0, help="antineutrinos, about")
    parser.add_argument("--days", type=float, default=2770.0, help="live days they are spread over")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=data_folder(), help="folder for the table")
    arguments = parser.parse_args()
    exposure_100t_y = 2.82 * arguments.days / 365.25
    card = boosted(arguments.card, arguments.interactions / exposure_100t_y, arguments.days)
    cuts = card.section("coincidence", CoincidenceConfig)
    with tempfile.TemporaryDirectory() as name:
        events, reco = Path(name) / "events.root", Path(name) / "reco.root"
        simulate(card, events, workers=arguments.workers)
        config = card.section("reconstruction", ReconConfig)
        reconstruct(events, reco, config, workers=arguments.workers, coincidence=cuts)
        found = trace(events, reco, VESSEL_RADIUS_M - cuts.wall_m)
    table = rows(found)
    total = found.found.sum() / found.inside.sum()
    print(f"all: efficiency {total:.4f} of {int(found.inside.sum())} interactions in the fiducial volume")
    lines = [
        "# title: Response of the simulated detector to the prompt events of inverse beta decay",
        f"# source: this program, version {program_version()}, card {arguments.card}: {found.inside.size} interactions "
        "in the whole vessel, coincidences found with the cuts of the card",
        "# units: energy_mev kinetic energy of the positron plus 2 m_e; charge_pe mean charge of the prompt cluster for "
        "2000 channels; sigma_mev resolution of the energy got from the charge; efficiency of all cuts but the muon "
        "vetoes, found pairs per interaction in the fiducial volume",
        "# made_by: scripts/make_coincidence_response.py",
        "# caveats: make it again when detector, reconstruction or the cuts of the coincidence change; efficiencies are "
        f"pooled between {', '.join(f'{x:g}' for x in POOLS_MEV)} MeV",
        "energy_mev,charge_pe,sigma_mev,efficiency",
        *(
            f"{energy:.4f},{charge:.5g},{sigma:.4g},{efficiency:.4f}"
            for energy, charge, sigma, efficiency in table
        ),
    ]
    path = arguments.out / "response_coincidence.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    renew_checksum(path)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
