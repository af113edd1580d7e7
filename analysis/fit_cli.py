"""The command ``heliospin fit``."""

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
    from analysis.outcome import Outcome

_TYPICAL_FITS = 60.0  # of a pair of profiles, for the progress bar


@friendly
def fit(
    source: SourceArgument = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")] = Path(
        "fit"
    ),
    asimov: AsimovOption = None,
    card: InputCardOption = None,
    exposure: ExposureOption = None,
    estimator: EstimatorOption = None,
    fit_range: RangeOption = None,
    bin_width: BinWidthOption = None,
    histogram: HistogramOption = None,
    overrides: SetOption = None,
) -> None:
    """Fit a spectrum and set limits on the magnetic moment.

    Examples: `heliospin fit reco.root -o fit`,

    `heliospin fit reco.root --set fit.tfc=subtracted -o subtracted`  (without candidates of 11C)

    `heliospin fit spectrum.csv --exposure 582.326 --range 100 370 -o public`,

    `heliospin fit --asimov phase2 -o expected`
    """
    from analysis.pipeline import fit_asimov, fit_spectrum, save
    from sim.core.output import prepare_folder

    changes = {"estimator": estimator, "range": fit_range, "bin_width": bin_width}
    given = read_fit_input(source, asimov, card, exposure, histogram, changes, overrides)
    prepare_folder(out)
    announce_compilation()
    with progress("fit", _TYPICAL_FITS, "fits") as advance:
        if given.spectrum is None:
            outcome = fit_asimov(given.card, given.config, given.exposure_d_100t, advance)
        else:
            outcome = fit_spectrum(given.card, given.config, given.spectrum, advance)
    figures = save(outcome, given.card, out)
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
    list_results(out / "fit.json", figures)
