"""Reads and checks the settings: file, profile and environment in, one `Config` or every problem at once out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octotui.config import secret_sources, settings_file, value_readers
from octotui.config.model import DEFAULT_PROFILE, Config
from octotui.config.problems import ENVIRONMENT, ConfigError, Problem, choices_message
from octotui.config.providers import read_providers
from octotui.config.setting_names import unknown_setting
from octotui.config.setting_type import Setting
from octotui.config.settings_table import KEY_SOURCES, PROFILE_SETTINGS, SETTINGS, TABLES
from octotui.config.toml_lines import KeyPath, key_lines, line_of
from octotui.config.value_readers import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Also = Callable[["Config"], "Iterable[Problem]"]
"""What finds more that is wrong with settings."""

_PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_KEY_READERS: dict[str, Callable[[Any], str]] = {
    "api_key_file": secret_sources.from_file,
    "api_key_command": secret_sources.from_command,
    "api_key_keyring": secret_sources.from_keyring,
}


def load(
    path: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    profile: str | None = None,
    *,
    with_key: bool = True,
    also: Also | None = None,
) -> Config:
    """Read the settings.

    `path` (or `OCTOTUI_CONFIG`) must exist when it is named; the default file need not. `profile` wins over
    `OCTOTUI_PROFILE`. Without `with_key` no key file is opened and no key command is run: enough to send nothing.
    `also` finds what only another room knows to be wrong, in a `Config` of the settings that could be read.
    Raises `ConfigError` with every problem there is.
    """
    loading = _Loading(path, environ, profile)
    return loading.config(loading.text(), with_key, also)


def problems_in(text: str, file: Path, environ: Mapping[str, str], also: Also | None = None) -> list[Problem]:
    """Return what `load` would say is wrong if `text` stood in `file`; no key is looked up."""
    try:
        _Loading(file, environ, None).config(text, with_key=False, also=also)
    except ConfigError as error:
        return error.problems
    return []


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the file's path: `OCTOTUI_CONFIG`, or `octotui/config.toml` in `$XDG_CONFIG_HOME` or `~/.config`."""
    if named := environ.get("OCTOTUI_CONFIG"):
        return Path(named).absolute()
    return _xdg(environ, "XDG_CONFIG_HOME", ".config") / "octotui" / "config.toml"


