"""The order of a search for solar antineutrinos: candidates, expectation, limits, files."""

import math
from pathlib import Path

import numpy as np

from analysis.appearance.candidates import Candidates, Prompts, checked_exposure
from analysis.appearance.config import AppearanceConfig
from analysis.appearance.field_limits import field_limits
from analysis.appearance.limits import binned_limits, counting_limits, flux_bins
from analysis.appearance.model import build_model, read_physics
from analysis.appearance.outcome import AppearanceOutcome, to_plain
from recon.config import CoincidenceConfig
from sim.core.config import Card
from sim.core.constants import DAYS_PER_YEAR, SECONDS_PER_DAY
from sim.core.errors import CardError, InputFileError
from sim.core.geometry import VESSEL_RADIUS_M, sphere_mass_t
from sim.physics.config import FieldConfig
from sim.physics.muon_config import MuonsConfig

_OTHERS = ("li9_he8_per_100t_y", "accidental_per_100t_y", "alpha_neutron_per_100t_y")


def card_exposure_t_y(card: Card) -> float:
    """Return the exposure of a card in t years: live days outside the vetoes times the mass inside the wall.

    Raises
    ------
    CardError
        The card has no live time, or a section is not usable.
    """
    days = card.values.get("run", {}).get("live_days")
    if isinstance(days, bool) or not isinstance(days, int | float) or not days > 0:
        msg = f"{card.source}: run.live_days = {days!r}: give it, or --exposure"
        raise CardError(msg)
    cuts = card.section("coincidence", CoincidenceConfig)
    muons = card.section("muons", MuonsConfig)
    vetoed_s = muons.inner_per_day * cuts.inner_veto_s
    vetoed_s += muons.outer_per_day * cuts.outer_veto_ms * 1e-3
    live = math.exp(-vetoed_s / SECONDS_PER_DAY)
    return float(days / DAYS_PER_YEAR * live * sphere_mass_t(VESSEL_RADIUS_M - cuts.wall_m))


def with_background(config: AppearanceConfig, per_100t_y: float) -> AppearanceConfig:
    """Return the settings with another sum of the backgrounds that are no antineutrinos, same proportions.

    Raises
    ------
    CardError
        The sum is negative or no number.
    """
    if not 0.0 <= per_100t_y < 1e6:
        msg = f"background = {per_100t_y:g} per 100 t and year: must be >= 0"
        raise CardError(msg)
    old = [getattr(config, name) for name in _OTHERS]
    shares = [value / sum(old) for value in old] if sum(old) > 0.0 else [0.0, 1.0, 0.0]
    return config.model_copy(
        update={name: per_100t_y * share for name, share in zip(_OTHERS, shares, strict=True)}
    )


def expected_candidates(card: Card, config: AppearanceConfig, exposure_t_y: float) -> Candidates:
    """Return the mean candidates without a signal, as weights at the middles of the bins (Asimov data).

    Raises
    ------
    HeliospinError
        No exposure, or a section of the card that is not usable.
    """
    nothing = Prompts(np.zeros(0), np.zeros(0))
    empty = Candidates(
        nothing, checked_exposure(exposure_t_y, card.source), card.source, "expected, no signal"
    )
    model = build_model(read_physics(card), config, empty)
    middles = 0.5 * (model.edges_mev[1:] + model.edges_mev[:-1])
    return empty._replace(prompts=Prompts(middles, model.background()))


def search(card: Card, config: AppearanceConfig, data: Candidates) -> AppearanceOutcome:
    """Set all limits.

    Parameters
    ----------
    card : sections sun, neutrino, antineutrino, field.
    config : section appearance, options applied.
    data : the candidates.

    Raises
    ------
    HeliospinError
        A section is not usable, the bins of the data do not fit, a limit cannot be set.
    """
    physics = read_physics(card)
    field = card.section("field", FieldConfig)
    model = build_model(physics, config, data)
    observed = data.prompts.histogram(model.edges_mev)
    impossible = (observed > 0.0) & (model.background() + model.signal(1.0) <= 0.0)
    if impossible.any():
        at = float(model.edges_mev[int(np.argmax(impossible))])
        msg = f"{data.source}: candidates at {at:.3g} MeV, where neither signal nor background is expected"
        raise InputFileError(msg)
    undistorted = counting_limits(model, observed, config)
    binned = binned_limits(model, observed, config)
    fields = field_limits(physics, model, observed, config, field)
    shape = fields.card().conversion.probability(model.energy_mev)
    return AppearanceOutcome(
        data,
        config,
        model,
        observed,
        undistorted.joined(binned),
        binned_limits(model, observed, config, shape, "field"),
        flux_bins(physics, model, config, data),
        fields,
    )


def save(outcome: AppearanceOutcome, card: Card, folder: Path) -> list[Path]:
    """Write ``antineutrino.json``, the figures and their numbers; return the figures' PNGs.

    Raises
    ------
    OutputError
        The folder or a file cannot be written.
    """
    from analysis.plots import appearance as draw
    from analysis.plots.conversion import conversion_figure, conversion_numbers
    from analysis.plots.files import save_result

    figures = (
        ("conversion", conversion_figure, conversion_numbers),
        ("candidates", draw.spectrum_figure, draw.spectrum_numbers),
        ("limits", draw.limits_figure, draw.limits_numbers),
        ("flux", draw.flux_figure, draw.flux_numbers),
    )
    return save_result(outcome, "antineutrino.json", to_plain(outcome, card), figures, folder)
