"""The ground octotui stands on here: the disk that results go to, the ledger, and who is working on it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from octotui import prose
from octotui.config import Config
from octotui.engine.diagnostics.finding import Finding, Trouble, fail, ok, warn
from octotui.engine.downloads.file_names import trouble
from octotui.extras import command_for
from octotui.ledger import Lease, Ledger, LedgerError, Notices
from octotui.model import EngineStatus

_ROOM = 2 * 10**9
"""Bytes above the reserve below which a few long videos fill the disk."""
_LEDGER_ROOM = 100 * 10**6
"""Bytes beside the ledger that a busy week fills: its answers, its log and what is not yet merged into it."""
_LEAST_ROOM = 10**6
"""Bytes below which hardly anything can be written."""
_SILENCE = 8.0
"""Seconds after which a holder of the lease that says nothing counts as gone (`Ledger.take_lease`)."""


def disk(config: Config) -> list[Finding]:
    """Whether results can be written, and how much room there is."""
    folder = config.download_dir
    place = next((place for place in (folder, *folder.parents) if place.exists()), Path("/"))
    try:
        _try_writing(place)
        free = shutil.disk_usage(place).free
    except OSError as error:
        remedy = "choose another download_dir, mount its disk, or mend who may write there"
        return [fail("disk", Trouble.FILE, str(trouble(error, place)), remedy)]
    return [judge_room(str(folder), free, config.disk_reserve)]


def judge_room(folder: str, free: int, reserve: int) -> Finding:
    """Whether there is room for results; all in bytes."""
    says = f"{folder} can be written, {prose.size(free)} free, of which {prose.size(reserve)} are never touched"
    remedy = "make room, choose another download_dir, or lower disk_reserve"
    if free <= reserve:
        return fail("disk", Trouble.FILE, says, remedy)
    return warn("disk", says, remedy) if free - reserve < _ROOM else ok("disk", says)


def _try_writing(place: Path) -> None:
    """Raise `OSError` where no file can be made; a mount can be read-only whatever its mode says."""
    if not place.is_dir():
        raise NotADirectoryError(20, os.strerror(20), str(place))
    with tempfile.TemporaryFile(dir=place) as file:
        file.write(b"octotui")
        file.flush()


def judge_ledger(ledger: Ledger) -> Finding:
    """Whether the open ledger is whole."""
    try:
        problems = ledger.check()
        count = len(ledger.tasks())
        notices = ledger.notices
    except LedgerError as error:
        return unusable_ledger(error)
    if problems:
        remedy = "close every octotui and start one: it brings what can be read into a new ledger and keeps the old one"
        return fail("ledger", Trouble.FILE, f"{ledger.place} is damaged: {problems[0]}", remedy)
    if notices.lines:
        return warn("ledger", "; ".join(notices.lines), _remedy(notices))
    says = f"{ledger.place} is whole, {count:,} {'task' if count == 1 else 'tasks'}"
    room = ledger.room()
    return ok("ledger", says) if room is None else judge_ledger_room(says, room)


def _remedy(notices: Notices) -> str:
    """Return what to do about the worst of the notices."""
    if notices.left_out:
        return "octotui add it again: it then begins anew, all others go on"
    if notices.salvage is not None:
        return "see whether anything is missing, then delete the damaged file"
    return "set OCTOTUI_STATE_DIR to a folder on a local disk that you may write"


def judge_ledger_room(says: str, free: int) -> Finding:
    """Whether what is found out can be written down; `says` is what is known of the ledger, `free` in bytes."""
    if free >= _LEDGER_ROOM:
        return ok("ledger", says)
    says = f"{says}, but its disk has {prose.size(free)} left"
    remedy = "make room there, or name another folder with OCTOTUI_STATE_DIR"
    return warn("ledger", says, remedy) if free >= _LEAST_ROOM else fail("ledger", Trouble.FILE, says, remedy)


def unusable_ledger(error: LedgerError) -> Finding:
    """Say why the ledger could not be opened; the error's own words name the remedy."""
    remedy = "see above; OCTOTUI_STATE_DIR names another folder, OCTOTUI_LEDGER another server"
    return fail("ledger", Trouble.FILE, str(error), remedy)


def judge_textual(version: str, known: str, differences: Sequence[str]) -> Finding:
    """Whether the screen is drawn with our own parts; `known` are the releases of Textual that have room for them."""
    if not differences:
        return ok("screen", f"textual {version}, with octotui's own compositor and driver")
    says = f"textual {version}: {', '.join(differences)}; the screen is right, and slower"
    return warn("screen", says, command_for([f"textual{known}"]))


def judge_lease(lease: Lease | None, status: EngineStatus | None, now: float) -> Finding:
    """Who does the work; `now` in unix seconds."""
    if lease is None:
        return ok("engine", "nobody works now: tasks are asked while octotui or octotui watch runs")
    silence = now - lease.heartbeat
    who = f"process {lease.pid} on {lease.host}"
    if abs(silence) > _SILENCE:
        said = f"{who} held the work and has been silent for {abs(silence):,.0f} s"
        return warn("engine", said, "start octotui or octotui watch: it takes over by itself")
    state = "" if status is None else f", gateway {status.gateway.replace('_', ' ')}"
    return ok("engine", f"{who} works{state}")
