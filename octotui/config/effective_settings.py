"""What holds, setting by setting, and where it comes from: the default, the file, a profile or the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from octotui.config import settings_file
from octotui.config.model import DEFAULT_PROFILE
from octotui.config.problems import choices_message
from octotui.config.setting_names import check_known, setting_path, typed_wrong
from octotui.config.setting_type import Kind
from octotui.config.settings_table import KEY_SOURCES, SETTINGS
from octotui.config.toml_edit import value_at
from octotui.redaction import mask_secrets
from octotui.sanitize import ELLIPSIS

if TYPE_CHECKING:
    from octotui.config.model import Config
    from octotui.config.toml_lines import KeyPath

KEY = "api_key"
"""The key: no setting, but shown as one, without its value."""


class Effective(NamedTuple):
    """One setting as it holds."""

    name: str
    value: Any = None
    """As it is written in TOML, passwords masked; None where it is not set. That of the key is always None."""
    source: Literal["default", "file", "profile", "environment"] = "default"
    file: Path | None = None
    line: int | None = None
    variable: str | None = None
    """The environment variable's name."""


class EffectiveSettings:
    """Every setting of `config`, which was read from the file and `environ`."""

    def __init__(
        self, config: Config, default_keys: Mapping[str, str], environ: Mapping[str, str] = os.environ
    ) -> None:
        """`default_keys`: the screen's commands with the keys they have unless the file says others."""
        self._config = config
        self._environ = environ
        self._default_keys = default_keys
        text = None if config.path is None else settings_file.read(config.path)
        self._document = settings_file.parse(text, config.path) if text is not None and config.path else {}

    def all(self) -> list[Effective]:
        """Return every setting there is, then what the file says of keys and providers."""
        tables: list[KeyPath] = [("keys", name) for name in value_at(self._document, ("keys",)) or {}]
        for provider, table in (value_at(self._document, ("providers",)) or {}).items():
            tables += [("providers", provider, name) for name in table]
        return [self._key(), *map(self._setting, SETTINGS), *map(self._nested, tables)]

    def one(self, name: str) -> Effective:
        """Return one of them, also of another profile (`profiles.studio.base_url`). Raises `ConfigError`."""
        if name == KEY:
            return self._key()
        path = setting_path(name)
        check_known(path, self._default_keys)
        return self._setting(name) if len(path) == 1 else self._nested(path)

    def _key(self) -> Effective:
        if variable := self._config.variables.get(KEY):
            return Effective(KEY, None, "environment", variable=variable)
        for name in KEY_SOURCES:
            found = self._setting(name)
            if found.value is not None:
                return found._replace(name=KEY, value=None)
        return Effective(KEY)

    def _setting(self, name: str) -> Effective:
        setting = SETTINGS[name]
        variable = self._config.variables.get(name) or setting.environment
        if variable and (text := self._environ.get(variable, "").strip()):
            value = int(text) if setting.kind is Kind.WHOLE and text.isdecimal() else text
            return Effective(name, masked(name, value), "environment", variable=variable)
        profile: KeyPath = ("profiles", self._config.profile)
        own = value_at(self._document, profile) or {}
        if name in own:
            return self._written((*profile, name))._replace(name=name, source="profile")
        # Where the profile says where its key is, the general word about the key does not count.
        is_elsewhere = name in KEY_SOURCES and set(KEY_SOURCES) & own.keys()
        if name in self._document and not (is_elsewhere or self._is_others_ledger(name)):
            return self._written((name,))
        return Effective(name, setting.default)

    def _is_others_ledger(self, name: str) -> bool:
        """Whether this is the default profile's ledger alone, and another profile is in use."""
        return name == "ledger" and self._config.profile != DEFAULT_PROFILE

    def _nested(self, path: KeyPath) -> Effective:
        if value_at(self._document, path) is not None:
            return self._written(path)
        name = ".".join(path)
        if path[0] == "keys":
            return Effective(name, self._default_keys[path[1]])
        if path[0] == "profiles":
            return Effective(name)
        providers = {provider.name: provider for provider in self._config.providers}
        if path[1] not in providers:
            raise typed_wrong(name, choices_message(path[1], providers, "provider"))
        value = getattr(providers[path[1]], path[2])
        # Only a retention can be None, which the file writes so.
        return Effective(name, "none" if value is None else list(value) if isinstance(value, tuple) else value)

    def _written(self, path: KeyPath) -> Effective:
        name = ".".join(path)
        value = masked(path[-1], value_at(self._document, path))
        return Effective(name, value, "file", self._config.path, self._line(path))

    def _line(self, path: KeyPath) -> int | None:
        names = (".".join(path[:length]) for length in range(len(path), 0, -1))
        return next((self._config.lines[name] for name in names if name in self._config.lines), None)


def masked(name: str, value: Any) -> Any:  # noqa: ANN401 - a setting holds anything
    """Return what a setting holds without passwords: of a notification's URL only the scheme stays."""
    if isinstance(value, list):
        return [masked(name, entry) for entry in value]
    if not isinstance(value, str):
        return value
    if name == "notify_urls":
        return f"{value.partition('://')[0]}://{ELLIPSIS}"
    if name == "ledger":
        from octotui.ledger.url import in_words  # noqa: PLC0415 - few have one

        return in_words(value)
    if name == "proxy" and "@" in value:
        start = value.find("://") + 3 if "://" in value else 0
        return f"{value[:start]}{ELLIPSIS}@{value[start:].rpartition('@')[2]}"
    return mask_secrets(value)
