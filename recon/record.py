"""The run record of a reconstruction: the card it takes from an events file, and what it adds."""

from pathlib import Path
from typing import Any

from recon.config import CoincidenceConfig
from recon.pair_selection import Coincidences
from recon.selection import Cut
from sim.core import rootio
from sim.core.config import Card, card_from_values
from sim.core.errors import CardError, InputFileError
from sim.core.provenance import card_hash, run_record

RECONSTRUCTION = "reconstruction"
COINCIDENCE = "coincidence"
TFC = "tfc"
_SECTIONS = (RECONSTRUCTION, COINCIDENCE, TFC)


def recorded_card(events_path: Path, overrides: tuple[str, ...] | list[str] = ()) -> Card:
    """Return the card of an events file's run record with overrides applied.

    Parameters
    ----------
    events_path : the events file.
    overrides : ``reconstruction.key=value``, ``coincidence.key=value`` and ``tfc.key=value``.

    Raises
    ------
    CardError
        An override is malformed or belongs to another section: what was simulated cannot be changed.
    InputFileError
        The file has no run record.
    """
    for text in overrides:
        if not text.strip().startswith(tuple(f"{name}." for name in _SECTIONS)):
            msg = (
                f"--set {text!r}: only {', '.join(f'{name}.key=value' for name in _SECTIONS)} can be changed "
                "here; the rest is simulated already"
            )
            raise CardError(msg)
    values = rootio.read_record(events_path).get("card")
    if not isinstance(values, dict):
        msg = f"{events_path}: the run record holds no card: not an events file of this program"
        raise InputFileError(msg)
    return card_from_values(f"{events_path} (run record)", values, overrides)


def extended_record(
    record: dict[str, Any],
    path: Path,
    used: dict[str, dict[str, Any]],
    fiducial_mass_t: float,
    cut_flow: tuple[Cut, ...],
    coincidences: Coincidences,
    tfc: dict[str, Any],
) -> dict[str, Any]:
    """Return the run record of an events file with this step added.

    Its card becomes the one in force, with the settings of this step, for all that come after.

    Parameters
    ----------
    record : of the events file.
    path : the events file.
    used : sections of the card that this step reads, every value.
    fiducial_mass_t : of the section ``reconstruction``.
    cut_flow : of clusters.
    coincidences : result of the coincidence search.
    tfc : what the threefold coincidence and the short vetoes leave of the exposure.
    """
    step = run_record(
        "reconstruct",
        Card(path.name, used),
        used,
        input=path.name,
        input_card_sha256=record.get("card_sha256"),
        fiducial_mass_t=fiducial_mass_t,
        cut_flow=[cut._asdict() for cut in cut_flow],
        coincidence=coincidences.record(),
        tfc=tfc,
    )
    card = {**record.get("card", {}), **used}
    return {**record, "card": card, "card_sha256": card_hash(card), RECONSTRUCTION: step}


def reach_warning(record: dict[str, Any], path: Path, config: CoincidenceConfig) -> tuple[str, ...]:
    """Return a warning if moved windows reach further than the chance pairs that were simulated."""
    card = record.get("card", {})
    simulated_s = card.get("antineutrino", {}).get("singles_reach_s")
    if "antineutrino" not in card.get("run", {}).get("sources", ()) or simulated_s is None:
        return ()
    if config.reach_s() <= simulated_s:
        return ()
    return (
        f"{path}: the moved windows reach to {config.reach_s():.4g} s, but single events further apart than "
        f"antineutrino.singles_reach_s = {simulated_s:g} s were not simulated: too few accidental pairs",
    )
