"""Make sim/data/external_accepted.csv: how many events from outside are reconstructed in the fiducial volume.

A gamma from outside makes its first light on the outer side, and the vertex fit follows the first photons: the
vertex is 0.1 m further out than the centroid of the light. So fewer events are selected than have their centroid
inside. Events of each isotope go through detector and reconstruction; the ratio is written. Run it again when
transport, detector or vertex fit change, after ``make_external_gammas.py``:

    python scripts/make_external_accepted.py --blocks 16
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.make_response import BLOCK_S, Bench, renew_checksum, simulate_source
from sim.block import build_setup
from sim.config import read_config, scintillator
from sim.core.config import read_card
from sim.core.primaries import Block
from sim.core.provenance import program_version
from sim.core.tables import data_folder
from sim.physics.external_gammas import FIDUCIAL, ISOTOPES, LEAST_VISIBLE_MEV, centroid_chance
from sim.sources.external import ExternalSource
from sim.sources.thinning import light_of

SPHERE_M = 3.2  # centroids beyond are not reconstructed in the fiducial volume
LEAST_NH = 80.0  # below 0.2 MeV; clusters of late pulses after an event have less
RATE_HZ = 0.8  # of events with their centroid inside


def count(isotope: str, bench: Bench) -> tuple[float, float, int]:
    """Return events selected over events with their centroid inside, its error, and the number selected."""
    rate = RATE_HZ / centroid_chance(isotope)
    source = ExternalSource(isotope, rate, SPHERE_M, scintillator(bench.config.detector))
    inside = np.zeros(bench.blocks)
    for index in range(bench.blocks):
        primaries, deposits = source.generate(Block(bench.config.run.seed, index, 0, BLOCK_S))
        visible, centroid = light_of(deposits, len(primaries.time_ns))
        inside[index] = np.sum(FIDUCIAL.contains(*centroid) & (visible > LEAST_VISIBLE_MEV))
    rows = simulate_source(source, bench)  # of the same events
    block = rows["block"][rows["nh"] > LEAST_NH].astype(np.int64)
    found = np.bincount(block, minlength=bench.blocks)
    ratio = found.sum() / inside.sum()
    error = (found - ratio * inside).std(ddof=1) * bench.blocks**0.5 / inside.sum()
    return float(ratio), float(error), int(found.sum())


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("card", nargs="?", default="phase2", help="card whose detector is used")
    parser.add_argument("--blocks", type=int, default=16, help="blocks of 400 events inside an isotope")
    parser.add_argument("--out", type=Path, default=data_folder(), help="folder for the table")
    arguments = parser.parse_args()
    card = read_card(arguments.card)
    config = read_config(card)
    bench = Bench(card, config, build_setup(config), arguments.blocks)
    lines = [
        "# title: Events of gammas from outside reconstructed in the fiducial volume, over those with their "
        "centroid in it",
        f"# source: this program, version {program_version()}, card {arguments.card}",
        f"# units: accepted is a ratio, error its error; more than {LEAST_VISIBLE_MEV} MeV visible",
        "# made_by: scripts/make_external_accepted.py",
        "# caveats: Monte Carlo; make it again when transport, detector or vertex fit change",
        "isotope,accepted,error",
    ]
    for isotope in ISOTOPES:
        ratio, error, found = count(isotope, bench)
        print(f"{isotope}: {found} selected, {ratio:.4f} +- {error:.4f}")
        lines.append(f"{isotope},{ratio:.4f},{error:.4f}")
    path = arguments.out / "external_accepted.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    renew_checksum(path)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
