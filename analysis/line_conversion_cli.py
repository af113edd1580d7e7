"""The command ``heliospin beryllium``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.fit_cli import _config, _input_card, _read
from sim.core.console import announce_compilation, console, friendly, progress
from sim.core.options import SetOption

if TYPE_CHECKING:
    from analysis.line_conversion_outcome import LineOutcome

_TYPICAL_FITS = 40.0  # of both profiles, for the progress bar


@friendly
def beryllium(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="INPUT", help="reco.root, or a spectrum: CSV (n_hits,counts) or a TH1 in a ROOT file."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")] = Path(
        "beryllium"
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
    flux_error: Annotated[
        float | None,
        typer.Option(
            "--flux-error",
            min=1e-4,
            help="Relative uncertainty of the 7Be rate tied to the solar model (default: the model's).",
        ),
    ] = None,
    conversion: Annotated[
        float,
        typer.Option("--conversion", min=0.0, max=1.0, help="True P of the --asimov counts."),
    ] = 0.0,
    overrides: SetOption = None,
) -> None:
    """Limit P(nu_e -> anti-nu_e) of the 862 keV line of 7Be from the shape of the recoil spectrum.

    Two limits: with the 7Be rate free (the shape alone, as published) and tied to the solar model.

    Examples: `heliospin beryllium reco.root -o beryllium`,

    `heliospin beryllium spectrum.csv --exposure 582.326 --range 100 370 -o public`,

    `heliospin beryllium --asimov phase2 -o expected`
    """
    from analysis.asimov import card_exposure
    from analysis.line_conversion_outcome import fit_line, fit_line_asimov, save
    from sim.core.config import card_or_defaults
    from sim.core.errors import CardError
    from sim.core.output import prepare_folder

    if (source is None) == (asimov is None):
        msg = "give either an INPUT or --asimov CARD"
        raise CardError(msg)
    if asimov is None and conversion > 0.0:
        msg = "--conversion is the truth of expected counts: it needs --asimov CARD"
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
            outcome = fit_line_asimov(used, config, days_100t, conversion, flux_error, advance)
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
            outcome = fit_line(used, config, found.spectrum, flux_error, advance)
    figures = save(outcome, used, out)
    _report(outcome, out, figures)


def _report(outcome: "LineOutcome", out: Path, figures: list[Path]) -> None:
    """Print the closing table."""
    from rich.table import Table

    from analysis.line_conversion_outcome import limits

    line, standard = outcome.line, outcome.standard
    data = line.problem.spectrum
    console.print(f"{data.source}: {data.counts.sum():,.0f} counts, {data.exposure_d_100t:.1f} d x 100 t")
    statistic = standard.statistic
    state = "[green]valid[/]" if standard.valid else f"[bold red]not valid[/]: {'; '.join(standard.remarks)}"
    console.print(f"fit without conversion {state}; chi2/ndf = {statistic.value:.1f}/{statistic.ndf}")
    pull = line.pull()
    console.print(f"solar model: 7Be rate {pull.value:.1f} +- {pull.sigma:.1f} cpd/100 t without conversion")
    for label, scan in (("free", outcome.free), ("solar model", outcome.solar_model)):
        best, low, high = scan.best
        failed = scan.profile.n_failed
        remark = f" [yellow]({failed} fits of the profile failed)[/]" if failed else ""
        console.print(f"best P ({label} rate): {best:.3f}, one sigma from {low:.3f} to {high:.3f}{remark}")
    rows = Table(
        "limit", "value", "C.L.", "method", title="P(nu_e -> anti-nu_e) at 862 keV", title_justify="left"
    )
    for name, limit in limits(outcome).items():
        rows.add_row(name, f"{limit.value:.3f}", f"{100 * limit.cl:g} %", limit.method)
    console.print(rows)
    console.print(f"results: {out / 'beryllium.json'}")
    for figure in figures:
        console.print(f"figure:  {figure}")
