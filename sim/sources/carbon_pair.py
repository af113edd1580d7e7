"""Two 14C decays in one gate, as calibration events: near each other in time."""

import numpy as np
from numpy.typing import NDArray

from sim.core.primaries import BETA_LIKE, Deposits, Primaries
from sim.core.probes import PAIR_SPAN_NS, Probe
from sim.physics.beta import beta_spectrum
from sim.physics.config import BackgroundsConfig
from sim.physics.quenching import visible_energies
from sim.sources.sampling import linear_quantiles, sample
from sim.sources.vertices import sample_sphere

Floats = NDArray[np.float64]


def pair_decays(
    rng: np.random.Generator, probe: Probe, primaries: Primaries, place_m: Floats, kb_cm_mev: float
) -> tuple[Primaries, Deposits]:
    """Return two decays as one event: place and energy are those of both together.

    The place is the mean of the two, weighted with their energies. Random numbers do not depend on the
    quenching.

    Parameters
    ----------
    rng : stream of the probe.
    probe : least energy of each decay, sphere, number of events.
    primaries : (n,), times and the rest of the events.
    place_m : (3, n), of the first decays; the second ones lie anywhere in the sphere.
    kb_cm_mev : Birks' constant of electrons.
    """
    n = probe.events
    spectrum = beta_spectrum("14C", BackgroundsConfig())
    above = spectrum.energy_mev >= probe.energy_mev
    table = linear_quantiles(spectrum.energy_mev[above], spectrum.density_per_mev[above])
    energy = sample(rng, table, 2 * n)
    place = np.concatenate([place_m, sample_sphere(rng, probe.radius_m, n)], axis=1)
    delay_ns = np.concatenate([np.zeros(n), PAIR_SPAN_NS * rng.random(n)])
    visible = visible_energies("electron", energy, kb_cm_mev)
    both = np.arange(2 * n).reshape(2, n).T.ravel()  # first and second decay of each event in turn
    deposits = Deposits(
        both % n, np.full(2 * n, BETA_LIKE, np.uint8), delay_ns[both], energy[both], visible[both],
        *place[:, both],
    )  # fmt: skip
    first, second = energy[:n], energy[n:]
    x, y, z = (first * place[:, :n] + second * place[:, n:]) / (first + second)
    return primaries._replace(energy_mev=first + second, x_m=x, y_m=y, z_m=z), deposits
