"""The species of the fit as spectra of visible energy, normalised to one count a day and 100 t.

Everything here depends on physics constants only, never on a fit parameter: it is made once per card.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.config import FitConfig
from analysis.parameters import SOLAR_MEMBERS, SOLAR_RATES
from analysis.pile_up import overlay, random_window, self_overlay, windowed_overlay
from recon.config import ReconConfig
from sim.core.config import Card
from sim.core.constants import SECONDS_PER_DAY
from sim.physics.arrival import arrival
from sim.physics.beta import beta_spectrum
from sim.physics.config import (
    BackgroundsConfig,
    FieldConfig,
    MomentConfig,
    NeutrinoConfig,
    SiteConfig,
    SunConfig,
)
from sim.physics.conversion import Conversion
from sim.physics.external_gammas import external_rates, fiducial_spectrum
from sim.physics.gamma_light import VisibleLine, annihilation_visible, gamma_visible
from sim.physics.quenching import Particle, visible_energies
from sim.physics.rates import UNIT_MOMENT, expected_rates, recoil_rates
from sim.physics.solar_model import SolarModel, load_solar_model

Floats = NDArray[np.float64]

BETAS = ("14C", "85Kr", "210Bi")
EXTERNAL = ("ext_k40_bi214", "ext_tl208")  # gammas from outside
_TABLE_KB_CM_MEV = 0.01098  # of the table of gammas from outside
_STRETCH_MEV = {"40K": 1.4608, "214Bi": 1.7645, "208Tl": 2.6145}  # line whose light tells another kB
_TOP_MEV = 3.0  # visible energies above are beyond every fit range
_STEP_MEV = 0.0005
EDGES_MEV: Floats = np.arange(0.0, _TOP_MEV + 0.5 * _STEP_MEV, _STEP_MEV)


@dataclass(frozen=True)
class Spectra:
    """Visible-energy spectra, each (n,) on the bins of ``EDGES_MEV`` [counts a day and 100 t in the bin].

    Attributes
    ----------
    weak : solar rates, betas and gammas from outside, for a total of 1 cpd/100 t (gammas: above 0.2 MeV).
    magnetic : solar rates, magnetic part for 1e-11 mu_B and a weak rate of 1 cpd/100 t.
    positron : 11C by the positron's own visible energy (without annihilation), total 1.
    annihilation : visible energy of the two gammas of 11C.
    pile_up : pile-up spectrum for a total of 1 of merged decays (short windows see less).
    ssm_cpd_100t : weak rates that the solar model predicts.
    """

    weak: dict[str, Floats]
    magnetic: dict[str, Floats]
    positron: Floats
    annihilation: VisibleLine
    pile_up: Floats
    ssm_cpd_100t: dict[str, float]


@dataclass(frozen=True)
class SolarInput:
    """The sun, the mixing, and the field and moments of a card; made by ``solar_input``."""

    sun_config: SunConfig
    neutrino: NeutrinoConfig
    site: SiteConfig
    field: FieldConfig
    moment: MomentConfig

    @cached_property
    def sun(self) -> SolarModel:
        """Solar model with the card's flux factors."""
        return load_solar_model(self.sun_config.model).scaled(self.sun_config.flux_scale)

    @cached_property
    def conversion(self) -> Conversion:
        """Probabilities, averaged over production and live time."""
        return Conversion.build(self.sun, self.neutrino, self.site, field=self.field, moment=self.moment)

    @cached_property
    def ssm_cpd_100t(self) -> dict[str, float]:
        """Weak rate of each Borexino solar rate, as predicted."""
        rates = expected_rates(self.sun, self.conversion)
        return {
            name: sum(rates[part].weak_cpd_100t for part in SOLAR_MEMBERS[name] if part in rates)
            for name in SOLAR_RATES
        }


@lru_cache(maxsize=4)
def _cached_input(
    sun: str, neutrino: NeutrinoConfig, site: SiteConfig, field: FieldConfig, moment: MomentConfig
) -> SolarInput:
    return SolarInput(SunConfig.model_validate_json(sun), neutrino, site, field, moment)


def solar_input(card: Card) -> SolarInput:
    """Return the sun and the mixing of a card; the same object for equal sections.

    Raises
    ------
    CardError
        A section is not usable.
    """
    sun = card.section("sun", SunConfig).model_dump_json()  # holds a dict, so it cannot be a key itself
    return _cached_input(
        sun,
        card.section("neutrino", NeutrinoConfig),
        card.section("site", SiteConfig),
        card.section("field", FieldConfig),
        card.section("moment", MomentConfig),
    )


def to_visible(counts: Floats, particle: Particle, kb_cm_mev: float) -> Floats:
    """Move the contents of kinetic-energy bins (``EDGES_MEV``) to visible-energy bins of the same edges.

    Each bin is spread evenly between the visible energies of its edges; the sum is kept.
    """
    edges = visible_energies(particle, EDGES_MEV, kb_cm_mev)
    cumulative = np.concatenate([[0.0], np.cumsum(counts)])
    return np.diff(np.interp(EDGES_MEV, edges, cumulative))