def state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Where ledgers are kept: `OCTOTUI_STATE_DIR`, or `octotui` in `$XDG_STATE_HOME` or `~/.local/state`."""
    if named := environ.get("OCTOTUI_STATE_DIR"):
        return Path(named).absolute()
    return _xdg(environ, "XDG_STATE_HOME", ".local/state") / "octotui"


def _xdg(environ: Mapping[str, str], variable: str, fallback: str) -> Path:
    """Return a base folder of the XDG specification, which says that a relative path in a variable is to be ignored."""
    named = Path(environ.get(variable, ""))
    return named if named.is_absolute() else _home(environ) / fallback


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home())


class _Loading:
    """One reading of the settings; collects problems instead of stopping at the first."""

    def __init__(self, path: Path | None, environ: Mapping[str, str], profile: str | None) -> None:
        self.environ = environ
        self.named = path is not None or bool(environ.get("OCTOTUI_CONFIG"))
        self.file = path.absolute() if path is not None else config_path(environ)
        self.wanted_profile = profile or environ.get("OCTOTUI_PROFILE") or DEFAULT_PROFILE
        self.problems: list[Problem] = []
        self.lines: dict[KeyPath, int] = {}
        self.variables: dict[str, str] = {}
        self.surroundings = Surroundings(folder=self.file.parent, home=_home(environ))

    def config(self, text: str | None, with_key: bool, also: Also | None) -> Config:
        """Return the settings that `text` and the environment say. Raises `ConfigError`."""
        document = self._document(text) if text is not None else {}
        profiles = self._profiles(document)
        fields = self._read({name: value for name, value in document.items() if name not in TABLES}, SETTINGS, ())
        self._one_key_source(document, ())
        sources = self._key_sources(fields, profiles.get(self.wanted_profile, {}))
        if self.wanted_profile != DEFAULT_PROFILE:
            # Two keys in one ledger would ask for each other's tasks.
            fields.pop("ledger", None)
        fields.update(profiles.get(self.wanted_profile, {}))
        self._ledger_from_environment(fields)
        self._base_url_from_environment(fields, sources)
        for name in KEY_SOURCES:
            fields.pop(name, None)
        fields.setdefault("download_dir", self.surroundings.home / "octotui")
        keys = self._keys(document)
        fields["providers"] = read_providers(self._table(document, "providers"), self._complain)
        variables = secret_sources.ENVIRONMENT_NAMES if "base_url" in fields else (secret_sources.OWN,)
        if found := secret_sources.from_environment(self.environ, variables):
            self.variables["api_key"] = found[0]
        if with_key and not self.problems:
            fields["api_key"], fields["api_key_source"] = self._key(variables, sources)
            if fields["api_key"] is None and self._is_set(secret_sources.FOREIGN):
                fields["withheld_key"] = secret_sources.FOREIGN
            self._notify_urls_from_file(fields)
        config = Config(
            state_dir=state_dir(self.environ),
            path=self.file if text is not None else None,
            profile=self.wanted_profile,
            profiles=(DEFAULT_PROFILE, *profiles),
            keys=keys,
            lines={".".join(path): line for path, line in self.lines.items()},
            variables=self.variables,
            **fields,
        )
        if also is not None:
            self.problems.extend(also(config))
        if self.problems:
            raise ConfigError(sorted(self.problems, key=lambda problem: problem.line or 0))
        return config

    def _complain(self, path: KeyPath, message: str) -> None:
        self.problems.append(Problem(self.file, line_of(self.lines, path), ".".join(path), message))

    def text(self) -> str | None:
        """Return the file's text, None where there is none or it cannot be read."""
        try:
            text = settings_file.read(self.file)
        except ConfigError as error:
            self.problems += error.problems
            return None
        if text is None and self.named:
            self.problems.append(
                Problem(self.file, None, None, "there is no such file; `octotui config init` writes one")
            )
        return text

    def _document(self, text: str) -> dict[str, Any]:
        try:
            document = settings_file.parse(text, self.file)
        except ConfigError as error:
            self.problems += error.problems
            return {}
        self.lines = key_lines(text.removeprefix("\ufeff"))
        return document

    def _table(self, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        table = document.get(name, {})
        if isinstance(table, dict):
            return table
        self._complain((name,), f"must be a table: [{name}]")
        return {}

    def _profiles(self, document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Every profile's own settings, all of them checked whichever is in use."""
        found: dict[str, dict[str, Any]] = {}
        tables = self._table(document, "profiles")
        for name, table in tables.items():
            path = ("profiles", name)
            if not isinstance(table, dict):
                self._complain(path, f"must be a table: [profiles.{name}]")
            elif name == DEFAULT_PROFILE or not _PROFILE_NAME.fullmatch(name):
                self._complain(
                    path,
                    "a profile's name is made of letters, digits, - and _, at most 32 of them; "
                    f"{DEFAULT_PROFILE} means the settings outside of [profiles]",
                )
            else:
                found[name] = self._read(table, PROFILE_SETTINGS, path)
                self._one_key_source(table, path)
        if self.wanted_profile not in {DEFAULT_PROFILE, *tables}:
            names = [DEFAULT_PROFILE, *found]
            self._complain(("profiles", self.wanted_profile), choices_message(self.wanted_profile, names, "profile"))
        return found

    def _read(self, table: Mapping[str, object], settings: Mapping[str, Setting], above: KeyPath) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, value in table.items():
            path = (*above, name)
            setting = settings.get(name)
            if setting is None:
                self._complain(path, unknown_setting(name, settings, above))
                continue
            try:
                fields[name] = setting.read(value, self.surroundings)
            except ValueError as error:
                self._complain(path, str(error))
        return fields

    def _one_key_source(self, table: Mapping[str, object], above: KeyPath) -> None:
        named = [name for name in table if name in KEY_SOURCES]
        if len(named) > 1:
            self._complain((*above, named[1]), f"{named[0]} says already where the key is; keep one of the two")

    def _base_url_from_environment(self, fields: dict[str, Any], sources: Mapping[KeyPath, Any]) -> None:
        variable = "OCTOTUI_BASE_URL"
        if not self._is_set(variable) and self._is_foreign(fields, sources):
            variable = "OPENAI_BASE_URL"
        if self._is_set(variable):
            self.variables["base_url"] = variable
            try:
                fields["base_url"] = SETTINGS["base_url"].read(self.environ[variable].strip(), self.surroundings)
            except ValueError as error:
                self.problems.append(Problem(ENVIRONMENT, None, variable, str(error)))

    def _ledger_from_environment(self, fields: dict[str, Any]) -> None:
        variable = "OCTOTUI_LEDGER"
        if self._is_set(variable):
            self.variables["ledger"] = variable
            try:
                fields["ledger"] = value_readers.read_ledger(self.environ[variable].strip(), may_hold_password=True)
            except ValueError as error:
                self.problems.append(Problem(ENVIRONMENT, None, variable, str(error)))

    def _is_foreign(self, fields: Mapping[str, Any], sources: Mapping[KeyPath, Any]) -> bool:
        """Whether `OPENAI_API_KEY` is the only credential, and nothing of octotui's own names a gateway for it.

        Then `OPENAI_BASE_URL` names it. Beside a key or token of octotui's own it would send that to another house.
        """
        tokens = {"system_token_file", "system_token_command"} & fields.keys()
        own = self._is_set(secret_sources.OWN) or self._is_set("OCTOTUI_SYSTEM_TOKEN") or sources or tokens
        return self._is_set(secret_sources.FOREIGN) and not own and "base_url" not in fields

    def _is_set(self, variable: str) -> bool:
        return bool(self.environ.get(variable, "").strip())

    def _key_sources(self, general: Mapping[str, Any], own: Mapping[str, Any]) -> dict[KeyPath, Any]:
        """Where the key is said to be, by the path of the setting; a profile's own word replaces the general one."""
        named: dict[KeyPath, Any] = {
            ("profiles", self.wanted_profile, name): own[name] for name in KEY_SOURCES if name in own
        }
        return named or {(name,): general[name] for name in KEY_SOURCES if name in general}

    def _key(self, variables: tuple[str, ...], sources: Mapping[KeyPath, Any]) -> tuple[str | None, str | None]:
        """Return the key and where it comes from; the environment, of which `variables` count, wins."""
        if found := secret_sources.from_environment(self.environ, variables):
            variable, text = found
            try:
                return secret_sources.checked(text), f"environment variable {variable}"
            except ValueError as error:
                self.problems.append(Problem(ENVIRONMENT, None, variable, str(error)))
                return None, None
        for path, value in sources.items():
            try:
                return secret_sources.checked(_KEY_READERS[path[-1]](value)), f"{path[-1]} of {self.file}"
            except ValueError as error:
                self._complain(path, str(error))
        return None, None

    def _notify_urls_from_file(self, fields: dict[str, Any]) -> None:
        if (file := fields.get("notify_urls_file")) is None:
            return
        try:
            fields["notify_urls"] = (*fields.get("notify_urls", ()), *secret_sources.urls_from_file(file))
        except ValueError as error:
            self._complain(("notify_urls_file",), str(error))

    def _keys(self, document: Mapping[str, Any]) -> dict[str, str]:
        keys: dict[str, str] = {}
        for name, value in self._table(document, "keys").items():
            if isinstance(value, str) and value.strip() and value.isprintable():
                keys[name] = value.strip()
            else:
                self._complain(
                    ("keys", name), 'must name a key in quotes ("d", "ctrl+d"), several with commas ("d,f5")'
                )
        return keys
