"""Make the 71Ga capture table of sim/data from the published cross sections at given energies.

    python scripts/make_gallium_table.py FILE

FILE is a CSV of the published figures: columns E (MeV), sigma, sigma_minus3, sigma_plus3 (1e-46 cm2). They
are put on our own grid, dense above the threshold, by a monotonic cubic in log-log; the checksum in
sim/data/README.md is renewed.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.make_solar_tables import write
from sim.core.tables import read_table

THRESHOLD_MEV = 0.2332
HIGHEST_MEV = 20.0
POINTS = 90


def main() -> None:
    """Make the table."""
    parser = argparse.ArgumentParser(description="make the 71Ga capture table of sim/data")
    parser.add_argument("file", type=Path, help="CSV of the published cross sections")
    table = read_table(parser.parse_args().file, "published cross sections", required=())
    log_energy = np.log(table.numbers("E"))
    grid = THRESHOLD_MEV + np.append(0.0, np.geomspace(5e-3, HIGHEST_MEV - THRESHOLD_MEV, POINTS - 1))
    columns = {"energy_mev": grid}
    for ours, theirs in (
        ("sigma_1e46_cm2", "sigma"),
        ("minus_3sigma_1e46_cm2", "sigma_minus3"),
        ("plus_3sigma_1e46_cm2", "sigma_plus3"),
    ):
        columns[ours] = np.exp(PchipInterpolator(log_energy, np.log(table.numbers(theirs)))(np.log(grid)))
    write(
        "gallium_capture",
        {
            "title": "cross section of nu_e capture on 71Ga, best estimate and 3-sigma bounds",
            "source": "Bahcall 1997, PRC 56, 3391, hep-ph/9710491, table of cross sections at specific energies",
            "units": "energies in MeV; cross sections in 1e-46 cm2 per 71Ga nucleus",
            "made_by": "scripts/make_gallium_table.py: monotonic cubic in log-log on our own grid",
            "caveats": "from 0.2332 (threshold) to 0.24 MeV extrapolated",
        },
        columns,
    )


if __name__ == "__main__":
    main()
