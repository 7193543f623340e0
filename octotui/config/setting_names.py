"""Names of settings with dots (`theme`, `keys.download`, `profiles.studio.base_url`): which there are, and what not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from octotui.config.model import DEFAULT_PROFILE
from octotui.config.problems import ConfigError, Problem, choices_message
from octotui.config.settings_table import KEY_SOURCES, PROFILE_SETTINGS, PROVIDER_SETTINGS, SETTINGS, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from octotui.config.toml_lines import KeyPath

COMMAND_LINE = Path("command line")
"""Stands in `Problem.file` for a name or a value that somebody typed."""

_KEY_NAMES = frozenset({"api_key", "key", "token", "api_token"})
_SHAPES = {"keys": "keys.COMMAND", "providers": "providers.NAME.SETTING", "profiles": "profiles.NAME.SETTING"}


def setting_path(name: str, profile: str | None = None) -> KeyPath:
    """Return where in the file a setting stands, or would stand: that of one profile where one is named.

    Raises `ConfigError` when no setting can have such a name, whatever its parts are called.
    """
    path = tuple(name.split("."))
    if profile is not None and profile != DEFAULT_PROFILE:
        path = ("profiles", profile, *path)
    shape = _SHAPES.get(path[0], "NAME")
    if "" in path or len(path) != shape.count(".") + 1:
        message = (
            f"names one setting of that table: {shape}"
            if path[0] in TABLES
            else choices_message(name, SETTINGS, "setting")
        )
        raise typed_wrong(name, message)
    return path


def check_known(path: KeyPath, commands: Iterable[str]) -> None:
    """Raise `ConfigError`, which says what there is, when no setting stands at `path`; `commands` may have keys."""
    name = path[-1]
    if path[0] == "keys":
        message = None if name in (ids := list(commands)) else choices_message(name, ids, "command")
    elif path[0] == "providers":
        message = (
            None if name in PROVIDER_SETTINGS else choices_message(name, PROVIDER_SETTINGS, "setting of a provider")
        )
    else:
        settings = SETTINGS if len(path) == 1 else PROFILE_SETTINGS
        message = None if name in settings else unknown_setting(name, settings, path[:-1])
    if message is not None:
        raise typed_wrong(".".join(path), message)


def unknown_setting(name: str, settings: Iterable[str], above: KeyPath) -> str:
    """Say that `name` is none of `settings`, and what to do instead; `above` is the profile's table, or empty."""
    if name in _KEY_NAMES:
        return f"a key never stands in the configuration; say where it is: {', '.join(KEY_SOURCES)}"
    names = list(settings)
    if above and name in SETTINGS:
        return f"is not a setting of one profile; it goes above the first [table]. A profile has: {', '.join(names)}"
    if above:
        return choices_message(name, names, "setting of a profile")
    return choices_message(name, [*names, *(f"[{table}]" for table in TABLES)], "setting")


def typed_wrong(name: str, message: str) -> ConfigError:
    """Return the error that says what is wrong with a name or value that somebody typed."""
    return ConfigError([Problem(COMMAND_LINE, None, name, message)])
