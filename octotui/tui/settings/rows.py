"""What the settings screen lists: every setting by topic, with its value, where that comes from, and what it does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from octotui.config.effective_settings import KEY, Effective, EffectiveSettings
from octotui.config.model import DEFAULT_PROFILE
from octotui.config.setting_changes import as_typed
from octotui.config.setting_type import Effect, Kind, Setting
from octotui.config.settings_table import GROUPS, PROFILE_SETTINGS, SETTINGS, TABLE_EFFECTS
from octotui.presentation.styled_text import Role, StyledLine
from octotui.tui.commands import BY_ID, COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from octotui.config import Config
    from octotui.config.toml_lines import KeyPath

KEYS = "Keys"
PROVIDERS = "Providers"
_OWN_KEY = (
    "The key itself. It never stands in this file and is never shown: name where it is by api_key_file, "
    "api_key_command or api_key_keyring, or set OCTOTUI_API_KEY."
)
_PROVIDER = "A provider of this file: what it is called, where its tasks are asked, which ids and models are its own."


class Row(NamedTuple):
    """One setting of the list."""

    topic: str
    shown: str
    """Its name in the list."""
    effective: Effective
    help: str
    effect: Effect
    setting: Setting | None = None
    """Its row in the table of settings; None for what stands in a table, and for the key itself."""

    @property
    def name(self) -> str:
        """Its name, with dots."""
        return self.effective.name

    @property
    def value(self) -> str:
        """What holds, as one would type it; the key's is never said."""
        if self.name == KEY:
            return "set, not shown" if self.effective.source != "default" else "not set"
        return "not set" if self.effective.value is None else as_typed(self.effective.value)

    @property
    def is_set(self) -> bool:
        """Whether anybody has said something about it."""
        return self.effective.source != "default"

    @property
    def choices(self) -> tuple[str, ...]:
        """What it can be, where that is a short list; themes are known by the screen."""
        if self.setting is None:
            return ()
        if self.setting.kind is Kind.FLAG:
            return ("true", "false")
        return ("auto", "true", "false") if self.setting.kind is Kind.CHOICE else self.setting.choices

    def has(self, wanted: str) -> bool:
        """Whether every word of `wanted`, in lower case, is somewhere in it."""
        words = f"{self.topic} {self.name} {self.value} {self.effective.source} {self.help}".casefold()
        return all(word in words for word in wanted.split())

    def source(self, profile: str) -> str:
        """Where its value comes from, in a word or two."""
        effective = self.effective
        line = f":{effective.line}" if effective.line else ""
        return {
            "default": "default",
            "file": f"file{line}",
            "profile": f"{profile}{line}",
            "environment": f"${effective.variable}",
        }[effective.source]


def rows_of(config: Config, environ: Mapping[str, str]) -> list[Row]:
    """Every setting in the order of the table, then the providers of the file, then all keys. Raises `ConfigError`."""
    settings = EffectiveSettings(config, {command.id: ",".join(command.keys) for command in COMMANDS}, environ)
    found = {effective.name: effective for effective in settings.all()}
    rows = [Row(GROUPS[0][0], KEY, found[KEY], _OWN_KEY, Effect.START)]
    for topic, group in GROUPS:
        rows += [Row(topic, one.name, found[one.name], one.help, one.effect, one) for one in group]
    for name, effective in found.items():
        if name.startswith("providers."):
            shown = name.removeprefix("providers.")
            rows.append(Row(PROVIDERS, shown, effective, _PROVIDER, TABLE_EFFECTS["providers"]))
    for command in COMMANDS:
        effective = settings.one(f"keys.{command.id}")
        rows.append(Row(KEYS, command.id, effective, f"{command.label}: {command.tooltip}", TABLE_EFFECTS["keys"]))
    # By topic, in the order in which these came.
    topics = list(dict.fromkeys(row.topic for row in rows))
    return sorted(rows, key=lambda row: topics.index(row.topic))


def path_of(row: Row, profile: str, *, shared: bool) -> KeyPath:
    """Where a change of `row` is written: into the profile's own table where it may stand there, unless `shared`."""
    path = tuple(row.name.split("."))
    is_own = row.name in PROFILE_SETTINGS and profile != DEFAULT_PROFILE and not shared
    return ("profiles", profile, *path) if is_own else path


def place_words(path: KeyPath, profile: str) -> str:
    """Say in which table of the file a change is written, and whom it is for."""
    if path[0] == "profiles":
        return f"into [profiles.{path[1]}], for this profile alone"
    if len(path) > 1:
        return f"into [{'.'.join(path[:-1])}], for all profiles"
    if path[0] in PROFILE_SETTINGS and profile != DEFAULT_PROFILE:
        return "above the first [table], for every profile that has no word of its own"
    return "above the first [table], for all profiles"


def about(row: Row, profile: str) -> Iterator[StyledLine]:
    """What a setting does, what it may be, where its value comes from and when a change takes effect."""
    yield ((row.help, Role.TEXT),)
    if facts := _facts(row):
        yield ((facts, Role.DIM),)
    takes = f" Changed here, it takes effect {row.effect.value}." if row.name != KEY else ""
    yield *_origin(row, profile), (takes, Role.DIM)


def _facts(row: Row) -> str:
    setting = row.setting
    if row.name.startswith("keys."):
        return f"Default: {','.join(BY_ID[row.name.partition('.')[2]].keys)}. Several keys with commas: d,f5."
    if setting is None:
        return ""
    parts = [f"One of: {', '.join(row.choices)}." if row.choices else ""]
    if setting.unit:
        parts.append(f"Unit: {setting.unit}{_bounds(setting)}.")
    if setting.default is not None:
        parts.append(f"Default: {as_typed(setting.default)}.")
    elif setting.example is not None:
        parts.append(f"Not set by default; for example {as_typed(setting.example)}.")
    return " ".join(filter(None, parts))


def _bounds(setting: Setting) -> str:
    low = "" if setting.minimum is None else f" from {setting.minimum:g}"
    return low if setting.maximum is None else f"{low} to {setting.maximum:g}"


def _origin(row: Row, profile: str) -> StyledLine:
    effective = row.effective
    if effective.source == "default":
        return (("Nothing says where it is." if row.name == KEY else "The default holds.", Role.DIM),)
    if effective.source == "environment":
        return ((f"The environment variable {effective.variable} wins over the file.", Role.WARN),)
    line = f"line {effective.line} of " if effective.line else ""
    whose = f"of the profile {json.dumps(profile)}, " if effective.source == "profile" else ""
    return ((f"From {whose}{line}{effective.file}.", Role.DIM),)


SHOWN_IN_FULL = frozenset(name for name in SETTINGS if name not in {"proxy", "notify_urls"})
"""Settings whose value holds no password, so that one can begin to change it from what it is."""
