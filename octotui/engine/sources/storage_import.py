"""From side-cars in object storage back to a ledger: what lies there is looked at, and written down as delivered."""

from __future__ import annotations

import hashlib
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from octotui.engine.delivery.storage import Storage, StoredObject, url_of
from octotui.engine.downloads import sidecar
from octotui.engine.downloads.sidecar import Sidecar
from octotui.engine.sources.sidecar_import import Imported, Misfit, facts_of, moment, new_task, wrong_words
from octotui.ledger import Copy
from octotui.model import Download, DownloadState, Task

if TYPE_CHECKING:
    from octotui.ledger import Ledger

_AT_ONCE = 16
"""Side-cars read at once."""


def import_storage(ledger: Ledger, storage: Storage, *, verify: bool, now: float) -> Imported:
    """Read every side-car in `storage` and write what fits into `ledger`, as of `now` (unix seconds).

    A video must be there with the size and SHA-256 that its side-car says; with `verify` it is read whole. No object is
    changed, and no file is fetched. Raises `StorageTrouble`, `LedgerError`.
    """
    result = Imported()
    found: dict[str, tuple[Sidecar, str]] = {}
    names = dict(storage.names())
    ends = sorted(name for name, size in names.items() if name.endswith(sidecar.ENDING) and size <= sidecar.LARGEST)
    with ThreadPoolExecutor(_AT_ONCE, "octotui-import") as pool:
        for name, read in zip(ends, pool.map(lambda name: _read(storage, name, names, verify), ends), strict=True):
            url = url_of(storage.url, name.removesuffix(sidecar.ENDING))
            if read is None:
                continue  # somebody else's file
            beside, reason = read
            if beside is not None and not reason and beside.id in found:
                reason = f"the same task is in {found[beside.id][1]} already"
            if beside is None or reason:
                result.misfits.append(Misfit(url, reason))
            else:
                found[beside.id] = beside, url
    before = {task.id: task for task in ledger.tasks() if task.id in found}
    ledger.add([new_task(beside) for beside, _ in found.values()], now)
    for task_id, (beside, url) in found.items():
        copy = Copy(task_id, storage.url, url, beside.bytes, beside.sha256 or "", now, socket.gethostname())
        _write(ledger, beside, copy, before.get(task_id), result)
    ledger.flush()
    return result


def _read(storage: Storage, name: str, names: dict[str, int], verify: bool) -> tuple[Sidecar | None, str] | None:
    """Return a side-car and what speaks against it (empty: nothing); None for what is no side-car of ours."""
    try:
        raw = b"".join(storage.read(name, names[name]))
        if not sidecar.was_sidecar(raw):
            return None
        beside = sidecar.decoded(raw)
        if beside is None:
            return None, "its side-car is octotui's, but something in it is missing or wrong"
        if beside.sha256 is None:
            return beside, "its side-car has no SHA-256"
        return beside, wrong_words(beside) or _wrong_object(storage, name, beside, verify)
    except FileNotFoundError:
        return None, "it was deleted meanwhile"


def _wrong_object(storage: Storage, name: str, beside: Sidecar, verify: bool) -> str:
    video = name.removesuffix(sidecar.ENDING)
    there: StoredObject | None = storage.head(video)
    if there is None:
        return "there is only its side-car, no video"
    if there.size != beside.bytes:
        return f"has {there.size} bytes, its side-car says {beside.bytes}"
    if there.sha256 not in {None, beside.sha256}:
        return "has another SHA-256 than its side-car says"
    if verify:
        seen = hashlib.sha256()
        for piece in storage.read(video, there.size):
            seen.update(piece)
        if seen.hexdigest() != beside.sha256:
            return "has another SHA-256 than its side-car says"
    return ""


def _write(ledger: Ledger, beside: Sidecar, copy: Copy, before: Task | None, result: Imported) -> None:
    if before is not None and before.delivered == copy.location:
        result.known.append(beside.id)
        return
    (result.added if before is None else result.completed).append(beside.id)
    now = copy.saved_at
    if before is None or not before.is_saved:
        task = before or Task(beside.id, beside.provider, beside.route, now, model=new_task(beside).model)
        ledger.record(facts_of(task, beside), is_news=False)
        ledger.record_download(
            beside.id,
            Download(
                DownloadState.SAVED,
                beside.bytes,
                beside.bytes,
                sha256=beside.sha256,
                saved_at=moment(beside.saved_at) or now,
            ),
        )
    ledger.record_copy(copy)
