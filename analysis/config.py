"""The ``[fit]`` section of the card: what is fitted, over which range, with which constraints."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from analysis.parameters import NAMES
from analysis.tfc import Choice
from sim.core.config import Section
from sim.physics.gallium import MEASURED_SNU

Estimator = Literal["nh", "nh_230", "nh_400", "np", "np_230", "np_400", "charge_pe"]
LineShape = Literal["cumulant", "scaled_poisson", "generalised_gamma", "gaussian"]


class Pull(Section):
    """A Gaussian constraint."""

    value: float
    sigma: float = Field(gt=0)


_STANDARD_PULLS = {
    "rate_14C": Pull(value=3.4992e6, sigma=4.32e4),  # cpd/100 t [BX-PDF17]
    "yield_variance": Pull(value=2.25e-4, sigma=1.5e-4),  # b = 0.015 +- 0.005, of the public spectra
}


_EXTERNAL_LIGHT = 1.0228  # over that of the rest [BX-PDF17]
# The same of the simulated detector, of counts and of charge: few tubes see most of the light of events that
# far out. Measured to 0.003 with its events (tests/statistics/test_external_light.py).
_SIMULATED_EXTERNAL_LIGHT = 0.974, 1.009


class FitConfig(Section):
    """Spectral fit. Defaults are those of the Borexino Phase-II data."""

    estimator: Estimator = "nh"
    range: tuple[float, float] = (92.0, 950.0)  # bins whose centre is in it [BX-PDF17]
    bin_width: int = Field(1, ge=1, le=50)  # estimator units that make one bin
    response: str = "borexino"  # table sim/data/response_<name>.csv
    line_shape: LineShape = "cumulant"
    gain_skew: float = Field(0.0, ge=-5, le=5)  # skewness of the light yield over the volume and time
    templates: str | None = None  # CSV of Monte Carlo spectra that replace the analytic ones
    kb_cm_mev: float = Field(0.01098, gt=0, le=0.05)  # Birks' constant of electrons [BX-G4]
    # light yield of gammas from outside over that of the rest; none: as the response has it
    external_light: float | None = Field(None, gt=0.5, lt=2)
    pile_up: Literal["synthetic", "convolution", "none"] = "synthetic"
    tfc: Choice = "all"  # clusters of a reconstruction by their 11C tag; the exposure follows
    # the data are without 11C candidates, as tfc = "subtracted" says; of a spectrum: 1.80 +- 0.10 are left
    tfc_subtracted: bool = False
    start: dict[str, float] = Field(default_factory=dict)  # parameter -> start value
    fixed: dict[str, float] = Field(default_factory=dict)  # parameter -> held at this value
    pulls: dict[str, Pull] = Field(default_factory=dict)  # added to the standard ones; "none" removes one
    # cpd/100 t of pile-up with N_h from 100 to 120 [BX-PDF17]; a pull on rate_pile_up replaces it
    pile_up_in_window: Pull = Pull(value=2.1, sigma=0.04)
    gallium_snu: float = Field(MEASURED_SNU[0], gt=0)
    gallium_sigma_snu: float = Field(MEASURED_SNU[1], gt=0)
    gallium_rate_error: float = Field(0.04, ge=0)  # relative, theory of single rates [BX-TAUP17]
    gallium_volume_error: float = Field(0.01, ge=0)  # relative, fiducial volume [BX-TAUP17]
    profile_step: float = Field(0.25, gt=0, le=5)  # 1e-11 mu_B
    profile_max: float = Field(100.0, gt=0, le=1e3)  # 1e-11 mu_B
    confidence: float = Field(0.90, gt=0.5, lt=1)

    @model_validator(mode="before")
    @classmethod
    def _subtracted(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("tfc") == "subtracted":
            return {"tfc_subtracted": True} | values
        return values

    @model_validator(mode="after")
    def _consistent(self) -> "FitConfig":
        if self.tfc != "all" and self.tfc_subtracted != (self.tfc == "subtracted"):
            msg = f"tfc_subtracted = {str(self.tfc_subtracted).lower()} contradicts tfc = {self.tfc!r}"
            raise ValueError(msg)
        return self

    @field_validator("range")
    @classmethod
    def _ordered(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0.0 < value[0] < value[1]:
            msg = "expected 0 < low < high"
            raise ValueError(msg)
        return value

    @field_validator("pulls", mode="before")
    @classmethod
    def _with_standard(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: pull for name, pull in {**_STANDARD_PULLS, **value}.items() if pull != "none"}

    @field_validator("start", "fixed", "pulls")
    @classmethod
    def _known(cls, value: dict[str, object]) -> dict[str, object]:
        for name in value:
            if name not in NAMES:
                msg = f"unknown parameter {name!r}, parameters are {', '.join(NAMES)}"
                raise ValueError(msg)
        return value

    def external_yield(self) -> float:
        """Return the light yield of gammas from outside over that of events spread evenly."""
        if self.external_light is not None:
            return self.external_light
        if self.response == "borexino":
            return _EXTERNAL_LIGHT
        return _SIMULATED_EXTERNAL_LIGHT[self.estimator.startswith("charge")]

    def gallium_total_sigma_snu(self) -> float:
        """Return the uncertainty of the gallium constraint with the theory and volume terms, in SNU."""
        relative = self.gallium_rate_error**2 + self.gallium_volume_error**2
        return float((self.gallium_sigma_snu**2 + relative * self.gallium_snu**2) ** 0.5)
