"""The estimators before and after tubes die: same means, widths that grow with 1 / sqrt(live)."""

import numpy as np
import pytest

from recon.config import ReconConfig
from recon.pipeline import reconstruct
from sim.block import Changes, Setup, simulate_block
from sim.core.primaries import Block
from sim.core.rootio import create, read_tree
from sim.core.schema import EVENT_TREES, RECO
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.history import DetectorHistory
from sim.detector.model import build_detector
from sim.detector.optics import light_yield
from sim.physics.config import BackgroundsConfig
from sim.pipeline import write_block
from sim.sources.calibration import CalibrationSource
from sim.sources.source import Birks

LIVE, CHARGE = {0: 1900, 1: 1100}, {0: 1800, 1: 1000}
N_EVENTS = 12_000


@pytest.fixture(scope="module")
def before_and_after(tmp_path_factory):
    """0.5 MeV electrons at the centre, one block with many live tubes, one with few; and their setup."""
    row = {"from_utc": "2012-01-02", "live": LIVE[1], "charge_live": CHARGE[1], "gain": 0.8}
    tubes = {"live": LIVE[0], "charge_live": CHARGE[0], "history": [row]}
    config = DetectorConfig.model_validate({"tubes": tubes, "dark": {"enabled": False}})
    cuts = PileUpConfig(c14=False)
    own = build_detector(config, cuts)
    history = DetectorHistory(config, cuts, (1000,), own)
    source = CalibrationSource("electron", 0.5, 500.0, Birks(0.01098, 0.01042), regular=True)
    setup = Setup(1, 3.5, (source,), own, None, None, Changes(history, BackgroundsConfig()))
    path = tmp_path_factory.mktemp("history") / "events.root"
    with create(path, EVENT_TREES) as writer:
        for period in (0, 1):
            write_block(writer, simulate_block(Block(4, period, 1000 * period, N_EVENTS / 500.0), setup))
            writer.extend("pmts", setup.tubes(period)._asdict())
        writer.record({"card": {}})
    reconstruct(path, path.with_name("reco.root"), ReconConfig())
    rows = read_tree(path.with_name("reco.root"), RECO)
    first = rows["cluster"] == 0
    return setup, [{n: v[first & (rows["block"] == k)] for n, v in rows.items()} for k in (0, 1)]


def test_every_event_is_found_in_both(before_and_after):
    assert [len(rows["nh"]) for rows in before_and_after[1]] == [N_EVENTS, N_EVENTS]


@pytest.mark.parametrize("name", ["nh", "np", "charge_pe"])
def test_means_agree(before_and_after, name):
    setup, rows = before_and_after
    means = [one[name].mean(dtype=float) for one in rows]
    errors = [one[name].std(dtype=float) / np.sqrt(N_EVENTS) for one in rows]
    assert means[0] == pytest.approx(means[1], rel=0.01)  # tubes that live are not quite like those that died
    if name != "charge_pe":  # its tubes are others
        zero = np.zeros(1)
        share = [light_yield(setup.seen_by(k)[0].optics, zero, zero, zero)[0] / LIVE[k] for k in (0, 1)]
        # four sigma, and 0.2 % for what is lost where a tube is hit twice
        error = np.hypot(errors[0] / means[0], errors[1] / means[1])
        assert means[1] / means[0] == pytest.approx(share[1] / share[0], abs=4 * error + 0.002)


def test_the_width_grows_as_fewer_tubes_count(before_and_after):
    # hits are Poisson to the share of doubles, so the variance of N_h goes as 2000 / live
    variance = [one["nh"].var(dtype=float) / one["nh"].mean(dtype=float) for one in before_and_after[1]]
    for k in (0, 1):
        assert variance[k] == pytest.approx(2000 / LIVE[k], rel=4 * np.sqrt(2 / N_EVENTS) + 0.06)
    ratio = variance[1] / variance[0]
    assert ratio == pytest.approx(LIVE[0] / LIVE[1], rel=4 * np.sqrt(4 / N_EVENTS))
    charge = [one["charge_pe"].var(dtype=float) for one in before_and_after[1]]
    assert charge[1] / charge[0] == pytest.approx(CHARGE[0] / CHARGE[1], rel=4 * np.sqrt(4 / N_EVENTS))
