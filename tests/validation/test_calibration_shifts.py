"""Shifts of calibration events against what the physics behind an effect says.

kB: Birks' law as integrated by ``sim.physics.quenching`` (tested against the published quenching elsewhere): the
charge is proportional to visible energy within its curvature, so its mean must move as the visible energy. Photon
yield: the charge must move with it. Tolerance: 4 paired errors, and 2 per cent of the shift for the curvature.
The electron's kB+1% shifts, some hundredths of a per cent, are 100 times below the resolution of a single event.
"""

import numpy as np
import pytest

from analysis.study.paired import compare
from analysis.study.sample import read_sample
from recon.config import ReconConfig
from recon.pipeline import reconstruct
from sim.calibration import simulate_probes
from sim.core.config import read_card
from sim.core.probes import Probe
from sim.physics.quenching import visible_energies

ENERGIES_MEV = (0.2, 0.5, 1.0)
PROBES = tuple(Probe("electron", energy, 2.5, False, 1500) for energy in ENERGIES_MEV)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shifts")
    changes = {
        "nominal": (),
        "kB": ("detector.quenching.kb_beta_cm_mev=0.0120780",),
        "light": ("detector.light.scale=1.02",),
    }
    found = {}
    for name, overrides in changes.items():
        events, reco = folder / f"{name}.root", folder / f"{name}_reco.root"
        simulate_probes(read_card("phase2", overrides), PROBES, events)
        reconstruct(events, reco, ReconConfig())
        found[name] = read_sample(events, reco, PROBES)
    return found


def charge_shift(samples, name, probe):
    before, after = samples["nominal"], samples[name]
    rows = before.of(probe)
    chance = np.full(rows.size, 0.5)
    return compare(
        before.estimators["charge_pe"][rows], after.estimators["charge_pe"][rows], (0.0, 0.0), chance
    )


@pytest.mark.parametrize("probe", range(len(ENERGIES_MEV)))
def test_ten_per_cent_of_kb_move_the_charge_as_birks_law_says(samples, probe):
    energy = np.array([ENERGIES_MEV[probe]])
    expected = (
        float(
            visible_energies("electron", energy, 0.012078)[0]
            / visible_energies("electron", energy, 0.01098)[0]
        )
        - 1.0
    )
    found = charge_shift(samples, "kB", probe)
    assert -0.006 < expected < -0.002
    # half a per cent of the charge is dark noise, which does not move
    assert found.bias == pytest.approx(expected, abs=4.0 * found.bias_error + 0.02 * abs(expected))
    assert found.bias_error < 0.05 * found.bias_unpaired_error


@pytest.mark.parametrize("probe", range(len(ENERGIES_MEV)))
def test_charge_follows_the_photon_yield(samples, probe):
    found = charge_shift(samples, "light", probe)
    assert found.bias == pytest.approx(0.02, abs=4.0 * found.bias_error + 0.0006)  # dark noise and dead time
    assert found.bias_error < 0.1 * found.bias_unpaired_error
