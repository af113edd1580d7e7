"""The run card: overrides, and errors that name source, key, value and what was expected."""

import pytest

from sim.core.config import PRESETS, card_from_values, preset_text, read_card
from sim.core.errors import CardError
from sim.physics.config import BackgroundsConfig, MomentConfig, NeutrinoConfig, SunConfig


def test_override_reaches_the_section():
    card = card_from_values("test", {}, ["neutrino.sin2_theta12=0.32", "sun.model=B16-AGSS09met"])
    assert card.section("neutrino", NeutrinoConfig).sin2_theta12 == 0.32
    assert card.section("sun", SunConfig).model == "B16-AGSS09met"


def test_override_does_not_change_the_values_it_was_given():
    values = {"sun": {"flux_scale": {"pp": 1.0}}}
    card_from_values("test", values, ["sun.flux_scale.pp=2.0"])
    assert values == {"sun": {"flux_scale": {"pp": 1.0}}}


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["neutrino.sin2_theta12=1.5"], ["neutrino.sin2_theta12", "1.5", "less than or equal to 1"]),
        (["neutrino.sin2_theta21=0.3"], ["neutrino.sin2_theta21", "unknown key", "did you mean"]),
        (["neutrino.sin2_theta12=many"], ["neutrino.sin2_theta12", "many", "number"]),
        (["neutrino.delta_m2_31_ev2=0"], ["neutrino.delta_m2_31_ev2", "1e-4"]),
    ],
)
def test_section_errors_are_one_line_with_key_and_value(overrides, words):
    with pytest.raises(CardError) as caught:
        card_from_values("my.toml", {}, overrides).section("neutrino", NeutrinoConfig)
    text = str(caught.value)
    assert text.startswith("my.toml")
    assert "\n" not in text
    for word in words:
        assert word in text


@pytest.mark.parametrize("text", ["neutrino", "=3", "neutrino.=3", "sin2_theta12=0.3"])
def test_malformed_override(text):
    with pytest.raises(CardError, match=r"section\.key=value"):
        card_from_values("test", {}, [text])


def test_unknown_section_names_the_nearest():
    with pytest.raises(CardError, match="did you mean 'neutrino'"):
        card_from_values("test", {"neutrinos": {}})


def test_missing_and_broken_files(tmp_path):
    with pytest.raises(CardError, match="No such file"):
        read_card(tmp_path / "absent.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[run\n")
    with pytest.raises(CardError, match="not valid TOML"):
        read_card(broken)
    with pytest.raises(CardError, match="did you mean 'phase2'"):
        read_card("phase3")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_read(name):
    card = read_card(name)
    card.section("neutrino", NeutrinoConfig)
    card.section("backgrounds", BackgroundsConfig)
    assert preset_text(name).startswith("# ")


def test_complex_moments():
    card = card_from_values("test", {}, ["moment.nature=majorana", "moment.mu12_bohr=0.7e-11i"])
    assert card.section("moment", MomentConfig).mu12_bohr == "0.7e-11i"
    with pytest.raises(CardError, match="not a number"):
        card_from_values("test", {}, ["moment.mu12_bohr=abc"]).section("moment", MomentConfig)
