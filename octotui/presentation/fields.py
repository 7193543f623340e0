"""Fields of a task that stand in columns: name, heading and value of each, once for the screen and for commands.

`ls --columns`, its table and its CSV go by this table; so do the headings and the choice of columns on the screen. The
widths of the screen's columns are another module's (`columns.py`), which knows nothing of this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import NamedTuple

from octotui import units
from octotui.model import DownloadState, Task
from octotui.presentation import task_row
from octotui.presentation.boxes.whereabouts import box_of

Labels = Mapping[str, str]
"""What each provider is called, by its name."""
Value = str | int | None
"""What a program reads: text, a count of bytes, seconds or percent, or None where nothing is known."""


class Field(NamedTuple):
    """One column."""

    name: str
    """As `--columns` names it; public."""
    heading: str
    """Over the column; a terminal shows it as it is, `ls` in capitals."""
    help: str
    text: Callable[[Task, float, Labels], str]
    """What people read, by task, time (unix seconds) and labels; empty where there is nothing to say."""
    value: Callable[[Task, float, Labels], Value] | None = None
    """What programs read; None: the same as people."""
    is_number: bool = False
    """Whether it stands at the right edge of its column."""
    needs: str = ""
    """The fields of a `Task` that `text` and `value` look at, where those are others than `name`."""

    def plain(self, task: Task, now: float, labels: Labels) -> Value:
        """What programs read of a task: text, or a number in plain units, or None."""
        return self.text(task, now, labels) or None if self.value is None else self.value(task, now, labels)


def note(task: Task, now: float) -> str:
    """What there is to say about a task: where its file is, or what went wrong."""
    download = task.download
    if download.state is DownloadState.SAVED:
        return download.file or task.delivered or ""
    if error := task.error_message or task.error_code:
        return error
    if download.state is DownloadState.FAILED:
        return f"not saved: {download.error or 'no reason given'}"
    if download.error and download.state is DownloadState.WANTED:
        return f"not saved yet: {task_row.waiting_words(task, now)}"
    return "" if task.failure is None else f"asking failed: {task.failure.message}"


def size_of(task: Task) -> int | None:
    """Bytes of a result: how large it is, else how much of it has come; None where neither is known."""
    return task.download.bytes_total or task.download.bytes_done or None


def error_of(task: Task) -> str:
    """Why a task failed, why its result was not saved, or why it was not answered; empty where all is well."""
    if task.error_message or task.error_code:
        return " ".join(part for part in (task.error_code, task.error_message) if part)
    if task.download.error:
        return task.download.error
    return "" if task.failure is None else task.failure.message


def started_at(task: Task) -> float:
    """When a task was submitted, else when it was added; unix seconds."""
    return task.created_at or task.added_at


def ended_at(task: Task) -> float | None:
    """When a task became final: as its gateway says, else when that was seen; None while it is not final."""
    return (task.completed_at or task.final_seen_at) if task.state.is_final else None


def took(task: Task, now: float) -> float | None:
    """Seconds from submission to the end, or to `now` while it is not final; None where its submission is not known."""
    if task.created_at is None:
        return None
    return max(0.0, (ended_at(task) or now) - task.created_at)


def left_of(task: Task, now: float) -> float | None:
    """Seconds until an unsaved result is lost, below 0 once it is; None where nothing can be lost or nobody knows."""
    if not task.is_ready or task.deadline is None:
        return None
    return task.deadline.at - now


def _done(task: Task, now: float, _labels: Labels) -> str:
    word = task_row.shown_word(task, now)
    if word in task_row.ON_DISK:
        return units.size(task.download.bytes_total or task.download.bytes_done)
    share = task_row.share(task, word)
    return "" if share is None else f"{share}%"


def _done_share(task: Task, now: float, _labels: Labels) -> Value:
    word = task_row.shown_word(task, now)
    return 100 if word in task_row.ON_DISK else task_row.share(task, word)


def _date(at: float | None) -> str:
    return "" if at is None else units.date_time(at)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _size(task: Task, _now: float, _labels: Labels) -> str:
    count = size_of(task)
    return "" if count is None else units.size(count)


def _took(task: Task, now: float, _labels: Labels) -> str:
    seconds = took(task, now)
    return "" if seconds is None else units.span(seconds)


def _speed(task: Task, _now: float, _labels: Labels) -> str:
    return units.speed(task.download.speed) if task.download.speed else ""


ALL = (
    Field(
        "state",
        "State",
        "one word for where it stands",
        lambda t, now, _: task_row.shown_word(t, now),
        needs="state deadline download delivered",
    ),
    Field(
        *("left", "Left", "time until an unsaved result is lost; CSV: seconds"),
        lambda t, now, _: task_row.time_left(t, now),
        lambda t, now, _: _whole(left_of(t, now)),
        needs="state deadline download",
    ),
    Field("id", "Id", "the task's id", lambda t, *_: t.id),
    Field(
        "title",
        "Title",
        "what a person calls it, else its prompt",
        lambda t, *_: t.title or "",
        needs="given_title prompt",
    ),
    Field("provider", "Provider", "whose task it is", lambda t, _, labels: labels.get(t.provider, t.provider)),
    Field("model", "Model", "the model that makes it", lambda t, *_: t.model or ""),
    Field(
        "done",
        "Done",
        "percent of the video or of its file, size once saved; CSV: percent",
        _done,
        _done_share,
        needs="state deadline download delivered progress",
    ),
    Field("tags", "Tags", "its tags", lambda t, *_: " ".join(t.tags)),
    Field(
        "note",
        "Note",
        "where its file is, or what went wrong",
        lambda t, now, _: note(t, now),
        needs="error_code error_message download delivered failure",
    ),
    Field(
        *("age", "Age", "time since it was submitted; CSV: seconds"),
        lambda t, now, _: units.span(now - started_at(t)),
        lambda t, now, _: _whole(max(0.0, now - started_at(t))),
        is_number=True,
        needs="created_at added_at",
    ),
    Field(
        *("took", "Took", "time from submission to its end, or to now; CSV: seconds", _took),
        lambda t, now, _: _whole(took(t, now)),
        is_number=True,
        needs="created_at state completed_at final_seen_at",
    ),
    Field(*("size", "Size", "bytes of its file", _size), lambda t, *_: size_of(t), is_number=True, needs="download"),
    Field(
        *("speed", "Speed", "bytes a second while it is saved", _speed),
        lambda t, *_: _whole(t.download.speed),
        is_number=True,
        needs="download",
    ),
    Field("added", "Added", "when it was added", lambda t, *_: _date(t.added_at), needs="added_at"),
    Field("created", "Created", "when it was submitted", lambda t, *_: _date(t.created_at), needs="created_at"),
    Field(
        "completed",
        "Completed",
        "when it became final",
        lambda t, *_: _date(ended_at(t)),
        needs="state completed_at final_seen_at",
    ),
    Field(
        "deadline", "Deadline", "when its result is lost", lambda t, *_: _date(t.deadline.at if t.deadline else None)
    ),
    Field(
        "source", "Source", "who says so", lambda t, *_: t.deadline.source.value if t.deadline else "", needs="deadline"
    ),
    Field("saved", "Saved", "when its file was saved", lambda t, *_: _date(t.download.saved_at), needs="download"),
    Field("file", "File", "where its file is", lambda t, *_: t.download.file or "", needs="download"),
    Field("box", "Box", "the machine that has its file or saves it", lambda t, *_: box_of(t), needs="download"),
    Field("delivered", "Delivered", "URL of the object it was delivered to", lambda t, *_: t.delivered or ""),
    Field("sha256", "SHA-256", "checksum of its file", lambda t, *_: t.download.sha256 or "", needs="download"),
    Field(
        "error",
        "Error",
        "why it failed or was not saved",
        lambda t, *_: error_of(t),
        needs="error_code error_message download failure",
    ),
    Field("status", "Status", "the gateway's own word", lambda t, *_: t.status or ""),
    Field("route", "Route", "where it is asked about", lambda t, *_: t.route),
    Field("length", "Length", "seconds of video, as the gateway says", lambda t, *_: t.seconds or "", needs="seconds"),
    Field("frame", "Frame", "frame size, as the gateway says", lambda t, *_: t.size or "", needs="size"),
)
"""Every field there is."""

FIELDS = {field.name: field for field in ALL}
"""The same by name."""


def needed(names: Iterable[str]) -> frozenset[str]:
    """Return the fields of a `Task` that these columns look at: for a long list no more of each task need be read."""
    return frozenset(chain.from_iterable((FIELDS[name].needs or name).split() for name in names))


TABLE = ("state", "left", "id", "title", "provider", "model", "done", "tags", "note")
"""What a table shows where nobody chooses."""
WIDE = (
    *("state", "left", "id", "title", "provider", "model", "done", "size", "took", "created", "completed"),
    *("deadline", "tags", "note"),
)
"""What a wide one shows."""
