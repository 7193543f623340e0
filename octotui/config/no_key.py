"""Why there is no key, and what to do about it: the same words for the commands, the checkup and the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from octotui.config.loading import config_path

if TYPE_CHECKING:
    from octotui.config.model import Config


class NoKey(NamedTuple):
    """What is so, and what to do; neither with a capital letter or a full stop."""

    says: str
    remedy: str


def no_key(config: Config) -> NoKey:
    """Return why `config`, which was read with the key, has none."""
    file = config.path or config_path()
    if config.withheld_key is not None:
        return NoKey(
            f"{config.withheld_key} is set, but no base URL was named: it is not sent to {config.base_url}",
            f"set OCTOTUI_API_KEY, or name the gateway with OCTOTUI_BASE_URL or base_url in {file}",
        )
    return NoKey(
        "there is no key",
        f"set OCTOTUI_API_KEY, or name api_key_file, api_key_command or api_key_keyring in {file}",
    )
