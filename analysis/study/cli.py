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

    from analysis.study.fit import RATES
    from analysis.study.sample import SHELL_MEV

    nominal = study.nominal
    title = "limit (1e-11 mu_B) and shifts of rates (cpd/100 t); nominal limit: "
    title += "none" if nominal.limit_gallium is None else f"{nominal.limit_gallium:.3f}"
    shown = (*RATES[:2], "rate_210Po")
    rates = (name.removeprefix("rate_") for name in shown)
    name = Column("effect", overflow="fold")
    table = Table(name, "limit", "shift", *rates, "N_h, 0.665 MeV (%)", title=title, title_justify="left")
    probe = next(i for i, p in enumerate(study.probes) if p.energy_mev == SHELL_MEV and not p.shell)
    for r in study.results:
        limit = r.fitted.limit_gallium
        both = limit is not None and nominal.limit_gallium is not None
        shift = f"{limit - nominal.limit_gallium:+.3f} +- {r.limit_error:.3f}" if both else "-"  # type: ignore[operator]
        nh = r.pairs["nh"][probe] if r.pairs else None
        table.add_row(
            r.effect.label,
            "-" if limit is None else f"{limit:.3f}",
            shift,
            *(f"{r.fitted.values[n] - nominal.truth[n]:+.2f} +- {r.rate_errors[n]:.2f}" for n in shown),
            "" if nh is None else f"{100 * nh.bias:+.3f} +- {100 * nh.bias_error:.3f}",
        )
    console.print(table)
    console.print(f"results: {written.json}", highlight=False, soft_wrap=True)
    console.print(f"report:  {written.report}", highlight=False, soft_wrap=True)
