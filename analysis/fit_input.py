"""What the fitting commands share: their options, and how an input becomes a spectrum and a configuration."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from analysis.config import FitConfig
    from analysis.histograms import Spectrum
    from analysis.spectrum_file import SpectrumFile
    from sim.core.config import Card

SourceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="INPUT", help="reco.root, or a spectrum: CSV (n_hits,counts) or a TH1 in a ROOT file."
    ),
]
AsimovOption = Annotated[
    str | None,
    typer.Option("--asimov", metavar="CARD", help="Fit the counts this card expects: expected limit."),
]
InputCardOption = Annotated[
    str | None,
    typer.Option("--card", metavar="CARD", help="Card for sun, mixing and fit (default: the input's own)."),
]
ExposureOption = Annotated[
    float | None,
    typer.Option("--exposure", min=0.0, help="Exposure in days x 100 t (spectra, --asimov)."),
]
EstimatorOption = Annotated[
    str | None, typer.Option("--estimator", metavar="NAME", help="nh, np, np_230, np_400, charge_pe ...")
]
RangeOption = Annotated[
    tuple[float, float] | None,
    typer.Option("--range", metavar="LOW HIGH", help="Fit range, estimator units."),
]
BinWidthOption = Annotated[
    int | None, typer.Option("--bin-width", min=1, help="Units that make one fit bin.")
]
HistogramOption = Annotated[
    str | None, typer.Option("--histogram", metavar="NAME", help="Name of the TH1 in a ROOT file.")
]


class FitInput(NamedTuple):
    """What is fitted, and how; ``spectrum`` is None where the card's own expectation is (``--asimov``)."""

    card: "Card"
    config: "FitConfig"
    spectrum: "Spectrum | None"
    exposure_d_100t: float


def read_fit_input(
    source: str | None,
    asimov: str | None,
    card: str | None,
    exposure: float | None,
    histogram: str | None,
    changes: dict[str, Any],
    overrides: list[str] | None,
) -> FitInput:
    """Read the input of a fit and check it against its card.

    Parameters
    ----------
    source, asimov : one of the two: a file, or the card whose expectation is fitted.
    card : to use instead of the input's own.
    exposure : days x 100 t, for spectra; for ``asimov`` instead of the card's.
    histogram : name of a TH1 in a ROOT file.
    changes : keys of section [fit] given as options; None means not given.
    overrides : ``section.key=value``.

    Raises
    ------
    CardError, InputFileError
        Both or none of the inputs, a card or a file that cannot be used.
    """
    from analysis.asimov import card_exposure
    from sim.core.config import card_or_defaults
    from sim.core.errors import CardError

    if (source is None) == (asimov is None):
        msg = "give either an INPUT or --asimov CARD"
        raise CardError(msg)
    given = {name: value for name, value in changes.items() if value is not None}
    if source is None:
        used = card_or_defaults(asimov, overrides)
        return FitInput(used, _config(used, given), None, exposure or card_exposure(used))
    path = Path(source)
    used, defaults = _input_card(path, card, overrides, histogram)
    config = _config(used, given, defaults)
    found = _read(path, config, exposure, histogram)
    if found.tfc_subtracted and "tfc_subtracted" not in used.values.get("fit", {}):
        config = config.model_copy(update={"tfc_subtracted": True})
    return FitInput(used, config, found.spectrum, found.spectrum.exposure_d_100t)


def _is_reconstruction(path: Path, histogram: str | None) -> bool:
    from analysis.spectrum_file import is_reconstruction
    from sim.core.errors import InputFileError

    if not path.is_file():
        msg = f"{path}: no such file"
        raise InputFileError(msg)
    return path.suffix == ".root" and histogram is None and is_reconstruction(path)


def _read(path: Path, config: "FitConfig", exposure: float | None, histogram: str | None) -> "SpectrumFile":
    from analysis.spectrum_file import read_csv, read_reconstruction, read_root_histogram
    from sim.core.errors import InputFileError

    estimator = config.estimator
    if _is_reconstruction(path, histogram):
        return read_reconstruction(path, estimator, config.tfc)
    if config.tfc != "all":
        msg = (
            f"{path}: fit.tfc = {config.tfc!r}: only clusters of a reco file can be chosen; "
            "of a spectrum say fit.tfc_subtracted"
        )
        raise InputFileError(msg)
    if exposure is None:
        msg = f"{path}: a spectrum needs its exposure: --exposure, in days x 100 t"
        raise InputFileError(msg)
    if path.suffix == ".root":
        return read_root_histogram(path, histogram, estimator, exposure)
    return read_csv(path, estimator, exposure)


def _input_card(
    path: Path, card: str | None, overrides: list[str] | None, histogram: str | None
) -> tuple["Card", dict[str, Any]]:
    """Return the card to use (the option's, else the input's own) and what the input makes a default."""
    from analysis.simulated import simulated_defaults
    from analysis.spectrum_file import recorded_card
    from sim.core.config import card_or_defaults

    if not _is_reconstruction(path, histogram):
        return card_or_defaults(card, overrides), {}
    used = card_or_defaults(card, overrides) if card else recorded_card(path, overrides or [])
    return used, simulated_defaults(used)


def _config(card: "Card", changes: dict[str, Any], defaults: dict[str, Any] | None = None) -> "FitConfig":
    """Return the fit section: defaults of the input, then the card, then the options."""
    from analysis.config import FitConfig
    from sim.core.config import Card

    given = card.values.get("fit", {})
    section = (defaults or {}) | given | changes
    if isinstance(given.get("pulls"), dict):
        section["pulls"] = (defaults or {}).get("pulls", {}) | given["pulls"]
    return Card(card.source, {**card.values, "fit": section}).section("fit", FitConfig)
