"""ROOT files: round trips in both formats, an independent reader, damage, nothing half-written."""

import json

import awkward as ak
import numpy as np
import pytest
import uproot

from sim.core import rootio
from sim.core.errors import InputFileError, OutputError
from sim.core.schema import EVENT_TREES, EVENTS, RECO, RUNS


def _rows(tree, n):
    return {c.name: np.arange(n) % 100 for c in tree.flat()}


def _write(path, kind="ttree", blocks=2, rows=50):
    rng = np.random.default_rng(3)
    written = []
    with rootio.create(path, EVENT_TREES, kind) as writer:
        for _ in range(blocks):
            counts = rng.poisson(20, rows)
            hits = {
                "hit_time_ns": rng.random(counts.sum()) * 16000,
                "hit_pmt": rng.integers(0, 2212, counts.sum()),
                "hit_charge_pe": rng.random(counts.sum()),
                "hit_primary": np.zeros(counts.sum()),
            }
            writer.extend("events", _rows(EVENTS, rows), counts, hits)
            writer.extend("runs", _rows(RUNS, 1))
            written.append((counts, hits))
        writer.record({"seed": 7})
    return written


@pytest.mark.parametrize("kind", ["ttree", "rntuple"])
def test_round_trip(tmp_path, kind):
    path = tmp_path / "events.root"
    written = _write(path, kind)
    back = rootio.read_tree(path, EVENTS)
    assert ak.num(back["hit_pmt"]).tolist() == np.concatenate([c for c, _ in written]).tolist()
    for name in ("hit_time_ns", "hit_pmt", "hit_charge_pe"):
        expected = np.concatenate([h[name] for _, h in written])
        kept = ak.to_numpy(ak.flatten(back[name]))
        assert np.array_equal(kept, expected.astype(kept.dtype))
    assert rootio.read_record(path) == {"seed": 7}
    assert rootio.count_rows(path, EVENTS) == 100


@pytest.mark.parametrize("rows", [7, 50, 1000])
def test_iterate_gives_the_same_rows_for_any_block_size(tmp_path, rows):
    path = tmp_path / "events.root"
    _write(path)
    whole = rootio.read_tree(path, EVENTS, ["hit_pmt", "event_id"])
    blocks = list(rootio.iterate(path, EVENTS, ["hit_pmt", "event_id"], rows=rows))
    assert np.array_equal(np.concatenate([b["event_id"] for b in blocks]), whole["event_id"])
    assert ak.concatenate([b["hit_pmt"] for b in blocks]).tolist() == whole["hit_pmt"].tolist()


def test_plain_uproot_sees_named_columns_units_and_schema(tmp_path):
    path = tmp_path / "events.root"
    _write(path)
    with uproot.open(path) as file:
        assert file["events"].classname == "TTree"
        assert {"n_hit", "hit_time_ns", "hit_pmt", "gate_time_ns"} <= set(file["events"].keys())
        assert file["events"]["hit_pmt"].typename == "uint16_t[]"
        schema = json.loads(str(file["schema"]))
    assert schema["trees"]["events"]["columns"]["hit_time_ns"]["unit"] == "ns"


def test_nothing_is_left_when_writing_fails(tmp_path):
    def interrupted():
        with rootio.create(tmp_path / "events.root", EVENT_TREES) as writer:
            writer.extend("runs", _rows(RUNS, 1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_survives_a_failed_rewrite(tmp_path):
    path = tmp_path / "events.root"
    _write(path)
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt), rootio.create(path, EVENT_TREES):
        raise KeyboardInterrupt
    assert path.read_bytes() == before


def test_folder_in_the_way(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(OutputError, match="cannot make the output folder"),
        rootio.create(tmp_path / "file" / "x.root", EVENT_TREES),
    ):
        pass


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "no such file"), (b"", "empty"), (b"not a root file at all", "not a readable ROOT file")],
)
def test_bad_files(tmp_path, content, words):
    path = tmp_path / "events.root"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputFileError, match=words):
        rootio.read_tree(path, EVENTS)


def test_wrong_tree_and_truncation(tmp_path):
    path = tmp_path / "events.root"
    _write(path, rows=2000)
    with pytest.raises(InputFileError, match="no tree 'reco'"):
        rootio.read_tree(path, RECO)
    torn = tmp_path / "torn.root"
    torn.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputFileError):
        rootio.read_tree(torn, EVENTS)


def test_foreign_file_has_no_record(tmp_path):
    path = tmp_path / "other.root"
    with uproot.recreate(path) as file:
        file.mktree("events", {"energy": np.float64})
    with pytest.raises(InputFileError, match="no run record"):
        rootio.read_record(path)
    with pytest.raises(InputFileError, match="lacks the column"):
        rootio.read_tree(path, EVENTS)
