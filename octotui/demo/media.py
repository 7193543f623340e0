"""The files the demo serves: a few clips of our own, each made unique and as large as wanted by `free` boxes.

A `free` box is space that MP4 players skip (ISO/IEC 14496-12), so a padded file plays like the clip inside it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

CLIPS = ("aurora", "orbits", "dunes", "mosaic", "ripples")
_MARK = b"octotui demo "


@cache
def clip(number: int) -> bytes:
    """The clip with this number (taken round), a few hundred kilobytes of H.264 in MP4."""
    name = f"{CLIPS[number % len(CLIPS)]}.mp4"
    return resources.files("octotui.demo").joinpath("media", name).read_bytes()


@dataclass(slots=True, frozen=True)
class ServedFile:
    """One result as it is sent: the clip, then a `free` box that names the task and pads the file."""

    head: bytes
    """The clip and the beginning of the `free` box."""
    size: int
    """Bytes of the whole file; what is beyond `head` is zeros."""
    etag: str
    """Quoted, as it stands in the header."""

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` up to `stop`."""
        stop = min(stop, self.size)
        piece = self.head[start:stop]
        return piece + bytes(max(0, stop - start - len(piece)))


def served_file(task_id: str, clip_number: int, at_least: int = 0) -> ServedFile:
    """The file of task `task_id`: unique to it, and `at_least` so many bytes long."""
    body = clip(clip_number)
    words = _MARK + task_id.encode()
    free = max(8 + len(words), at_least - len(body))
    size = len(body) + free
    etag = hashlib.sha256(f"{task_id}/{size}".encode()).hexdigest()[:24]
    return ServedFile(body + free.to_bytes(4, "big") + b"free" + words, size, f'"{etag}"')
