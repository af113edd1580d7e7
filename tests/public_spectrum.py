"""Borexino's public Phase-II spectrum, where it lies beside the checkout; it is never part of it."""

from pathlib import Path

import pytest

from analysis.histograms import Spectrum
from analysis.spectrum_file import read_csv

PUBLIC = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "borexino_phase2_tfc_subtracted.csv"
EXPOSURE_D_100T = 582.326


def public_spectrum() -> Spectrum:
    """Return the spectrum of N_h without 11C candidates; skips the test where the file is not there."""
    if not PUBLIC.is_file():
        pytest.skip("the public Borexino spectrum is not beside this checkout (../shared/data/)")
    return read_csv(PUBLIC, "nh", EXPOSURE_D_100T).spectrum
