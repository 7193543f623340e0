"""Where results are, seen from one of the machines that share a ledger."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import NamedTuple

from octotui import units
from octotui.ledger import Box
from octotui.model import Download, DownloadState, Task
from octotui.presentation.boxes.rsync_line import rsync_line

_HERE = frozenset({DownloadState.RUNNING, DownloadState.SAVED})


class Fleet(NamedTuple):
    """The machines that share a ledger, as one of them sees them."""

    place: str | None = None
    """Its own folder, as `Download.place`; None where it has the ledger to itself, and until it is known."""
    boxes: Sequence[Box] = ()
    at: float = 0.0
    """When they were looked at, unix seconds; what they say of their silence is as of then."""

    def elsewhere(self, download: Download) -> str | None:
        """Return the host name of the machine that has a file, or saves it; None where it comes into our own folder."""
        if self.place is None or download.place is None or download.place == self.place:
            return None
        return download.box or "another machine"

    def waits_for(self, place: str | None) -> tuple[str, bool]:
        """Return in words whom a result that is to come to a folder waits for, and whether there is anybody.

        No words where it may come to anybody's, or comes to ours.
        """
        if place is None or place == self.place or not self.boxes:
            return "", True
        there = [box for box in self.boxes if box.status.place == place]
        if not there:
            return "waits for a machine that is not there any more", False
        newest = min(there, key=lambda box: box.silent)
        words = f"waits for {newest.status.host or 'another machine'}"
        if not newest.is_gone:
            return words, True
        return f"{words}, silent since {units.moment(self.at - newest.silent, self.at)}", False


ALONE = Fleet()
"""Of a ledger that is not shared."""


def box_of(task: Task) -> str:
    """Return the host name of the machine that has the file of a task, or saves it: this one where nobody else can."""
    download = task.download
    if download.box:
        return download.box
    return socket.gethostname() if download.state in _HERE else ""


def file_words(task: Task, fleet: Fleet) -> str:
    """Return where the file of a task is: its path, and of one that is not here on which machine."""
    download = task.download
    host = fleet.elsewhere(download)
    return download.file or "" if host is None else f"on {host}: {download.file}"


def with_file_words(task: Task, fleet: Fleet) -> Task:
    """Return a task as people read it: where its file is not here, what stands for its path says so."""
    download = task.download
    if not download.file or fleet.elsewhere(download) is None:
        return task
    from dataclasses import replace  # noqa: PLC0415 - few tasks are elsewhere

    return replace(task, download=download._replace(file=file_words(task, fleet)))


def way_here(task: Task, fleet: Fleet) -> str | None:
    """Return the command line that brings a file here from the machine that has it; None where it is here.

    None, too, where no line would be safe to paste.
    """
    host = fleet.elsewhere(task.download)
    return None if host is None else rsync_line(task.download.box, task.download.file)


def file_and_way(task: Task, fleet: Fleet) -> str:
    """Return where the file of another machine is, and what brings it here."""
    way = way_here(task, fleet)
    return file_words(task, fleet) + (f"; {way} brings it here" if way is not None else "")


def not_here(task: Task, fleet: Fleet, copy_key: str) -> str | None:
    """Return what is said instead of playing a file that another machine has; None where it is here.

    `copy_key` is the key that copies; empty where there is none.
    """
    if fleet.elsewhere(task.download) is None:
        return None
    has_line = copy_key and way_here(task, fleet) is not None
    return f"It is {file_words(task, fleet)}" + (f" ({copy_key} has the line that brings it here)" if has_line else "")
