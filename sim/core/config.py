"""The run card: TOML to frozen, checked models, with errors that name file, key, value and range."""

import difflib
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from sim.core.errors import CardError

# Every section a card may have, and the room that reads it.
SECTIONS = {
    "run": "sim",
    "site": "sim.physics",
    "sun": "sim.physics",
    "neutrino": "sim.physics",
    "moment": "sim.physics",
    "field": "sim.physics",
    "backgrounds": "sim.physics",
    "muons": "sim.physics",
    "antineutrino": "sim.physics",
    "detector": "sim",
    "pile_up": "sim",
    "reconstruction": "recon",
    "coincidence": "recon",
    "tfc": "recon",
    "fit": "analysis",
    "appearance": "analysis",
}

_LONGEST_VALUE = 200  # characters of a wrong value that a message shows

PRESETS = ("quickstart", "phase2", "phase2-mu5", "antineutrino")


class Section(BaseModel):
    """Base of all card sections: frozen, unknown keys refused, defaults checked."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


S = TypeVar("S", bound=Section)


class Card(NamedTuple):
    """A card as read: where it came from, and its sections as plain values (overrides applied)."""

    source: str
    values: dict[str, dict[str, Any]]

    def section(self, name: str, model: type[S]) -> S:
        """Check one section against its model.

        Raises
        ------
        CardError
            One line: source, key, value, what was expected.
        """
        try:
            return model.model_validate(self.values.get(name, {}))
        except ValidationError as error:
            raise CardError(_explain(self.source, name, model, error)) from None


def preset_text(name: str) -> str:
    """Return the commented TOML text of a preset card; CardError for an unknown name."""
    if name not in PRESETS:
        msg = f"no preset card {name!r}; presets: {', '.join(PRESETS)}{_nearest(name, PRESETS)}"
        raise CardError(msg)
    return files("sim").joinpath("data", "cards", f"{name}.toml").read_text(encoding="utf-8")


def read_card(source: str | Path, overrides: tuple[str, ...] | list[str] = ()) -> Card:
    """Read a card from a file or a preset name and apply ``section.key=value`` overrides.

    Parameters
    ----------
    source : path of a TOML file, or the name of a preset.
    overrides : texts such as ``neutrino.sin2_theta12=0.32``; values are TOML (bare words are text).

    Raises
    ------
    CardError
        The file is missing or not TOML, a section is unknown, an override is malformed.
    """
    name = str(source)
    path = Path(source)
    if path.suffix == ".toml" or path.is_file():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{name}: cannot read the card: {getattr(error, 'strerror', None) or error}"
            raise CardError(msg) from None
    else:
        text = preset_text(name)
        name = f"preset {name}"
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{name}: not valid TOML: {error}"
        raise CardError(msg) from None
    return card_from_values(name, values, overrides)


def card_or_defaults(source: str | None, overrides: list[str] | None) -> Card:
    """Return the card named, or an empty one that means all defaults; errors as in ``read_card``."""
    return read_card(source, overrides or []) if source else card_from_values("defaults", {}, overrides or [])


def card_from_values(
    source: str, values: dict[str, Any], overrides: tuple[str, ...] | list[str] = ()
) -> Card:
    """Make a card of plain values (a run record's, say) and apply overrides; CardError as in read_card."""
    merged = {key: dict(value) if isinstance(value, dict) else value for key, value in values.items()}
    for text in overrides:
        _override(merged, text)
    for section, content in merged.items():
        if section not in SECTIONS:
            msg = f"{source}: unknown section [{section}]; sections: {', '.join(SECTIONS)}"
            raise CardError(msg + _nearest(section, tuple(SECTIONS)))
        if not isinstance(content, dict):
            msg = f"{source}: {section} = {content!r}: expected a section [{section}]"
            raise CardError(msg)
    return Card(source, merged)


def _override(values: dict[str, Any], text: str) -> None:
    key, equals, literal = text.partition("=")
    parts = key.strip().split(".")
    if not equals or len(parts) < 2 or not all(parts):
        msg = f"--set {text!r}: expected section.key=value, such as neutrino.sin2_theta12=0.32"
        raise CardError(msg)
    try:
        value = tomllib.loads(f"value = {literal}")["value"]
    except tomllib.TOMLDecodeError:
        value = literal.strip()
    node = values
    for part in parts[:-1]:
        child = node.setdefault(part, {})
        if not isinstance(child, dict):
            msg = f"--set {text!r}: {part} is a value, not a section"
            raise CardError(msg)
        child = dict(child)
        node[part] = child
        node = child
    node[parts[-1]] = value


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _explain(source: str, section: str, model: type[BaseModel], error: ValidationError) -> str:
    first = error.errors()[0]
    location = [str(part) for part in first["loc"]]
    key = ".".join([section, *location])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        owner = model
        for part in location[:-1]:
            if part.isdecimal():  # row of a table
                continue
            field = owner.model_fields.get(part)
            nested = field.annotation if field is not None else None
            nested = next(iter(get_args(nested)), nested)  # what a table has rows of
            if not (isinstance(nested, type) and issubclass(nested, BaseModel)):
                break
            owner = nested
        known = tuple(owner.model_fields)
        hint = _nearest(location[-1], known) or f"; known keys: {', '.join(known)}"
        return f"{source}: {key}: unknown key{hint}{more}"
    value = repr(first.get("input"))
    if len(value) > _LONGEST_VALUE:
        value = value[:_LONGEST_VALUE] + " ..."
    return f"{source}: {key} = {value}: {first['msg'][0].lower()}{first['msg'][1:]}{more}"
