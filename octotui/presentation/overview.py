"""Everything at a glance, as lines: who stands where, the last hour, what is lost next, and what was lost."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from octotui import units
from octotui.ledger import Minute
from octotui.model import EngineStatus, Task
from octotui.presentation.counts import SHOWN, Counts, tally, total
from octotui.presentation.sparkline import cells_for, sparkline
from octotui.presentation.styled_text import Role, Span, StyledLine, fit, fit_middle, fit_right, width_of
from octotui.presentation.task_row import GLYPH_ROLES, GLYPHS, clock

NEAREST = 10
"""Deadlines that show, at most."""
LATEST = 5
"""Losses that show, at most."""
TWO_COLUMNS_FROM = 110
"""Cells from which deadlines and losses stand beside the rest."""
_HOUR = 60
"""Minutes."""
_NAME = 9
"""Cells for the name of a provider or of a figure."""
_NUMBER = 8
"""Cells for a count under its word."""


@dataclass(slots=True)
class Scene:
    """What the overview shows; only `lines` looks at the time."""

    counts: Mapping[str, Counts] = field(default_factory=dict)
    """By the label of the provider."""
    status: EngineStatus | None = None
    minutes: Sequence[Minute] = ()
    nearest: Sequence[Task] = ()
    """Results that can be lost, the nearest deadline first."""
    lost: Sequence[Task] = ()
    """Results that were lost, the latest first."""
    losses: int = 0
    """How many were, in all."""
    label_of: Callable[[Task], str] = lambda task: task.provider


def nearest_and_lost(tasks: Iterable[Task], now: float) -> tuple[list[Task], list[Task], int]:
    """The results that are lost next, the latest losses, and how many were lost."""
    dated = [(task.deadline.at, task.id, task) for task in tasks if task.is_ready and task.deadline is not None]
    gone = [entry for entry in dated if entry[0] <= now]
    nearest = heapq.nsmallest(NEAREST, (entry for entry in dated if entry[0] > now))
    return [task for *_, task in nearest], [task for *_, task in heapq.nlargest(LATEST, gone)], len(gone)


def overview_lines(scene: Scene, now: float, width: int, selected: str | None) -> list[StyledLine]:
    """All of it in `width` cells; the task with the id `selected` has a mark."""
    if width < TWO_COLUMNS_FROM:
        deadlines = deadline_lines(scene, now, width, selected)
        return [
            *count_lines(scene, width),
            (),
            *deadlines,
            (),
            *hour_lines(scene, now, width),
            (),
            *loss_lines(scene, now, width, selected),
        ]
    right_width = 46
    left_width = width - right_width - 3
    left = [*count_lines(scene, left_width), (), *hour_lines(scene, now, left_width)]
    right = [*deadline_lines(scene, now, right_width, selected), (), *loss_lines(scene, now, right_width, selected)]
    rows = max(len(left), len(right))
    left += [()] * (rows - len(left))
    right += [()] * (rows - len(right))
    return [
        (*one, (" " * (left_width - width_of(one) + 3), Role.TEXT), *other)
        for one, other in zip(left, right, strict=True)
    ]


def _title(text: str, note: str = "") -> StyledLine:
    return ((text, Role.TITLE), (f"  {note}" if note else "", Role.DIM))


def count_lines(scene: Scene, width: int) -> list[StyledLine]:
    """A line a provider, under words where there is room for them, and one for all."""
    shown = {label: counts for label, counts in scene.counts.items() if total(counts)}
    everything = {word: sum(counts.get(word, 0) for counts in shown.values()) for word in SHOWN}
    words = [word for word in SHOWN if everything[word]]
    title = _title("Tasks", f"{total(everything):,} in all")
    if not words:
        return [title, (("No task yet.", Role.DIM),)]
    rows = {**shown, "all": everything} if len(shown) > 1 else shown
    if width < _NAME + (_NUMBER + 3) * len(words):
        return [
            title,
            *(((fit(name, _NAME), Role.DIM), *tally(counts, width - _NAME)) for name, counts in rows.items()),
        ]
    cells = min(11, (width - _NAME) // len(words))
    heading: list[Span] = [(" " * _NAME, Role.TEXT)]
    for word in words:
        heading += [(fit_right(GLYPHS[word], cells - len(word) - 1), GLYPH_ROLES[word]), (f" {word}", Role.DIM)]
    lines: list[StyledLine] = [title, tuple(heading)]
    for name, counts in rows.items():
        numbers = [
            (fit_right(f"{counts.get(word, 0):,}" if counts.get(word) else "·", cells), Role.TEXT) for word in words
        ]
        lines.append(((fit(name, _NAME), Role.DIM), *numbers))
    return lines


def hour_lines(scene: Scene, now: float, width: int) -> list[StyledLine]:
    """Requests, lag and bytes over the last hour, a sparkline each and what it comes to."""
    newest = int(now // 60) * 60
    by_minute = {minute.at: minute for minute in scene.minutes}
    hour = [by_minute.get(newest - 60 * back, Minute(newest - 60 * back)) for back in reversed(range(_HOUR))]
    whole = reduce(Minute.plus, hour)
    beside = width - _NAME - 2 >= 30 + 34
    cells = cells_for(width - _NAME - (36 if beside else 0))
    lines = [_title("The last hour", "minute by minute, now at the right" if cells == _HOUR and width >= 60 else "")]
    lags = [minute.lag or 0.0 for minute in _merged(hour, cells)]
    for name, values, words in (
        ("asks", [float(minute.asks) for minute in _merged(hour, cells)], _ask_words(scene.status, whole)),
        ("lag", lags, _lag_words(whole)),
        ("fetched", [float(minute.bytes) for minute in _merged(hour, cells)], _byte_words(scene.status, whole)),
    ):
        line: StyledLine = (fit(name, _NAME), Role.DIM), (sparkline(values), Role.ACCENT)
        if beside:
            lines.append((*line, ("  ", Role.TEXT), *words))
        else:
            lines += [line, ((" " * (_NAME if width >= 50 else 2), Role.TEXT), *words)]
    return lines


def _merged(hour: Sequence[Minute], cells: int) -> list[Minute]:
    """The hour in so many parts."""
    each = len(hour) // cells if cells else len(hour)
    return [reduce(Minute.plus, hour[at : at + each]) for at in range(0, len(hour), each)] if cells else []


def _ask_words(status: EngineStatus | None, whole: Minute) -> StyledLine:
    words: list[Span] = [(f"{whole.asks:,}", Role.STRONG)]
    if status is not None and status.budget_per_minute:
        words.append((f", now {status.asks_last_minute:,}/{status.budget_per_minute:,} a minute", Role.DIM))
    if whole.failures:
        words.append((f", {whole.failures:,} failed", Role.WARN))
    return tuple(words)


def _lag_words(whole: Minute) -> StyledLine:
    if whole.lag is None:
        return ((f"{units.plural(whole.done, 'task')} seen done", Role.DIM),)
    return (f"{units.exact(whole.lag)}", Role.STRONG), (
        f" mean, {units.exact(whole.lag_max)} most, {whole.done:,} done",
        Role.DIM,
    )


def _byte_words(status: EngineStatus | None, whole: Minute) -> StyledLine:
    speed = status.download_speed if status is not None and status.downloads_running else 0.0
    return (
        (units.size(whole.bytes), Role.STRONG),
        (f", {units.speed(whole.bytes / 3600)}, now {units.speed(speed)}", Role.DIM),
    )


def deadline_lines(scene: Scene, now: float, width: int, selected: str | None) -> list[StyledLine]:
    """What is lost next if nobody saves it."""
    title = _title("Lost next")
    if not scene.nearest:
        return [title, (("Nothing can be lost.", Role.DIM),)]
    lines = [title]
    for task in scene.nearest:
        text, role = clock(task, now)
        lines.append(_task_line(task, scene, (fit(text, 8), role), width, selected))
    return lines


def loss_lines(scene: Scene, now: float, width: int, selected: str | None) -> list[StyledLine]:
    """What was lost, and when."""
    if not scene.lost:
        return [_title("Lost"), (("Nothing was lost.", Role.DIM),)]
    lines = [_title("Lost", f"{scene.losses:,} in all" if scene.losses > len(scene.lost) else "")]
    for task in scene.lost:
        at = task.deadline.at if task.deadline else now
        lines.append(_task_line(task, scene, (fit(units.ago(now - at), 8), Role.BAD), width, selected))
    return lines


def _task_line(task: Task, scene: Scene, when: Span, width: int, selected: str | None) -> StyledLine:
    is_selected = task.id == selected
    label = fit(scene.label_of(task), _NAME) if width >= 38 else ""
    head: list[Span] = [("▸ " if is_selected else "  ", Role.KEY), when, (" ", Role.TEXT), (label, Role.DIM)]
    room = max(0, min(40, width - width_of(tuple(head))))
    return (*head, (fit_middle(task.id, room), Role.STRONG if is_selected else Role.TEXT))
