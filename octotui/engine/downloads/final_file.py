"""The final file of a task: found where an earlier process saved it, or a whole part put in place with its side-car."""

from __future__ import annotations

import filecmp
import os
from dataclasses import dataclass
from pathlib import Path

from octotui.engine.downloads.file_names import beside, numbered, place, sha256_of, trouble
from octotui.engine.downloads.partial_file import PartialFile
from octotui.engine.downloads.sidecar import Sidecar, read_sidecar, sidecar_of, write_sidecar
from octotui.engine.media.integrity import SUFFIXES, prove
from octotui.model import Task


@dataclass(slots=True, frozen=True)
class FinalFile:
    """A result under its final name; `size` in bytes."""

    path: Path
    size: int
    sha256: str | None = None
    """None where it is still to be read for it."""


def find(wanted: Path, task: Task, origin: str | None = None) -> FinalFile | None:
    """The file that an earlier process saved for `task` and could not tell the ledger about, None where there is none.

    A side-car that names another gateway than `origin` is another task's. `wanted` is the name to be looked for, with
    any suffix and number. Raises `FileTrouble`.
    """
    for suffix in dict.fromkeys((wanted.suffix, *SUFFIXES)):
        number = 1
        while (path := numbered(wanted.with_suffix(suffix), number)).is_file():
            beside_it = read_sidecar(path)
            if beside_it is not None and _is_of(beside_it, task, origin):
                file = FinalFile(path, beside_it.bytes, beside_it.sha256)
                if _is_there(file):
                    return file
            number += 1
    return None


def placed(wanted: Path) -> FinalFile | None:
    """The file that still has the name of its part, too: what named it had no time for more. Raises `OSError`."""
    part = beside(wanted, ".part")
    for suffix in dict.fromkeys((wanted.suffix, *SUFFIXES)) if part.exists() else ():
        number = 1
        while (path := numbered(wanted.with_suffix(suffix), number)).is_file():
            if path.samefile(part):
                return FinalFile(path, path.stat().st_size)
            number += 1
    return None


def _is_of(sidecar: Sidecar, task: Task, origin: str | None) -> bool:
    is_same_gateway = origin is None or sidecar.origin in {None, origin}
    return is_same_gateway and (sidecar.id, sidecar.provider) == (task.id, task.provider)


def put_in_place(part: PartialFile, wanted: Path, suffix: str) -> FinalFile:
    """Give a whole part its final name: `wanted`, or the next free number; `suffix` is what its bytes say it is.

    Raises `FileTrouble`.
    """
    if suffix != ".mp4" and wanted.suffix == ".mp4":
        wanted = wanted.with_suffix(suffix)
    path = place(part.path, wanted, lambda path: filecmp.cmp(part.path, path, shallow=False))
    return FinalFile(path, part.size)


def clear_up(part: PartialFile, file: FinalFile, task: Task, *, saved_at: float) -> None:
    """Write the side-car of `file` and remove what is left of the part beside it. Raises `OSError`."""
    sidecar = sidecar_of(
        task,
        link_host=part.state.host,
        size=file.size,
        sha256=file.sha256,
        saved_at=saved_at,
        origin=part.state.origin,
    )
    if not os.path.lexists(beside(file.path, ".json")) or read_sidecar(file.path) is not None:
        write_sidecar(file.path, sidecar)
    part.remove()


def _is_there(file: FinalFile) -> bool:
    """Whether the file has the bytes it should have; one without a SHA-256 is whole. Raises `FileTrouble`."""
    try:
        if file.path.stat().st_size != file.size:
            return False
        return prove(file.path).whole is not False if file.sha256 is None else sha256_of(file.path) == file.sha256
    except OSError as error:
        raise trouble(error, file.path) from error
