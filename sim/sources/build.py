"""All sources of a run, from the physics sections of its card."""

from sim.core.constants import SECONDS_PER_DAY
from sim.core.primaries import BETA_LIKE, Block, Deposits, Primaries, empty_primaries, join, point_deposits
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.config import (
    BackgroundsConfig,
    FieldConfig,
    MomentConfig,
    NeutrinoConfig,
    SiteConfig,
    SunConfig,
)
from sim.physics.conversion import Conversion
from sim.physics.exposure import nadir_exposure
from sim.physics.muon_config import MuonsConfig
from sim.physics.solar_model import load_solar_model
from sim.sources.alpha_neutron import build_alpha_neutron
from sim.sources.antineutrino import build_antineutrinos
from sim.sources.cosmogenic import build_carbon, build_shower_carbon
from sim.sources.external import build_external
from sim.sources.internal import build_internal
from sim.sources.lithium import build_lithium
from sim.sources.showers import ShowerModel
from sim.sources.singles import build_singles
from sim.sources.solar import SolarSource
from sim.sources.source import Birks, Source

TRACKED_ISOTOPES = ("85Kr", "210Bi", "210Po")  # 14C is thinned by the pile-up of the detector


def build_sources(
    sun: SunConfig,
    neutrino: NeutrinoConfig,
    site: SiteConfig,
    moment: MomentConfig,
    field: FieldConfig,
    backgrounds: BackgroundsConfig,
    channel: AntineutrinoConfig,
    *,
    muons: MuonsConfig,
    showers: ShowerModel | None,
    block_s: float,
    kinds: tuple[str, ...],
    sphere_radius_m: float,
    birks: Birks,
    run_start_ns: int,
    run_live_s: float,
) -> tuple[Source, ...]:
    """Prepare everything that happens in the tracked sphere, 14C apart.

    Parameters
    ----------
    sun, neutrino, site, moment, field, backgrounds, channel : sections of the card; field and moment turn
        neutrinos into antineutrinos or right-handed states.
    muons : section of the card.
    showers : what muons leave behind; None: 11C is spread evenly in space and time.
    block_s : live time of all blocks but the last.
    kinds : which sources there are: elastic, internal, external, antineutrino.
    sphere_radius_m : radius of the tracked sphere, centred.
    birks : quenching of the scintillator.
    run_start_ns, run_live_s : the run, for day and night and for the mean of 210Po.

    Returns
    -------
    tuple of Source, in a fixed order; pickled to workers they stay small (a few MB).
    """
    model = load_solar_model(sun.model).scaled(sun.flux_scale)
    exposure = nadir_exposure(site, run_start_ns * 1e-9, run_live_s / SECONDS_PER_DAY)
    conversion = Conversion.build(model, neutrino, site, exposure, field=field, moment=moment)
    sources: list[Source] = []
    if "elastic" in kinds:
        sources.append(SolarSource.build(conversion, moment, sphere_radius_m, birks))
    if "internal" in kinds:
        sources += (
            build_internal(isotope, backgrounds, sphere_radius_m, birks, run_start_ns, run_live_s)
            for isotope in TRACKED_ISOTOPES
        )
        sources.append(
            build_carbon(backgrounds, sphere_radius_m, birks)
            if showers is None
            else build_shower_carbon(backgrounds, showers, block_s, sphere_radius_m, birks)
        )
    if "external" in kinds:
        sources += build_external(backgrounds, sphere_radius_m, birks)
    if "antineutrino" in kinds:
        sources += build_antineutrinos(conversion, channel, sphere_radius_m, birks)
        sources += build_lithium(channel, muons, sphere_radius_m, birks)
        sources += build_alpha_neutron(channel, sphere_radius_m, birks)
        sources += build_singles(channel, sphere_radius_m, birks)
    return tuple(sources)


def generate(sources: tuple[Source, ...], block: Block) -> tuple[Primaries, Deposits]:
    """Return the primaries of all sources in a block, source by source, and their deposits."""
    empty = empty_primaries(0)
    nothing = (empty, point_deposits(empty, BETA_LIKE, empty.energy_mev))
    return join([nothing, *(source.generate(block) for source in sources)])
