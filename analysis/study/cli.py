"""The command ``heliospin validate``."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.core.console import announce_compilation, console, friendly, progress
from sim.core.options import CardArgument, OutFolder, SetOption, WorkersOption

if TYPE_CHECKING:
    from analysis.study.report import Written
    from analysis.study.study import Study, Tools


def make_command(tools: "Callable[[], Tools]") -> Callable[..., None]:
    """Return the command; the rooms it may not import are handed in.

    Parameters
    ----------
    tools : gives simulation and reconstruction, called when the command runs.
    """

    @friendly
    def validate(
        card: CardArgument = "phase2",
        out: OutFolder = Path("validate"),
        effects: Annotated[
            list[str] | None,
            typer.Option(
                "--effect",
                "-e",
                metavar="EFFECT",
                help="A name (see --list), name+1%, section.key=value or section.key-10%; "
                "';' joins several. May be repeated. Default: a standard set.",
            ),
        ] = None,
        events: Annotated[
            int, typer.Option("--events", min=1000, max=200_000, help="Calibration events of each kind.")
        ] = 5000,
        list_effects: Annotated[bool, typer.Option("--list", help="List the named effects.")] = False,
        workers: WorkersOption = None,
        overrides: SetOption = None,
    ) -> None:
        """Study what detector effects do to estimators, resolutions, fitted rates and the limit.

        The same calibration events go through the nominal and each changed detector: small effects are seen
        with few events.

        For example:

        `heliospin validate phase2 -o validate`

        `heliospin validate my.toml -o study -e kB+1% -e detector.tubes.live=1450`

        `heliospin validate -e "old tubes: dead-tubes-20%; transit-time+10%"`
        """
        if list_effects:
            _list()
            return
        _run(tools(), card, out, effects, events, workers, overrides)

    return validate


def _list() -> None:
    from rich.table import Column, Table

    from analysis.study.effects import NAMED, STANDARD

    table = Table(
        Column("name", no_wrap=True), "usual change", Column("key", overflow="fold"), "what it is", "standard"
    )
    for name, effect in NAMED.items():
        standard = "yes" if name in STANDARD else ""
        table.add_row(name, effect.usual, ", ".join(effect.keys), effect.meaning, standard)
    console.print(table)


def _run(
    tools: "Tools",
    source: str,
    out: Path,
    texts: list[str] | None,
    events: int,
    workers: int | None,
    overrides: list[str] | None,
) -> None:
    from analysis.study.effects import STANDARD, check_effect, own_sections, parse_effect
    from analysis.study.fit import fit_section
    from analysis.study.report import save
    from analysis.study.sample import standard_probes
    from analysis.study.study import run_study
    from recon.config import ReconConfig
    from sim.core.config import Card, read_card
    from sim.core.output import prepare_folder
    from sim.core.pool import default_workers

    def resolved(card: Card) -> dict[str, object]:
        return {**own_sections(card), **tools.resolve(card), "fit": fit_section(card).model_dump(mode="json")}

    card = read_card(source, overrides or [])
    nominal = resolved(card)
    parsed = [parse_effect(text, card, nominal) for text in texts or STANDARD]
    studied = [check_effect(effect, resolved(effect.card)) for effect in parsed]
    volume = card.section("reconstruction", ReconConfig).fiducial_volume()
    probes = standard_probes(events, volume.radius_m)
    prepare_folder(out)
    announce_compilation()
    with tempfile.TemporaryDirectory(prefix=".events-", dir=out) as folder:
        study = run_study(
            card, studied, probes, tools, Path(folder), workers or default_workers(),
            lambda what, amount: progress(what, amount, "events"),
        )  # fmt: skip
    _report(study, save(study, nominal, out))


def _report(study: "Study", written: "Written") -> None:
    from rich.table import Column, Table

    from analysis.study.verdict import SOLAR, judge, limit_shift, rate_shift

    def cell(shift: float | None, error: float, digits: int) -> str:
        if shift is None:
            return "no limit"
        return f"{shift:+.{digits}f}" + (f" +- {error:.{digits}f}" if error > 0.0 else "")

    limit = study.nominal.limit_gallium
    title = "shifts of the limit (1e-11 mu_B) and of rates (cpd/100 t); nominal limit: "
    title += "none" if limit is None else f"{limit:.2f}"
    name = Column("effect", overflow="fold")
    rates = (rate.removeprefix("rate_") for rate in SOLAR)
    table = Table(name, "limit", *rates, title=title, title_justify="left")
    for i in judge(study).order:
        r = study.results[i]
        table.add_row(
            r.effect.label,
            cell(limit_shift(study, r), r.limit_error, 3),
            *(cell(rate_shift(study, r, rate), r.rate_errors[rate], 2) for rate in SOLAR),
        )
    console.print(table)
    console.print(f"results: {written.json}", highlight=False, soft_wrap=True)
    console.print(f"report:  {written.report}", highlight=False, soft_wrap=True)
