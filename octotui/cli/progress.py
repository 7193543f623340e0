"""One line on stderr that says how downloads stand; where stderr is no terminal, a note once a minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from octotui import units
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.wait_notes import LiveLine, WaitNotes, next_loss
from octotui.model import NO_DOWNLOAD, Download, DownloadState, EngineStatus, Task

_PATIENCE = 60.0
"""Seconds without a new byte after which a command that waits for downloads gives up; they stay wanted."""


class Progress:
    """Draws one line over and over, and wipes it at the end; or writes notes where there is no terminal."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        tasks: Iterable[Task] = (),
        status: Callable[[], EngineStatus | None] = lambda: None,
    ) -> None:
        """`clock` counts seconds from any moment; `tasks` are all that will be shown, `status` is the engine's."""
        self._line = LiveLine(clock)
        self._clock = clock
        self._tasks: dict[str, Task] = {task.id: task for task in tasks}
        self._notes = WaitNotes(with_downloads=True)
        self._status = status
        self._began = time.time()
        self._moved_at = clock()

    def show(self, task: Task) -> None:
        """Take in one task as it is now. Raises `CommandError` when nothing has moved for a minute."""
        before = self._tasks.get(task.id)
        self._tasks[task.id] = task
        now = self._clock()
        if not self._line.is_shown:
            status = self._status()
            is_ours = status is not None and status.at >= self._began
            self._notes.check(self._tasks.values(), status if is_ours else None, time.time())
        if before is None or _stand(before) != _stand(task):
            self._moved_at = now
        elif now - self._moved_at > _PATIENCE:
            waiting = self._waiting()
            words = waiting.error or "no answer"
            code = ExitCode.FILE if waiting.is_about_disk else ExitCode.GATEWAY
            raise CommandError(f"gave up waiting: {words}; what is missing stays wanted: octotui watch goes on", code)
        if self._line.is_due():
            self._line.draw(self.text())

    def text(self) -> str:
        """Return how all downloads stand, in words."""
        downloads = [task.download for task in self._tasks.values()]
        saved = sum(download.state is DownloadState.SAVED for download in downloads)
        done = sum(download.bytes_done for download in downloads)
        speed = sum(download.speed or 0.0 for download in downloads if download.state is DownloadState.RUNNING)
        waiting = self._waiting().error
        parts = [f"saved {saved} of {len(downloads)}", units.size(done)]
        if speed:
            parts.append(units.speed(speed))
        parts += next_loss(self._tasks.values(), time.time())
        if waiting:
            parts.append(waiting)
        return ", ".join(parts)

    def _waiting(self) -> Download:
        """Return the first download that waits and says why; an empty one where there is none."""
        downloads = (task.download for task in self._tasks.values())
        return next((each for each in downloads if each.state is DownloadState.WANTED and each.error), NO_DOWNLOAD)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.wipe()


def _stand(task: Task) -> tuple[DownloadState, int]:
    return task.download.state, task.download.bytes_done
