"""The run card's section ``[run]``, and all sections that a simulation needs, checked together."""

from typing import Any, Literal, NamedTuple

from pydantic import Field

from sim.core.config import SECTIONS, Card, Section
from sim.core.geometry import VESSEL_RADIUS_M
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.config import (
    BackgroundsConfig,
    FieldConfig,
    MomentConfig,
    NeutrinoConfig,
    SiteConfig,
    SunConfig,
)
from sim.physics.exposure import UtcDate
from sim.physics.muon_config import MuonsConfig
from sim.sources.source import Birks, Positronium

SourceKind = Literal["elastic", "internal", "external", "antineutrino"]


class RunConfig(Section):
    """What is simulated, for how long, and with which seed."""

    name: str = Field("run", min_length=1, max_length=80)
    number: int = Field(1, ge=0, le=2**32 - 1)
    seed: int = Field(1, ge=0, le=2**63 - 1)
    live_days: float = Field(1291.5, gt=0, le=1e5)  # Phase-II [BX-MOMENT17]
    start_utc: UtcDate = "2011-12-14T00:00:00"  # Phase-II, unverified
    block_hours: float = Field(24.0, gt=0, le=240)  # live time of a block, the unit of work
    sphere_radius_m: float = Field(3.5, gt=0, le=VESSEL_RADIUS_M)  # fiducial 2.8 m and a margin of 0.7 m
    # What happens, 14C apart (section pile_up). With "external" in it: gammas from outside.
    sources: tuple[SourceKind, ...] = ("elastic", "internal")


class SimConfig(NamedTuple):
    """The sections that a simulation reads."""

    run: RunConfig
    site: SiteConfig
    sun: SunConfig
    neutrino: NeutrinoConfig
    moment: MomentConfig
    field: FieldConfig
    backgrounds: BackgroundsConfig
    muons: MuonsConfig
    antineutrino: AntineutrinoConfig
    detector: DetectorConfig
    pile_up: PileUpConfig


def read_config(card: Card) -> SimConfig:
    """Check the sections of a card that the simulation reads; CardError as in ``Card.section``."""
    return SimConfig(*(card.section(name, model) for name, model in SimConfig.__annotations__.items()))


def resolve(card: Card, config: SimConfig) -> dict[str, Any]:
    """Return every section as plain values, defaults filled in; sections of other rooms as given."""
    own = {name: section.model_dump(mode="json") for name, section in config._asdict().items()}
    return {
        name: own.get(name, card.values.get(name, {}))
        for name in SECTIONS
        if name in own or name in card.values
    }


def scintillator(detector: DetectorConfig) -> Birks:
    """Return what the scintillator of a card does to particles: quenching, positronium."""
    quench, positronium = detector.quenching, detector.positronium
    chance = positronium.chance if positronium.enabled else 0.0
    kb = (quench.kb_beta_cm_mev, quench.kb_alpha_cm_mev) if quench.enabled else (0.0, 0.0)
    return Birks(*kb, Positronium(chance, positronium.lifetime_ns))
