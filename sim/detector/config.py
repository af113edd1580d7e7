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
from sim.detector.tubes_config import TubesConfig


class QuenchingConfig(Section):
    """Birks quenching; ``enabled = false`` makes visible equal to deposited energy."""

    enabled: bool = True
    kb_beta_cm_mev: float = Field(0.01098, ge=0, le=0.1)  # electrons, gammas [BX-G4]
    kb_alpha_cm_mev: float = Field(0.01064, ge=0, le=0.1)  # alphas: 0.01042 [BX-G4], tuned to the 210Po peak


class PositroniumConfig(Section):
    """Ortho-positronium of stopped positrons: the annihilation gammas come late."""

    enabled: bool = True
    chance: float = Field(0.485, ge=0, le=1)  # of positrons that form it, unverified [FRANCO11]
    lifetime_ns: float = Field(3.12, gt=0, le=142)  # in pseudocumene, unverified [FRANCO11]


class LightConfig(Section):
    """How much light a deposit makes."""

    scale: float = Field(1.0, gt=0, le=10)  # factor on the number of photons, for studies


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


class TransitConfig(Section):
    """Transit time of the tubes: its spread, and late pulses.

    A photoelectron that bounces off the first dynode elastically flies back against the field and comes
    again: its pulse is late by up to twice the flight from cathode to dynode [LUBSANDORZHIEV00].
    """

    enabled: bool = True
    sigma_ns: float = Field(1.3, gt=0, le=20)  # 1.1 to 1.5; from memory
    late_fraction: float = Field(0.03, ge=0, le=0.5)  # 1 to 5 % of the photoelectrons; unverified; 0: none
    late_most_ns: float = Field(50.0, gt=0, le=500)  # twice the flight to the first dynode; unverified


class ChargeConfig(Section):
    """Charge of a single photoelectron: an exponential of badly amplified ones and a Gaussian peak."""

    enabled: bool = True  # false: every photoelectron has the mean charge
    threshold_pe: float = Field(0.2, ge=0, le=2)  # discriminator; from memory
    exponential_fraction: float = Field(0.134, ge=0, le=1)  # makes 12 % fall below threshold [BX-PDF17]
    exponential_pe: float = Field(0.1, gt=0, le=2)
    peak_pe: float = Field(1.077, gt=0, le=4)  # tuned to the mean charge over N_h
    sigma_pe: float = Field(0.35, gt=0, le=2)  # 0.3 to 0.4; from memory


class AfterpulseConfig(Section):
    """Afterpulses: ions made by a pulse drift back to the cathode and free electrons there.

    Each photoelectron above threshold makes one with probability ``fraction``. The delay goes with the root
    of the ion's mass, and tubes differ: here it is flat in its logarithm from ``first_ns`` to ``last_ns``.
    The charge is that of a photoelectron above threshold. Dark pulses make none: their rate is measured with
    theirs in it. Afterpulses of afterpulses, 0.06 %, are left out.
    """

    enabled: bool = True
    fraction: float = Field(0.025, ge=0, le=0.5)  # 2.5 % [IANNI05], unverified
    first_ns: float = Field(500.0, ge=1, le=1e5)  # 0.5 to 10 us [HASER13], unverified
    last_ns: float = Field(10_000.0, gt=1, le=1e5)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first_ns >= self.last_ns:
            msg = f"first_ns = {self.first_ns} is not before last_ns = {self.last_ns}"
            raise ValueError(msg)
        return self


