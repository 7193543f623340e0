"""Commands that ask for something: they write a wish into the ledger and wake the engine, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from octotui import units
from octotui.model import DownloadState, NewTask, Task, TaskState
from octotui.tui.commands import FOR_TASKS
from octotui.tui.ledger_snapshot import LedgerSnapshot
from octotui.tui.playback import Playback
from octotui.tui.table.pane_grid import Panes
from octotui.units import plural

if TYPE_CHECKING:
    from octotui.ledger import Ledger
    from octotui.presentation.boxes.whereabouts import Fleet
    from octotui.tui.undo import UndoHistory

Say = Callable[[str], None]
Confirm = Callable[[str, str, Callable[[], None]], None]
"""Asks a question; the second text is what the answer yes does, the function does it."""

MANY = 20
"""More tasks than this are asked about first: so many are not all on the screen."""


def named(tasks: Sequence[Task]) -> str:
    """One task by its id, several by their number."""
    return tasks[0].id if len(tasks) == 1 else plural(len(tasks), "task")


class TaskActions:
    """Requests about tasks, written into the ledger. Methods are named as their commands."""

    def __init__(
        self,
        panes: Panes,
        snapshot: LedgerSnapshot,
        *,
        say: Say,
        confirm: Confirm,
        wake: Callable[[], None],
        clock: Callable[[], float],
        playback: Playback,
        key_of: Callable[[str], str],
        undo_history: UndoHistory,
    ) -> None:
        """`key_of` names the key of a command; empty where there is none."""
        self._panes = panes
        self._snapshot = snapshot
        self._say = say
        self._confirm = confirm
        self._wake = wake
        self._clock = clock
        self.playback = playback
        self.play_task = playback.play_task
        self._key_of = key_of
        self._undo_history = undo_history

    def take_settings(self, player: Sequence[str]) -> None:
        """Go on with another player."""
        self.playback.player = player

    @property
    def _ledger(self) -> Ledger:
        return self._snapshot.ledger

    def _targets(self) -> list[Task]:
        self._panes.pane.table.selection.hold()
        targets = self._panes.targets()
        if not targets:
            self._say("There is no task here.")
        return targets

    @property
    def useless(self) -> frozenset[str]:
        """Ids of the commands that would do nothing with what is marked, or with the task under the cursor."""
        targets = self._panes.targets()
        if not targets:
            return FOR_TASKS
        task = self._panes.pane.table.selection.task
        has_file = task is not None and (task.download.file or task.delivered) is not None
        has_download = any(one.download.state in _UNDER_WAY for one in targets)
        return frozenset(() if has_file else ("play",)) | frozenset(() if has_download else ("pause", "cancel"))

    def download(self) -> None:
        """Save what is marked, or the task under the cursor: on this machine, where several share the ledger."""
        targets = self._targets()
        usable = [task for task in targets if not task.is_saved and task.state not in _NEVER]
        if not usable:
            if targets:
                self._say(_why_not(targets, self._snapshot.fleet))
            return
        if len(usable) == 1 and _is_wanted_early(usable[0]):
            self._ledger.request_download([usable[0].id], place=self._snapshot.fleet.place, anyway=True)
            self._wake()
            self._say(self._unless_paused(f"Trying to save {usable[0].id}, though no answer calls it completed."))
            return
        later = sum(1 for task in usable if task.state is not TaskState.COMPLETED)
        note = ""
        if later:
            note = " as soon as it is ready" if len(usable) == 1 else f", {later} of them as soon as they are ready"
        left_out = f"; {len(targets) - len(usable)} cannot be saved" if len(usable) < len(targets) else ""
        self._if_meant(
            usable,
            f"Save {named(usable)}{note}{left_out}{self._size_words(usable)}?",
            "Save",
            lambda: self._request_download(usable, f"{named(usable)}{note}{left_out}"),
        )

    def _request_download(self, tasks: Sequence[Task], words: str) -> None:
        self._ledger.request_download([task.id for task in tasks], place=self._snapshot.fleet.place)
        self._wake()
        hint = " The same again tries now." if len(tasks) == 1 and tasks[0].state is not TaskState.COMPLETED else ""
        self._say(self._unless_paused(f"Saving {words}.{hint}"))

    def _if_meant(self, tasks: Sequence[Task], question: str, deed: str, do: Callable[[], None]) -> None:
        """Do it at once for up to `MANY` tasks, and ask first for more."""
        if len(tasks) > MANY:
            self._confirm(question, deed, do)
        else:
            do()

    def _size_words(self, tasks: Sequence[Task]) -> str:
        """How large some results are, as the end of a question; empty where nobody knows."""
        from octotui.presentation.bulk.amount import amount_of, amount_words  # noqa: PLC0415 - the first frame

        words = amount_words(amount_of(tasks, self._snapshot.tasks.values())) if len(tasks) > MANY else ""
        return f", {words}" if words else ""

    def _counted(self, tasks: Sequence[Task], noun: str) -> str:
        from octotui.presentation.bulk.amount import counted  # noqa: PLC0415 - the first frame does not wait for it

        return counted(tasks, noun, self._panes.label_of)

    def download_all(self) -> None:
        """Save all that is shown and ready, the nearest deadline first: on whichever machine gets to it."""
        shown = {task.id for task in self._panes.shown_tasks()}
        everywhere = self._snapshot.ready(self._clock())
        ready = [task for task in everywhere if task.id in shown]
        hidden = len(everywhere) - len(ready)
        if not ready:
            elsewhere = f" here; {plural(hidden, 'result')} elsewhere" if hidden else ""
            self._say(f"Nothing is ready{elsewhere}.")
            return
        rest = f" {hidden:,} more ready elsewhere." if hidden else ""
        question = f"Save {self._counted(ready, 'result')}{self._size_words(ready)}?{rest}"
        self._if_meant(ready, question, "Save", lambda: self.save(ready, rest))

    def save(self, ready: Sequence[Task], note: str = "") -> None:
        """Save results, the nearest deadline first; `note` is said with it."""
        self._ledger.request_download([task.id for task in ready])
        self._wake()
        first = f", first {ready[0].id}" if len(ready) > 1 else ""
        self._say(self._unless_paused(f"Saving {self._counted(ready, 'result')}{first}.{note}"))

    def cancel_all(self) -> None:
        """Take back every wish to save among what is shown."""
        self._cancel([task for task in self._panes.shown_tasks() if task.download.state in _UNDER_WAY], "shown")

    def pause(self) -> None:
        """Pause these downloads, or go on when all of them are paused."""
        downloads = [task for task in self._targets() if task.download.state in _UNDER_WAY]
        if not downloads:
            self._say("Nothing meant here is being saved.")
            return
        paused = not all(task.download.paused for task in downloads)
        counted = self._counted(downloads, "result")

        def do() -> None:
            self._ledger.pause([task.id for task in downloads], paused)
            self._wake()
            self._say(f"{'Paused' if paused else 'Going on with'} {counted}.")

        self._if_meant(downloads, f"{'Pause' if paused else 'Go on with'} {counted}?", "Pause", do)

    def pause_all(self) -> None:
        """Pause all asking and saving, or go on with it."""
        now = self._clock()
        since = self._ledger.paused_since()
        self._ledger.pause_all(since is None, now)
        self._wake()
        if since is None:
            self._say("Everything is paused: nothing is asked, nothing is saved. The same key goes on.")
        else:
            self._say(f"Going on after {units.span(now - since)}.")

    def _unless_paused(self, said: str) -> str:
        """What was said, and that it has to wait, while everything is paused."""
        since = self._ledger.paused_since()
        if since is None:
            return said
        pause_key = self._key_of("pause_all")
        key = f"{pause_key} goes on" if pause_key else "go on first"
        return f"Everything is paused ({units.span(self._clock() - since)}): {key}, and then: {said}"

    def cancel(self) -> None:
        """Take the wish to save back."""
        self._cancel([task for task in self._targets() if task.download.state in _UNDER_WAY], "meant")

    def _cancel(self, downloads: Sequence[Task], which: str) -> None:
        if not downloads:
            self._say(f"Nothing {which} here is being saved.")
            return
        counted = self._counted(downloads, "result")

        def do() -> None:
            self._ledger.cancel_download([task.id for task in downloads])
            self._wake()
            self._say(f"No longer saving {counted}; what is saved stays.")

        self._if_meant(downloads, f"Stop saving {counted}? What has come stays on the disk.", "Stop saving", do)

    def ask_now(self) -> None:
        """Have the gateway asked at once."""
        targets = self._targets()
        if targets:
            question = f"Ask about {self._counted(targets, 'task')} at once? It takes that many requests."
            self._if_meant(targets, question, "Ask", lambda: self._ask(targets))

    def _ask(self, tasks: Sequence[Task]) -> None:
        self._ledger.ask_now([task.id for task in tasks])
        self._wake()
        self._say(self._unless_paused(f"Asking about {named(tasks)}."))

    def remove(self) -> None:
        """Stop watching, after asking."""
        targets = self._targets()
        if not targets:
            return
        unsaved = sum(1 for task in targets if task.is_ready)
        warning = f" {plural(unsaved, 'result')} not saved yet." if unsaved else ""
        counted = self._counted(targets, "task")
        self._confirm(
            f"Stop watching {counted}?{warning} Files stay.", "Stop watching", lambda: self._remove(targets, counted)
        )

    def _remove(self, tasks: Sequence[Task], counted: str) -> None:
        # What an engine of this process has just found out is to come back as well.
        self._ledger.flush()
        removal = self._ledger.take_out([task.id for task in tasks])
        self._wake()
        undo_key = self._key_of("undo")
        way_back = f" {undo_key} brings back." if undo_key else ""
        self._say(f"Stopped watching {counted}.{way_back}")

        def take_back() -> str:
            restored = self._ledger.restore(removal)
            self._wake()
            there = len(removal.ids) - len(restored)
            rest = f"; {there:,} watched again already" if there else ""
            return f"Undone: watching {plural(len(restored), 'task')} again{rest}."

        if removal.ids:
            self._undo_history.note(take_back)

    def play(self) -> None:
        """Open the saved file."""
        self.play_task(self._panes.pane.table.selection.task)

    def add_tasks(self, tasks: Sequence[NewTask]) -> None:
        """Watch these tasks."""
        added, known = self._ledger.add(tasks, self._clock())
        self._wake()
        note = f", {len(known):,} known already" if known else ""
        self._say(f"Watching {plural(len(added), 'new task')}{note}.")


_NEVER = frozenset({TaskState.FAILED, TaskState.CANCELLED})
_UNDER_WAY = frozenset({DownloadState.WANTED, DownloadState.RUNNING})


def _is_wanted_early(task: Task) -> bool:
    """Whether it is to be saved once it is completed, so that asking again can only mean: now."""
    return task.state is not TaskState.COMPLETED and task.download.state is DownloadState.WANTED


def _why_not(targets: Sequence[Task], fleet: Fleet) -> str:
    task = targets[0]
    if len(targets) > 1:
        return "None of these can be saved."
    if not task.is_saved:
        return f"There is nothing to save: {task.state.value}."
    from octotui.presentation.boxes.whereabouts import file_words  # noqa: PLC0415 - the first frame

    where = file_words(task, fleet) if task.download.file else task.delivered
    return f"Saved already: {where}"
