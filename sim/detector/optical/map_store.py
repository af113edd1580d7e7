"""Where light maps are found: the packaged one, the disk cache, else tracked anew."""

import json
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.cache import digest, remembered
from sim.core.console import note
from sim.core.errors import CardError, TableError
from sim.core.output import complete_file
from sim.core.tables import data_folder
from sim.detector.optical.config import OpticalConfig
from sim.detector.optical.light_map import LightMap, make_light_map

PACKAGED = "light_map.npz"
_ARRAYS = ("chance", "bulk_ns", "tail_ns", "cherenkov")
_EFFICIENCIES = {"tubes": {"relative_qe", "relative_qe_sigma"}, "scintillation": {"photons_per_mev"}}


def map_settings(config: OpticalConfig) -> dict[str, Any]:
    """Return the settings that a map depends on, as plain values: no efficiencies, no numbers of photons."""
    return config.model_dump(mode="json", exclude={**_EFFICIENCIES, "cherenkov": {"enabled", "scale"}})


def _to_arrays(light: LightMap) -> dict[str, NDArray[np.generic]]:
    half = {"bulk_ns": light.bulk_ns.astype(np.float16), "tail_ns": light.tail_ns.astype(np.float16)}
    return {"chance": light.chance, **half, "cherenkov": np.array(light.cherenkov)}


def _from_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> LightMap:
    chance, bulk, tail = (np.asarray(arrays[name], dtype=np.float32) for name in _ARRAYS[:3])
    return LightMap(chance, bulk, tail, float(arrays["cherenkov"]))


def write_map(path: Path, light: LightMap, provenance: Mapping[str, Any]) -> None:
    """Write a map with its provenance; delays are rounded to half precision, 0.03 ns at 50 ns."""
    text = np.frombuffer(json.dumps(provenance, sort_keys=True).encode(), np.uint8)
    with complete_file(path) as partial, partial.open("wb") as out:
        np.savez_compressed(out, allow_pickle=False, provenance=text, **_to_arrays(light))


def read_map(path: Path) -> tuple[LightMap, dict[str, Any]]:
    """Read a map and its provenance; TableError where the file is no map."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            light = _from_arrays({name: stored[name] for name in _ARRAYS})
            provenance = json.loads(bytes(stored["provenance"]).decode())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        msg = f"{path}: not a light map: {error}"
        raise TableError(msg) from error
    return light, dict(provenance)


@cache
def packaged_map() -> tuple[LightMap, dict[str, Any]]:
    """Return the packaged map, that of the default optical detector, and its provenance."""
    return read_map(data_folder() / PACKAGED)


@cache
def _made(settings: str) -> LightMap:
    config = OpticalConfig.model_validate_json(settings)
    key = digest(Path(__file__).with_name("light_map.py"), settings)

    def make() -> dict[str, NDArray[np.generic]]:
        note("tracking photons for the light map of this detector (half a minute, then cached) ...")
        return _to_arrays(make_light_map(config))

    return _from_arrays(remembered("light-map", key, _ARRAYS, make))


def is_packaged(config: OpticalConfig) -> bool:
    """Return whether the packaged map serves an optical detector, so that none need be made."""
    return bool(packaged_map()[1]["settings"] == map_settings(config))


def light_map(config: OpticalConfig) -> LightMap:
    """Return the light map of an optical detector.

    The packaged one where its settings are those of the card; else one from the disk cache; else it is made,
    which takes half a minute.

    Raises
    ------
    CardError
        The vessel is off-centre: a map knows radius and angle only.
    TableError
        The packaged map is broken.
    """
    if any(config.spheres.vessel_offset_m):
        msg = (
            f"detector.optical.spheres.vessel_offset_m = {config.spheres.vessel_offset_m}: light maps are "
            'for a centred vessel; expected (0, 0, 0), or detector.fidelity = "optical"'
        )
        raise CardError(msg)
    if is_packaged(config):
        return packaged_map()[0]
    return _made(json.dumps(map_settings(config), sort_keys=True))
