"""The detector ready to run: every table that its kernels need, made from the card."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from sim.core.geometry import REFERENCE_PMTS, Photomultipliers, build_photomultipliers
from sim.detector.afterpulses import Afterpulses, build_afterpulses, false_hits
from sim.detector.arrival import Arrival, build_arrival
from sim.detector.charge import Charge, build_charge
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.electronics import FrontEnd, build_front_end
from sim.detector.late_pulses import LatePulses, build_late_pulses
from sim.detector.optical.cherenkov import build_cherenkov
from sim.detector.optical.map_store import light_map
from sim.detector.optical.model import OpticalDetector, thinning, tracked_per_mev
from sim.detector.optics import Optics, build_optics
from sim.detector.trigger import Trigger, build_trigger

Floats = NDArray[np.float64]
LIGHT_TAIL_NS = 6000.0  # light of a deposit that is later can be ignored: below 2e-6 of it
_SETTLE_NS = 100.0  # before the first deposit, for jitter


class Selection(NamedTuple):
    """What is digitised and what is written."""

    min_photoelectrons: int  # above threshold, in a group; fewer cannot reach the analysis
    min_hits: int  # within ``window_ns`` in a written gate
    window_ns: float
    reach_ns: float  # primaries further apart cannot share a gate or its dead time


class Detector(NamedTuple):
    """Tables and constants of the detector."""

    pmts: Photomultipliers
    optics: Optics
    arrival: Arrival
    charge: Charge
    front_end: FrontEnd
    trigger: Trigger
    live: NDArray[np.int16]  # (n_live,), read-out tubes
    charge_live: NDArray[np.bool_]  # (n_pmt,)
    dark_rate_hz: float  # of all live tubes
    lead_ns: float  # from a group's origin to its first primary
    gate_ns: float
    selection: Selection
    transit_ns: float  # spread of the tubes' transit time, 0 where switched off
    flash: tuple[Floats, Floats]  # energies of electrons in MeV; visible ones equal to their Cherenkov light
    optical: OpticalDetector | None  # tracks photons; None: light is drawn from the tables above
    late_pulses: LatePulses  # for tracked light; ``arrival`` has them in it
    afterpulses: Afterpulses


def select(config: DetectorConfig, pile_up: PileUpConfig) -> Selection:
    """Return the cuts that let only gates through that can reach the analysis.

    A gate is written if some window of ``cluster_ns`` holds the hits that the analysis threshold stands for
    (times live / 2000). It can only do so if its primaries made as many photoelectrons above threshold, less
    the dark and false hits that the window holds at most (exceeded with probability ``missed_fraction``):
    every other hit is opened by one photoelectron above threshold. False hits of fewer than that many
    photoelectrons are binomial, with a smaller tail than the Poisson law of the same mean.
    """
    trigger = config.trigger
    afterpulse_ns = config.afterpulses.last_ns if config.afterpulses.enabled else 0.0
    hits = int(np.ceil(pile_up.analysis_threshold_nh * config.tubes.live / REFERENCE_PMTS))
    rate_hz = config.dark.rate_hz * config.tubes.live if config.dark.enabled else 0.0
    mean = rate_hz * pile_up.cluster_ns * 1e-9 + hits * false_hits(config, pile_up.cluster_ns)
    dark = int(poisson.isf(pile_up.missed_fraction, mean)) if mean > 0 else 0
    return Selection(
        max(hits - dark, 1) if pile_up.thinning else 0,
        hits,
        pile_up.cluster_ns,
        max(trigger.gate_ns + trigger.dead_ns, afterpulse_ns) + trigger.pre_ns + LIGHT_TAIL_NS,
    )


def _flash(config: DetectorConfig, mev_per_photon: float) -> tuple[Floats, Floats]:
    """Return the table of Cherenkov light: energies of electrons, equivalent visible energies."""
    cherenkov = build_cherenkov(config.optical.cherenkov)
    return cherenkov.energy_mev, cherenkov.photons * mev_per_photon


def build_detector(config: DetectorConfig, pile_up: PileUpConfig, alike: Detector | None = None) -> Detector:
    """Make the detector of a card.

    Parameters
    ----------
    config, pile_up : sections of the card.
    alike : detector of the same card with other tubes; lends the tables that do not depend on them.

    Raises
    ------
    CardError
        A vessel off-centre, for which there is no light map.
    """
    light = light_map(config.optical)
    per_mev = tracked_per_mev(config)
    tubes = config.tubes
    pmts = build_photomultipliers(tubes.live, tubes.charge_live, tubes.layout_seed, tubes.live_gradient)
    return Detector(
        pmts,
        build_optics(config, pmts, light, per_mev),
        build_arrival(config) if alike is None else alike.arrival,
        build_charge(config.charge),
        build_front_end(config.electronics, config.reflection, config.tubes.layout_seed),
        build_trigger(config.trigger),
        np.flatnonzero(pmts.live).astype(np.int16),
        pmts.charge_live,
        config.dark.rate_hz * config.tubes.live if config.dark.enabled else 0.0,
        config.trigger.pre_ns + _SETTLE_NS,
        config.trigger.gate_ns,
        select(config, pile_up),
        config.transit.sigma_ns if config.transit.enabled else 0.0,
        _flash(config, light.cherenkov * thinning() / per_mev) if alike is None else alike.flash,
        OpticalDetector.build(config, pmts, config.optical) if config.fidelity == "optical" else None,
        build_late_pulses(config.transit),
        build_afterpulses(config.afterpulses),
    )
