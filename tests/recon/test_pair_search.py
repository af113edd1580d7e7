import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon.bright import BrightBlocks
from recon.config import CoincidenceConfig
from recon.pair_search import PairSearch

US = 1_000


def search(parts, **changes):
    found = PairSearch(CoincidenceConfig(**changes))
    for part in parts:
        found.add(part)
    return found.finish()


def cut(rows, edges):
    edges = [0, *sorted(edges), len(rows["event_id"])]
    return [{name: column[a:b] for name, column in rows.items()} for a, b in itertools.pairwise(edges)]


@pytest.fixture(scope="module")
def stream(rows_of):
    """Four blocks of two runs, clusters every 100 us or so, a third of them dim."""
    rng = np.random.default_rng(8)
    n = 240
    time = np.sort(rng.integers(0, 60_000 * US, n))
    block = np.repeat([0, 1, 3, 0], n // 4)
    run = np.repeat([1, 1, 1, 2], n // 4)
    charge = rng.choice([200.0, 600.0, 1000.0], n)
    return rows_of(time, charge, rng.uniform(-0.7, 0.7, (n, 3)), run=run, block=block)


@given(edges=st.lists(st.integers(0, 240), max_size=12))
@settings(max_examples=100)
def test_parts_of_blocks_give_the_same_pairs(stream, edges):
    whole, parts = search([stream]), search(cut(stream, edges))
    assert len(whole.pairs.run) > 300
    assert parts[:3] == whole[:3]
    np.testing.assert_array_equal(parts.timely, whole.timely)
    for name, column in whole.pairs._asdict().items():
        np.testing.assert_array_equal(getattr(parts.pairs, name), column, err_msg=name)


def test_pairs_never_cross_a_block_or_a_run(stream):
    pairs = search([stream]).pairs
    label = {e: (r, b) for e, r, b in zip(stream["event_id"], stream["run"], stream["block"], strict=True)}
    assert all(
        label[p] == label[d] == (r, b)
        for p, d, r, b in zip(
            pairs.prompt_event_id, pairs.delayed_event_id, pairs.run, pairs.block, strict=True
        )
    )


@pytest.mark.parametrize(
    ("second", "pairs"), [({}, 1), ({"block": 1}, 0), ({"run": 2}, 0), ({"event_id": [3]}, 0)]
)
def test_a_border_between_prompt_and_delayed(rows_of, second, pairs):
    prompt = rows_of([0], 600.0, event_id=[5])
    delayed = rows_of([200 * US], 1000.0, **{"event_id": [9], **second})
    assert len(search([prompt, delayed]).pairs.run) == pairs
    both = {name: np.concatenate([prompt[name], delayed[name]]) for name in prompt}
    assert len(search([both]).pairs.run) == pairs


def test_two_clusters_of_one_gate_count(rows_of):
    rows = rows_of([0, 25 * US], [600.0, 1000.0], event_id=[7, 7])
    rows["cluster"] = np.array([0, 1])
    pairs = search([rows]).pairs
    assert (pairs.prompt_event_id[0], pairs.delayed_event_id[0]) == (7, 7)
    assert (pairs.prompt_cluster[0], pairs.delayed_cluster[0]) == (0, 1)


def test_nothing_in_nothing_out(rows_of):
    found = search([rows_of([], 1.0), rows_of([0, 1], 100.0), rows_of([], 1.0)])
    assert found.n_bright == len(found.pairs.run) == 0
    assert not found.timely.any()


def test_only_bright_clusters_of_one_block_are_held(rows_of):
    blocks = BrightBlocks(400.0)
    dim = rows_of(np.arange(50_000) * US, 100.0)
    assert list(blocks.add(dim)) == []
    assert blocks._parts == []
    assert list(blocks.add(rows_of([60_000 * US], 400.0, event_id=[60_000]))) == []
    (done,) = blocks.add(rows_of([0], 500.0, block=1))
    assert sum(column.itemsize for column in done) == 49
    assert list(done.charge_pe) == [400.0]
    (rest,) = blocks.finish()
    assert list(rest.block) == [1]
    assert list(blocks.finish()) == []


def test_charges_are_corrected_for_the_vertex_where_asked(rows_of):
    rows = rows_of([0, 100 * US], [400.0, 1380.0])  # one just below the prompt cut, one above the delayed cut
    rows["light_ratio"] = np.array([0.9, 1.1], np.float32)
    assert len(search([rows]).pairs.run) == 0
    pairs = search([rows], correct_charge=True).pairs
    assert pairs.prompt_charge_pe == pytest.approx([400.0 / 0.9], rel=1e-5)
    assert pairs.delayed_charge_pe == pytest.approx([1380.0 / 1.1], rel=1e-5)