def _beta(isotope: str, backgrounds: BackgroundsConfig) -> Floats:
    spectrum = beta_spectrum(isotope, backgrounds)
    steps = (
        0.5 * np.diff(spectrum.energy_mev) * (spectrum.density_per_mev[1:] + spectrum.density_per_mev[:-1])
    )
    cumulative = np.concatenate([[0.0], np.cumsum(steps)])
    return np.diff(np.interp(EDGES_MEV, spectrum.energy_mev, cumulative / cumulative[-1]))


def _solar(solar: SolarInput, name: str, kb_cm_mev: float) -> tuple[Floats, Floats]:
    weak = np.zeros(EDGES_MEV.size - 1)
    magnetic = np.zeros_like(weak)
    for component in SOLAR_MEMBERS[name]:
        if component in solar.sun.components:
            rates = recoil_rates(arrival(component, solar.sun, solar.conversion, UNIT_MOMENT), EDGES_MEV)
            weak += rates.weak_cpd_100t
            magnetic += rates.magnetic_cpd_100t
    total = solar.ssm_cpd_100t[name]
    scale = 1.0 / total if total > 0.0 else 0.0
    return to_visible(weak, "electron", kb_cm_mev) * scale, to_visible(
        magnetic, "electron", kb_cm_mev
    ) * scale


def external_rate(backgrounds: BackgroundsConfig, name: str) -> float:
    """Return the card's rate of one of ``EXTERNAL`` in cpd/100 t."""
    rates = external_rates(backgrounds)
    return rates["208Tl"] if name == "ext_tl208" else rates["40K"] + rates["214Bi"]


def _external(backgrounds: BackgroundsConfig, config: FitConfig) -> dict[str, Floats]:
    """Spectra of gammas from outside; 40K and 214Bi go together in the ratio of the card."""

    def one(isotope: str) -> Floats:
        line = _STRETCH_MEV[isotope]
        quenched = (
            gamma_visible(line, config.kb_cm_mev).mean_mev / gamma_visible(line, _TABLE_KB_CM_MEV).mean_mev
        )
        return fiducial_spectrum(isotope, EDGES_MEV, quenched * config.external_yield())

    rates = external_rates(backgrounds)
    both = rates["40K"] + rates["214Bi"]
    potassium = rates["40K"] / both if both > 0.0 else 0.5
    return {
        "ext_k40_bi214": potassium * one("40K") + (1.0 - potassium) * one("214Bi"),
        "ext_tl208": one("208Tl"),
    }


def _pile_up(card: Card, config: FitConfig, weak: dict[str, Floats], rates: dict[str, float]) -> Floats:
    carbon = weak["14C"]
    window_ns = next((float(part) for part in config.estimator.split("_") if part.isdigit()), None)
    if config.pile_up == "none":
        return np.zeros_like(carbon)
    if config.pile_up == "synthetic" and window_ns is not None:
        recon = card.section("reconstruction", ReconConfig)
        emission = np.array(recon.emission_weight), np.array(recon.emission_tau_ns)
        return windowed_overlay(carbon, window_ns, emission)
    if config.pile_up == "synthetic":
        return self_overlay(carbon)
    everything = sum((rates[name] * weak[name] for name in rates), np.zeros_like(carbon))
    return overlay(everything / everything.sum(), random_window(carbon))


def build_spectra(card: Card, config: FitConfig) -> Spectra:
    """Make the spectra of all species for a card.

    Parameters
    ----------
    card : its sections sun, neutrino, site, field, moment and backgrounds are used.
    config : the fit section (kB and the treatment of pile-up).

    Raises
    ------
    CardError, PhysicsError, TableError
        The card's values, the solar model or the shape factors cannot be used.
    """
    solar = solar_input(card)
    backgrounds = card.section("backgrounds", BackgroundsConfig)
    kb = config.kb_cm_mev
    weak: dict[str, Floats] = {}
    magnetic: dict[str, Floats] = {}
    for name in SOLAR_RATES:
        weak[name], magnetic[name] = _solar(solar, name, kb)
    for isotope in BETAS:
        weak[isotope] = to_visible(_beta(isotope, backgrounds), "electron", kb)
    weak |= _external(backgrounds, config)
    rates = {
        **{name: external_rate(backgrounds, name) for name in EXTERNAL},
        "14C": backgrounds.c14_bq_100t * SECONDS_PER_DAY,
        "85Kr": backgrounds.kr85_cpd_100t,
        "210Bi": backgrounds.bi210_cpd_100t,
        **solar.ssm_cpd_100t,
    }
    return Spectra(
        weak=weak,
        magnetic=magnetic,
        positron=to_visible(_beta("11C", backgrounds), "positron", kb),
        annihilation=annihilation_visible(kb),
        pile_up=_pile_up(card, config, weak, rates),
        ssm_cpd_100t=dict(solar.ssm_cpd_100t),
    )
