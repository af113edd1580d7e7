import numpy as np
import pytest

from sim.core.errors import PhysicsError
from sim.core.primaries import ALPHA_LIKE, Block
from sim.core.schema import PROCESSES, SPECIES
from sim.sources.calibration import CalibrationSource
from sim.sources.source import Birks

BIRKS = Birks(0.01098, 0.01042)


def test_regular_events_keep_their_distance() -> None:
    source = CalibrationSource("electron", 1.0, 10.0, BIRKS, regular=True)
    primaries, deposits = source.generate(Block(1, 0, 0, 100.0))
    assert len(primaries.time_ns) == 1000
    assert np.allclose(np.diff(primaries.time_ns), 1e8)
    assert np.all(primaries.species == SPECIES["electron"])
    assert np.all(primaries.process == PROCESSES["calibration"])
    assert np.all(primaries.x_m == 0.0)
    assert deposits.visible_mev[0] == pytest.approx(0.972, abs=0.01)  # Birks at 1 MeV


def test_random_events_in_a_sphere_off_centre() -> None:
    source = CalibrationSource("alpha", 5.3, 50.0, BIRKS, centre_m=(0.0, 0.0, 2.0), radius_m=0.5)
    primaries, deposits = source.generate(Block(1, 0, 0, 100.0))
    n = len(primaries.time_ns)
    assert abs(n - 5000) < 5 * np.sqrt(5000)
    assert np.all(primaries.x_m**2 + primaries.y_m**2 + (primaries.z_m - 2.0) ** 2 <= 0.25 + 1e-12)
    assert abs(primaries.z_m.mean() - 2.0) < 0.02
    assert np.all(deposits.kind == ALPHA_LIKE)


@pytest.mark.parametrize(
    "wrong",
    [{"species": "muon"}, {"energy_mev": 0.0}, {"rate_hz": -1.0}, {"radius_m": -1.0}, {"energy_mev": np.nan}],
)
def test_wrong_values_are_refused(wrong: dict[str, object]) -> None:
    values = {"species": "electron", "energy_mev": 1.0, "rate_hz": 1.0, "birks": BIRKS} | wrong
    with pytest.raises(PhysicsError, match="calibration source"):
        CalibrationSource(**values)
