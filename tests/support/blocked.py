"""Places where no folder can be made, also not by root."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Block = Callable[[Path], None]


def by_file(place: Path) -> None:
    """Put a file where the folder should be."""
    place.write_text("in the way")


def by_link(place: Path) -> None:
    """Put a link to nothing where the folder should be, as a disk that is not mounted leaves it."""
    place.symlink_to(place.with_name("not mounted"))
