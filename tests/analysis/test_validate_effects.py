"""Effects as text: names, relative changes, keys; errors of one line."""

import pytest

from analysis.study.effects import NAMED, STANDARD, check_effect, own_sections, parse_effect
from sim.calibration import resolved_card
from sim.core.config import read_card
from sim.core.errors import CardError


@pytest.fixture(scope="module")
def card():
    return read_card("phase2")


@pytest.fixture(scope="module")
def parse(card):
    def resolved(some):
        return {**own_sections(some), **resolved_card(some)}

    nominal = resolved(card)

    def run(text):
        effect = parse_effect(text, card, nominal)
        return check_effect(effect, resolved(effect.card))

    return run


@pytest.mark.parametrize("name", NAMED)
def test_every_named_effect_is_usable(parse, name):
    effect = parse(name)
    assert {c.key for c in effect.changes} == set(NAMED[name].keys)
    assert all(c.varied != c.nominal for c in effect.changes)


def test_the_standard_set_is_named():
    assert set(STANDARD) <= set(NAMED)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("kB+1%", "detector.quenching.kb_beta_cm_mev", 0.0110898),
        ("kB-2.5 %", "detector.quenching.kb_beta_cm_mev", 0.0107055),
        ("kB = 0.0115", "detector.quenching.kb_beta_cm_mev", 0.0115),
        ("detector.light.scale=1.01", "detector.light.scale", 1.01),
        ("detector.dark.rate_hz+1e2%", "detector.dark.rate_hz", 1400.0),
        ("reconstruction.tail_ns=200", "reconstruction.tail_ns", 200.0),
        ("fit.estimator=np_400", "fit.estimator", "np_400"),
        ("detector.dark.enabled=false", "detector.dark.enabled", False),
        ("pile_up.c14=false", "pile_up.c14", False),
        ("pile-up+3%", "backgrounds.c14_bq_100t", 41.2),
    ],
)
def test_forms(parse, text, key, value):
    (change,) = parse(text).changes
    assert change.key == key
    assert change.varied == (pytest.approx(value) if isinstance(value, float) else value)


def test_tubes_with_charge_follow_the_live_ones(parse):
    changes = {c.key: c.varied for c in parse("detector.tubes.live=1450").changes}
    assert changes == {"detector.tubes.live": 1450, "detector.tubes.charge_live": round(1535 * 1450 / 1650)}
    assert [c.varied for c in parse("detector.tubes.live=1600").changes] == [1600]
    assert [c.varied for c in parse("dead-tubes-20%").changes] == [1320, 1228]


def test_a_label_and_several_keys(parse):
    effect = parse("old tubes: dead-tubes; transit-time+50%")
    assert effect.label == "old tubes"
    assert len(effect.changes) == 3
    assert parse("light").label == "light+1%"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kb", "no effect named 'kb'"),
        ("detector.quenching.kb=0.01", "phase2: detector.quenching.kb: unknown key"),
        ("detector.quenching.kb+1%", "is not a number"),
        ("detector.light.scale=-1", "detector.light.scale = -1: input should be greater than 0"),
        ("detector.tubes.history=phase2-guess", "calibration events have no date"),
        (
            "pile_up.thinning=false",
            "sets how 14C is simulated, not what happens.*vary backgrounds.c14_bq_100t",
        ),
        ("pile_up.missed_fraction+10%", "no result depends on it"),
        ("pile_up.analysis_threshold_nh+10%", "vary fit.range or detector.trigger.min_hits"),
        ("pile_up.c14=true", "changes nothing"),
        ("pile_up.c14x=true", "unknown key"),
        ("tfc.window_min+10%", "come without muons; simulate with"),
        ("muons.showers=false", "come without muons; vary backgrounds.c11_cpd_100t"),
        ("run.seed=3", r"section \[run\] cannot be varied"),
        ("coincidence.distance_m=2", r"section \[coincidence\] cannot be varied"),
        ("detector.light.scale=1", "changes nothing"),
        ("detector.light.scale", "say how much"),
        ("detector.emission.enabled+1%", "is not a number"),
        ("dead-tubes=1500", "name the key"),
        ("kB+1%=3", "expected a name"),
        ("", "expected a name"),
        ("kB+1e%", "not a number of per cent"),
        ("fit.estimator=nope", "fit.estimator = 'nope'"),
    ],
)
def test_errors_name_the_trouble(parse, text, words):
    with pytest.raises(CardError, match=words) as caught:
        parse(text)
    assert "\n" not in str(caught.value)
