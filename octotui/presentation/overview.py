"""Everything at a glance, as lines: what is lost next and was lost, how it went lately, and who stands where."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from octotui import units
from octotui.ledger import Box, Minute
from octotui.model import EngineStatus, Task
from octotui.presentation.boxes.box_rows import box_lines
from octotui.presentation.charts.axes import Draw
from octotui.presentation.charts.sections import (
    Past,
    failure_lines,
    rendering_lines,
    saved_lines,
    title,
    unsaved_lines,
)
from octotui.presentation.charts.statistics import Unsaved
from octotui.presentation.counts import SHOWN, Counts, tally, total
from octotui.presentation.sparkline import cells_for, sparkline
from octotui.presentation.styled_text import Role, Span, StyledLine, cut, fit, fit_middle, fit_right, width_of
from octotui.presentation.task_row import GLYPH_ROLES, GLYPHS

NEAREST = 16
"""Results that can be lost and have a line of their own, at most."""
LATEST = 5
"""Losses that show, at most."""
TWO_COLUMNS_FROM = 110
"""Cells from which one column stands beside the other."""
_TALL = 40
"""Rows from which the last hour has curves beside the other column."""
SMALL = 50
"""Cells below which only what matters is shown."""
BOXES = 6
"""Machines that show beside everything else, at most."""
_HOUR = 60
"""Minutes."""
_NAME = 9
"""Cells for the name of a provider or of a figure."""
_COUNT = 13
"""Cells for a count under its word: the longest, `⊘ cancelled`, and two blanks before it."""


@dataclass(slots=True)
class Scene:
    """What the overview shows; only `overview_lines` looks at the time."""

    counts: Mapping[str, Counts] = field(default_factory=dict)
    """By the label of the provider."""
    status: EngineStatus | None = None
    minutes: Sequence[Minute] = ()
    unsaved: Sequence[Unsaved] = ()
    """Results that can be lost, the nearest deadline first."""
    lost: Sequence[Task] = ()
    """The latest results that were lost, the latest first."""
    losses: int = 0
    """How many were, in all."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What each provider is called."""
    past: Past | None = None
    """What is known of the last day, week or month; None until it has been read."""
    draw: Draw | None = None
    """What draws plots; None before it is there, and where it cannot be had."""
    no_plots: str = ""
    """Why it cannot."""
    boxes: Sequence[Box] = ()
    """The machines that share the ledger; none where it is not shared."""

    @property
    def choices(self) -> list[Task]:
        """The tasks one can go to, in the order in which they are shown."""
        return [*(item.task for item in self.unsaved), *self.lost]

    def label_of(self, task: Task) -> str:
        """What the provider of a task is called."""
        return self.labels.get(task.provider, task.provider)


def latest_losses(tasks: Iterable[Task], now: float) -> tuple[list[Task], int]:
    """The latest results that were lost, and how many were."""
    gone = [(task.deadline.at, task.id, task) for task in tasks if task.is_expired(now) and task.deadline is not None]
    return [task for *_, task in heapq.nlargest(LATEST, gone)], len(gone)


