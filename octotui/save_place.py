"""Which folder results are saved into, so that two machines that mount one folder know that it is one."""

from __future__ import annotations

import os
import socket
import tempfile
import uuid
from pathlib import Path

NAME = ".octotui-place"
"""File in a download folder that holds the folder's id."""
_LONGEST = 200


def place_of(folder: Path) -> str:
    """Return the id of a folder, the same on every machine that mounts it; the first one to ask writes it there.

    Where nothing can be written, nothing can be saved either: then it is an id made of host name and path.
    """
    try:
        return _read(folder / NAME) or _written(folder)
    except (OSError, UnicodeDecodeError):
        return _unwritten(folder)


def known_place(folder: Path) -> str:
    """Return the same without writing anything, for whoever only looks: nothing is saved in a folder that has no id."""
    try:
        return _read(folder / NAME) or _unwritten(folder)
    except (OSError, UnicodeDecodeError):
        return _unwritten(folder)


def folder_of(configured: Path) -> Path:
    """Return a configured download folder as machines compare it."""
    return configured.expanduser().absolute()


def _unwritten(folder: Path) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{socket.gethostname()}:{folder}"))


def _read(file: Path) -> str:
    try:
        with file.open(encoding="ascii") as lines:
            return lines.readline(_LONGEST).strip()
    except FileNotFoundError:
        return ""


def _written(folder: Path) -> str:
    """Write an id into the folder, unless another machine is quicker: it is linked to its name whole, or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    made, name = tempfile.mkstemp(dir=folder, prefix=NAME)
    try:
        with os.fdopen(made, "w", encoding="ascii") as file:
            file.write(f"{uuid.uuid4()}\n")
        Path(name).chmod(0o644)
        try:
            (folder / NAME).hardlink_to(name)
        except FileExistsError:
            pass
        except OSError:
            # A file system without hard links (exFAT, some network ones): the last one to write wins, and all read it.
            Path(name).replace(folder / NAME)
    finally:
        Path(name).unlink(missing_ok=True)
    return _read(folder / NAME)
