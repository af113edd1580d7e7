"""Make sim/data/external_gammas.csv: gammas from outside in the fiducial volume, for the fit and for the rates.

The transport of the simulation makes events in a sphere around the fiducial volume; of those in it the chance per
decay and the spectrum of visible energy are written. Run it again when lines, media or the transport change:

    python scripts/make_external_gammas.py --events 200000
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.make_response import renew_checksum
from sim.core.provenance import program_version
from sim.core.rng import Stage, stream
from sim.core.schema import SPECIES
from sim.core.tables import data_folder
from sim.physics.external_gammas import FIDUCIAL, ISOTOPES, LEAST_VISIBLE_MEV
from sim.sources.external import FLOOR_MEV, ExternalSource
from sim.sources.source import Birks

EDGES_MEV = np.round(np.arange(FLOOR_MEV, 2.705, 0.01), 6)
BIRKS = Birks(0.01098, 0.01042)  # defaults of the card
PIECES = 40
TRIAL_DECAYS = {"40K": 6e13, "214Bi": 2e12, "208Tl": 6e10}  # for a first guess of the chance


def visible_inside(isotope: str, seed: int, piece: int, decays: float) -> NDArray[np.float64]:
    """Return the visible energies [MeV] of the events in the fiducial volume of a number of decays."""
    source = ExternalSource(isotope, 0.0, FIDUCIAL.radius_m, BIRKS)
    kept = source.events(stream(seed, Stage.TOY, piece, SPECIES[f"external-{isotope}"]), decays)
    light = kept.sites[2]
    if not light.size:
        return np.zeros(0)
    sums = [np.add.reduceat(column, kept.first[:-1]) for column in (light, *(light * kept.sites[3:]))]
    inside = FIDUCIAL.contains(*(column / sums[0] for column in sums[1:]))
    return np.asarray(sums[0][inside])


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=float, default=2e5, help="in the fiducial volume, of each isotope")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=data_folder(), help="folder for the table")
    arguments = parser.parse_args()
    chances, columns, numbers = {}, [], []
    with ProcessPoolExecutor(arguments.workers) as pool:
        for isotope in ISOTOPES:
            trial = TRIAL_DECAYS[isotope]
            guess = len(visible_inside(isotope, arguments.seed, PIECES, trial)) / trial
            decays = arguments.events / guess / PIECES
            jobs = [pool.submit(visible_inside, isotope, arguments.seed, i, decays) for i in range(PIECES)]
            found = [job.result() for job in jobs]
            counts = np.array([(part > LEAST_VISIBLE_MEV).sum() for part in found])
            total = counts.sum()
            chances[isotope] = (total / (PIECES * decays), counts.std(ddof=1) * PIECES**0.5 / total)
            columns.append(np.histogram(np.concatenate(found), EDGES_MEV)[0] / total)
            numbers.append(f"{isotope} {total}")
            print(
                f"{isotope}: {total} events, chance {chances[isotope][0]:.4g} +- {100 * chances[isotope][1]:.2f} %"
            )
    volume = f"R < {FIDUCIAL.radius_m} m, {FIDUCIAL.z_min_m} < z < {FIDUCIAL.z_max_m} m"
    lines = [
        "# title: Gammas from outside whose light has its centroid in the fiducial volume",
        f"# source: this program, version {program_version()}; events {', '.join(numbers)}; {volume}, kB "
        f"{BIRKS.electron_cm_mev} cm/MeV",
        "# units: visible_mev lower edge of a bin of 0.01 MeV; share_* events in the bin over those with more than "
        f"{LEAST_VISIBLE_MEV} MeV; chance: events with more than {LEAST_VISIBLE_MEV} MeV per decay",
        "# made_by: scripts/make_external_gammas.py",
        "# caveats: Monte Carlo, errors of the chances given; make it again when lines, media or transport change",
        *(f"# chance {isotope}: {value:.6g}" for isotope, (value, _) in chances.items()),
        *(f"# relative error of chance {isotope}: {error:.2g}" for isotope, (_, error) in chances.items()),
        ",".join(["visible_mev", *(f"share_{isotope}" for isotope in ISOTOPES)]),
        *(
            ",".join([f"{low:.2f}", *(f"{column[i]:.6g}" for column in columns)])
            for i, low in enumerate(EDGES_MEV[:-1])
        ),
    ]
    path = arguments.out / "external_gammas.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    renew_checksum(path)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
