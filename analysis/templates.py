"""Monte Carlo templates: simulated spectra of single species in place of the analytic shapes.

A template is counts a day and 100 t in each bin for a rate of 1 cpd/100 t (for the magnetic part also for
1e-11 mu_B). It is as good as the simulation it is made of: no parameter of the response acts on it, and the
statistical error of its bins is not part of the fit, so it should hold ten times the data's exposure; noise
in a magnetic part makes it unlike all else, and so a limit better than it is.
``scripts/make_templates.py`` makes templates.
"""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.model import Model
from analysis.parameters import INDEX, SOLAR_RATES
from sim.core.errors import InputFileError, TableError
from sim.core.tables import read_table

Floats = NDArray[np.float64]

MAGNETIC = ":magnetic"  # ending of a species' name for the part that mu^2 multiplies
_SPECIES = tuple(name.removeprefix("rate_") for name in INDEX if name.startswith("rate_"))
KNOWN = (*_SPECIES, *(f"{name}{MAGNETIC}" for name in SOLAR_RATES))


class Templates(NamedTuple):
    """Templates on common bins: estimator, first centre, bin width, shapes (n_bins,) by name, source."""

    estimator: str
    first: float
    step: float
    shapes: dict[str, Floats]
    source: str


def templates_text(templates: Templates, header: dict[str, str]) -> str:
    """Return templates as the CSV text that ``read_templates`` takes; the header must hold a title."""
    lines = [f"# {key}: {value}" for key, value in header.items()]
    lines.append(",".join((templates.estimator, *templates.shapes)))
    for i, row in enumerate(np.array(list(templates.shapes.values())).T):
        centre = templates.first + i * templates.step
        lines.append(",".join((f"{centre:.10g}", *(f"{value:.8g}" for value in row))))
    return "\n".join(lines) + "\n"


def read_templates(path: Path, estimator: str) -> Templates:
    """Read templates of an estimator.

    Raises
    ------
    InputFileError
        The file is unreadable, of another estimator, holds an unknown species, negative or uneven bins.
    """
    try:
        table = read_table(path, str(path), required=("title",))
        centres = table.numbers(estimator)
        shapes = {name: table.numbers(name) for name in table.columns if name != estimator}
    except TableError as error:
        raise InputFileError(str(error)) from None
    unknown = [name for name in shapes if name not in KNOWN]
    if unknown:
        msg = f"{path}: unknown species {unknown[0]!r}; templates can be of {', '.join(KNOWN)}"
        raise InputFileError(msg)
    steps = np.diff(centres)
    if not shapes or steps.size == 0 or not np.allclose(steps, steps.mean(), rtol=1e-4):
        msg = f"{path}: the templates need bins of equal width and at least one species"
        raise InputFileError(msg)
    for name, shape in shapes.items():
        if not (np.all(np.isfinite(shape)) and shape.min() >= 0.0):
            msg = f"{path}: the template of {name} holds bins below zero"
            raise InputFileError(msg)
    return Templates(estimator, float(centres[0]), float(steps.mean()), shapes, str(path))


def _on_bins(templates: Templates, shape: Floats, model: Model) -> Floats:
    """Return the template in the bins of the model; InputFileError if they do not match."""
    bins = model.bins
    offset = (bins.first - templates.first) / templates.step
    begin = round(offset)
    matches = abs(bins.step / templates.step - 1.0) < 1e-4 and abs(offset - begin) < 0.02
    if not matches or begin < 0 or begin + bins.n_unit > shape.size:
        msg = (
            f"{templates.source}: bins of {templates.step:g} from {templates.first:g} on ({shape.size}) "
            f"do not hold those of the fit, {bins.step:g} from {bins.first:g} on ({bins.n_unit})"
        )
        raise InputFileError(msg)
    return shape[begin : begin + bins.n_unit]


def with_templates(model: Model, templates: Templates) -> Model:
    """Return a model in which templates replace the analytic shapes of their species.

    A species whose weak part has a template keeps an analytic magnetic part unless that has one, too.

    Raises
    ------
    InputFileError
        The bins do not match.
    """
    grid = model.grid
    contents = grid.contents.copy()
    po210 = grid.po210
    rates, magnetic, values = [], [], []
    for name, shape in templates.shapes.items():
        is_magnetic = name.endswith(MAGNETIC)
        index = INDEX[f"rate_{name.removesuffix(MAGNETIC)}"]
        contents[(grid.rate == index) & (grid.magnetic == is_magnetic)] = 0.0
        if name == "210Po":
            po210 = 0.0
        rates.append(index)
        magnetic.append(int(is_magnetic))
        values.append(_on_bins(templates, shape, model))
    return replace(
        model,
        grid=grid._replace(
            contents=contents,
            po210=po210,
            template=np.array(values),
            template_rate=np.array(rates, dtype=np.int64),
            template_magnetic=np.array(magnetic, dtype=np.int64),
        ),
    )
