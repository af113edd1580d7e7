"""The order of a fit: data, problem, fit, profiles, limits, files."""

from collections.abc import Callable
from pathlib import Path

from analysis.asimov import asimov_problem
from analysis.config import FitConfig
from analysis.fit import Start, fit
from analysis.histograms import Spectrum
from analysis.limits import integrated_limit, ratio_limit
from analysis.outcome import MU, Outcome, Scan, to_plain
from analysis.parameters import MU_SQUARED
from analysis.problem import Problem, build_problem
from analysis.profile import best_moment, scan_moment
from analysis.results import FitResult
from sim.core.config import Card

Advance = Callable[[float], None]

SEEN = 2.706  # of -2 ln L at zero moment, with gallium: 90 % C.L. for one parameter


def _scan(problem: Problem, *, gallium: bool, start: FitResult, advance: Advance | None) -> Scan:
    likelihood = problem.likelihood
    if gallium:
        likelihood = likelihood.with_constraints(problem.gallium)
        start = fit(likelihood, Start(start.theta(), start.free), errors=False)
    profile = scan_moment(likelihood, start, problem.config, advance)
    if not profile.complete:
        return Scan(
            profile, best_moment(profile) if profile.mu_1e11.size > 3 else (0.0, 0.0, 0.0), None, None
        )
    level = problem.config.confidence
    return Scan(profile, best_moment(profile), integrated_limit(profile, level), ratio_limit(profile, level))


def analyse(problem: Problem, advance: Advance | None = None) -> Outcome:
    """Fit, profile and set limits.

    The fit that is reported holds the moment at 0, unless the profile with the gallium constraint excludes
    that at 90 % C.L.: then the moment is free and the constraint acts, since without it the moment, pp and
    85Kr are nearly interchangeable.

    Parameters
    ----------
    problem : likelihood and start.
    advance : told the number of fits done.

    Raises
    ------
    FitError
        A free parameter has no influence on the data.
    """
    standard = fit(problem.likelihood, problem.start)
    free = _scan(problem, gallium=False, start=standard, advance=advance)
    gallium = _scan(problem, gallium=True, start=standard, advance=advance)
    best = standard
    seen = gallium.profile.delta.size > 0 and gallium.profile.delta[0] > SEEN
    if seen and MU not in problem.config.fixed:
        guess = standard.theta()
        guess[MU_SQUARED] = gallium.best[0] ** 2
        likelihood = problem.likelihood.with_constraints(problem.gallium)
        best = fit(likelihood, Start(guess, (*problem.start.free, MU)))
    return Outcome(problem, best, standard, free, gallium)


def fit_spectrum(
    card: Card, config: FitConfig, spectrum: Spectrum, advance: Advance | None = None
) -> Outcome:
    """Analyse a measured or simulated spectrum; errors as ``build_problem`` and ``analyse``."""
    return analyse(build_problem(card, config, spectrum), advance)


def fit_asimov(
    card: Card, config: FitConfig, exposure_d_100t: float, advance: Advance | None = None
) -> Outcome:
    """Analyse the expected counts of a card; errors as ``asimov_problem`` and ``analyse``."""
    return analyse(asimov_problem(card, config, exposure_d_100t), advance)


def save(outcome: Outcome, card: Card, folder: Path) -> list[Path]:
    """Write ``fit.json``, the figures and their numbers; return the figures' PNGs.

    Raises
    ------
    OutputError
        The folder or a file cannot be written.
    """
    from analysis.plots.files import save_result
    from analysis.plots.profiles import profile_figure, profile_numbers
    from analysis.plots.spectrum import moment_figure, moment_numbers, spectrum_figure, spectrum_numbers

    figures = (
        ("spectrum", spectrum_figure, spectrum_numbers),
        ("moment", moment_figure, moment_numbers),
        ("profile", profile_figure, profile_numbers),
    )
    return save_result(outcome, "fit.json", to_plain(outcome, card), figures, folder)
