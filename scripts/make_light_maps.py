"""Make the packaged light map: tracks photons of the default optical detector, writes sim/data/light_map.npz.

The fast fidelity draws its photoelectrons from this map. Run it again whenever the tracking, its tables or the
defaults of the card's section ``detector.optical`` change:

    python scripts/make_light_maps.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.make_response import renew_checksum
from sim.core.console import announce_compilation, progress
from sim.core.provenance import program_version
from sim.core.tables import checksums, data_folder
from sim.detector.config import DetectorConfig
from sim.detector.optical.light_map import make_light_map, photons_per_map
from sim.detector.optical.map_store import PACKAGED, map_settings, write_map


def main() -> None:
    """Make the map and renew its checksum in the README of the tables."""
    config = DetectorConfig().optical
    announce_compilation()
    with progress("light map", photons_per_map(), "photons") as advance:
        light = make_light_map(config, advance)
    path = data_folder() / PACKAGED
    tables = {name: value for name, value in checksums().items() if name.startswith("optical_")}
    provenance = {
        "title": "photoelectrons per photon and tube, and their delays, by radius of the vertex and angle",
        "source": "photon tracking of this program; sim/detector/optical/light_map.py says what is stored",
        "made_by": "scripts/make_light_maps.py",
        "version": program_version(),
        "photons": photons_per_map(),
        "settings": map_settings(config),
        "tables_sha256": tables,
    }
    write_map(path, light, provenance)
    renew_checksum(path)
    sys.stdout.write(f"{path}: {path.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
