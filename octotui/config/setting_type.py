"""What one setting is: its name, what it holds, how its text is read, and what is said about it."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from octotui.config import value_readers

if TYPE_CHECKING:
    from collections.abc import Callable

    from octotui.config.value_readers import Surroundings

Plain = str | int | float | bool | list[str]
"""A value as TOML writes it."""


class Kind(Enum):
    """What a setting holds, and with it how its text is read."""

    TEXT = "text"
    FLAG = "true or false"
    CHOICE = 'true, false or "auto"'
    WHOLE = "whole number"
    DURATION = "time"
    SIZE = "size"
    RATE = "rate"
    PATH = "path"
    WORDS = "list of words"
    BASE_URL = "URL"
    PROXY = "proxy URL"
    TEMPLATE = "template"
    KEYRING = "keyring entry"
    NOTICES = "list of occasions"
    URLS = "list of URLs"
    LEDGER = "PostgreSQL URL"
    HOSTS = "list of hosts"
    STORAGE = "storage URL"
    KEEPING = "always, until_delivered or time"


class Effect(Enum):
    """When a setting that is changed from inside the dashboard takes effect."""

    SCREEN = "at once"
    ENGINE = "at once where this window does the work"
    """The engine goes on with it; an engine in another process reads it when that one is started."""
    COMMAND = "when the command that reads it is next run"
    START = "at the next start"


_READERS: dict[Kind, Callable[[object], object]] = {
    Kind.TEXT: value_readers.read_text,
    Kind.FLAG: value_readers.read_flag,
    Kind.CHOICE: value_readers.read_choice,
    Kind.WHOLE: value_readers.read_whole,
    Kind.DURATION: value_readers.read_duration,
    Kind.SIZE: value_readers.read_size,
    Kind.RATE: value_readers.read_rate,
    Kind.WORDS: value_readers.read_words,
    Kind.BASE_URL: value_readers.read_base_url,
    Kind.PROXY: value_readers.read_proxy,
    Kind.TEMPLATE: value_readers.read_template,
    Kind.KEYRING: value_readers.read_keyring_entry,
    Kind.NOTICES: value_readers.read_notices,
    Kind.URLS: value_readers.read_urls,
    Kind.LEDGER: value_readers.read_ledger,
    Kind.HOSTS: value_readers.read_hosts,
    Kind.STORAGE: value_readers.read_storage,
    Kind.KEEPING: value_readers.read_keeping,
}


class Setting(NamedTuple):
    """One setting: what it is called, what it holds, and what is said about it."""

    name: str
    kind: Kind
    help: str
    default: Plain | None = None
    """As one would write it; None: nothing is set unless the user sets it."""
    example: Plain | None = None
    """Shown commented out where there is no default."""
    unit: str | None = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    per_profile: bool = False
    """Whether `[profiles.NAME]` may set it too."""
    environment: str | None = None
    """The variable that wins over the file."""
    effect: Effect = Effect.START
    """When a change takes effect; a test holds it against what the screen and the engine do."""

    def read(self, value: object, surroundings: Surroundings) -> object:
        """Turn what stands in the file into what `Config` holds; `ValueError` says what would be right."""
        reader = _READERS.get(self.kind) or partial(value_readers.read_path, surroundings=surroundings)
        result = reader(value)
        if isinstance(result, (int, float)) and not isinstance(result, bool):
            value_readers.bounded(result, self.minimum, self.maximum, self.unit)
        if isinstance(result, str):
            value_readers.one_of(result, self.choices)
        return result
