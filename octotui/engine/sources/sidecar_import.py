"""From side-cars back to a ledger: what stands on the disk is checked, and written down as saved."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from octotui.engine.downloads.file_names import FileTrouble, sha256_of
from octotui.engine.downloads.sidecar import Sidecar, is_sidecar, read_sidecar
from octotui.gateway.routes import ROUTES, check_id
from octotui.ledger import Ledger
from octotui.model import LONGEST_TITLE, Deadline, DeadlineSource, Download, DownloadState, NewTask, Task, TaskState
from octotui.sanitize import clean

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[\w.-]{1,64}")
_ENDING = ".json"


@dataclass(slots=True, frozen=True)
class Misfit:
    """Something below the folder that was not imported, and why."""

    path: Path | str
    """A file, or an object's URL."""
    reason: str


@dataclass(slots=True)
class Imported:
    """What came of an import: ids by what was done with them, and all that did not fit."""

    added: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    """Watched before; now they have the file, or facts, they lacked."""
    known: list[str] = field(default_factory=list)
    """Watched and saved before: left as they are."""
    misfits: list[Misfit] = field(default_factory=list)


def import_folder(ledger: Ledger, folder: Path, *, verify: bool, now: float) -> Imported:
    """Read every side-car below `folder` and write what fits into `ledger`, as of `now` (unix seconds).

    A video must be there and have the size its side-car says; with `verify` it is read, and its SHA-256 must be the
    same. Nothing is sent, no file is changed. Raises `LedgerError`, `FileTrouble` when `folder` cannot be read.
    """
    result = Imported()
    found: dict[str, Sidecar] = {}
    for each in _walk(folder):
        misfit = each if isinstance(each, Misfit) else _misfit(each, found, verify=verify)
        if misfit is not None:
            result.misfits.append(misfit)
        elif isinstance(each, Sidecar):
            found[each.id] = each
    before = {task.id: task for task in ledger.tasks() if task.id in found}
    ledger.add([new_task(sidecar) for sidecar in found.values()], now)
    for task_id, sidecar in found.items():
        _write(ledger, sidecar, before.get(task_id), now, result)
    ledger.flush()
    return result


def _walk(folder: Path) -> Iterator[Sidecar | Misfit]:
    """Yield side-cars, and what looks like one and cannot be used, in the order of their paths."""
    unreadable: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unreadable.append):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if name.endswith(_ENDING) and name != _ENDING:
                yield from _read(path)
    for error in unreadable:
        where = Path(error.filename)
        if where == folder:
            raise FileTrouble(f"{folder}: {_unread(error)}")
        yield Misfit(where, _unread(error))


def _read(path: Path) -> Iterator[Sidecar | Misfit]:
    video = path.with_name(path.name.removesuffix(_ENDING))
    try:
        if not is_sidecar(path):
            return
    except OSError as error:
        yield Misfit(path, _unread(error))
        return
    yield read_sidecar(video) or Misfit(path, "is a side-car of octotui's, but something in it is missing or wrong")


def _misfit(sidecar: Sidecar, found: dict[str, Sidecar], *, verify: bool) -> Misfit | None:
    """Return what speaks against a side-car: its words, its video, or another one for the same task."""
    video = _video(sidecar)
    reason = wrong_words(sidecar) or _wrong_file(sidecar, video, verify=verify)
    if reason is None and sidecar.id in found:
        reason = f"the same task is in {_video(found[sidecar.id])} already"
    return None if reason is None else Misfit(video, reason)


def wrong_words(sidecar: Sidecar) -> str | None:
    """Return what in a side-car, by itself, is none that octotui writes; None where all of it is right."""
    try:
        is_id = check_id(sidecar.id) == sidecar.id
    except ValueError:
        is_id = False
    if not is_id:
        return "its side-car names no task id"
    if sidecar.route not in ROUTES:
        return f"its side-car names no route of {', '.join(ROUTES)}"
    if not _NAME.fullmatch(sidecar.provider):
        return "its side-car names no provider"
    if sidecar.sha256 is not None and not _SHA256.fullmatch(sidecar.sha256):
        return "its side-car has no SHA-256"
    return None


def _wrong_file(sidecar: Sidecar, video: Path, *, verify: bool) -> str | None:
    try:
        if not video.is_file():
            return "there is only its side-car, no video"
        size = video.stat().st_size
        if size != sidecar.bytes:
            return f"has {size} bytes, its side-car says {sidecar.bytes}"
        if verify and sidecar.sha256 is not None and sha256_of(video) != sidecar.sha256:
            return "has another SHA-256 than its side-car says"
    except OSError as error:
        return _unread(error)
    return None


def _unread(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"


def new_task(sidecar: Sidecar) -> NewTask:
    """Return the task that a side-car tells of, to be watched."""
    model = None if sidecar.model is None else clean(sidecar.model, 200)
    prompt = None if sidecar.prompt is None else clean(sidecar.prompt, LONGEST_TITLE) or None
    title = None if sidecar.title is None else clean(sidecar.title, LONGEST_TITLE) or None
    return NewTask(
        sidecar.id,
        sidecar.provider,
        sidecar.route,
        model=model,
        tags=tuple(clean(tag, 100) for tag in sidecar.tags if tag.strip()),
        # What only repeats the prompt is no name that somebody gave.
        title=None if title == prompt else title,
        prompt=prompt,
    )


def _write(ledger: Ledger, sidecar: Sidecar, before: Task | None, now: float, result: Imported) -> None:
    video = _video(sidecar)
    if before is not None and before.is_saved and _is_where_it_was(before):
        result.known.append(sidecar.id)
        return
    (result.added if before is None else result.completed).append(sidecar.id)
    task = before or Task(sidecar.id, sidecar.provider, sidecar.route, now, model=new_task(sidecar).model)
    ledger.record(facts_of(task, sidecar), is_news=False)
    saved_at = moment(sidecar.saved_at) or now
    ledger.record_download(
        sidecar.id,
        Download(
            DownloadState.SAVED, sidecar.bytes, sidecar.bytes, str(video), sha256=sidecar.sha256, saved_at=saved_at
        ),
    )


def facts_of(task: Task, sidecar: Sidecar) -> Task:
    """Return `task` with what its side-car knows of it; what the ledger knows better stays."""
    completed_at = task.completed_at or moment(sidecar.completed_at)
    lost_at = moment(sidecar.expires_at)
    return replace(
        task,
        state=TaskState.COMPLETED,
        progress=100,
        created_at=task.created_at or moment(sidecar.created_at),
        completed_at=completed_at,
        final_seen_at=task.final_seen_at or completed_at or moment(sidecar.saved_at),
        # The side-car does not say who said so: the least that can be claimed.
        deadline=task.deadline or (None if lost_at is None else Deadline(lost_at, DeadlineSource.RULE)),
        seconds=task.seconds or _words(sidecar.seconds),
        size=task.size or _words(sidecar.size),
        error_code=None,
        error_message=None,
        failure=None,
        failures=0,
    )


def _is_where_it_was(task: Task) -> bool:
    try:
        return task.download.file is not None and Path(task.download.file).is_file()
    except OSError:
        return False


def _video(sidecar: Sidecar) -> Path:
    if sidecar.video is None:
        raise FileTrouble(f"{sidecar.id}: a side-car that was not read from a file")
    return sidecar.video


def _words(text: str | None) -> str | None:
    return None if text is None else clean(text, 100)


def moment(at: float | None) -> float | None:
    """Return a time that can be one: files may be edited by anybody, and JSON knows Infinity."""
    return at if at is not None and math.isfinite(at) and 0 < at < 1e11 else None
