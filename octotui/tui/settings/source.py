"""Where the settings of a screen come from: the file they are written to, and how they are read again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from octotui.config import Config
    from octotui.config.loading import Also


class SettingsSource(NamedTuple):
    """Source of a screen's settings."""

    file: Path
    """Where changes are written; it need not be there yet."""
    load: Callable[[], Config]
    """Reads file and environment again, without the key, as this terminal and this command line want it.

    Raises `ConfigError`.
    """
    environ: Mapping[str, str]
    """The environment that wins over the file."""
    problems: Also
    """What only the screen knows to be wrong: themes and keys."""
    can_restart: bool = True
    """Whether leaving the screen with a profile's name opens it again with what the file says then."""
