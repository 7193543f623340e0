"""The token that opens the page of `octotui serve`: what stands in a file of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from octotui.config import secret_sources
from octotui.config.problems import ConfigError, Problem

if TYPE_CHECKING:
    from octotui.config.model import Config

SHORTEST_TOKEN = 16
"""Characters: with fewer, guessing might come to an end."""
_SETTING = "web_token_file"


def web_token(config: Config) -> str | None:
    """Return the token, None where the settings name none.

    Raises `ConfigError`, whose words never hold it: the file cannot be read, can be read by others, or holds no token
    or too short a one.
    """
    if config.web_token_file is None:
        return None
    try:
        token = secret_sources.checked(secret_sources.from_file(config.web_token_file))
    except ValueError as error:
        raise _error(config, str(error).replace("key", "token")) from None
    if len(token) < SHORTEST_TOKEN:
        raise _error(config, f"holds fewer than {SHORTEST_TOKEN} characters: openssl rand -hex 24 makes a token")
    return token


def _error(config: Config, message: str) -> ConfigError:
    place = config.path or Path("configuration")
    return ConfigError([Problem(place, config.lines.get(_SETTING), _SETTING, message)])
