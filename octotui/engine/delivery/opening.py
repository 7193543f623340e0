"""The storage that a URL names, of the kind that its scheme says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from octotui.config import Config
    from octotui.engine.delivery.storage import Storage


def open_storage(url: str, config: Config) -> Storage:
    """Return the storage at a URL such as `deliver_to` has. Raises `StorageTrouble`."""
    if url.startswith("file://"):
        from octotui.engine.delivery.folder_storage import FolderStorage  # noqa: PLC0415 - one kind of them is used

        return FolderStorage(url)
    from octotui.engine.delivery.object_storage import ObjectStorage  # noqa: PLC0415 - brings obstore, an extra

    return ObjectStorage(url, config)
