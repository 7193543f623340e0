"""Copying of a saved result into another folder: a second name of the same file where that can be, else a copy."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from octotui.engine.downloads.file_names import (
    FileTrouble,
    beside,
    not_made,
    place,
    sha256_of,
    shortened,
    trouble,
    wanted_path,
)
from octotui.engine.downloads.sidecar import read_sidecar, sidecar_of, write_sidecar
from octotui.model import Task

_PIECE = 1024 * 1024


def copy_saved(task: Task, folder: Path, template: str) -> Path:
    """Put the saved file of `task`, and its side-car, into `folder` under the name that `template` gives it.

    A hard link where the file system has them, else a copy. Size and SHA-256 are compared with what was saved before
    the file gets its name. No other file is ever written over: a name that is taken is numbered, and a file that is the
    same already is left and counts. Returns the path. Raises `FileTrouble`, which says why it is not there.
    """
    source = Path(task.download.file or "")
    wanted = folder / wanted_path(template, task)
    if wanted.suffix != source.suffix and source.suffix:
        wanted = wanted.with_suffix(source.suffix)
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_made(error, wanted.parent) from None
    fresh = wanted.with_name(shortened(f".{wanted.name}", 200) + f".{os.getpid()}.copy")
    try:
        _doubled(source, fresh)
        _check(source, fresh, task)
        path = place(fresh, wanted, lambda there: _is_same(there, task, fresh))
        if not os.path.lexists(beside(path, ".json")):
            _write_sidecar(source, path, task)
    except OSError as error:
        raise trouble(error, Path(error.filename or fresh)) from error
    finally:
        fresh.unlink(missing_ok=True)
    return path


def _doubled(source: Path, fresh: Path) -> None:
    """Make `fresh` another name of `source`, or a copy that is written through. Raises `OSError`."""
    fresh.unlink(missing_ok=True)
    try:
        os.link(source, fresh)
    except FileNotFoundError:
        raise
    except OSError:
        # Another file system, or one without hard links.
        with source.open("rb") as read, fresh.open("xb") as written:
            shutil.copyfileobj(read, written, _PIECE)
            written.flush()
            os.fsync(written.fileno())


def _check(source: Path, fresh: Path, task: Task) -> None:
    """Raise `FileTrouble` where the file is not what was saved."""
    size, wanted = fresh.stat().st_size, task.download.bytes_total
    if wanted is not None and size != wanted:
        raise FileTrouble(f"{source}: it has {size:,} bytes, and {wanted:,} were saved: it was changed")
    if task.download.sha256 and sha256_of(fresh) != task.download.sha256:
        raise FileTrouble(f"{source}: its SHA-256 is not the one that was saved: it was changed")


def _is_same(there: Path, task: Task, fresh: Path) -> bool:
    if there.stat().st_size != fresh.stat().st_size:
        return False
    return sha256_of(there) == (task.download.sha256 or sha256_of(fresh))


def _write_sidecar(source: Path, path: Path, task: Task) -> None:
    """Write the side-car of the copy: what stands beside the saved file, else what the ledger knows."""
    found = read_sidecar(source)
    if found is None:
        found = sidecar_of(
            task,
            link_host=None,
            size=path.stat().st_size,
            sha256=task.download.sha256 or sha256_of(path),
            saved_at=task.download.saved_at or task.added_at,
        )
    if found.sha256 is None:
        # That of the saved file is completed by the engine; nobody looks after this one again.
        found = replace(found, sha256=task.download.sha256 or sha256_of(path))
    write_sidecar(path, found)
