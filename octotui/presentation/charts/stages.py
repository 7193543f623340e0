"""Where the time of one task went, as a bar to scale: queued, rendering, waiting to be saved, saving."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from octotui import units
from octotui.estimates import Expectation, born_at
from octotui.ledger.hours import ended_at
from octotui.model import DownloadState, EventKind, LogEntry, Task, TaskState
from octotui.presentation.styled_text import Role, Span, StyledLine, fit_right, width_of, wrap

_LEAST = 12
"""Cells below which a bar tells nothing."""


class Stage(NamedTuple):
    """A part of a task's life."""

    name: str
    start: float
    """Unix seconds."""
    end: float
    glyph: str
    role: Role


_LOOKS = {
    "queued": ("▁", Role.DIM),
    "rendering": ("━", Role.ACCENT),
    "queued and rendering": ("━", Role.ACCENT),
    "to go": ("─", Role.TROUGH),
    "waiting": ("·", Role.WARN),
    "saving": ("█", Role.GOOD),
}
"""How each stage is drawn: by its glyph alone it is known without colours."""


def stages(
    task: Task, events: Sequence[LogEntry], now: float, expected: Expectation | None = None
) -> tuple[list[Stage], str]:
    """Return the stages that a task has been through, and the word for how it stands at their end; "" while it goes on.

    What lies between two clocks (the gateway's and ours) is never negative. A task that was never seen running has
    been queued and rendered in one stage. `events` are those of the log, oldest first: they say when saving began.
    """
    found: list[Stage] = []

    def add(name: str, until: float) -> None:
        start = found[-1].end if found else born_at(task)
        found.append(Stage(name, start, max(start, until), *_LOOKS[name]))

    end = ended_at(task) if task.state.is_final else None
    if task.running_since is not None:
        add("queued", task.running_since)
    if end is None:
        add("queued" if task.state is TaskState.QUEUED else "rendering", now)
        if expected is not None and (left := expected.remaining(now)[0]) > 0:
            add("to go", now + left)
        return _merged(found), ""
    add("queued and rendering" if task.running_since is None else "rendering", end)
    if task.has_failed:
        return _merged(found), task.state.value
    word = "saved" if task.is_saved else "lost" if task.is_expired(now) else ""
    until = now
    if task.is_saved:
        until = task.download.saved_at or end
    elif task.deadline is not None and word == "lost":
        until = task.deadline.at
    began = _saving_since(task, events)
    if began is not None and end <= began <= until:
        add("waiting", began)
        add("saving", until)
    else:
        add("waiting", until)
    return _merged(found), word


def _saving_since(task: Task, events: Sequence[LogEntry]) -> float | None:
    """When the save that counts began; None where it has not, or nobody remembers."""
    if not task.is_saved and task.download.state is not DownloadState.RUNNING:
        return None
    running = DownloadState.RUNNING.value
    return next(
        (each.at for each in reversed(events) if (each.kind, each.detail) == (EventKind.DOWNLOAD, running)), None
    )


def _merged(found: Sequence[Stage]) -> list[Stage]:
    """The stages that took any time, those of the same name in one."""
    kept: list[Stage] = []
    for stage in found:
        if kept and kept[-1].name == stage.name:
            kept[-1] = kept[-1]._replace(end=stage.end)
        elif stage.end > stage.start:
            kept.append(stage)
    return kept


def shares(lengths: Sequence[float], cells: int) -> list[int]:
    """Return how many of the cells each length gets: to scale, but one at least, and all cells in all.

    `cells` are not fewer than the lengths.
    """
    total = sum(lengths) or 1.0
    given = [max(1, int(length / total * cells)) for length in lengths]
    while sum(given) != cells:
        step = 1 if sum(given) < cells else -1
        # Whoever lacks most of its share gets the cell, and whoever has most too much gives one.
        gaps = [
            (length / total * cells - has) * step if has + step >= 1 else float("-inf")
            for length, has in zip(lengths, given, strict=True)
        ]
        given[gaps.index(max(gaps))] += step
    return given


def stage_lines(
    task: Task, events: Sequence[LogEntry], now: float, width: int, expected: Expectation | None = None
) -> list[StyledLine]:
    """The bar in `width` cells, the times at its ends, and how long each stage took; nothing of a task with no time."""
    found, word = stages(task, events, now, expected)
    if not found or width < max(_LEAST, len(found)):
        return []
    cells = shares([stage.end - stage.start for stage in found], width)
    bar = tuple((stage.glyph * count, stage.role) for stage, count in zip(found, cells, strict=True))
    start, end = _moment(found[0].start, now), _moment(found[-1].end, now)
    if not word:
        end = f"~{end}" if found[-1].name == "to go" else "now"
    ends = ((start, Role.DIM), (fit_right(f"{word} {end}".lstrip(), width - len(start)), Role.DIM))
    lines = [bar, ends] if len(start) + len(end) + len(word) + 3 <= width else [bar]
    return [*lines, *_legend(found, width)]


def _legend(found: Sequence[Stage], width: int) -> list[StyledLine]:
    """How long each stage took, as many beside each other as fit."""
    lines: list[StyledLine] = []
    for stage in found:
        entry: tuple[Span, ...] = (
            (stage.glyph, stage.role),
            (f" {stage.name} ", Role.DIM),
            (units.exact(stage.end - stage.start), Role.TEXT),
        )
        if lines and width_of(lines[-1]) + 3 + width_of(entry) <= width:
            lines[-1] = (*lines[-1], ("   ", Role.TEXT), *entry)
        else:
            lines += wrap(entry, width)
    return lines


def _moment(at: float, now: float) -> str:
    """The time of day, with the date where it is not today's."""
    same_day = time.localtime(at)[:3] == time.localtime(now)[:3]
    return units.clock_time(at) if same_day else units.date_time(at)
