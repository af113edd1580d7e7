"""The ``[appearance]`` section of the card: the search for solar antineutrinos, its backgrounds and limits.

Defaults are those of the published searches [BX-ANTINU11], [BX-ANTINU21]; numbers of them that are quoted
from memory are marked unverified.
"""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from sim.core.config import Section

PROMPT_OFFSET_MEV = 0.784  # neutrino energy less visible prompt energy, annihilation included [BX-ANTINU11]

Free = Literal["free"]


class AppearanceConfig(Section):
    """Candidates to limits. Backgrounds that are antineutrinos have their rates in section [antineutrino]."""

    confidence: float = Field(0.90, gt=0.5, lt=1)
    # neutrino energies in MeV; prompt energy = neutrino energy - 0.784
    range_mev: tuple[float, float] = (1.8, 16.8)  # [BX-ANTINU21]
    threshold_mev: float = Field(7.3, gt=0, le=30)  # limits are given above it as well [BX-ANTINU11]
    bin_width_mev: float = Field(0.5, gt=0, le=5)  # of the binned fit
    flux_bin_mev: float = Field(1.0, gt=0, le=10)  # of the model-independent flux limits [BX-ANTINU11]

    # -- detector: "published" is a flat efficiency and a resolution that goes as the root of the energy
    response: Literal["auto", "published", "simulation"] = "auto"  # simulation for reco files, else published
    efficiency: float | None = Field(None, gt=0, le=1)  # None: 0.85 (published), or that of the table
    efficiency_sigma: float = Field(0.018, ge=0, le=1)  # relative, 0.850 +- 0.015 unverified [BX-ANTINU21]
    resolution: float = Field(0.05, gt=0, le=1)  # sigma/E at 1 MeV, unverified [BX-MC18]

    # -- relative uncertainties of the backgrounds; "free": found by the fit
    reactor_sigma: float | Free = 0.05  # unverified [BX-GEONU20]
    geo_sigma: float | Free = "free"
    atmospheric_sigma: float | Free = 0.5  # unverified [BX-GEONU20]
    other_sigma: float | Free = 0.2  # 0.14 +- 0.02 and its shape, unverified [BX-ANTINU11]

    # -- backgrounds after all cuts per 100 t and year, where the input is no simulation [BX-ANTINU11]
    li9_he8_per_100t_y: float = Field(0.03, ge=0, le=1e6)  # +- 0.02, unverified
    accidental_per_100t_y: float = Field(0.080, ge=0, le=1e6)  # +- 0.001, unverified
    alpha_neutron_per_100t_y: float = Field(0.014, ge=0, le=1e6)  # +- 0.001, unverified

    # -- what is made of it
    method: Literal["profile", "bayesian", "cls"] = "bayesian"  # of sensitivities and limits on mu_12 B
    toys: int = Field(1000, ge=0, le=1_000_000)  # pseudo-experiments of a sensitivity; 0: none
    seed: int = Field(1, ge=0, le=2**63 - 1)  # of the pseudo-experiments
    fields_kg: tuple[float, ...] = (1.0, 10.0, 100.0, 1000.0)  # strengths for limits on the moment itself

    @field_validator("reactor_sigma", "geo_sigma", "atmospheric_sigma", "other_sigma")
    @classmethod
    def _not_negative(cls, value: float | str) -> float | str:
        if not isinstance(value, str) and not 0.0 <= value <= 10.0:
            msg = "expected a relative uncertainty from 0 to 10, or 'free'"
            raise ValueError(msg)
        return value

    @field_validator("fields_kg")
    @classmethod
    def _positive(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0.0 < field <= 1e9 for field in value):
            msg = "expected field strengths in kG above 0"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _ordered(self) -> "AppearanceConfig":
        low, high = self.range_mev
        if not PROMPT_OFFSET_MEV < low < high <= 30.0:
            msg = f"range_mev = {low:g}, {high:g}: expected 0.784 < low < high <= 30 MeV"
            raise ValueError(msg)
        if not low <= self.threshold_mev < high:
            msg = f"threshold_mev = {self.threshold_mev:g} is outside range_mev, {low:g} to {high:g}"
            raise ValueError(msg)
        if (high - low) / min(self.bin_width_mev, self.flux_bin_mev) > 500.0:
            msg = "more than 500 bins: raise bin_width_mev or flux_bin_mev"
            raise ValueError(msg)
        return self
