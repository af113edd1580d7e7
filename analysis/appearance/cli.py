"""The command ``heliospin antineutrino``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.core.console import announce_compilation, friendly, list_results
from sim.core.options import JsonOption, SetOption

if TYPE_CHECKING:
    from analysis.appearance.candidates import Candidates
    from analysis.appearance.config import AppearanceConfig
    from sim.core.config import Card


def _used_card(
    path: Path | None, asimov: str | None, card: str | None, overrides: list[str] | None
) -> "Card":
    """Return the card to use: the option's, else the one in a reco file, else all defaults."""
    from analysis.spectrum_file import recorded_card
    from sim.core.config import card_or_defaults

    if path is None or card is not None or path.suffix != ".root":
        return card_or_defaults(card or asimov, overrides)
    return recorded_card(path, overrides or [])


def _config(card: "Card", changes: dict[str, Any]) -> "AppearanceConfig":
    from analysis.appearance.config import AppearanceConfig
    from sim.core.config import Card

    given = {name: value for name, value in changes.items() if value is not None}
    section = {**card.values.get("appearance", {}), **given}
    return Card(card.source, {**card.values, "appearance": section}).section("appearance", AppearanceConfig)


def _read(path: Path, exposure: float | None) -> "Candidates":
    from analysis.appearance.candidates import read_candidates_csv, read_pairs
    from sim.core.errors import InputFileError

    if not path.is_file():
        msg = f"{path}: no such file"
        raise InputFileError(msg)
    if path.suffix == ".root":
        if exposure is not None:
            msg = f"{path}: --exposure is for data: a reconstruction tells its own"
            raise InputFileError(msg)
        return read_pairs(path)
    if exposure is None:
        msg = f"{path}: candidates need their exposure: --exposure, in t years of fiducial mass and live time"
        raise InputFileError(msg)
    return read_candidates_csv(path, exposure)


@friendly
def antineutrino(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="INPUT",
            help="reco.root, or a CSV: prompt_energy_mev[,weight], or bins low_mev,high_mev,counts.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")] = Path(
        "antineutrino"
    ),
    asimov: Annotated[
        str | None,
        typer.Option("--asimov", metavar="CARD", help="Take what this card expects without a signal."),
    ] = None,
    card: Annotated[
        str | None,
        typer.Option("--card", metavar="CARD", help="Card for Sun, mixing, field and backgrounds."),
    ] = None,
    exposure: Annotated[
        float | None,
        typer.Option("--exposure", min=0.0, help="Fiducial mass x live time in t years, before efficiency."),
    ] = None,
    efficiency: Annotated[
        float | None, typer.Option("--efficiency", help="Efficiency of all cuts, 0 to 1.")
    ] = None,
    background: Annotated[
        float | None,
        typer.Option(
            "--background", help="Backgrounds that are no antineutrinos, after cuts, per 100 t and year."
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", metavar="MEV", help="Neutrino energy above which to limit as well."),
    ] = None,
    as_json: JsonOption = False,
    overrides: SetOption = None,
) -> None:
    """Set limits on antineutrinos from the Sun, and on magnetic moment times solar field.

    A CSV lists visible prompt energies in MeV, annihilation included; a neutrino has 0.784 MeV more.

    Examples
    --------
    `heliospin antineutrino reco.root -o limits`

    `heliospin antineutrino candidates.csv --exposure 1494 --efficiency 0.85 --background 0.12`

    `heliospin antineutrino --asimov antineutrino --set field.profile=tachocline --json`
    """
    from analysis.appearance.report import report
    from analysis.appearance.search import (
        card_exposure_t_y,
        expected_candidates,
        save,
        search,
        with_background,
    )
    from sim.core.errors import CardError
    from sim.core.output import prepare_folder

    if (source is None) == (asimov is None):
        msg = "give either an INPUT or --asimov CARD"
        raise CardError(msg)
    path = None if source is None else Path(source)
    data = None if path is None else _read(path, exposure)
    used = _used_card(path, asimov, card, overrides)
    config = _config(used, {"efficiency": efficiency, "threshold_mev": threshold})
    if background is not None:
        if data is not None and data.accidental is not None:
            msg = "--background is for data: a simulation tells its backgrounds itself"
            raise CardError(msg)
        config = with_background(config, background)
    prepare_folder(out)
    announce_compilation()
    if data is None:
        data = expected_candidates(used, config, card_exposure_t_y(used) if exposure is None else exposure)
    outcome = search(used, config, data)
    figures = save(outcome, used, out)
    if as_json:
        typer.echo((out / "antineutrino.json").read_text(encoding="utf-8"), nl=False)
        return
    report(outcome)
    list_results(out / "antineutrino.json", figures)
