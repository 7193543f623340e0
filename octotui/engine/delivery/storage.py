"""Storage that results are delivered to: what each kind of it can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

PIECE = 8 * 2**20
"""Bytes read, sent and kept in memory at a time; parts of an upload are as large."""


class StorageTrouble(Exception):
    """The storage cannot be used now, in words; what was there has not been harmed."""


class Refused(StorageTrouble):
    """Whoever we are there may not do that, or there is nothing of that name: somebody has to change something."""


class Stopped(Exception):
    """The work is ending; nothing of what was under way can be seen in the storage."""


class StoredObject(NamedTuple):
    """An object as a look at it tells."""

    size: int
    """Bytes."""
    sha256: str | None
    """As hex; None where nothing tells it."""
    modified_at: float
    """When it was put there, unix seconds by the storage's clock."""
    is_versioned: bool = False
    """Whether the storage keeps what is deleted or replaced as an older version."""


class Storage(Protocol):
    """One prefix or folder. Names are relative to it, with `/`. Methods raise `StorageTrouble`, and block."""

    @property
    def url(self) -> str:
        """Its URL, without a slash at the end."""
        ...

    def head(self, name: str) -> StoredObject | None:
        """Return what is there now under a name; None where nothing is."""
        ...

    def put_new(self, name: str, pieces: Iterable[bytes], size: int, *, sha256: str, media_type: str) -> bool:
        """Put `size` bytes under a name that is free; False where it is taken, and what is there stays.

        Whole or not at all, for everybody who looks. What `pieces` raises is raised, and nothing is there then.
        """
        ...

    def read(self, name: str, size: int) -> Iterator[bytes]:
        """Yield the `size` bytes of an object, some `PIECE` at a time. Raises `FileNotFoundError` where it is gone."""
        ...

    def names(self) -> Iterator[tuple[str, int]]:
        """Yield the names of all objects, with their sizes in bytes, in no order."""
        ...

    def remove(self, name: str) -> None:
        """Delete an object; one that is not there is deleted already."""
        ...

    def link(self, name: str, seconds: float) -> str:
        """Return a URL, or path, by which anybody can read an object for so long. Sends nothing where it need not."""
        ...


def url_of(storage_url: str, name: str) -> str:
    """Return the URL of an object: what the ledger keeps. Names stand in it as they are, not percent-encoded."""
    return f"{storage_url}/{name}"


def split_url(url: str, storage_urls: Iterable[str]) -> tuple[str, str] | None:
    """Return (URL of the storage, name) of an object that lies below one of these; None where it lies elsewhere."""
    for storage_url in storage_urls:
        if url.startswith(f"{storage_url}/"):
            return storage_url, url[len(storage_url) + 1 :]
    return None
