"""The sections [run], [detector] and [pile_up]: presets are valid, mistakes are named."""

import pytest

from sim.config import read_config, resolve
from sim.core.config import PRESETS, card_from_values, read_card
from sim.core.errors import CardError


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid_and_resolve_completely(name):
    card = read_card(name)
    values = resolve(card, read_config(card))
    assert values["run"]["name"] == name
    assert values["detector"]["trigger"]["gate_ns"] == 16000.0
    assert read_config(card_from_values("again", {k: values[k] for k in values})) == read_config(card)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("detector.light.scale=-3", "detector.light.scale = -3"),
        ("detector.darkk.rate_hz=3", "did you mean 'dark'"),
        ("detector.dark.rate=3", "did you mean 'rate_hz'"),
        ("detector.tubes.live=3000", "detector.tubes.live = 3000"),
        ("detector.tubes.charge_live=2000", "exceeds live"),
        ("detector.tubes.live_gradient=1.5", "detector.tubes.live_gradient = 1.5"),
        ("detector.emission.beta_weight=[0.5, 0.4]", "as many of each"),
        ("detector.emission.alpha_weight=[0.5, 0.4, 0.2, 0.1]", "sums to 1.2"),
        ("detector.emission.alpha_tau_ns=[1.0, 2.0, 3.0, 0.0]", "must lie in"),
        ("detector.electronics.dead_ns=10", "shorter than integration_ns"),
        ("detector.trigger.pre_ns=9000\ndetector.trigger.gate_ns=8000", "not shorter than gate_ns"),
        ("run.live_days=0", "run.live_days = 0"),
        ("run.start_utc=yesterday", "is not a date"),
        ("run.sphere_radius_m=5", "run.sphere_radius_m = 5"),
        ("pile_up.missed_fraction=2", "pile_up.missed_fraction = 2"),
    ],
)
def test_mistakes_are_named(override, message):
    card = card_from_values("my.toml", {}, override.split("\n"))
    with pytest.raises(CardError, match=r"my\.toml") as error:
        read_config(card)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
