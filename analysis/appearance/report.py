"""The closing tables of ``heliospin antineutrino``."""

from rich.table import Table

from analysis.appearance.config import PROMPT_OFFSET_MEV
from analysis.appearance.outcome import AppearanceOutcome
from sim.core.console import console


def report(outcome: AppearanceOutcome) -> None:
    """Print the closing tables."""
    data, first = outcome.data, outcome.model.first_above
    energy = float(outcome.model.edges_mev[first]) + PROMPT_OFFSET_MEV
    console.print(
        f"{data.source}: {outcome.observed.sum():.4g} candidates ({data.label}), "
        f"{outcome.observed[first:].sum():.4g} above {energy:.3g} MeV; "
        f"{data.exposure_t_y:,.5g} t years, efficiency {outcome.model.efficiency():.3f}",
        highlight=False,
    )
    for table in (_counts(outcome), _limits(outcome), _fields(outcome)):
        console.print(table)
    if outcome.config.fields_kg:
        console.print(_moments(outcome))
    _best_fit(outcome)


def _counts(outcome: AppearanceOutcome) -> Table:
    first = outcome.model.first_above
    table = Table("expected counts", "all", "above", "uncertainty", title_justify="left")
    for b in outcome.model.backgrounds:
        sigma = "free" if b.sigma == float("inf") else f"{100 * b.sigma:.0f} %"
        table.add_row(b.name, f"{b.counts.sum():.3g}", f"{b.counts[first:].sum():.3g}", sigma)
    signal = outcome.model.signal(1e-4)
    table.add_row("signal, P = 1e-4", f"{signal.sum():.3g}", f"{signal[first:].sum():.3g}", "")
    return table


def _limits(outcome: AppearanceOutcome) -> Table:
    title = f"nu_e to anti-nu_e, {100 * outcome.config.confidence:g} % C.L."
    table = Table("limit", "P", "flux [cm-2 s-1]", "median P", title=title, title_justify="left")
    for part in (outcome.undistorted, outcome.distorted):
        for key, limit in part.limits.items():
            if not key.startswith("probability_"):
                continue
            name = key.removeprefix("probability_")
            median = part.sensitivity.get(key)
            table.add_row(
                name,
                f"{limit.value:.3g}",
                f"{part.limits[f'flux_{name}'].value:.4g}",
                "" if median is None else f"{median.median:.3g}",
            )
    profile = outcome.fields.card().conversion.name
    table.caption = f"binned, counting: 8B shape; field: shape of the {profile} field; median: without signal"
    return table


def _fields(outcome: AppearanceOutcome) -> Table:
    fields = outcome.fields
    title = f"moment times field, {100 * outcome.config.confidence:g} % C.L., 1e-9 mu_B kG"
    table = Table("field", "mu_12 B", "B is", "with peak B", "mean P", title=title, title_justify="left")
    for row in fields.rows:
        table.add_row(
            row.conversion.name + ("" if row.first_order() else " (beyond first order)"),
            f"{row.upper_1e9:.3g}",
            row.conversion.quoted(),
            f"{row.peak_1e9():.3g}",
            f"{row.probability:.3g}",
        )
    limit = fields.undistorted_limit
    table.add_row("published form", f"{fields.literature_1e9:.3g}", "B at 0.05 R_sun", "", f"{limit:.3g}")
    return table


def _moments(outcome: AppearanceOutcome) -> Table:
    at = outcome.config.fields_kg
    heads = (f"{field:g} kG" for field in at)
    table = Table("mu_12 [1e-11 mu_B] if B is", *heads, title_justify="left")
    for row in outcome.fields.rows:
        table.add_row(row.conversion.name, *(f"{1e11 * row.moment_bohr(field):.4g}" for field in at))
    return table


def _best_fit(outcome: AppearanceOutcome) -> None:
    fields = outcome.fields
    if not fields.seen():
        console.print("no signal is seen at three sigma")
        return
    fit = fields.undistorted
    console.print(
        f"[bold]a signal is seen[/]: P = {fit.best:.3g} ({fit.lower_68:.3g} to {fit.upper_68:.3g}), 8B shape",
        highlight=False,
    )
    core, outer = fields.best("core"), fields.best("outer")
    if core is not None and outer is not None:
        names = (core.conversion.name, outer.conversion.name)
        better, worse = names if fields.preference() < 0.0 else names[::-1]
        console.print(
            f"{better} fits better than {worse} by {abs(fields.preference()):.1f} in -2 ln L; "
            f"field family: {fields.family()}",
            highlight=False,
        )
