"""The card sections of the reconstruction; they describe what the analysis assumes, not what is true."""

import math

from pydantic import Field, field_validator, model_validator

from sim.core.config import Section
from sim.core.geometry import VESSEL_RADIUS_M, FiducialVolume

_MODEL_WEIGHT_TOLERANCE = 1e-6


class ReconConfig(Section):
    """Clustering, vertex model, fiducial volume and cuts.

    Clustering is that of the public Borexino reconstruction [BX-ECHIDNA], which counts in bins of 16 ns; here
    windows of as many ns slide from hit to hit. More than 8 hits in 3 bins start a cluster. The first 8 bins
    with no more hits than dark noise exceeds once in 1000 times (2 hits) end its pulse; 14 bins (3 hits) if
    its first 10 bins hold more than 800 hits. Its tail are 15 bins from there; hits are counted for 96 bins
    at least, unless another cluster starts.
    """

    # -- hits
    retrigger_ns: float = Field(
        180.0, ge=0, le=1e4
    )  # sooner after a hit of the channel: dropped [BX-ECHIDNA]

    reflection_ns: float = Field(615.0, gt=0, le=1e4)  # after a large hit of the channel [BX-ECHIDNA]
    reflection_spread_ns: float = Field(10.0, ge=0, le=1e3)  # so near: dropped [BX-ECHIDNA]; 0: none
    reflection_pe: float = Field(3.0, ge=0, le=1e3)  # what is large [BX-ECHIDNA]

    # -- clusters
    start_hits: int = Field(9, ge=2, le=1000)  # [BX-ECHIDNA] more than 8
    start_window_ns: float = Field(48.0, gt=0, le=1e3)  # [BX-ECHIDNA] 3 bins
    onset_hits: int = Field(3, ge=1, le=100)  # hits in onset_window_ns that a start needs: a dark hit is none
    onset_window_ns: float = Field(16.0, gt=0, le=1e3)  # one bin
    min_hits: int = Field(15, ge=2, le=10_000)  # [BX-ECHIDNA]
    quiet_window_ns: float = Field(128.0, gt=0, le=1e4)  # [BX-ECHIDNA] 8 bins
    quiet_chance: float = Field(1e-3, gt=0, lt=1)  # [BX-ECHIDNA] that dark noise alone is not quiet
    large_hits: int = Field(800, ge=0, le=1_000_000)  # [BX-ECHIDNA] more in large_window_ns: a large cluster
    large_window_ns: float = Field(160.0, gt=0, le=1e4)  # [BX-ECHIDNA] 10 bins
    large_quiet_window_ns: float = Field(224.0, gt=0, le=1e4)  # [BX-ECHIDNA] 14 bins
    tail_ns: float = Field(240.0, ge=0, le=1e4)  # [BX-ECHIDNA] 15 bins, the quiet window among them
    min_duration_ns: float = Field(1536.0, ge=0, le=1e5)  # [BX-ECHIDNA] 96 bins; 0: only the tail
    max_duration_ns: float = Field(2000.0, gt=0, le=1e5)  # as pile_up.cluster_ns of the simulation
    dark_rate_hz: float = Field(700.0, ge=0, le=1e6)  # [BX-ECHIDNA] per photomultiplier
    correct_gain: bool = True  # charges over the gain of their tube, as the file knows it
    subtract_dark: bool = False  # estimators less the dark hits expected in their window

    # -- vertex: time-of-flight likelihood
    # of the straight flight; the delays count from 1.57, of group at 420 nm. Without them 1.68 [BX-ECHIDNA]
    refractive_index: float = Field(1.57, ge=1, le=3)
    vertex_delays: bool = True  # light is scattered, sent out again, reflected: table ``vertex_timing``
    vertex_pattern: bool = True  # the fit also asks which tubes were hit, not only when
    time_spread_ns: float = Field(1.3, gt=0.1, le=20)  # transit-time spread 1.1 to 1.5 ns, unverified
    emission_weight: tuple[float, ...] = (0.889, 0.055, 0.027, 0.029)  # [BX-G4] electrons
    emission_tau_ns: tuple[float, ...] = (3.7, 24.0, 60.0, 600.0)  # [BX-G4] electrons
    vertex_window_ns: float = Field(200.0, gt=10, le=1e3)  # hits used, from the cluster's start
    vertex_background: float = Field(0.002, gt=0, lt=1)  # of the hits used: dark ones, 0.2 of 90 at 0.2 MeV

    # -- fiducial volume and cuts
    fiducial_radius_m: float = Field(
        2.8, gt=0, le=4.25
    )  # Phase-II, unverified [BX-NEUTRINO18]; 71.3 t as published
    fiducial_z_min_m: float = Field(-1.8, ge=-4.25, le=4.25)  # [BX-NEUTRINO18]
    fiducial_z_max_m: float = Field(2.2, ge=-4.25, le=4.25)  # [BX-NEUTRINO18]
    single_cluster: bool = False  # also ask that the gate holds one cluster only
    # pulse shape; none: no cut, as the published fit keeps the alphas in its spectrum [BX-MOMENT17]
    alpha_score_max: float | None = Field(None, ge=0, le=1)  # clusters above it are not selected
    positron_score_max: float | None = Field(None, ge=0, le=1)  # the same against 11C

    @field_validator("emission_tau_ns")
    @classmethod
    def _positive(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or min(value) <= 0:
            msg = "expected lifetimes > 0"
            raise ValueError(msg)
        return value

    @field_validator("emission_weight")
    @classmethod
    def _weights(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or min(value) < 0 or not math.isclose(sum(value), 1.0, abs_tol=_MODEL_WEIGHT_TOLERANCE):
            msg = f"expected weights >= 0 that sum to 1, their sum is {sum(value):.6g}"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "ReconConfig":
        if len(self.emission_weight) != len(self.emission_tau_ns):
            msg = f"{len(self.emission_weight)} emission weights but {len(self.emission_tau_ns)} lifetimes"
            raise ValueError(msg)
        if self.min_duration_ns > self.max_duration_ns:
            msg = (
                f"min_duration_ns = {self.min_duration_ns:g} must not exceed "
                f"max_duration_ns = {self.max_duration_ns:g}"
            )
            raise ValueError(msg)
        if self.fiducial_z_min_m >= self.fiducial_z_max_m:
            msg = "fiducial_z_min_m must be below fiducial_z_max_m"
            raise ValueError(msg)
        if self.fiducial_volume().volume_m3() <= 0:
            msg = "the fiducial volume is empty"
            raise ValueError(msg)
        return self

    def fiducial_volume(self) -> FiducialVolume:
        """Return the fiducial volume."""
        return FiducialVolume(self.fiducial_radius_m, self.fiducial_z_min_m, self.fiducial_z_max_m)


class CoincidenceConfig(Section):
    """The delayed-coincidence search for inverse beta decay: prompt positron, delayed neutron capture.

    Cuts of the ten-year antineutrino search [BX-ANTINU21], from memory: unverified. The multiplicity cut is
    that of the geo-neutrino analysis of the same data [BX-GEONU20], unverified. 200 moved windows give the
    expectation of b accidental pairs with an error of sqrt(b / 200), 7 % of the spread of their number.
    """

    # -- charges, in p.e. for 2000 channels
    prompt_min_pe: float = Field(408.0, gt=0, le=1e6)  # unverified [BX-ANTINU21]
    prompt_max_pe: float | None = Field(None, gt=0, le=1e7)  # none: no upper end
    delayed_min_pe: float = Field(860.0, gt=0, le=1e6)  # unverified [BX-ANTINU21] 2.22 MeV gamma
    delayed_max_pe: float = Field(1300.0, gt=0, le=1e6)  # unverified [BX-ANTINU21]

    # divided by light_ratio; the response of the antineutrino analysis must then be made with this card
    correct_charge: bool = False

    # -- space and time
    dt_min_us: float = Field(20.0, ge=0.1, le=1e5)  # unverified [BX-ANTINU21]
    dt_max_us: float = Field(1280.0, gt=0, le=1e5)  # unverified [BX-ANTINU21]; capture takes 255 us
    distance_m: float = Field(1.0, gt=0, le=20)  # of the vertices, unverified [BX-ANTINU21]
    wall_m: float = Field(
        0.25, ge=0, lt=VESSEL_RADIUS_M
    )  # prompt vertex from vessel, unverified [BX-ANTINU21]

    # -- vetoes
    inner_veto_s: float = Field(
        2.0, ge=0, le=5
    )  # after muons through the scintillator, unverified [BX-ANTINU21]
    outer_veto_ms: float = Field(2.0, ge=0, le=5000)  # after all other muons, unverified [BX-ANTINU21]
    multiplicity_ms: float = Field(2.0, ge=0, le=1000)  # no third cluster so near to either; 0: no such cut
    multiplicity_pe: float = Field(400.0, gt=0, le=1e6)  # a third cluster this bright counts [BX-GEONU20]

    # -- accidental coincidences, from delayed windows moved by 1, 2, ... steps
    shifts: int = Field(200, ge=0, le=2000)
    shift_step_ms: float = Field(5.0, gt=0, le=1000)

    @model_validator(mode="after")
    def _consistent(self) -> "CoincidenceConfig":
        if self.prompt_max_pe is not None and self.prompt_min_pe >= self.prompt_max_pe:
            msg = "prompt_min_pe must be below prompt_max_pe"
            raise ValueError(msg)
        if self.delayed_min_pe >= self.delayed_max_pe:
            msg = "delayed_min_pe must be below delayed_max_pe"
            raise ValueError(msg)
        if self.dt_min_us >= self.dt_max_us:
            msg = "dt_min_us must be below dt_max_us"
            raise ValueError(msg)
        if self.shift_step_ms * 1e3 <= self.dt_max_us:
            msg = f"shift_step_ms = {self.shift_step_ms:g} ms must exceed dt_max_us, else the windows overlap"
            raise ValueError(msg)
        return self

    def reach_s(self) -> float:
        """Return the longest time between the clusters of a pair, moved windows included."""
        return self.shifts * self.shift_step_ms * 1e-3 + self.dt_max_us * 1e-6


class TfcConfig(Section):
    """Threefold coincidence of muon, neutron and 11C, and the short vetoes after muons.

    Window and distances are tuned to the published efficiency of 92 % and kept exposure of 64.28 %
    [BX-NEUTRINO18] for the simulated showers; the originals are not known here. Vetoes unverified.
    """

    enabled: bool = True  # false: nothing is tagged
    window_min: float = Field(150.0, gt=0, le=1e4)  # after the muon; tuned
    track_m: float = Field(0.55, ge=0, le=20)  # distance from the track; tuned
    neutron_m: float = Field(1.25, ge=0, le=20)  # distance from a capture; tuned
    points: int = Field(500_000, ge=1000, le=100_000_000)  # that measure the kept exposure
    inner_veto_s: float = Field(0.3, ge=0, le=5)  # after muons through scintillator or buffer, unverified
    outer_veto_ms: float = Field(2.0, ge=0, le=5000)  # after all other muons, unverified
