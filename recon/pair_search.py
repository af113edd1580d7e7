"""The coincidence search of a whole file: rows of clusters in as they are made, pairs of all blocks out."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recon.bright import BrightBlocks, no_clusters
from recon.coincidence import Found, Pairs, find_pairs, search_windows
from recon.config import CoincidenceConfig


class PairSearch:
    """Searches a reconstruction while it is made; holds the bright clusters of one block, and the pairs."""

    def __init__(self, config: CoincidenceConfig) -> None:
        self._windows = search_windows(config)
        lowest_pe = min(config.prompt_min_pe, config.delayed_min_pe, self._windows.guard_pe)
        self._blocks = BrightBlocks(lowest_pe, config.correct_charge)
        self._found = [find_pairs(no_clusters(), self._windows)]

    def add(self, rows: Mapping[str, Any]) -> None:
        """Take the next rows of tree ``reco``; those of a block may come in any number of calls."""
        self._found += [find_pairs(block, self._windows) for block in self._blocks.add(rows)]

    def finish(self) -> Found:
        """Return what was found in all blocks."""
        self._found += [find_pairs(block, self._windows) for block in self._blocks.finish()]
        parts = zip(*(found.pairs for found in self._found), strict=True)
        return Found(
            sum(found.n_bright for found in self._found),
            sum(found.n_prompt for found in self._found),
            sum(found.n_delayed for found in self._found),
            np.sum([found.timely for found in self._found], axis=0),
            Pairs(*(np.concatenate(columns) for columns in parts)),
        )
