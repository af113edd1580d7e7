"""Tubes that change with time: rows of the card, detectors of periods, trees of the file."""

import hashlib

import awkward as ak
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.block import build_setup, simulate_block
from sim.config import read_config, resolve
from sim.core.config import card_from_values
from sim.core.errors import CardError
from sim.core.geometry import N_PMT
from sim.core.primaries import Block
from sim.core.rootio import read_tree
from sim.core.schema import EVENT_TREES, EVENTS, PMTS, RUNS
from sim.core.tables import load_table
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.history import DetectorHistory, period_config, period_tubes
from sim.detector.model import build_detector
from sim.detector.optics import light_yield
from sim.pipeline import simulate
from sim.sources.live_time import split_blocks, utc_ns

HISTORY = [
    {"from_utc": "2012-01-01T07:00:00", "live": 1800, "charge_live": 1700, "relative_qe": 0.98},
    {"from_utc": "2012-01-01T13:00:00", "live": 1500, "charge_live": 1300, "gain": 0.5},
    {"from_utc": "2012-01-01T18:00:00", "live": 1650, "charge_live": 1400},
]
RUN = {
    "live_days": 1.0,
    "block_hours": 6.0,
    "seed": 5,
    "start_utc": "2012-01-01T00:00:00",
    "sources": ["internal"],
}


def card(history=None, *overrides):
    tubes = {"history": HISTORY if history is None else history}
    return card_from_values("my.toml", {"run": RUN, "detector": {"tubes": tubes}}, overrides)


def content(path):
    digest = hashlib.sha256()
    for tree in EVENT_TREES:
        for name, column in sorted(read_tree(path, tree).items()):
            values = column if isinstance(column, np.ndarray) else ak.to_numpy(ak.flatten(column))
            digest.update(name.encode() + np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def changed(**values):
    return [HISTORY[0], HISTORY[1] | values, HISTORY[2]]


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (changed(from_utc="2012-01-01T07:00:00"), "does not come after '2012-01-01T07:00:00'"),
        (changed(from_utc="2011-01-01"), "'2011-01-01' does not come after '2012-01-01T07:00:00'"),
        (changed(from_utc="some day"), "'some day' is not a date"),
        (changed(live=2213), "detector.tubes.history.1.live = 2213: input should be less than or equal to"),
        (changed(charge_live=1501), "charge_live = 1501 exceeds live = 1500"),
        (changed(gain=0.0), "detector.tubes.history.1.gain = 0.0"),
        (changed(lives=3), "detector.tubes.history.1.lives: unknown key; did you mean 'live'?"),
        (changed(seed=3), "known keys: from_utc, live, charge_live, relative_qe, gain"),
        ([{"from_utc": "2012-01-01", "live": 1500}], "detector.tubes.history.0.charge_live"),
        ("phase3", "detector.tubes.history = 'phase3': value error, expected rows, or one of: phase2-guess"),
    ],
)
def test_mistakes_are_named_in_one_short_line(history, message):
    with pytest.raises(CardError, match=r"^my\.toml: detector\.tubes\.history") as error:
        read_config(card(history))
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


def test_a_named_history_is_its_table_and_is_written_out():
    named = card("phase2-guess")
    config = read_config(named)
    table = load_table("tubes_phase2_guess")
    rows = config.detector.tubes.history
    assert [row.live for row in rows] == table.numbers("live").tolist()
    assert [row.from_utc for row in rows] == table.text("from_utc").tolist()
    assert "a guess, unverified" in table.header["source"]
    assert (rows[0].live, rows[-1].live) == (1800, 1500)
    written = resolve(named, config)
    assert written["detector"]["tubes"]["history"][3]["live"] == rows[3].live
    assert read_config(card_from_values("again", written)) == config


def test_an_empty_history_is_the_same_tubes_all_the_time():
    setup = build_setup(read_config(card([])))
    assert setup.changes is None
    block = Block(1, 0, utc_ns("2030-01-01"), 60.0)
    assert setup.period(block) == 0
    assert setup.seen_by(0) == (setup.detector, setup.carbon)