class ElectronicsConfig(Section):
    """Charge integration and dead time of a channel [BX-ECHIDNA].

    "80 to 140 ns dead after a hit" is read as 80 ns of integration and no new hit before 140 ns. Read as a
    range it is ``dead_spread_ns = 60``: then each channel has a dead time of its own, drawn once from the
    layout's seed, since it is a property of the channel's circuit. The slow decay of the converter, 500 ns
    [BX-ECHIDNA], is left out.
    """

    enabled: bool = True  # false: every photoelectron above threshold is a hit
    integration_ns: float = Field(80.0, ge=0, le=1000)
    dead_ns: float = Field(140.0, ge=0, le=1e4)  # from the hit; no new hit before
    dead_spread_ns: float = Field(0.0, ge=0, le=1e4)  # channels: dead_ns - dead_spread_ns to dead_ns, flat

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.dead_ns < self.integration_ns:
            msg = f"dead_ns = {self.dead_ns} is shorter than integration_ns = {self.integration_ns}"
            raise ValueError(msg)
        if self.dead_ns - self.dead_spread_ns < self.integration_ns:
            msg = (
                f"dead_ns - dead_spread_ns = {self.dead_ns - self.dead_spread_ns} is shorter than "
                f"integration_ns = {self.integration_ns}"
            )
            raise ValueError(msg)
        return self


class ReflectionConfig(Section):
    """Large pulses are reflected in the cable and come again as a false hit of the channel [BX-ECHIDNA]."""

    enabled: bool = True  # needs electronics.enabled
    min_charge_pe: float = Field(3.0, ge=0, le=1e3)  # only larger hits come back [BX-ECHIDNA]
    delay_ns: float = Field(615.0, gt=0, le=1e4)  # [BX-ECHIDNA]
    spread_ns: float = Field(10.0, ge=0, le=1e3)  # channels: delay_ns +- spread_ns [BX-ECHIDNA], flat
    share: float = Field(
        0.067, ge=0, le=1
    )  # of the charge; makes min_charge_pe reach the threshold, a choice


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
    spread_hits: float = Field(
        1.0, ge=0, le=100
    )  # of the threshold, Gaussian, from burst to burst: the turn-on's width; unverified; 0: a step

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.pre_ns >= self.gate_ns:
            msg = f"pre_ns = {self.pre_ns} is not shorter than gate_ns = {self.gate_ns}"
            raise ValueError(msg)
        return self


class DetectorConfig(Section):
    """The detector.

    Section ``optical`` says how light travels and is collected. ``fidelity = "optical"`` tracks every photon;
    ``"fast"`` draws tubes and delays from a map that the same tracking made: that of the default detector
    comes with the program, for any other it is made once, in half a minute, and kept.
    """

    fidelity: Literal["fast", "optical"] = "fast"
    tubes: TubesConfig = Field(default_factory=TubesConfig)
    quenching: QuenchingConfig = Field(default_factory=QuenchingConfig)
    positronium: PositroniumConfig = Field(default_factory=PositroniumConfig)
    light: LightConfig = Field(default_factory=LightConfig)
    emission: EmissionConfig = Field(default_factory=EmissionConfig)
    transit: TransitConfig = Field(default_factory=TransitConfig)
    charge: ChargeConfig = Field(default_factory=ChargeConfig)
    afterpulses: AfterpulseConfig = Field(default_factory=AfterpulseConfig)
    electronics: ElectronicsConfig = Field(default_factory=ElectronicsConfig)
    reflection: ReflectionConfig = Field(default_factory=ReflectionConfig)
    dark: DarkConfig = Field(default_factory=DarkConfig)
    trigger: TriggerConfig = Field(default_factory=TriggerConfig)
    optical: OpticalConfig = Field(default_factory=OpticalConfig)

    @model_validator(mode="after")
    def _reflections_come_after_integration(self) -> Self:
        earliest_ns = self.reflection.delay_ns - self.reflection.spread_ns
        if self.reflection.enabled and earliest_ns < self.electronics.integration_ns:
            msg = (
                f"reflection.delay_ns - reflection.spread_ns = {earliest_ns} is shorter than "
                f"electronics.integration_ns = {self.electronics.integration_ns}: the charge is not known yet"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _steel_has_no_channels(self) -> Self:
        if self.optical.steel.efficiency > 0:
            msg = (
                f"optical.steel.efficiency = {self.optical.steel.efficiency}: "
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
