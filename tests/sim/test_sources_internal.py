import pickle

import numpy as np
import pytest

from sim.core.errors import PhysicsError
from sim.core.geometry import sphere_mass_t
from sim.core.primaries import ALPHA_LIKE, BETA_LIKE, Block
from sim.core.schema import PROCESSES, SPECIES
from sim.physics.beta import DECAYS
from sim.physics.config import BackgroundsConfig
from sim.physics.quenching import visible_energies
from sim.sources.internal import build_internal, c14_rate_per_s
from sim.sources.live_time import split_blocks
from sim.sources.source import Birks, count_species

BIRKS = Birks(0.01098, 0.01042)
DAY = 86400.0


def _build(isotope: str, live_days: float = 500.0, **rates: float | bool):
    return build_internal(isotope, BackgroundsConfig(**rates), 3.5, BIRKS, 0, live_days * DAY)


@pytest.mark.parametrize(("isotope", "key"), [("85Kr", "kr85_cpd_100t"), ("210Bi", "bi210_cpd_100t")])
def test_betas_are_complete(isotope: str, key: str) -> None:
    primaries, deposits = _build(isotope, **{key: 2000.0}).generate(Block(1, 0, 0, DAY))
    n = len(primaries.time_ns)
    expected = 20.0 * sphere_mass_t(3.5)
    assert abs(n - expected) < 5 * np.sqrt(expected)
    assert count_species(primaries)[isotope] == n == sum(count_species(primaries).values())
    assert np.all(primaries.process == PROCESSES["decay"])
    assert np.all((primaries.time_ns >= 0) & (primaries.time_ns < DAY * 1e9))
    assert 0 < primaries.energy_mev.min() < primaries.energy_mev.max() < DECAYS[isotope].endpoint_mev
    assert np.all(primaries.x_m**2 + primaries.y_m**2 + primaries.z_m**2 <= 3.5**2)
    assert np.array_equal(deposits.primary, np.arange(n))
    assert np.all(deposits.kind == BETA_LIKE)
    assert np.array_equal(deposits.visible_mev, visible_energies("electron", primaries.energy_mev, 0.01098))
    assert np.all(deposits.visible_mev < deposits.deposited_mev)


def test_polonium_is_one_alpha_line() -> None:
    primaries, deposits = _build("210Po").generate(Block(1, 0, 0, DAY))
    assert len(primaries.time_ns) > 100
    assert np.all(primaries.energy_mev == 5.30433)
    assert np.all(deposits.kind == ALPHA_LIKE)
    assert np.all(primaries.species == SPECIES["210Po"])
    # quenched to 0.408 MeV by Borexino's own simulation constants
    assert deposits.visible_mev[0] == pytest.approx(0.408, rel=0.03)


@pytest.mark.parametrize("decaying", [True, False])
def test_polonium_has_the_mean_of_the_card_over_the_run(decaying: bool) -> None:
    days = 300.0
    source = _build("210Po", days, po210_cpd_100t=400.0, po210_decaying=decaying)
    counts = np.array([len(source.generate(block)[0].time_ns) for block in split_blocks(3, 0, days, 240.0)])
    expected = 400.0 * days * sphere_mass_t(3.5) / 100.0
    assert abs(counts.sum() - expected) < 5 * np.sqrt(expected)
    # ten days apart by a factor 2^(-290/138.376) between the first and the last block
    ratio = counts[-1] / counts[0]
    assert ratio == pytest.approx(2 ** (-290 / 138.376) if decaying else 1.0, rel=0.05)


def test_polonium_falls_within_a_long_block() -> None:
    source = _build("210Po", 138.376)
    primaries, _ = source.generate(Block(1, 0, 0, 138.376 * DAY))
    t = primaries.time_ns / (138.376 * DAY * 1e9)
    early = np.mean(t < 0.5)
    assert early == pytest.approx((1 - 2**-0.5) / 0.5, abs=5 * 0.5 / np.sqrt(len(t)))
    assert t.max() < 1.0


def test_a_rate_of_zero_is_silent() -> None:
    primaries, deposits = _build("85Kr", kr85_cpd_100t=0.0).generate(Block(1, 0, 0, DAY))
    assert len(primaries.time_ns) == len(deposits.primary) == 0


def test_the_same_block_gives_the_same_events_in_any_process() -> None:
    source = _build("210Bi", bi210_cpd_100t=500.0)
    block = Block(4, 17, 10**15, DAY)
    first = source.generate(block)
    again = pickle.loads(pickle.dumps(source)).generate(block)
    assert all(
        np.array_equal(a, b)
        for one, two in zip(first, again, strict=True)
        for a, b in zip(one, two, strict=True)
    )
    other = source.generate(Block(4, 18, 10**15, DAY))[0]
    assert not np.array_equal(first[0].energy_mev[:10], other.energy_mev[:10])


def test_isotopes_do_not_share_random_numbers() -> None:
    krypton = _build("85Kr", kr85_cpd_100t=500.0).generate(Block(1, 0, 0, DAY))[0]
    bismuth = _build("210Bi", bi210_cpd_100t=500.0).generate(Block(1, 0, 0, DAY))[0]
    assert not np.array_equal(krypton.x_m[:10], bismuth.x_m[:10])


def test_carbon14_activity_of_the_vessel() -> None:
    # 278 t at 40 Bq/100 t [borexino: 1.1e2 Bq]
    assert c14_rate_per_s(BackgroundsConfig(), 278.0) == pytest.approx(111.2)
    source = _build("14C")
    assert source.rate_per_s == pytest.approx(0.4 * sphere_mass_t(3.5))


def test_no_such_isotope() -> None:
    with pytest.raises(PhysicsError, match="214Bi"):
        _build("214Bi")
