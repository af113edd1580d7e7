"""Random numbers: published known answers of Philox, uniform words, streams that do not touch."""

import numpy as np
import pytest

from sim.core.jit import njit
from sim.core.rng import Stage, philox, philox_key, stream, unit

KNOWN = [  # known answers of Philox4x32-10 in the Random123 distribution [SALMON11]: counter, key, words
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]


@njit
def _call(counter, key):
    return philox(counter[0], counter[1], counter[2], counter[3], key[0], key[1])


@njit
def _words(n, key0, key1):
    out = np.empty((4, n), np.uint32)
    zero = np.uint32(0)
    for i in range(n):
        out[0, i], out[1, i], out[2, i], out[3, i] = philox(np.uint32(i), zero, zero, zero, key0, key1)
    return out


@njit
def _units(words):
    out = np.empty(len(words))
    for i in range(len(words)):
        out[i] = unit(words[i])
    return out


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_known_answers(counter, key, words):
    found = _call(np.array(counter, np.uint32), np.array(key, np.uint32))
    assert [int(word) for word in found] == words


def test_words_of_consecutive_counters_are_uniform_and_uncorrelated():
    words = _words(200_000, *philox_key(1, Stage.LIGHT, 0))
    u = words / 2.0**32
    for row in u:
        counts = np.histogram(row, 64, (0, 1))[0]
        assert ((counts - 3125) ** 2 / 3125).sum() < 63 + 5 * np.sqrt(126)
    off = np.corrcoef(np.vstack([u, np.roll(u, 1, axis=1)])) - np.eye(8)
    assert np.abs(off).max() < 5 / np.sqrt(200_000)


def test_unit_stays_inside_the_open_interval():
    values = _units(np.array([0, 1, 2**31, 2**32 - 1], np.uint32))
    assert values[0] > 0
    assert values[-1] < 1
    assert values[2] == pytest.approx(0.5, abs=1e-9)


def test_keys_and_streams_differ_in_every_part():
    keys = {philox_key(s, stage, b) for s in (1, 2) for stage in (Stage.LIGHT, Stage.TOY) for b in (0, 1)}
    assert len(keys) == 8
    draws = {
        stream(s, stage, b, *branch).random()
        for s in (1, 2)
        for stage in (Stage.LIGHT, Stage.TOY)
        for b in (0, 1)
        for branch in ((), (1,))
    }
    assert len(draws) == 16
    assert stream(1, Stage.LIGHT, 0).random() == stream(1, Stage.LIGHT, 0).random()
