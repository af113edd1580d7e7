"""What is taken from the truth of simulated data: gates where two 14C decays pile up."""

import numpy as np

from analysis.simulated import piled_up_events
from sim.core.rootio import create
from sim.core.schema import EVENT_TREES, SPECIES, TRUTH


def test_two_close_carbon_decays_are_pile_up(tmp_path):
    carbon, polonium = SPECIES["14C"], SPECIES["210Po"]
    rows = [
        (1, carbon, 0), (1, carbon, 400),  # pile-up
        (2, carbon, 0), (2, carbon, 5000),  # in one gate, too far apart
        (3, carbon, 0), (3, polonium, 100),  # not two of 14C
        (4, carbon, 900), (4, carbon, 0), (4, carbon, 9000),  # not in time order
        (-1, carbon, 0), (-1, carbon, 10),  # in no gate
    ]  # fmt: skip
    truth = {c.name: np.zeros(len(rows), c.dtype) for c in TRUTH.columns}
    truth["event_id"], truth["species"], truth["time_ns"] = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    with create(tmp_path / "events.root", EVENT_TREES) as writer:
        writer.extend("truth", truth)
    assert piled_up_events(tmp_path / "events.root").tolist() == [1, 4]
