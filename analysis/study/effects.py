"""Detector effects to study: named ones, and any key of the card; from text to a changed card."""

import re
from typing import Any, NamedTuple

from analysis.config import FitConfig
from recon.config import ReconConfig
from sim.core.config import Card, Section, card_from_values
from sim.core.errors import CardError
from sim.physics.config import BackgroundsConfig, NeutrinoConfig, SunConfig

STUDIED = ("detector", "reconstruction", "backgrounds", "pile_up", "sun", "neutrino", "fit")
_OWN_MODELS: dict[str, type[Section]] = {
    "reconstruction": ReconConfig,
    "fit": FitConfig,
    "backgrounds": BackgroundsConfig,
    "sun": SunConfig,
    "neutrino": NeutrinoConfig,
}
_PART = re.compile(r"^(?P<key>[\w.-]*?[A-Za-z0-9_])\s*(?:(?P<sign>[+-])(?P<percent>[0-9.eE]+)\s*%)?$")
_LENGTHS = tuple(f"detector.optical.lengths.absorption_{what}" for what in ("ppo", "pc", "dmp"))
_LIVE, _CHARGE_LIVE = "detector.tubes.live", "detector.tubes.charge_live"
_C14 = "vary backgrounds.c14_bq_100t (its name here: pile-up), or pile_up.c14=false"
_HOW = f"sets how 14C is simulated, not what happens: no result depends on it; {_C14}"
_REFUSED = {  # key or section -> why
    "detector.tubes.history": f"calibration events have no date and see no history; vary {_LIVE} instead",
    "pile_up.thinning": _HOW,
    "pile_up.cluster_ns": _HOW,
    "pile_up.missed_fraction": _HOW,
    "pile_up.analysis_threshold_nh": "only leaves out gates that the fit does not use; vary fit.range or "
    f"detector.trigger.min_hits for a threshold; for pile-up {_C14}",
    "tfc": "calibration events come without muons; simulate with [muons], then heliospin reconstruct --set "
    "tfc.KEY=VALUE and heliospin fit --set fit.tfc='subtracted'",
    "muons": "calibration events come without muons; vary backgrounds.c11_cpd_100t for the 11C they make",
}


class Named(NamedTuple):
    """A named effect: its keys, the change if none is said, what it is."""

    keys: tuple[str, ...]
    usual: str
    meaning: str


NAMED: dict[str, Named] = {
    "kB": Named(("detector.quenching.kb_beta_cm_mev",), "+1%", "Birks' constant of electrons"),
    "kB-alpha": Named(("detector.quenching.kb_alpha_cm_mev",), "+1%", "Birks' constant of alphas"),
    "light": Named(("detector.light.scale",), "+1%", "photon yield"),
    "attenuation": Named(_LENGTHS, "+10%", "lengths of absorption in scintillator and buffer"),
    "scattering": Named(("detector.optical.lengths.scattering",), "+10%", "length of Rayleigh scattering"),
    "re-emission": Named(("detector.optical.reemission.scale",), "-5%", "absorbed light that is given back"),
    "reflection": Named(("detector.optical.steel.reflectivity",), "+10%", "light reflected by the steel"),
    "concentrators": Named(
        ("detector.optical.tubes.cone_reflectivity",), "-1%", "reflectivity of the light concentrators"
    ),
    "cherenkov": Named(("detector.optical.cherenkov.scale",), "+50%", "Cherenkov light of electrons"),
    "index": Named(("reconstruction.refractive_index",), "+1%", "time of flight that the vertex fit assumes"),
    "uneven-tubes": Named(
        ("detector.tubes.live_gradient",), "-20%", "more live tubes at the top than at the bottom"
    ),
    "transit-time": Named(("detector.transit.sigma_ns",), "+20%", "transit-time spread of the tubes"),
    "late-pulses": Named(
        ("detector.transit.late_fraction",), "+50%", "photoelectrons that bounce off the first dynode"
    ),
    "late-pulse-delay": Named(("detector.transit.late_most_ns",), "+20%", "their longest delay"),
    "afterpulses": Named(
        ("detector.afterpulses.fraction",), "+50%", "pulses that ions make microseconds later"
    ),
    "dark-rate": Named(("detector.dark.rate_hz",), "+50%", "dark noise"),
    "dead-tubes": Named((_LIVE, _CHARGE_LIVE), "-10%", "tubes that are read out"),
    "charge-threshold": Named(("detector.charge.threshold_pe",), "+10%", "discriminator threshold"),
    "gain": Named(("detector.charge.peak_pe",), "+1%", "charge of a photoelectron"),
    "dead-time": Named(("detector.electronics.dead_ns",), "+20%", "dead time of a channel after a hit"),
    "dead-time-spread": Named(
        ("detector.electronics.dead_spread_ns",), "=60", "dead times of the channels from 80 to 140 ns"
    ),
    "reflections": Named(
        ("detector.reflection.enabled",), "=false", "no reflections of large pulses in cables"
    ),
    "reflection-cut": Named(
        ("reconstruction.reflection_spread_ns",), "=0", "hits where reflections are expected are kept"
    ),
    "retriggers": Named(
        ("reconstruction.retrigger_ns",), "=0", "hits right after another of the channel are kept"
    ),
    "trigger": Named(("detector.trigger.min_hits",), "+10%", "trigger threshold"),
    "trigger-spread": Named(("detector.trigger.spread_hits",), "+100%", "width of the trigger's turn-on"),
    "emission": Named(("detector.emission.enabled",), "=false", "no emission times at all: a limiting case"),
    "pile-up": Named(("backgrounds.c14_bq_100t",), "+2%", "density of 14C; pile-up grows by twice that"),
    "pile-up-model": Named(("fit.pile_up",), "=convolution", "pile-up by convolution, data by overlay"),
    "window-230": Named(("fit.estimator",), "=np_230", "fit of N_p in 230 ns"),
    "window-400": Named(("fit.estimator",), "=np_400", "fit of N_p in 400 ns"),
}
STANDARD = (
    "kB",
    "light",
    "attenuation",
    "reflection",
    "dead-tubes",
    "dark-rate",
    "charge-threshold",
    "pile-up",
    "window-230",
)


