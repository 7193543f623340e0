"""Settings changed in the file: what was typed is checked as loading checks it, and every other line stays."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from octotui.config import settings_file, toml_edit
from octotui.config.loading import problems_in
from octotui.config.problems import ConfigError, Problem
from octotui.config.setting_names import COMMAND_LINE, typed_wrong
from octotui.config.toml_lines import KeyPath, key_lines, line_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from octotui.config.loading import Also


_SAID = {word: (value,) for value, words in ((True, "true yes on"), (False, "false no off")) for word in words.split()}


class Written(NamedTuple):
    """What stands in the file now, and on which line."""

    value: Any
    line: int | None


class Plan(NamedTuple):
    """A change that is right, and not yet written."""

    value: Any
    """What was typed, as TOML has it."""
    text: str
    """The whole file with it."""


def set_setting(
    file: Path, path: KeyPath, typed: str, environ: Mapping[str, str] = os.environ, also: Also | None = None
) -> Written:
    """Write what was `typed` for the setting at `path` into the file, which is made when it is missing.

    Raises `ConfigError` when the file cannot be read as TOML or the new text would have a problem that the old one has
    not, `OSError` when it cannot be written; nothing is written then.
    """
    plan = planned(file, path, typed, environ, also)
    settings_file.replace(file, plan.text)
    return Written(plan.value, line_of(key_lines(plan.text.removeprefix("\ufeff")), path))


def planned(
    file: Path, path: KeyPath, typed: str, environ: Mapping[str, str] = os.environ, also: Also | None = None
) -> Plan:
    """Return what `set_setting` would write. Raises `ConfigError` as it does."""
    text = settings_file.read(file) or ""
    settings_file.parse(text, file)
    refused: list[Problem] = []
    known = {(problem.setting, problem.message) for problem in problems_in(text, file, environ, also)}
    for value in _meanings(typed, path):
        try:
            new = toml_edit.with_value(text, path, value)
        except ValueError as error:
            raise typed_wrong(".".join(path), str(error)) from None
        found = problems_in(new, file, environ, also)
        wrong = [each for each in found if _is_about(each, path) or (each.setting, each.message) not in known]
        if not wrong:
            return Plan(value, new)
        refused = refused or wrong
    raise ConfigError(problem._replace(file=COMMAND_LINE, line=None) for problem in refused)


def as_typed(value: object) -> str:
    """Return a value as a person would type it, so that it is read back as the same: text bare, a list as words.

    What the setting takes as text or list only; where it takes a number too, that means the same (`10`, `"10"`).
    """
    if isinstance(value, str) and value and not _is_meant(value):
        return value
    if isinstance(value, list) and len(value) > 1 and all(isinstance(word, str) for word in value):
        words = shlex.join(value)
        if not _is_meant(words):
            return words
    return toml_edit.toml_value(value)


def _is_meant(typed: str) -> bool:
    """Whether what was typed is TOML's text or list, and meant as that."""
    first = _meanings(typed, ())[0]
    return isinstance(first, list) or (isinstance(first, str) and first != typed)


def unset_setting(file: Path, path: KeyPath) -> bool:
    """Take the lines of the setting at `path` out of the file; returns whether there were any.

    Raises `ConfigError` and `OSError` as `set_setting` does.
    """
    text = settings_file.read(file)
    if text is None or toml_edit.value_at(settings_file.parse(text, file), path) is None:
        return False
    try:
        new = toml_edit.without_value(text, path)
    except ValueError as error:
        raise typed_wrong(".".join(path), str(error)) from None
    settings_file.replace(file, new)
    return True


def _meanings(typed: str, path: KeyPath) -> list[Any]:
    """Return what was typed as the values it can mean, the likeliest first.

    TOML, text without quotes, a shell's words, a person's yes or no.

    What is written as TOML's text or list is meant as that.
    """
    import tomllib  # noqa: PLC0415 - as in `settings_file`

    try:
        typed.encode()
    except UnicodeEncodeError:
        raise typed_wrong(".".join(path), "must be UTF-8 text") from None
    plain: list[Any] = [typed, *_words(typed), *_SAID.get(typed.strip().lower(), ())]
    try:
        document = tomllib.loads(f"value = {typed}")
    except (ValueError, RecursionError):
        return plain
    if document.keys() != {"value"}:
        return plain
    value = document["value"]
    return [value] if isinstance(value, (str, list)) else [value, *plain]


def _words(typed: str) -> list[list[str]]:
    try:
        words = shlex.split(typed)
    except ValueError:  # a quote is open
        return []
    return [words] if words else []


def _is_about(problem: Problem, path: KeyPath) -> bool:
    """Whether a problem is one of the setting at `path` or of a table around it."""
    return problem.setting is not None and f"{'.'.join(path)}.".startswith(f"{problem.setting}.")
