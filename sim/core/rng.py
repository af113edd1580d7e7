"""Random numbers: one seed a run, one stream a stage and block, one counter a draw.

``stream`` serves code that draws per block; ``philox`` (Philox4x32-10, Salmon et al. 2011 [SALMON11])
serves the hot kernels: the counter is (draw, event), the key is (seed, stage, block), so a result never
depends on the order of the work or on the number of workers.
"""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit_inline

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint32(0x9E3779B9)
_W1 = np.uint32(0xBB67AE85)
_SHIFT = np.uint64(32)
_TO_UNIT = 2.0**-32
_TO_SINGLE = np.float32(2.0**-24)


class Stage(IntEnum):
    """Who draws; the number is part of the stream's key and never reused."""

    SOLAR = 1
    BACKGROUND = 2
    TIMING = 3
    PILE_UP = 4
    DEPOSIT = 5
    LIGHT = 6
    ELECTRONICS = 7
    TOY = 8
    LAYOUT = 9
    CALIBRATION = 10
    MUON = 11
    ANTINEUTRINO = 12


def stream(seed: int, stage: Stage, block: int, *branch: int) -> np.random.Generator:
    """Return the generator of a stage and block (and branch: a species, say), independent of all others."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int(stage), block, *branch)))


def philox_key(seed: int, stage: Stage, block: int) -> tuple[np.uint32, np.uint32]:
    """Return the 64-bit Philox key of one stage and block, as two words."""
    words = np.random.SeedSequence(seed, spawn_key=(int(stage), block)).generate_state(2, np.uint32)
    return words[0], words[1]


@njit_inline
def philox(
    c0: np.uint32, c1: np.uint32, c2: np.uint32, c3: np.uint32, k0: np.uint32, k1: np.uint32
) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32]:
    """Philox4x32-10: four random words from a 128-bit counter and a 64-bit key (all uint32)."""
    for _ in range(10):
        p0 = _M0 * np.uint64(c0)
        p1 = _M1 * np.uint64(c2)
        c0, c1, c2, c3 = (
            np.uint32(p1 >> _SHIFT) ^ c1 ^ k0,
            np.uint32(p1),
            np.uint32(p0 >> _SHIFT) ^ c3 ^ k1,
            np.uint32(p0),
        )
        k0 = np.uint32(k0 + _W0)
        k1 = np.uint32(k1 + _W1)
    return c0, c1, c2, c3


@njit_inline
def fill_words(
    n: int, c0: int, c1: int, c2: int, c3: int, k0: np.uint32, k1: np.uint32, out: NDArray[np.uint32]
) -> None:
    """Fill n columns of ``out`` with calls of ``philox``, the first counter rising from c0.

    A loop that the compiler vectorises. ``out`` has four lines and room for the next multiple of 16 columns.
    """
    first, second, third, fourth = np.uint32(c0), np.uint32(c1), np.uint32(c2), np.uint32(c3)
    for i in range((n + 15) // 16 * 16):
        out[0, i], out[1, i], out[2, i], out[3, i] = philox(
            np.uint32(first + i), second, third, fourth, k0, k1
        )


@njit_inline
def unit(word: np.uint32) -> float:
    """Turn a random word into a float64 in the open interval (0, 1)."""
    return (float(word) + 0.5) * _TO_UNIT


@njit_inline
def single(word: np.uint32) -> Any:
    """Turn the upper 24 bits of a random word into a float32 in [0, 1)."""
    return np.float32(word >> np.uint32(8)) * _TO_SINGLE
