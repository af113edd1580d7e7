"""The command ``heliospin reconstruct``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.core.console import console, error_console, friendly, progress
from sim.core.options import SetOption

if TYPE_CHECKING:
    from recon import pair_selection, pipeline


@friendly
def reconstruct(
    events: Annotated[Path, typer.Argument(help="An events file, or several joined into one.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The reco file to write.")] = Path(
        "reco.root"
    ),
    overrides: SetOption = None,
    workers: Annotated[
        int, typer.Option("--workers", "-j", min=1, max=256, help="Threads; never changes the result.")
    ] = 1,
) -> None:
    """Reconstruct the hits of an events file: clusters, energy estimators, vertices, coincidences.

    The truth in the file is not read. Settings come from the card stored in the file; keys of its sections
    "reconstruction", "coincidence" and "tfc" can be changed.

    For example:

    `heliospin reconstruct events.root -o reco.root`

    `heliospin reconstruct events.root -o reco.root --set reconstruction.fiducial_radius_m=2.6`

    `heliospin reconstruct events.root -o reco.root --set coincidence.prompt_min_pe=900`

    `heliospin reconstruct events.root -o reco.root --set tfc.neutron_m=1.0`
    """
    from recon import pipeline
    from recon.config import CoincidenceConfig, ReconConfig, TfcConfig
    from recon.record import COINCIDENCE, RECONSTRUCTION, TFC, recorded_card
    from sim.core.console import announce_compilation
    from sim.core.rootio import count_rows
    from sim.core.schema import EVENTS

    card = recorded_card(events, overrides or [])
    config = card.section(RECONSTRUCTION, ReconConfig)
    coincidence = card.section(COINCIDENCE, CoincidenceConfig)
    tfc = card.section(TFC, TfcConfig)
    n_gates = count_rows(events, EVENTS)
    announce_compilation()
    with progress("Reconstructing", n_gates, "events") as advance:
        summary = pipeline.reconstruct(events, output, config, advance, workers, coincidence, tfc)
    _report(summary)


def _report(summary: "pipeline.Summary") -> None:
    from rich.table import Table

    from sim.core.constants import SECONDS_PER_DAY

    table = Table("cut", "left", "of the line above")
    before = 0
    for cut in summary.cut_flow:
        share = f"{100.0 * cut.kept / before:.2f} %" if before else ""
        table.add_row(cut.name, f"{cut.kept:,}", share)
        before = cut.kept
    console.print(table)
    days = summary.live_time_s / SECONDS_PER_DAY
    console.print(f"live time {days:.3f} d, fiducial mass {summary.fiducial_mass_t:.2f} t", highlight=False)
    if summary.kept.points:
        kept, error = 100.0 * summary.kept.fraction, 100.0 * summary.kept.error
        console.print(
            f"threefold coincidence (11C): {kept:.2f} +- {error:.2f} % of the exposure is not tagged",
            highlight=False,
        )
    if summary.coincidences.clusters[0].kept:
        _report_pairs(summary.coincidences)
    for warning in summary.warnings:
        error_console.print(f"[bold yellow]warning:[/] {warning}", soft_wrap=True, highlight=False)
    console.print(f"written: {summary.output}", highlight=False, soft_wrap=True)


def _report_pairs(result: "pair_selection.Coincidences") -> None:
    from rich.table import Table

    from sim.core.constants import SECONDS_PER_DAY

    counts = ", ".join(f"{cut.name} {cut.kept:,}" for cut in result.clusters)
    console.print(f"delayed coincidences: {counts}", highlight=False, soft_wrap=True)
    weighted = any(cut.weight != cut.kept for cut in result.pairs)
    table = Table("pairs", "in time", *(["weighted"] if weighted else []), "accidental, expected")
    for cut in result.pairs:
        chance = "" if cut.accidental is None else f"{cut.accidental:.4g} +- {cut.accidental_error:.2g}"
        table.add_row(cut.name, f"{cut.kept:,}", *([f"{cut.weight:,.4g}"] if weighted else []), chance)
    console.print(table)
    console.print(
        f"{result.fiducial_mass_t:.1f} t, {result.live_time_s / SECONDS_PER_DAY:.3f} d, "
        f"{100.0 * result.live_fraction:.2f} % outside the muon vetoes: {result.exposure_t_y():.4g} t y",
        highlight=False,
        soft_wrap=True,
    )