def overview_lines(scene: Scene, now: float, width: int, height: int, selected: str | None) -> list[StyledLine]:
    """All of it in `width` cells, with as many rows in each section as `height` rows have room for.

    The task with the id `selected` has a mark.
    """
    if width < SMALL:
        return _stacked(
            deadline_lines(scene, now, width, min(NEAREST, max(3, height - 2)), selected),
            loss_lines(scene, now, width, selected),
            *_past_sections(scene, width, 5, 5),
            boxes_section(scene, width, BOXES),
        )
    if width < TWO_COLUMNS_FROM:
        rendering, failures = _past_sections(scene, width, 6, 5)
        return _stacked(
            deadline_lines(scene, now, width, min(NEAREST, max(3, height // 2 - 3)), selected),
            rendering,
            failures,
            _saved_section(scene, width, 5),
            loss_lines(scene, now, width, selected),
            count_lines(scene, width),
            hour_lines(scene, now, width),
            boxes_section(scene, width, BOXES),
            _trouble(scene),
        )
    left_width = (width - 3) * 11 // 20
    right_width = width - left_width - 3
    counts = count_lines(scene, right_width)
    hour = hour_lines(scene, now, right_width, with_curves=height >= _TALL)
    room = height - len(counts) - len(hour) - 11
    failed = max(2, min(10, room * 2 // 5))
    rendering, failures = _past_sections(scene, right_width, max(3, min(16, room - failed)), failed)
    right = _stacked(rendering, failures, counts, hour)
    losses = loss_lines(scene, now, left_width, selected)
    boxes = boxes_section(scene, left_width, BOXES)
    height -= len(boxes) + bool(boxes)
    rows = max(3, min(NEAREST, height - 15 - len(losses)))
    nearest = deadline_lines(scene, now, left_width, rows, selected)
    saved = _saved_section(scene, left_width, max(4, min(24, height - len(nearest) - len(losses) - 7)))
    return _columns(_stacked(nearest, saved, losses, boxes, _trouble(scene)), right, left_width)


def _past_sections(scene: Scene, width: int, rendered: int, failed: int) -> tuple[list[StyledLine], list[StyledLine]]:
    """Success and rendering, and failures, with so many rows each; a line that says so while they are being read."""
    past, draw = scene.past, scene.draw
    if past is None:
        return [title("Success and rendering", width, "being read …")], []
    return (
        rendering_lines(past, width, rendered, draw=draw, labels=scene.labels),
        failure_lines(past, width, failed, draw=draw, labels=scene.labels),
    )


def _saved_section(scene: Scene, width: int, bars: int) -> list[StyledLine]:
    past = scene.past
    return [] if past is None else saved_lines(past, width, bars, draw=scene.draw, status=scene.status)


def boxes_section(scene: Scene, width: int, rows: int) -> list[StyledLine]:
    """The machines that share the ledger, at most `rows` of them; nothing where it is not shared."""
    if not scene.boxes:
        return []
    there = sum(not box.is_gone for box in scene.boxes)
    silent = len(scene.boxes) - there
    words = f"{there:,} at work" + (f", {silent:,} silent" if silent else "")
    return [title("Boxes", width, words), *box_lines(scene.boxes, width, rows)]


def _trouble(scene: Scene) -> list[StyledLine]:
    return [((scene.no_plots, Role.WARN),)] if scene.no_plots else []


def _stacked(*sections: Sequence[StyledLine]) -> list[StyledLine]:
    """Sections below each other with a blank line between them; one without a line is left out."""
    lines: list[StyledLine] = []
    for section in sections:
        if section:
            lines += [*([()] if lines else []), *section]
    return lines


def _columns(left: list[StyledLine], right: list[StyledLine], left_width: int) -> list[StyledLine]:
    rows = max(len(left), len(right))
    left += [()] * (rows - len(left))
    right += [()] * (rows - len(right))
    return [(*cut(one, left_width), ("   ", Role.TEXT), *other) for one, other in zip(left, right, strict=True)]


def count_lines(scene: Scene, width: int) -> list[StyledLine]:
    """A line a provider, under words where there is room for them, and one for all."""
    shown = {label: counts for label, counts in scene.counts.items() if total(counts)}
    everything = {word: sum(counts.get(word, 0) for counts in shown.values()) for word in SHOWN}
    words = [word for word in SHOWN if everything[word]]
    head = title("Tasks", width, f"{total(everything):,} in all")
    if not words:
        return [head, (("No task yet.", Role.DIM),)]
    rows = {**shown, "all": everything} if len(shown) > 1 else shown
    if width < _NAME + _COUNT * len(words):
        return [
            head,
            *(((fit(name, _NAME), Role.DIM), *tally(counts, width - _NAME)) for name, counts in rows.items()),
        ]
    heading: list[Span] = [(" " * _NAME, Role.TEXT)]
    for word in words:
        heading += [(fit_right(GLYPHS[word], _COUNT - len(word) - 1), GLYPH_ROLES[word]), (f" {word}", Role.DIM)]
    lines: list[StyledLine] = [head, tuple(heading)]
    for name, counts in rows.items():
        numbers = [
            (fit_right(f"{counts.get(word, 0):,}" if counts.get(word) else "·", _COUNT), Role.TEXT) for word in words
        ]
        lines.append(((fit(name, _NAME), Role.DIM), *numbers))
    return lines


def hour_lines(scene: Scene, now: float, width: int, *, with_curves: bool = True) -> list[StyledLine]:
    """Requests, lag and bytes over the last hour, a sparkline each and what it comes to."""
    newest = int(now // 60) * 60
    by_minute = {minute.at: minute for minute in scene.minutes}
    hour = [by_minute.get(newest - 60 * back, Minute(newest - 60 * back)) for back in reversed(range(_HOUR))]
    whole = reduce(Minute.plus, hour)
    beside = width - _NAME - 2 >= 30 + 34
    cells = cells_for(width - _NAME - (36 if beside else 0))
    lines = [
        title(
            "The last hour",
            width,
            "minute by minute, now at the right" if with_curves and cells == _HOUR and width >= 60 else "",
        )
    ]
    lags = [minute.lag or 0.0 for minute in _merged(hour, cells)]
    for name, values, words in (
        ("asks", [float(minute.asks) for minute in _merged(hour, cells)], _ask_words(scene.status, whole)),
        ("lag", lags, _lag_words(whole)),
        ("bytes", [float(minute.bytes) for minute in _merged(hour, cells)], _byte_words(scene.status, whole)),
    ):
        if not with_curves:
            lines.append(((fit(name, _NAME), Role.DIM), *words))
            continue
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


def deadline_lines(scene: Scene, now: float, width: int, rows: int, selected: str | None) -> list[StyledLine]:
    """What is lost next if nobody saves it, at most `rows` with a line of their own."""
    return unsaved_lines(scene.unsaved, now, width, rows, draw=scene.draw, label_of=scene.label_of, selected=selected)


def loss_lines(scene: Scene, now: float, width: int, selected: str | None) -> list[StyledLine]:
    """What was lost, and when; nothing where nothing was."""
    if not scene.lost:
        return []
    lines = [title("Lost", width, f"{scene.losses:,} in all" if scene.losses > len(scene.lost) else "")]
    for task in scene.lost:
        at = task.deadline.at if task.deadline else now
        lines.append(_task_line(task, scene, (fit(units.ago(now - at), 8), Role.BAD), width, selected))
    return lines


def _task_line(task: Task, scene: Scene, when: Span, width: int, selected: str | None) -> StyledLine:
    is_selected = task.id == selected
    label = fit(scene.label_of(task), _NAME) if width >= 38 else ""
    head: list[Span] = [("▸ " if is_selected else "  ", Role.KEY), when, (" ", Role.TEXT), (label, Role.DIM)]
    room = max(0, min(60, width - width_of(tuple(head))))
    name = fit(task.title, room) if task.title else fit_middle(task.id, room)
    return (*head, (name, Role.STRONG if is_selected else Role.TEXT))
