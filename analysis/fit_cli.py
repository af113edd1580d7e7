"""The command ``heliospin fit``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.core.console import announce_compilation, console, friendly, progress
from sim.core.options import SetOption

if TYPE_CHECKING:
    from analysis.config import FitConfig
    from analysis.outcome import Outcome
    from analysis.spectrum_file import SpectrumFile
    from sim.core.config import Card

_TYPICAL_FITS = 60.0  # of a pair of profiles, for the progress bar


def _is_reconstruction(path: Path, histogram: str | None) -> bool:
    from analysis.spectrum_file import is_reconstruction
    from sim.core.errors import InputFileError

    if not path.is_file():
        msg = f"{path}: no such file"
        raise InputFileError(msg)
    return path.suffix == ".root" and histogram is None and is_reconstruction(path)


def _read(path: Path, estimator: str, exposure: float | None, histogram: str | None) -> "SpectrumFile":
    from analysis.spectrum_file import read_csv, read_reconstruction, read_root_histogram
    from sim.core.errors import InputFileError

    if _is_reconstruction(path, histogram):
        return read_reconstruction(path, estimator)
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


@friendly
def fit(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="INPUT", help="reco.root, or a spectrum: CSV (n_hits,counts) or a TH1 in a ROOT file."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")] = Path(
        "fit"
    ),
    asimov: Annotated[
        str | None,
        typer.Option("--asimov", metavar="CARD", help="Fit the counts this card expects: expected limit."),
    ] = None,
    card: Annotated[
        str | None,
        typer.Option(
            "--card", metavar="CARD", help="Card for sun, mixing and fit (default: the input's own)."
        ),
    ] = None,
    exposure: Annotated[
        float | None,
        typer.Option("--exposure", min=0.0, help="Exposure in days x 100 t (spectra, --asimov)."),
    ] = None,
    estimator: Annotated[
        str | None, typer.Option("--estimator", metavar="NAME", help="nh, np, np_230, np_400, charge_pe ...")
    ] = None,
    fit_range: Annotated[
        tuple[float, float] | None,
        typer.Option("--range", metavar="LOW HIGH", help="Fit range, estimator units."),
    ] = None,
    bin_width: Annotated[
        int | None, typer.Option("--bin-width", min=1, help="Units that make one fit bin.")
    ] = None,
    histogram: Annotated[
        str | None, typer.Option("--histogram", metavar="NAME", help="Name of the TH1 in a ROOT file.")
    ] = None,
    overrides: SetOption = None,
) -> None:
    """Fit a spectrum and set limits on the magnetic moment.

    Examples: `heliospin fit reco.root -o fit`,

    `heliospin fit spectrum.csv --exposure 582.326 --range 100 370 -o public`,

    `heliospin fit --asimov phase2 -o expected`
    """
    from analysis.asimov import card_exposure
    from analysis.pipeline import fit_asimov, fit_spectrum, save
    from sim.core.config import card_or_defaults
    from sim.core.errors import CardError
    from sim.core.output import prepare_folder

    if (source is None) == (asimov is None):
        msg = "give either an INPUT or --asimov CARD"
        raise CardError(msg)
    changes: dict[str, Any] = {"estimator": estimator, "range": fit_range, "bin_width": bin_width}
    changes = {name: value for name, value in changes.items() if value is not None}
    if asimov is not None:
        used = card_or_defaults(asimov, overrides)
        config = _config(used, changes)
        days_100t = exposure or card_exposure(used)
        prepare_folder(out)
        announce_compilation()
        with progress("fit", _TYPICAL_FITS, "fits") as advance:
            outcome = fit_asimov(used, config, days_100t, advance)
    else:
        path = Path(str(source))
        used, defaults = _input_card(path, card, overrides, histogram)
        config = _config(used, changes, defaults)
        found = _read(path, config.estimator, exposure, histogram)
        if found.tfc_subtracted and "tfc_subtracted" not in used.values.get("fit", {}):
            config = config.model_copy(update={"tfc_subtracted": True})
        prepare_folder(out)
        announce_compilation()
        with progress("fit", _TYPICAL_FITS, "fits") as advance:
            outcome = fit_spectrum(used, config, found.spectrum, advance)
    figures = save(outcome, used, out)
    _report(outcome, out, figures)


def _report(outcome: "Outcome", out: Path, figures: list[Path]) -> None:
    """Print the closing tables."""
    from rich.table import Table

    from analysis.outcome import limits
    from analysis.parameters import parameter

    best, data = outcome.best, outcome.problem.spectrum
    title = f"{data.source}: {data.counts.sum():,.0f} counts, {data.exposure_d_100t:.1f} d x 100 t"
    table = Table("parameter", "value", "error", "unit", "expected", title=title, title_justify="left")
    for name in best.free:
        estimate = best.parameters[name]
        known = outcome.problem.spectra.ssm_cpd_100t.get(name.removeprefix("rate_"))
        table.add_row(
            name,
            f"{estimate.value:.5g}",
            "-" if estimate.error is None else f"{estimate.error:.2g}",
            parameter(name).unit,
            "" if known is None else f"{known:.4g}",
        )
    console.print(table)
    statistic = best.statistic
    state = "[green]valid[/]" if best.valid else f"[bold red]not valid[/]: {'; '.join(best.remarks)}"
    console.print(f"fit {state}; chi2/ndf = {statistic.value:.1f}/{statistic.ndf}")
    if best is not outcome.standard:
        console.print("the moment is free, with the gallium constraint: zero is excluded at 90 % C.L.")
    if best.at_limit:
        console.print(f"at a bound: {', '.join(best.at_limit)}")
    found = limits(outcome)
    rows = Table(
        "limit",
        "value",
        "C.L.",
        "method",
        title="effective magnetic moment [1e-11 mu_B]",
        title_justify="left",
    )
    for name, limit in found.items():
        rows.add_row(name, f"{limit.value:.2f}", f"{100 * limit.cl:g} %", limit.method)
    if found:
        console.print(rows)
    for label, scan in (("no gallium", outcome.free), ("gallium", outcome.gallium)):
        if not scan.profile.complete:
            console.print(f"[yellow]no limit ({label})[/]: the profile ends too early, raise fit.profile_max")
    console.print(f"results: {out / 'fit.json'}")
    for figure in figures:
        console.print(f"figure:  {figure}")
