"""What a detector study leaves behind: validate.json, figures, and one HTML page that holds them all."""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import ArrayLike

from analysis.plots import closure
from analysis.plots import validate as plots
from analysis.plots.files import save_figure
from analysis.study.page import page
from analysis.study.record import to_plain
from analysis.study.study import Study
from analysis.study.verdict import judge
from sim.core.output import prepare_folder, write_json, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Written(NamedTuple):
    """The files of a study."""

    report: Path
    json: Path
    figures: tuple[Path, ...]


def figure_name(label: str, number: int) -> str:
    """Return the file name of an effect's figure, without ending."""
    word = re.sub(r"[^A-Za-z0-9]+", "-", label.replace("+", " plus ").replace("%", "")).strip("-").lower()
    return f"effect_{number}_{word[:40].strip('-')}"


def save(study: Study, resolved: dict[str, Any], folder: Path) -> Written:
    """Write ``validate.json``, the figures with their numbers, and ``report.html``.

    Parameters
    ----------
    study : what was found.
    resolved : sections of the nominal card, defaults filled in.
    folder : for all of it.

    Raises
    ------
    OutputError
        The folder or a file cannot be written.
    """
    prepare_folder(folder)
    plain = to_plain(study, resolved)
    write_json(folder / "validate.json", plain)
    drawn: dict[str, tuple[Figure, Mapping[str, ArrayLike]]] = {
        "closure_energy": (closure.energy_figure(study), closure.energy_numbers(study)),
        "closure_radius": (closure.radius_figure(study), closure.radius_numbers(study)),
    }
    if study.results:
        drawn["tornado"] = (plots.tornado_figure(study), plots.tornado_numbers(study))
    for number, result in enumerate(study.results, start=1):
        if result.pairs is not None:
            name = figure_name(result.effect.label, number)
            drawn[name] = (plots.effect_figure(study, result), plots.effect_numbers(study, result))
    files = {
        name: save_figure(figure, folder / f"{name}.png", numbers)[0]
        for name, (figure, numbers) in drawn.items()
    }
    images = {name: base64.b64encode(path.read_bytes()).decode("ascii") for name, path in files.items()}
    names = [
        figure_name(r.effect.label, i) if r.pairs is not None else None
        for i, r in enumerate(study.results, start=1)
    ]
    write_text(folder / "report.html", page(study, judge(study), plain["provenance"], images, names))
    return Written(folder / "report.html", folder / "validate.json", tuple(files.values()))
