"""`[providers.NAME]`: changes a built-in provider, or adds one that gets a pane of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from octotui.config import value_readers
from octotui.config.problems import choices_message
from octotui.config.settings_table import PROVIDER_SETTINGS
from octotui.gateway.providers import BUILTIN, Provider
from octotui.gateway.routes import ROUTES

Complain = Callable[[tuple[str, ...], str], None]
"""Takes the path of a setting and what is wrong with it."""

_ACCENTS = ("#d7875f", "#b3bf62", "#af87d7", "#5fafaf", "#9fa4f0", "#d75f87")
"""For providers that name no colour of their own, in turn."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


def read_providers(tables: Mapping[str, object], complain: Complain) -> tuple[Provider, ...]:
    """Return the built-in providers as the user changed them, then the user's own in the order of the file."""
    known = {provider.name: provider for provider in BUILTIN}
    for name, table in tables.items():
        path = ("providers", name)
        if not _NAME.fullmatch(name):
            complain(path, "a provider's name is made of a to z, 0 to 9, - and _, at most 32 of them")
        elif not isinstance(table, dict):
            complain(path, f"must be a table: [providers.{name}]")
        else:
            base = known.get(name) or _new_provider(name, len(known) - len(BUILTIN))
            known[name] = base._replace(**_read_table(path, table, complain))
    return tuple(known.values())


def _new_provider(name: str, number: int) -> Provider:
    accent = _ACCENTS[number % len(_ACCENTS)]
    return Provider(name, name.capitalize(), "videos", id_prefixes=(name,), model_prefixes=(name,), accent=accent)


def _read_table(path: tuple[str, ...], table: Mapping[str, object], complain: Complain) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in table.items():
        reader = _READERS.get(key)
        if reader is None:
            complain((*path, key), choices_message(key, PROVIDER_SETTINGS, "setting of a provider"))
            continue
        try:
            fields[key] = reader(value)
        except ValueError as error:
            complain((*path, key), str(error))
    return fields


def _read_route(value: object) -> str:
    text = value_readers.read_text(value)
    value_readers.one_of(text, tuple(ROUTES))
    return text


def _read_retention(value: object) -> float | None:
    return None if value == "none" else value_readers.read_duration(value) or None


_READERS: dict[str, Callable[[object], object]] = {
    "label": value_readers.read_text,
    "route": _read_route,
    "id_prefixes": value_readers.read_prefixes,
    "model_prefixes": value_readers.read_prefixes,
    "retention": _read_retention,
    "accent": value_readers.read_accent,
}
