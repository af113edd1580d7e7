"""All sources of a run, from the physics sections of its card."""

from sim.core.constants import SECONDS_PER_DAY
from sim.core.primaries import Block, Deposits, Primaries, join
from sim.physics.config import BackgroundsConfig, MomentConfig, NeutrinoConfig, SiteConfig, SunConfig
from sim.physics.conversion import Conversion
from sim.physics.exposure import nadir_exposure
from sim.physics.solar_model import load_solar_model
from sim.sources.cosmogenic import build_carbon
from sim.sources.internal import build_internal
from sim.sources.solar import SolarSource
from sim.sources.source import Birks, Source

TRACKED_ISOTOPES = ("85Kr", "210Bi", "210Po")  # 14C is thinned by the pile-up of the detector


def build_sources(
    sun: SunConfig,
    neutrino: NeutrinoConfig,
    site: SiteConfig,
    moment: MomentConfig,
    backgrounds: BackgroundsConfig,
    *,
    sphere_radius_m: float,
    birks: Birks,
    run_start_ns: int,
    run_live_s: float,
) -> tuple[Source, ...]:
    """Prepare everything that happens in the tracked sphere, 14C apart.

    Parameters
    ----------
    sun, neutrino, site, moment, backgrounds : sections of the card.
    sphere_radius_m : radius of the tracked sphere, centred.
    birks : quenching of the scintillator.
    run_start_ns, run_live_s : the run, for day and night and for the mean of 210Po.

    Returns
    -------
    tuple of Source, in a fixed order; pickled to workers they stay small (a few MB).
    """
    model = load_solar_model(sun.model).scaled(sun.flux_scale)
    exposure = nadir_exposure(site, run_start_ns * 1e-9, run_live_s / SECONDS_PER_DAY)
    conversion = Conversion.build(model, neutrino, site, exposure)
    solar = SolarSource.build(conversion, moment, sphere_radius_m, birks)
    internal = (
        build_internal(isotope, backgrounds, sphere_radius_m, birks, run_start_ns, run_live_s)
        for isotope in TRACKED_ISOTOPES
    )
    return (solar, *internal, build_carbon(backgrounds, sphere_radius_m, birks))


def generate(sources: tuple[Source, ...], block: Block) -> tuple[Primaries, Deposits]:
    """Return the primaries of all sources in a block, source by source, and their deposits."""
    return join([source.generate(block) for source in sources])