class Change(NamedTuple):
    """One key of the card: value before and after."""

    key: str
    nominal: Any
    varied: Any


class Effect(NamedTuple):
    """A change of the card: label, keys, the changed card."""

    label: str
    changes: tuple[Change, ...]
    card: Card

    def touches(self, section: str) -> bool:
        """Return whether a section of the card is changed."""
        return any(change.key.startswith(f"{section}.") for change in self.changes)


def own_sections(card: Card) -> dict[str, Any]:
    """Return the sections that the analysis can check, defaults filled in; CardError where one is wrong."""
    return {name: card.section(name, model).model_dump(mode="json") for name, model in _OWN_MODELS.items()}


def _refuse(text: str, why: str) -> CardError:
    return CardError(f"--effect {text!r}: {why}")


def _lookup(resolved: dict[str, Any], key: str) -> Any:
    node: Any = resolved
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            return None
        node = node[part]
    return node


def _scaled(text: str, key: str, nominal: Any, percent: float) -> Any:
    if isinstance(nominal, bool) or not isinstance(nominal, int | float):
        raise _refuse(text, f"{key} = {nominal!r} is not a number; give {key}=VALUE")
    value = nominal * (1.0 + percent / 100.0)
    return round(value) if isinstance(nominal, int) else float(f"{value:.12g}")


def _assignments(text: str, part: str, resolved: dict[str, Any]) -> dict[str, str]:
    """Return key and value (TOML) of one part of an effect."""
    name, equals, literal = (piece.strip() for piece in part.partition("="))
    match = _PART.match(name)
    if not match or (match["percent"] and equals):
        raise _refuse(text, "expected a name, name+1%, key=value, key-10%; several are joined by ';'")
    word = match["key"]
    known = NAMED.get(word)
    keys = known.keys if known else (word,)
    if known is None and "." not in word:
        raise _refuse(text, f"no effect named {word!r}; names: {', '.join(NAMED)}, or section.key")
    section = keys[0].split(".")[0]
    for refused, why in _REFUSED.items():
        if f"{word}.".startswith(f"{refused}."):
            raise _refuse(text, f"{word}: {why}")
    if section not in STUDIED:
        raise _refuse(text, f"section [{section}] cannot be varied here; sections: {', '.join(STUDIED)}")
    if equals:
        if len(keys) > 1:
            raise _refuse(text, f"{word} stands for {' and '.join(keys)}: name the key to set a value")
        return {keys[0]: literal}
    usual = known.usual if known else ""
    if not match["percent"] and usual.startswith("="):
        return {keys[0]: usual[1:]}
    if not match["percent"] and known is None:
        raise _refuse(text, f"say how much: {word}=VALUE or {word}+1%")
    change = match["sign"] + match["percent"] if match["percent"] else usual.rstrip("%")
    try:
        percent = float(change)
    except ValueError:
        raise _refuse(text, f"{change!r} is not a number of per cent") from None
    return {key: str(_scaled(text, key, _lookup(resolved, key), percent)) for key in keys}


def _with_charge(values: dict[str, str], resolved: dict[str, Any]) -> dict[str, str]:
    """Lower the number of tubes with usable charge in proportion where fewer tubes are live than that."""
    live = values.get(_LIVE, "")
    charge = _lookup(resolved, _CHARGE_LIVE)
    if _CHARGE_LIVE in values or not live.isdecimal() or int(live) >= charge:
        return values
    return {**values, _CHARGE_LIVE: str(round(charge * int(live) / _lookup(resolved, _LIVE)))}


def parse_effect(text: str, card: Card, resolved: dict[str, Any]) -> Effect:
    """Read an effect.

    Parameters
    ----------
    text : ``NAME`` (its usual size), ``NAME+1%``, ``section.key=value``, ``section.key-10%``; several joined
        by ``;`` make one effect; ``LABEL: ...`` gives it a name of the user's.
    card : the nominal card.
    resolved : its sections with defaults filled in.

    Raises
    ------
    CardError
        Not of this form, an unknown name, a section that cannot be varied, a relative change of what is not
        a number. Whether key and value are good is told by the models of the sections.
    """
    label, colon, body = text.partition(":")
    if not colon or "=" in label or not label.strip():
        label, body = text, text
    values: dict[str, str] = {}
    for part in body.split(";"):
        values |= _assignments(text, part.strip(), resolved)
    values = _with_charge(values, resolved)
    overrides = [f"{key}={value}" for key, value in values.items()]
    varied = card_from_values(card.source, card.values, overrides)
    changes = tuple(Change(key, _lookup(resolved, key), _lookup(varied.values, key)) for key in values)
    word = label.strip()
    if word in NAMED and NAMED[word].usual[0] != "=":
        word += NAMED[word].usual
    return Effect(word, changes, varied)


def check_effect(effect: Effect, resolved: dict[str, Any]) -> Effect:
    """Return the effect with the values that its sections took; CardError if it changes nothing.

    Parameters
    ----------
    effect : as parsed.
    resolved : sections of its card, defaults filled in.
    """
    changes = tuple(change._replace(varied=_lookup(resolved, change.key)) for change in effect.changes)
    if all(change.varied == change.nominal for change in changes):
        raise _refuse(effect.label, "changes nothing, the card has this value already")
    return effect._replace(changes=changes)
