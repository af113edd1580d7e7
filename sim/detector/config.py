"""The card sections ``[detector]`` and ``[pile_up]``: every effect can be switched off or scaled.

Defaults marked "tuned" make means and widths of N_h, N_p(230), N_p(400) and charge of electrons and of 210Po
come out as in the Monte Carlo spectra of the Phase-II analysis [BX-PDF17]; the names say which number each
one answers to. "From memory" marks values that could not be checked against a publication.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from sim.core.config import Section
from sim.core.geometry import N_PMT
from sim.detector.optical.config import OpticalConfig


class TubesConfig(Section):
    """Which photomultipliers are read out."""

    live: int = Field(1610, ge=100, le=N_PMT)  # tuned to the width of N_h, whose variance goes as 2000/live
    charge_live: int = Field(1475, ge=0, le=N_PMT)  # tuned to the width of the charge
    layout_seed: int = Field(1, ge=0)  # which tubes are dead or bare; not the seed of the run

    @model_validator(mode="after")
    def _charge_is_live(self) -> Self:
        if self.charge_live > self.live:
            msg = f"charge_live = {self.charge_live} exceeds live = {self.live}"
            raise ValueError(msg)
        return self


class QuenchingConfig(Section):
    """Birks quenching; ``enabled = false`` makes visible equal to deposited energy."""

    enabled: bool = True
    kb_beta_cm_mev: float = Field(0.01098, ge=0, le=0.1)  # electrons, gammas [BX-G4]
    kb_alpha_cm_mev: float = Field(0.01075, ge=0, le=0.1)  # alphas: 0.01042 [BX-G4], tuned to the 210Po peak


class LightConfig(Section):
    """Photoelectrons per visible energy."""

    yield_pe_mev: float = Field(590.0, ge=10, le=1e4)  # at the centre, 2000 live tubes; tuned to N_h
    scale: float = Field(1.0, gt=0, le=10)  # factor on the yield, for studies


class CollectionConfig(Section):
    """What makes tubes, and positions, unequal."""

    enabled: bool = True  # false: every live tube alike, no dependence on the angle of incidence
    bare_efficiency: float = Field(0.6, ge=0, le=1)  # tube without concentrator over one with it; from memory
    relative_qe_sigma: float = Field(0.1, ge=0, le=0.5)  # spread of the tubes' efficiency; from memory
    angular_falloff: float = Field(
        1.25, ge=0, le=4
    )  # acceptance 1 - a (1 - cos); tuned to the widths at 1 MeV


class EmissionConfig(Section):
    """Emission times of the scintillator, sums of exponentials [BX-G4]."""

    enabled: bool = True
    beta_weight: tuple[float, ...] = (0.889, 0.055, 0.027, 0.029)
    beta_tau_ns: tuple[float, ...] = (3.7, 24.0, 60.0, 600.0)
    alpha_weight: tuple[float, ...] = (0.674, 0.146, 0.103, 0.077)
    alpha_tau_ns: tuple[float, ...] = (3.9, 26.0, 110.0, 630.0)

    @model_validator(mode="after")
    def _components(self) -> Self:
        for kind, weight, tau in (
            ("beta", self.beta_weight, self.beta_tau_ns),
            ("alpha", self.alpha_weight, self.alpha_tau_ns),
        ):
            if len(weight) != len(tau) or not weight:
                msg = f"{kind}: {len(weight)} weights and {len(tau)} decay times, expected as many of each"
                raise ValueError(msg)
            if min(weight) < 0 or abs(sum(weight) - 1.0) > 1e-6:
                msg = f"{kind}_weight sums to {sum(weight):.6g}, expected 1 of terms >= 0"
                raise ValueError(msg)
            if min(tau) <= 0 or max(tau) > 2000:
                msg = f"{kind}_tau_ns must lie in (0, 2000]"
                raise ValueError(msg)
        return self


class FlightConfig(Section):
    """Time of flight."""

    enabled: bool = True
    refractive_index: float = Field(1.68, ge=1, le=3)  # effective, dispersion and scattering in [BX-ECHIDNA]


class LateLightConfig(Section):
    """Scattered and reflected light: a part of the photons is delayed exponentially."""

    enabled: bool = True
    fraction: float = Field(0.08, ge=0, le=1)  # tuned to N_p(230) over N_p(400)
    delay_ns: float = Field(65.0, gt=0, le=1000)  # one more crossing of the sphere; 50 to 70 from memory


class TransitConfig(Section):
    """Transit-time spread of the tubes."""

    enabled: bool = True
    sigma_ns: float = Field(1.3, gt=0, le=20)  # 1.1 to 1.5; from memory


class ChargeConfig(Section):
    """Charge of a single photoelectron: an exponential of badly amplified ones and a Gaussian peak."""

    enabled: bool = True  # false: every photoelectron has the mean charge
    threshold_pe: float = Field(0.2, ge=0, le=2)  # discriminator; from memory
    exponential_fraction: float = Field(0.134, ge=0, le=1)  # makes 12 % fall below threshold [BX-PDF17]
    exponential_pe: float = Field(0.1, gt=0, le=2)
    peak_pe: float = Field(1.09, gt=0, le=4)  # tuned to the mean charge over N_h
    sigma_pe: float = Field(0.35, gt=0, le=2)  # 0.3 to 0.4; from memory


class ElectronicsConfig(Section):
    """Charge integration and dead time of a channel [BX-ECHIDNA]."""

    enabled: bool = True  # false: every photoelectron above threshold is a hit
    integration_ns: float = Field(80.0, ge=0, le=1000)
    dead_ns: float = Field(140.0, ge=0, le=1e4)  # from the hit; no new hit before

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.dead_ns < self.integration_ns:
            msg = f"dead_ns = {self.dead_ns} is shorter than integration_ns = {self.integration_ns}"
            raise ValueError(msg)
        return self


class DarkConfig(Section):
    """Dark noise."""

    enabled: bool = True
    rate_hz: float = Field(700.0, ge=0, le=1e5)  # hits a second and tube [BX-ECHIDNA]


class TriggerConfig(Section):
    """Trigger and gate."""

    min_hits: int = Field(25, ge=1, le=N_PMT)  # 25 to 30; from memory
    window_ns: float = Field(60.0, gt=0, le=1000)  # from memory
    gate_ns: float = Field(16000.0, ge=1000, le=1e6)  # [BX-ECHIDNA]
    pre_ns: float = Field(1000.0, ge=0, le=1e4)  # part of the gate before the trigger; a choice
    dead_ns: float = Field(2000.0, ge=0, le=1e6)  # after a gate, until the next can open; a choice

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.pre_ns >= self.gate_ns:
            msg = f"pre_ns = {self.pre_ns} is not shorter than gate_ns = {self.gate_ns}"
            raise ValueError(msg)
        return self


class DetectorConfig(Section):
    """The detector.

    ``fidelity = "optical"`` tracks every photon: section ``optical`` then says how light is made and travels.
    Of the fast model it keeps tubes, quenching, ``light.scale``, the spread of the efficiencies, emission,
    transit, charge, electronics, dark noise and trigger; ``light.yield_pe_mev``, the rest of ``collection``,
    ``flight`` and ``late_light`` stand for what is tracked, and are not used.
    """

    fidelity: Literal["fast", "optical"] = "fast"
    tubes: TubesConfig = Field(default_factory=TubesConfig)
    quenching: QuenchingConfig = Field(default_factory=QuenchingConfig)
    light: LightConfig = Field(default_factory=LightConfig)
    collection: CollectionConfig = Field(default_factory=CollectionConfig)
    emission: EmissionConfig = Field(default_factory=EmissionConfig)
    flight: FlightConfig = Field(default_factory=FlightConfig)
    late_light: LateLightConfig = Field(default_factory=LateLightConfig)
    transit: TransitConfig = Field(default_factory=TransitConfig)
    charge: ChargeConfig = Field(default_factory=ChargeConfig)
    electronics: ElectronicsConfig = Field(default_factory=ElectronicsConfig)
    dark: DarkConfig = Field(default_factory=DarkConfig)
    trigger: TriggerConfig = Field(default_factory=TriggerConfig)
    optical: OpticalConfig = Field(default_factory=OpticalConfig)

    @model_validator(mode="after")
    def _steel_has_no_channels(self) -> Self:
        if self.fidelity == "optical" and self.optical.steel.efficiency > 0:
            msg = (
                f'fidelity = "optical" with optical.steel.efficiency = {self.optical.steel.efficiency}: '
                "light seen by steel belongs to no tube, expected 0"
            )
            raise ValueError(msg)
        return self


class PileUpConfig(Section):
    """How the 14C of the vessel is generated."""

    c14: bool = True  # false: no 14C at all
    thinning: bool = True  # false: every decay is generated and digitised (short runs only)
    analysis_threshold_nh: float = Field(
        85.0, ge=0, le=1e4
    )  # hits for 2000 tubes; gates below are not written
    cluster_ns: float = Field(2000.0, gt=0, le=1.6e4)  # longest cluster whose hits are counted for it
    missed_fraction: float = Field(
        1e-5, gt=0, le=0.1
    )  # chance that dark hits alone would lift a dropped gate
