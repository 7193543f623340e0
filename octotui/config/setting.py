"""What one setting is: its name, what it holds, how its text is read, and what is said about it."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from octotui.config import values

if TYPE_CHECKING:
    from collections.abc import Callable

    from octotui.config.values import Surroundings

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
    OCCASIONS = "list of occasions"
    URLS = "list of URLs"


_READERS: dict[Kind, Callable[[object], object]] = {
    Kind.TEXT: values.read_text,
    Kind.FLAG: values.read_flag,
    Kind.CHOICE: values.read_choice,
    Kind.WHOLE: values.read_whole,
    Kind.DURATION: values.read_duration,
    Kind.SIZE: values.read_size,
    Kind.RATE: values.read_rate,
    Kind.WORDS: values.read_words,
    Kind.BASE_URL: values.read_base_url,
    Kind.PROXY: values.read_proxy,
    Kind.TEMPLATE: values.read_template,
    Kind.KEYRING: values.read_keyring_entry,
    Kind.OCCASIONS: values.read_occasions,
    Kind.URLS: values.read_urls,
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

    def read(self, value: object, surroundings: Surroundings) -> object:
        """Turn what stands in the file into what `Config` holds; `ValueError` says what would be right."""
        reader = _READERS.get(self.kind) or partial(values.read_path, surroundings=surroundings)
        result = reader(value)
        if isinstance(result, (int, float)) and not isinstance(result, bool):
            values.bounded(result, self.minimum, self.maximum, self.unit)
        if isinstance(result, str):
            values.one_of(result, self.choices)
        return result
