"""The card section ``[detector.tubes]``: which photomultipliers are read out, and when."""

from itertools import pairwise
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from sim.core.config import Section
from sim.core.geometry import N_PMT
from sim.core.tables import load_table
from sim.physics.exposure import UtcDate, utc_seconds

# Histories that can be named in the card, and their packaged tables.
HISTORIES = {"phase2-guess": "tubes_phase2_guess"}


def _check_charge(live: int, charge_live: int) -> None:
    if charge_live > live:
        msg = f"charge_live = {charge_live} exceeds live = {live}"
        raise ValueError(msg)


class TubesPeriod(Section):
    """The photomultipliers from a date on."""

    from_utc: UtcDate  # a block of live time that starts at this time or later sees these tubes
    live: int = Field(ge=100, le=N_PMT)
    charge_live: int = Field(ge=0, le=N_PMT)
    relative_qe: float = Field(1.0, gt=0, le=2)  # factor on the efficiency of all tubes
    gain: float = Field(1.0, gt=0, le=4)  # factor on the charge of hits; the discriminators follow the gain

    @model_validator(mode="after")
    def _charge_is_live(self) -> Self:
        _check_charge(self.live, self.charge_live)
        return self


class TubesConfig(Section):
    """Which photomultipliers are read out.

    ``history`` changes their number with time: rows of ``TubesPeriod`` with rising dates, or the name of a
    packaged table. Before its first row, and where it is empty, the section's own numbers hold; they also are
    the tubes of calibration events and templates. Tubes die in one order: of two rows the one with fewer live
    tubes has a part of those of the other, and the last that died are the first to come back.
    """

    live: int = Field(1650, ge=100, le=N_PMT)  # tuned to the width of N_h, whose variance goes as 2000/live
    charge_live: int = Field(1535, ge=0, le=N_PMT)  # tuned to the width of the charge
    layout_seed: int = Field(1, ge=0)  # which tubes are dead or bare; not the seed of the run
    # Density of live tubes goes as 1 + this cos(theta), as far as there are tubes. Tuned to the widths at
    # 1 MeV: without it the light hardly depends on the place, and the published charge [BX-PDF17] spreads by
    # 2.8 %. Unverified.
    live_gradient: float = Field(0.285, ge=-1, le=1)
    history: tuple[TubesPeriod, ...] = Field((), max_length=5000)

    @field_validator("history", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value not in HISTORIES:
            msg = f"expected rows, or one of: {', '.join(HISTORIES)}"
            raise ValueError(msg)
        table = load_table(HISTORIES[value])
        names = ("live", "charge_live", "relative_qe", "gain")
        columns = [table.text("from_utc").tolist(), *(table.numbers(name).tolist() for name in names)]
        return [dict(zip(("from_utc", *names), row, strict=True)) for row in zip(*columns, strict=True)]

    @field_validator("history")
    @classmethod
    def _dates_rise(cls, value: tuple[TubesPeriod, ...]) -> tuple[TubesPeriod, ...]:
        for before, after in pairwise(value):
            if utc_seconds(before.from_utc) >= utc_seconds(after.from_utc):
                msg = (
                    f"from_utc = {after.from_utc!r} does not come after {before.from_utc!r} of the row before"
                )
                raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _check_charge(self.live, self.charge_live)
        return self
