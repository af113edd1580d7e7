"""The card sections that describe physics; read by the simulation and by the fit alike."""

from typing import Literal

from pydantic import Field, field_validator

from sim.core.config import Section

SOLAR_COMPONENTS = ("pp", "pep", "hep", "7Be", "8B", "13N", "15O", "17F", "13N-EC", "15O-EC", "17F-EC")
LARGEST_MOMENT_BOHR = 1e-6


class SiteConfig(Section):
    """Where the detector is: for the solar position, hence day, night and nadir."""

    latitude_deg: float = Field(42.4525, ge=-90, le=90)  # LNGS, 42 27' N (geographic fact)
    longitude_deg: float = Field(13.5755, ge=-180, le=180)  # LNGS, 13 34' E


class SunConfig(Section):
    """Solar model and fluxes."""

    model: str = "B16-GS98"  # a packaged model, or the path of a CSV (columns of docs/data-model.md)
    flux_scale: dict[str, float] = Field(default_factory=dict)  # component -> factor on the model's flux

    @field_validator("flux_scale")
    @classmethod
    def _known_components(cls, value: dict[str, float]) -> dict[str, float]:
        for name, factor in value.items():
            if name not in SOLAR_COMPONENTS:
                msg = f"unknown component {name!r}, components are {', '.join(SOLAR_COMPONENTS)}"
                raise ValueError(msg)
            if factor < 0:
                msg = f"factor of {name} is {factor}, must be >= 0"
                raise ValueError(msg)
        return value


class NeutrinoConfig(Section):
    """Three-flavour mixing. Defaults are those the Borexino Phase-II predictions were checked with."""

    sin2_theta12: float = Field(0.307, ge=0, le=1)
    sin2_theta13: float = Field(0.0218, ge=0, lt=1)
    sin2_theta23: float = Field(0.51, ge=0, le=1)
    delta_cp_deg: float = 0.0
    delta_m2_21_ev2: float = Field(7.5e-5, gt=0, le=1e-2)
    delta_m2_31_ev2: float = 2.5e-3  # negative: inverted ordering
    day_night: Literal["day", "night", "average"] = "average"

    @field_validator("delta_m2_31_ev2")
    @classmethod
    def _atmospheric(cls, value: float) -> float:
        if not 1e-4 <= abs(value) <= 1e-1:
            msg = "absolute value must be between 1e-4 and 1e-1 eV2"
            raise ValueError(msg)
        return value


class MomentConfig(Section):
    """Electromagnetic moments in Bohr magnetons, in the mass basis unless ``basis`` says otherwise."""

    nature: Literal["effective", "dirac", "majorana"] = "effective"
    mu_eff_bohr: float = Field(0.0, ge=0, le=LARGEST_MOMENT_BOHR)
    basis: Literal["mass", "flavour"] = "mass"  # flavour: mu12, mu13, mu23 are e-mu, e-tau, mu-tau
    mu12_bohr: float | str = 0.0  # Majorana transition moments; complex as text, "0.7e-11i"
    mu13_bohr: float | str = 0.0
    mu23_bohr: float | str = 0.0
    matrix_bohr: tuple[tuple[float | str, ...], ...] | None = None  # 3 rows of 3; Majorana: antisymmetric

    @field_validator("mu12_bohr", "mu13_bohr", "mu23_bohr")
    @classmethod
    def _is_complex(cls, value: float | str) -> float | str:
        _moment(value)
        return value

    @field_validator("matrix_bohr")
    @classmethod
    def _is_square(
        cls, value: tuple[tuple[float | str, ...], ...] | None
    ) -> tuple[tuple[float | str, ...], ...] | None:
        if value is None:
            return None
        if len(value) != 3 or any(len(row) != 3 for row in value):
            msg = "expected three rows of three numbers"
            raise ValueError(msg)
        for row in value:
            for cell in row:
                _moment(cell)
        return value


class FieldConfig(Section):
    """Magnetic field of the Sun, transverse to the ray: an amplitude times a profile b(r/R_sun)."""

    profile: str = (
        "cosh9"  # a name of sim.physics.solar_field.PROFILES, or the path of a CSV with columns r,b
    )
    peak_kg: float | None = Field(None, ge=0, le=1e9)  # amplitude that multiplies b; none of both: no field
    value_kg: float | None = Field(None, ge=0, le=1e9)  # instead of the peak: the field at a radius
    at_radius: float | None = Field(None, ge=0, le=1)  # where value_kg holds, in R_sun
    twist_rad_per_rsun: float = Field(0.0, ge=-1e4, le=1e4)  # rotation of the field along the ray
    width: float | None = Field(None, gt=0, le=0.5)  # half width of the tachocline profile, in R_sun
    correlation_km: float | None = Field(None, gt=0, le=1e5)  # random field of this correlation length
    scheme: Literal["auto", "quadrature", "dressed", "midpoint"] = "auto"  # of the integration


class BackgroundsConfig(Section):
    """Rates of the backgrounds; cpd/100 t means counts per day and 100 t. Zero switches one off."""

    c14_bq_100t: float = Field(40.0, ge=0, le=1e4)  # 40.0 +- 2.0, Borexino Phase-II [BX-NEUTRINO18]
    kr85_cpd_100t: float = Field(6.8, ge=0, le=1e6)  # 6.8 +- 1.8 [BX-NEUTRINO18]
    bi210_cpd_100t: float = Field(17.5, ge=0, le=1e6)  # 17.5 +- 1.9, unverified [BX-NEUTRINO18]
    po210_cpd_100t: float = Field(260.0, ge=0, le=1e6)  # mean over the run, unverified [BX-NEUTRINO18]
    po210_decaying: bool = True  # follows the 138.4 d half-life within the run
    c11_cpd_100t: float = Field(26.8, ge=0, le=1e6)  # all 11C, unverified [BX-NEUTRINO18]
    # gammas from outside: events above 0.2 MeV reconstructed in the Phase-II fiducial volume; as fitted to
    # the public spectrum: 1.5 +- 0.2 of the first two, in the published ratio, and 1.4 +- 0.1. The published
    # 1.0, 1.9, 3.3, unverified [BX-NEUTRINO18], are of shapes from one hit on (docs/decisions.md)
    external_k40_cpd_100t: float = Field(0.5, ge=0, le=1e4)
    external_bi214_cpd_100t: float = Field(1.0, ge=0, le=1e4)
    external_tl208_cpd_100t: float = Field(1.4, ge=0, le=1e4)
    c14_shape_per_mev: float = Field(1.24, ge=-10, le=10)  # shape 1 + a (Q - T), a in 1/MeV
    bi210_shape: tuple[float, float, float] = (9.9, 383.0, -8.4)  # 1 + a W + b/W + c W^2, W in m_e


def _moment(value: float | str) -> complex:
    """Read a moment in Bohr magnetons; ValueError where it is none, or beyond any that was ever allowed."""
    moment = parse_complex(value)
    if not abs(moment) <= LARGEST_MOMENT_BOHR:
        msg = f"a moment of {value} Bohr magnetons, expected at most {LARGEST_MOMENT_BOHR:g}"
        raise ValueError(msg)
    return moment


def parse_complex(value: float | str) -> complex:
    """Read ``1e-11``, ``"0.7e-11i"`` or ``"1e-11+2e-11i"``; ValueError otherwise."""
    if isinstance(value, str):
        try:
            return complex(value.replace(" ", "").replace("i", "j"))
        except ValueError:
            msg = f"{value!r} is not a number such as 1e-11 or '0.7e-11i'"
            raise ValueError(msg) from None
    return complex(value)
