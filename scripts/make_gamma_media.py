"""Make sim/data/gamma_attenuation.csv: what gammas meet in scintillator, buffer and steel, Compton scattering apart.

python scripts/make_gamma_media.py
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.make_response import renew_checksum
from sim.core.constants import AVOGADRO
from sim.core.tables import data_folder
from sim.physics.compton import photoelectric_attenuation
from sim.physics.pair_production import PAIR_THRESHOLD_MEV, pair_attenuation, pair_cross_section

# Photoelectric absorption of iron in cm2/g over MeV [XCOM], from memory: unverified; the steel is taken as iron.
IRON_CM2_G = {
    1e-3: 9.0e3, 3e-3: 5.5e2, 7.1e-3: 53.0, 7.2e-3: 395.0, 1e-2: 168.0, 2e-2: 25.1, 5e-2: 1.82, 0.1: 0.213, 0.2: 0.0268,
    0.5: 2.0e-3, 1.0: 4.1e-4, 2.0: 1.3e-4, 5.0: 3.6e-5, 30.0: 5e-6,
}  # fmt: skip
IRON_CHARGE, IRON_G_MOL = 26, 55.845


def grid() -> np.ndarray:
    """Return energies in MeV: even in ln E, and close where pairs begin."""
    above = PAIR_THRESHOLD_MEV * (1.0 + np.geomspace(1e-3, 28.3, 90))
    return np.concatenate([np.geomspace(1e-3, 1.0, 61), [PAIR_THRESHOLD_MEV], above])


def main() -> None:
    """Write the table."""
    energy = grid()
    iron = np.exp(np.interp(np.log(energy), np.log(list(IRON_CM2_G)), np.log(list(IRON_CM2_G.values()))))
    liquid = np.array([[photoelectric_attenuation(e), pair_attenuation(e)] for e in energy])
    pairs = np.array([pair_cross_section(e) for e in energy]) * IRON_CHARGE**2 * AVOGADRO / IRON_G_MOL
    columns = np.column_stack([energy, liquid, liquid, iron, pairs])
    lines = [
        "# title: Photoelectric absorption and pair production in scintillator, buffer and steel",
        "# source: XCOM [XCOM] from memory (photoelectric, power law for carbon; unverified); Maximon 1968, "
        "J. Res. NBS 72B, 79 (pairs)",
        "# units: energy_mev in MeV; mass attenuation coefficients in cm2/g, without Compton scattering",
        "# made_by: scripts/make_gamma_media.py",
        "# caveats: the buffer is taken as pseudocumene, the steel as iron; straight lines in the logarithms "
        "(pairs: in the coefficient over ln E) between the rows",
        "energy_mev,scintillator_photoelectric,scintillator_pair,buffer_photoelectric,buffer_pair,steel_photoelectric,"
        "steel_pair",
        *(",".join(f"{value:.7g}" for value in row) for row in columns),
    ]
    path = data_folder() / "gamma_attenuation.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    renew_checksum(path)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
