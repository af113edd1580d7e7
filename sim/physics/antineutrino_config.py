"""The card section of the antineutrino-appearance channel: its signal and its backgrounds."""

from typing import Literal

from pydantic import Field

from sim.core.config import Section


class AntineutrinoConfig(Section):
    """Inverse beta decay and what looks like it. Rates of interactions, before any cut; zero: switched off.

    Rates per 100 t and year hold for 6.01e30 free protons in 100 t; 1 TNU = 1 per 1e32 protons and year.
    """

    cross_section: Literal["2022", "2003"] = "2022"  # constants of inverse beta decay [RVV22], [SV03]
    conversion: float | None = Field(None, ge=0, le=1)  # P(nu_e -> anti-nu_e), the same at all energies
    boost: float = Field(1.0, ge=1, le=1e12)  # solar antineutrinos generated for each expected one
    capture_time_us: float = Field(255.0, gt=0, le=1e4)  # mean time to capture, unverified [BX-ANTINU11]

    # -- antineutrinos that are not solar, per 100 t and year
    reactor_per_100t_y: float = Field(5.08, ge=0, le=1e6)  # 84.5 TNU at LNGS, unverified [BX-GEONU20]
    geo_u238_per_100t_y: float = Field(2.2, ge=0, le=1e6)  # 47 TNU in all, unverified [BX-GEONU20]
    geo_th232_per_100t_y: float = Field(0.6, ge=0, le=1e6)
    atmospheric_per_100t_y: float = Field(0.5, ge=0, le=1e6)  # above the prompt threshold, unverified

    # -- correlated backgrounds
    li9_cpd_100t: float = Field(0.083, ge=0, le=1e3)  # all decays, unverified [BX-COSMO13]
    he8_cpd_100t: float = Field(0.01, ge=0, le=1e3)  # unverified, a small share of 9Li
    alpha_neutron_per_100t_y: float = Field(0.016, ge=0, le=1e6)  # unverified [BX-ANTINU11]

    # -- accidental coincidences: single events as bright as a prompt or delayed one
    singles_internal_cpd_100t: float = Field(30.0, ge=0, le=1e6)  # 11C mainly, spread evenly; unverified
    singles_surface_cpd_m2: float = Field(10.6, ge=0, le=1e6)  # 2.61 MeV gammas through the vessel; tuned to
    # 0.080 accidental pairs per 100 t and year, unverified [BX-ANTINU11]
    singles_reach_s: float = Field(2.0, gt=0, le=100)  # singles further apart in time are no pair of a search
