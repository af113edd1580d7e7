"""The command ``heliospin beryllium``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.fit_input import (
    AsimovOption,
    BinWidthOption,
    EstimatorOption,
    ExposureOption,
    HistogramOption,
    InputCardOption,
    RangeOption,
    SourceArgument,
    read_fit_input,
)
from sim.core.console import announce_compilation, console, friendly, list_results, progress
from sim.core.options import SetOption

if TYPE_CHECKING:
    from analysis.beryllium.outcome import LineOutcome

_TYPICAL_FITS = 40.0  # of both profiles, for the progress bar


@friendly
def beryllium(
    source: SourceArgument = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")] = Path(
        "beryllium"
    ),
    asimov: AsimovOption = None,
    card: InputCardOption = None,
    exposure: ExposureOption = None,
    estimator: EstimatorOption = None,
    fit_range: RangeOption = None,
    bin_width: BinWidthOption = None,
    histogram: HistogramOption = None,
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
    from analysis.beryllium.outcome import fit_line, fit_line_asimov, save
    from sim.core.errors import CardError
    from sim.core.output import prepare_folder

    if asimov is None and conversion > 0.0:
        msg = "--conversion is the truth of expected counts: it needs --asimov CARD"
        raise CardError(msg)
    changes = {"estimator": estimator, "range": fit_range, "bin_width": bin_width}
    given = read_fit_input(source, asimov, card, exposure, histogram, changes, overrides)
    prepare_folder(out)
    announce_compilation()
    with progress("fit", _TYPICAL_FITS, "fits") as advance:
        if given.spectrum is None:
            days_100t = given.exposure_d_100t
            outcome = fit_line_asimov(given.card, given.config, days_100t, conversion, flux_error, advance)
        else:
            outcome = fit_line(given.card, given.config, given.spectrum, flux_error, advance)
    figures = save(outcome, given.card, out)
    _report(outcome, out, figures)


def _report(outcome: "LineOutcome", out: Path, figures: list[Path]) -> None:
    """Print the closing table."""
    from rich.table import Table

    from analysis.beryllium.outcome import limits

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
    list_results(out / "beryllium.json", figures)
