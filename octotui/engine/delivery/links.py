"""Links of delivered results: by them anybody can read one object, for a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.engine.delivery.opening import open_storage

if TYPE_CHECKING:
    from octotui.config import Config

LASTING = 86_400.0
"""Seconds a link holds. Where a role of the machine signs it, it ends with that role's credentials, within hours."""


def signed_link(url: str, config: Config) -> str:
    """Return a link of the object at `url`, wherever that lies; of a file, its path. Raises `StorageTrouble`."""
    place, _, name = url.rpartition("/")
    return open_storage(place, config).link(name, LASTING)
