"""Conversion of the 862 keV line of 7Be to anti-nu_e, from the shape of the recoil spectrum.

Below the threshold of inverse beta decay antineutrinos show by their softer recoils: g_L and g_R exchange
their places in elastic scattering, so that the shoulder at 665 keV goes. With the probability P the line
gives ``(1 - P) x standard + P x anti-nu_e`` at the same flux; the line at 384 keV stays as it is. The
parameter ``rate_7Be`` is the rate that the flux would give without conversion.

Two limits: with that rate free only the shape speaks, which is what the published limits quote
([BX-ANTINU11], [BX-ANTINU21]); tied to the solar model, the missing events speak as well. The recoils of
converted 7Be look like 85Kr: with a free rate, P is bounded by how much 85Kr there is to give up, so a pull
on ``rate_85Kr``, from its delayed coincidences, strengthens the limit.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.likelihood import Likelihood
from analysis.model import Model, build_model
from analysis.parameters import INDEX
from analysis.problem import Problem
from analysis.pulls import Constraint, parameter_pull
from analysis.species import EDGES_MEV, solar_input, to_visible
from sim.core.config import Card
from sim.core.errors import CardError
from sim.physics.arrival import Arrival, arrival
from sim.physics.rates import UNIT_MOMENT, recoil_rates

Floats = NDArray[np.float64]
Rate = Literal["free", "solar_model"]
Part = Literal["all", "neutrinos", "antineutrinos"]

SPECIES = "7Be"
RATE = f"rate_{SPECIES}"
PUBLISHED = {"BX-ANTINU11": 0.35, "BX-ANTINU21": 0.14}  # 90 % C.L., P of the line at 862 keV

_BETWEEN_LINES_MEV = 0.6


@dataclass(frozen=True)
class LineModel:
    """A fit problem and what conversion does to it; made by ``build_line_model``.

    Attributes
    ----------
    problem : the fit without conversion.
    row : the row of 7Be in ``grid.contents`` of its model.
    standard, kept, converted : (n_nodes,), contents of that row: without conversion; for P = 1 the neutrinos
        (384 keV) and the antineutrinos (862 keV).
    event_ratio : events of 7Be at P = 1 over those at P = 0, same flux.
    flux_error : relative uncertainty of the rate where it is tied to the solar model.
    """

    problem: Problem
    row: int
    standard: Floats
    kept: Floats
    converted: Floats
    event_ratio: float
    flux_error: float

    def model(self, probability: float, part: Part = "all") -> Model:
        """Return the expected spectrum at P; ``part`` leaves only one kind of 7Be events (for figures)."""
        neutrinos = (1.0 - probability) * self.standard + probability * self.kept
        antineutrinos = probability * self.converted
        grid = self.problem.likelihood.model.grid
        contents = grid.contents.copy()
        contents[self.row] = (part != "antineutrinos") * neutrinos + (part != "neutrinos") * antineutrinos
        return replace(self.problem.likelihood.model, grid=grid._replace(contents=contents))

    def likelihood(self, probability: float, rate: Rate = "free") -> Likelihood:
        """Return the likelihood at P."""
        likelihood = replace(self.problem.likelihood, model=self.model(probability))
        return likelihood if rate == "free" else likelihood.with_constraints(self.pull())

    def pull(self) -> Constraint:
        """Return the constraint of the 7Be rate to the solar model."""
        expected = self.problem.spectra.ssm_cpd_100t[SPECIES]
        return parameter_pull(RATE, expected, self.flux_error * expected)


def _one_line(arriving: Arrival, *, converted: bool) -> Arrival:
    """Return the lower line of 7Be alone, as it is, or the upper one alone, wholly anti-nu_e."""
    lower = (arriving.energy_mev < _BETWEEN_LINES_MEV).astype(np.float64)
    kept = np.zeros_like(lower) if converted else lower
    return arriving._replace(
        nue=kept * arriving.nue,
        nux=kept * arriving.nux,
        anue=1.0 - lower if converted else kept * arriving.anue,
        anux=kept * arriving.anux,
    )


def build_line_model(problem: Problem, card: Card, flux_error: float | None = None) -> LineModel:
    """Prepare the conversion of the line in a fit problem.

    Parameters
    ----------
    problem : a fit with analytic shapes.
    card : the card that the problem was made of (sun, mixing).
    flux_error : relative uncertainty of the tied rate; by default the solar model's.

    Raises
    ------
    CardError
        The fit uses templates, which hold no antineutrinos; 7Be is absent, or its rate is held.
    """
    model = problem.likelihood.model
    expected = problem.spectra.ssm_cpd_100t[SPECIES]
    if problem.config.templates is not None:
        msg = f"{card.source}: fit.templates = {problem.config.templates!r}: templates hold no antineutrinos"
        raise CardError(msg)
    if not expected > 0.0 or RATE not in problem.start.free:
        msg = f"{card.source}: {RATE} is held or zero: the conversion of its line cannot be fitted"
        raise CardError(msg)
    solar = solar_input(card)
    standard = arrival(SPECIES, solar.sun, solar.conversion, UNIT_MOMENT)
    kinds = (standard, *(_one_line(standard, converted=flag) for flag in (False, True)))
    counts = [recoil_rates(kind, EDGES_MEV).weak_cpd_100t / expected for kind in kinds]
    grid = model.grid
    row = int(np.flatnonzero((grid.rate == INDEX[RATE]) & (grid.magnetic == 0))[0])
    rows = []
    for values in counts:
        weak = {**problem.spectra.weak, SPECIES: to_visible(values, "electron", problem.config.kb_cm_mev)}
        placed = build_model(replace(problem.spectra, weak=weak), model.response, model.shape, model.bins)
        rows.append(placed.grid.contents[row])
    ratio = float((counts[1].sum() + counts[2].sum()) / counts[0].sum())
    if flux_error is None:
        flux_error = float(solar.sun.frac_sigma[solar.sun.index(SPECIES)])
    return LineModel(problem, row, rows[0], rows[1], rows[2], ratio, flux_error)