@settings(max_examples=25)
@given(
    st.lists(st.integers(100, 1800), min_size=2, max_size=6),
    st.integers(0, 10**6),
    st.sampled_from([0.0, 0.2, -0.2]),
)
def test_sets_are_nested_and_the_last_dead_return(numbers, seed, gradient):
    history = [
        {"from_utc": f"20{10 + i}-01-01", "live": n, "charge_live": n * 9 // 10}
        for i, n in enumerate(numbers)
    ]
    tubes = {"layout_seed": seed, "live_gradient": gradient, "history": history}
    config = DetectorConfig.model_validate({"tubes": tubes})
    periods = [period_tubes(config, i + 1) for i in range(len(numbers))]
    for name in ("live", "charge_live"):
        sets = [getattr(pmts, name) for pmts in periods]
        count = [int(one.sum()) for one in sets]
        assert count == [n if name == "live" else n * 9 // 10 for n in numbers]
        for one, n in zip(sets, count, strict=True):
            for other, m in zip(sets, count, strict=True):
                assert m < n or (other | ~one).all()
    assert all((pmts.live | ~pmts.charge_live).all() for pmts in periods)
    assert all((pmts.concentrator == periods[0].concentrator).all() for pmts in periods)
    assert [pmts.period[0] for pmts in periods] == list(range(1, len(numbers) + 1))


def test_a_block_takes_the_row_that_holds_at_its_start():
    setup = build_setup(read_config(card()))
    blocks = split_blocks(5, utc_ns(RUN["start_utc"]), 1.0, 6.0)
    # rows from 7:00 and 13:00 lie inside blocks and wait for the next; the last begins with a block
    assert [setup.period(block) for block in blocks] == [0, 0, 1, 3]
    live = [setup.seen_by(setup.period(block))[0].pmts.live.sum() for block in blocks]
    assert live == [1650, 1650, 1800, 1650]
    assert setup.period(Block(1, 0, utc_ns("2012-01-01T07:00:00") - 1, 1.0)) == 0
    assert setup.period(Block(1, 0, utc_ns("2040-01-01"), 1.0)) == 3


def test_a_period_is_the_detector_that_a_card_of_its_own_would_give():
    config = read_config(card())
    setup = build_setup(config)
    detector, carbon = setup.seen_by(2)
    alone = {"live": 1500, "charge_live": 1300}
    plain = build_setup(config._replace(detector=DetectorConfig.model_validate({"tubes": alone})))
    assert (detector.pmts.live == plain.detector.pmts.live).all()
    assert (detector.live == plain.detector.live).all()
    assert (detector.optics.yield_pe_mev == plain.detector.optics.yield_pe_mev).all()
    assert detector.selection == plain.detector.selection
    assert detector.dark_rate_hz == plain.detector.dark_rate_hz == 1500 * 700.0
    assert carbon.cut == plain.carbon.cut < setup.carbon.cut
    assert carbon.loud_rate_hz == plain.carbon.loud_rate_hz
    assert (detector.pmts.gain == 0.5).all()
    assert (plain.detector.pmts.gain == 1.0).all()
    assert setup._replace(carbon=None).seen_by(2)[1] is None


def test_a_block_of_a_period_is_that_of_a_card_of_its_own():
    row = {"from_utc": "2000-01-01", "live": 1450, "charge_live": 1300}
    tubes = {"live": 1450, "charge_live": 1300}
    block = Block(3, 2, utc_ns("2012-01-01"), 7200.0)
    dated = simulate_block(block, build_setup(read_config(card([row]))))
    plain_card = card_from_values("plain.toml", {"run": RUN, "detector": {"tubes": tubes}})
    plain = simulate_block(block, build_setup(read_config(plain_card)))
    assert len(plain.counts) > 100
    for tree in ("events", "hits", "truth", "runs"):
        for name, column in getattr(plain, tree).items():
            if name != "period":
                assert np.array_equal(column, getattr(dated, tree)[name]), name
    assert (plain.runs["period"].tolist(), dated.runs["period"].tolist()) == ([0], [1])


def test_efficiency_of_a_period_scales_the_light():
    values = {"tubes": {"history": HISTORY}, "light": {"scale": 1.1}}
    config = DetectorConfig.model_validate(values)
    first = period_config(config, 1)
    assert first.optical.tubes.relative_qe == pytest.approx(0.98 * config.optical.tubes.relative_qe)
    assert first.light.scale == 1.1
    bright = build_detector(first, PileUpConfig())
    nominal = config.model_copy(update={"tubes": first.tubes})
    place = np.array([[0.0, 2.0], [0.0, 1.0], [0.0, -3.0]])
    ratio = light_yield(bright.optics, *place) / light_yield(
        build_detector(nominal, PileUpConfig()).optics, *place
    )
    assert ratio == pytest.approx([0.98, 0.98], rel=3e-3)  # the best tubes end at 1


def test_one_detector_is_kept_and_shares_what_does_not_depend_on_tubes():
    config = DetectorConfig.model_validate({"tubes": {"history": HISTORY}})
    own = build_detector(config, PileUpConfig())
    history = DetectorHistory(config, PileUpConfig(), (10, 20, 30), own)
    assert [history.number(ns) for ns in (0, 9, 10, 29, 30)] == [0, 0, 1, 2, 3]
    assert history.detector(0) is own
    first = history.detector(1)
    assert history.detector(1) is first
    assert first.arrival is own.arrival
    second = history.detector(2)
    assert (history.detector(1).optics.yield_pe_mev == first.optics.yield_pe_mev).all()
    assert second.optics.best_pe_mev < first.optics.best_pe_mev


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "events.root"
    simulate(card(), path, 1)
    return path


def test_the_file_holds_the_periods_of_its_blocks(made):
    pmts, runs = read_tree(made, PMTS), read_tree(made, RUNS)
    assert runs["period"].tolist() == [0, 0, 1, 3]  # no block sees period 2
    assert np.unique(pmts["period"]).tolist() == [0, 1, 3]
    assert len(pmts["live"]) == 3 * N_PMT
    live = {int(k): pmts["live"][pmts["period"] == k] != 0 for k in (0, 1, 3)}
    assert [int(one.sum()) for one in live.values()] == [1650, 1800, 1650]
    events = read_tree(made, EVENTS)
    for block, period in enumerate(runs["period"]):
        hits = ak.to_numpy(ak.flatten(events["hit_pmt"][events["block"] == block]))
        assert live[int(period)][hits].all()
        assert len(np.unique(hits)) == live[int(period)].sum()  # every live tube has a hit in six hours


def test_workers_change_nothing(made, tmp_path):
    simulate(card(), tmp_path / "two.root", 2)
    assert content(tmp_path / "two.root") == content(made)


def test_blocks_of_the_first_period_are_those_of_a_run_without_history(made, tmp_path):
    simulate(card([]), tmp_path / "plain.root", 1)
    one, other = read_tree(made, EVENTS), read_tree(tmp_path / "plain.root", EVENTS)
    first = [events["block"] < 2 for events in (one, other)]
    for name, column in one.items():
        assert ak.to_list(column[first[0]]) == ak.to_list(other[name][first[1]]), name
    assert len(one["run"]) != len(other["run"])


def test_gain_scales_charges_and_nothing_else():
    row = {"from_utc": "2000-01-01", "live": 1650, "charge_live": 1535}
    made = []
    for gain in (1.0, 0.7):
        setup = build_setup(read_config(card([row | {"gain": gain}])))
        made.append(simulate_block(Block(3, 0, utc_ns("2012-01-01"), 1800.0), setup))
    one, other = (data.hits for data in made)
    assert (one["hit_time_ns"] == other["hit_time_ns"]).all()
    assert (one["hit_pmt"] == other["hit_pmt"]).all()
    assert np.abs(other["hit_charge_pe"] - 0.7 * one["hit_charge_pe"]).max() <= 0.5 / 64 + 1e-6
    assert len(one["hit_pmt"]) > 1000
