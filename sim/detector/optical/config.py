"""The card section ``[detector.optical]``: how light is made, travels and is collected.

The optical fidelity tracks it; the fast one draws from a map that tracking made.

Lengths, refractive index, quantum efficiency and nylon are tables of ``sim/data/optical_*.csv``; the factors
here multiply them. Values marked "unverified" are from memory or a guess.
"""

from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from sim.core.config import Section


class ScintillationConfig(Section):
    """Light at birth."""

    photons_per_mev: float = Field(13600.0, ge=0, le=1e5)  # of visible energy [BX-G4]
    peak_nm: float = Field(363.0, gt=310, le=600)  # most probable wavelength of the PPO emission [BX-G4]
    mean_nm: float = Field(381.0, gt=310, le=600)  # its mean [BX-G4]
    start_nm: float = Field(310.0, ge=250, le=400)  # nothing below [BX-G4]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.start_nm < self.peak_nm < self.mean_nm:
            msg = f"start_nm = {self.start_nm}, peak_nm = {self.peak_nm}, mean_nm = {self.mean_nm} must rise"
            raise ValueError(msg)
        return self


class ReemissionConfig(Section):
    """Absorbed light that the scintillator gives back [BX-G4]."""

    enabled: bool = True
    edge_nm: tuple[float, float] = (320.0, 375.0)  # of the three ranges of the chance
    ppo_probability: tuple[float, float, float] = (0.53, 0.839, 0.15)
    buffer_probability: float = Field(0.04, ge=0, le=1)  # light that pseudocumene absorbs in the buffer
    ppo_delay_ns: float = Field(1.6, gt=0, le=100)
    transfer_delay_ns: float = Field(3.6, gt=0, le=100)  # pseudocumene to PPO, before PPO emits
    scale: float = Field(1.0, ge=0, le=10)  # factor on all chances, which end at 1; for studies
    red_only: bool = True  # re-emitted light is not bluer than what was absorbed

    @model_validator(mode="after")
    def _chances(self) -> Self:
        if min(self.ppo_probability) < 0 or max(self.ppo_probability) > 1:
            msg = f"ppo_probability = {self.ppo_probability} must lie in [0, 1]"
            raise ValueError(msg)
        return self


class LengthsConfig(Section):
    """Factors on the tabulated lengths, which hold the published tuning already; 1e13 is as good as none."""

    absorption_ppo: float = Field(1.0, gt=0, le=1e15)
    scattering: float = Field(1.0, gt=0, le=1e15)  # pseudocumene, vessel and buffer
    absorption_pc: float = Field(1.0, gt=0, le=1e15)
    absorption_dmp: float = Field(1.0, gt=0, le=1e15)
    nylon: float = Field(1.0, gt=0, le=1e15)


class SpheresConfig(Section):
    """Radii in m, from the inside out [BX-G4], and the place of the inner vessel."""

    vessel_m: float = Field(4.25, gt=0)
    shroud_m: float = Field(5.5, gt=0)
    tubes_m: float = Field(6.559, gt=0)  # photocathodes [BX-ECHIDNA]
    steel_m: float = Field(6.85, gt=0)
    vessel_offset_m: tuple[float, float, float] = (0.0, 0.0, 0.0)  # centre of the inner vessel
    buffer_index_ratio: float = Field(1.0, ge=0.8, le=1.25)  # n of the buffer over n of the scintillator


class SteelConfig(Section):
    """Inside of the stainless-steel sphere."""

    reflectivity: float = Field(0.48, ge=0, le=1)  # 0.55 [BX-G4]; tuned to N_p(230) / N_p(400) [BX-PDF17]
    specular: float = Field(0.12, ge=0, le=1)  # of reflected light [BX-G4]; the rest follows Lambert's law
    efficiency: float = Field(0.0, ge=0, le=1)  # of absorbed light that counts as seen: for closure tests


class TubesConfig(Section):
    """Photomultipliers, concentrators and rings."""

    enabled: bool = True  # false: only the steel
    # Times the tabulated efficiency: 0.735 in the mean over tubes [BX-G4]; tuned to N_h [BX-PDF17].
    relative_qe: float = Field(0.81, ge=0, le=1)
    relative_qe_sigma: float = Field(0.1, ge=0, le=0.5)  # relative spread over tubes; unverified
    cathode_m: float = Field(0.09525, gt=0, le=0.2)  # exit radius of a concentrator [BX-G4]
    mouth_m: float = Field(0.1566, gt=0, le=0.23)  # entrance radius of a concentrator [BX-G4]
    length_m: float = Field(0.23, gt=0, le=1)  # of a concentrator [BX-G4]
    ring_m: float = Field(0.11, gt=0, le=0.23)  # outer radius of a bare tube's ring; unverified
    ring_reflectivity: float = Field(0.75, ge=0, le=1)  # also outside of concentrators [BX-G4]
    ring_specular: float = Field(0.88, ge=0, le=1)  # [BX-G4]
    cone_reflectivity: float = Field(0.95, ge=0, le=1)  # [BX-G4]
    curvature_m: float = Field(0.11, gt=0, le=10)  # radius of the photocathode's glass; unverified
    # The next three: ray tracing of a string profile of these radii and length, our own calculation.
    cone_reflections: float = Field(0.9, ge=0, le=10)  # mean number of accepted light
    turned_back_reflections: float = Field(3.4, ge=0, le=20)  # mean number of refused light
    cutoff_width_deg: float = Field(1.5, gt=0, le=30)  # softness of the concentrators' edge

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.cathode_m <= min(self.ring_m, self.mouth_m, self.curvature_m):
            msg = (
                f"cathode_m = {self.cathode_m} exceeds ring_m = {self.ring_m}, mouth_m = {self.mouth_m} "
                f"or curvature_m = {self.curvature_m}"
            )
            raise ValueError(msg)
        return self


class CherenkovConfig(Section):
    """Cherenkov light of electrons."""

    enabled: bool = True
    scale: float = Field(1.0, ge=0, le=10)  # factor on the number of photons, for studies
    radiation_length_g_cm2: float = Field(43.9, gt=0, le=1000)  # C9H12 from [PDG22] elements


class OpticalConfig(Section):
    """The optical fidelity."""

    scintillation: ScintillationConfig = Field(default_factory=ScintillationConfig)
    reemission: ReemissionConfig = Field(default_factory=ReemissionConfig)
    lengths: LengthsConfig = Field(default_factory=LengthsConfig)
    spheres: SpheresConfig = Field(default_factory=SpheresConfig)
    steel: SteelConfig = Field(default_factory=SteelConfig)
    tubes: TubesConfig = Field(default_factory=TubesConfig)
    cherenkov: CherenkovConfig = Field(default_factory=CherenkovConfig)
    latest_ns: float = Field(6000.0, gt=0, le=1e6)  # after the deposit; later photons are given up

    @model_validator(mode="after")
    def _nested(self) -> Self:
        s = self.spheres
        inner = s.vessel_m + sum(x * x for x in s.vessel_offset_m) ** 0.5
        radii = (inner, s.shroud_m, s.tubes_m - self.tubes.length_m, s.tubes_m, s.steel_m)
        if any(a >= b for a, b in pairwise(radii)):
            msg = f"vessel (with offset), shroud, concentrators, tubes, steel at {radii} m must rise"
            raise ValueError(msg)
        return self
