import numpy as np
import pytest

from sim.core import rootio
from sim.core.schema import RUNS


@pytest.mark.parametrize("rows", [1, 3, 5, 7, 100])
def test_blocks_end_where_baskets_do_and_hold_every_row_once(tmp_path, rows):
    baskets = (4, 1, 9, 2, 2)
    path = tmp_path / "runs.root"
    with rootio.create(path, (RUNS,)) as writer:
        for number, n in enumerate(baskets):
            columns = {c.name: np.zeros(n) for c in RUNS.columns}
            writer.extend("runs", columns | {"run": np.full(n, number), "block": np.arange(n)})
    blocks = list(rootio.iterate(path, RUNS, ["run", "block"], rows=rows))
    np.testing.assert_array_equal(np.concatenate([b["run"] for b in blocks]), np.repeat(range(5), baskets))
    assert max(len(b["run"]) for b in blocks) <= rows
    ends = np.cumsum([len(b["run"]) for b in blocks])
    boundaries = set(np.cumsum(baskets)) | {0}
    for start, stop in zip([0, *ends[:-1]], ends, strict=True):
        reachable = [end for end in boundaries if start < end <= start + rows]
        assert stop == max(reachable, default=min(start + rows, 18))
