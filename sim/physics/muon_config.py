"""The card section of cosmic muons: how many, how they are seen, and the neutrons and 11C that they make."""

from pydantic import Field

from sim.core.config import Section


class MuonsConfig(Section):
    """Muons through the detector. Rates of zero switch off; ``showers = false`` spreads 11C evenly in time.

    "Inner" muons cross the stainless-steel sphere of 6.85 m: 3.4e-4 per m2 and second through it are 4330 a
    day. Defaults are remembered numbers: unverified.
    """

    inner_per_day: float = Field(4310.0, ge=0, le=1e6)  # through scintillator or buffer, unverified
    outer_per_day: float = Field(4690.0, ge=0, le=1e6)  # outer detector alone, unverified
    tagging_efficiency: float = Field(0.99992, ge=0, le=1)  # of the veto [BX-MUON11]; others leave no row

    # -- tracks and showers
    showers: bool = True  # 11C and neutrons come from muon tracks; false: 11C is even, there are no neutrons
    zenith_power: float = Field(2.0, ge=0, le=20)  # flux as cos(zenith)^n; plain choice, unverified
    neutrons_cpd_100t: float = Field(90.0, ge=0, le=1e5)  # captures, unverified [BX-COSMO13]
    multiplicity_power: float = Field(2.0, ge=0, le=10)  # n neutrons as n^-a: mean 3.6, unverified
    multiplicity_max: int = Field(200, ge=1, le=10_000)  # largest shower; sets the mean, unverified
    c11_with_neutron: float = Field(0.95, ge=0, le=1)  # of 11C: has a neutron, unverified [BX-TFC21]
    birth_distance_m: float = Field(0.4, ge=0, le=3)  # mean distance of births from the track, unverified
    shower_length_m: float = Field(1.0, ge=0, le=3)  # spread (one sigma) along the track, unverified
    neutron_flight_m: float = Field(0.4, ge=0, le=3)  # mean distance from birth to capture, unverified

    # -- what is seen of them
    neutron_efficiency: float = Field(0.94, ge=0, le=1)  # of captures in the scintillator, unverified
    neutron_gate_us: float = Field(1700.0, ge=0, le=1e5)  # after the muon [BX-ECHIDNA]
    neutron_vertex_m: float = Field(0.15, ge=0, le=5)  # error of a capture's place, each axis; unverified
    track_point_m: float = Field(0.3, ge=0, le=5)  # error of its nearest point; unverified [BX-MUON11]
    track_angle_deg: float = Field(3.0, ge=0, le=45)  # error of its direction; unverified [BX-MUON11]
