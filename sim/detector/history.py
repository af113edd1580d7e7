"""The detector in time: every period of ``tubes.history`` has tubes, light maps and cuts of its own."""

import numpy as np

from sim.core.geometry import Photomultipliers, build_photomultipliers
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.model import Detector, build_detector


def period_config(config: DetectorConfig, number: int) -> DetectorConfig:
    """Return the detector of a period as a card would describe it that has this one only.

    Parameters
    ----------
    config : with its history.
    number : of the period: 0 is the section's own, k row k of the history.
    """
    tubes = config.tubes.model_copy(update={"history": ()})
    if number == 0:
        return config.model_copy(update={"tubes": tubes})
    row = config.tubes.history[number - 1]
    tubes = tubes.model_copy(update={"live": row.live, "charge_live": row.charge_live})
    relative_qe = config.optical.tubes.relative_qe * row.relative_qe
    cathodes = config.optical.tubes.model_copy(update={"relative_qe": relative_qe})
    optical = config.optical.model_copy(update={"tubes": cathodes})
    return config.model_copy(update={"tubes": tubes, "optical": optical})


def period_tubes(config: DetectorConfig, number: int) -> Photomultipliers:
    """Return the photomultipliers of a period; numbers as in ``period_config``."""
    tubes = period_config(config, number).tubes
    gain = config.tubes.history[number - 1].gain if number else 1.0
    pmts = build_photomultipliers(tubes.live, tubes.charge_live, tubes.layout_seed, tubes.live_gradient)
    return pmts._replace(
        gain=np.full(len(pmts.live), gain), period=np.full(len(pmts.live), number, np.uint16)
    )


class DetectorHistory:
    """The detectors of a card with a history, made when they are asked for.

    Blocks come in the order of time, so the last detector made is kept, and no other: memory does not grow
    with the number of periods.
    """

    def __init__(
        self, config: DetectorConfig, pile_up: PileUpConfig, starts_ns: tuple[int, ...], own: Detector
    ) -> None:
        """Prepare; nothing is made yet.

        Parameters
        ----------
        config, pile_up : sections of the card.
        starts_ns : UTC of each row of the history in ns since 1970-01-01, rising.
        own : detector of the section's own tubes, period 0.
        """
        self.config = config
        self._pile_up = pile_up
        self._starts_ns = starts_ns
        self._own = own
        self._last = (0, own)

    def number(self, start_ns: int) -> int:
        """Return the period of a block that starts at a UTC time in ns."""
        return int(np.searchsorted(self._starts_ns, start_ns, side="right"))

    def detector(self, number: int) -> Detector:
        """Return the detector of a period."""
        if number == 0:
            return self._own
        if self._last[0] != number:
            made = build_detector(period_config(self.config, number), self._pile_up, self._own)
            self._last = (number, made._replace(pmts=period_tubes(self.config, number)))
        return self._last[1]
