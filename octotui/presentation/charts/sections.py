"""Sections of the overview that have a picture: rows with a name at the left and a plot beside it, and axes below."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from octotui import units
from octotui.ledger import History
from octotui.model import EngineStatus, Task
from octotui.presentation.charts import statistics
from octotui.presentation.charts.axes import SOLID, Axis, Draw, Series, TimeScale, cell_axis, count_axis, size_axis
from octotui.presentation.charts.statistics import Figures, Groups, Span, Unsaved
from octotui.presentation.styled_text import Role, StyledLine, cut, fit, fit_middle, fit_right
from octotui.presentation.task_row import clock, urgency

PLOT_FROM = 58
"""Cells of a section from which on a plot stands beside its rows."""
_ROOMY = 100
"""Cells of a section from which its words take as much room as its plot."""
_LABEL = 9
"""Cells for the name of a provider."""
_AXIS = 2
"""Rows below a plot: the axis, and what is written at it."""
_NEEDS = 14
"""Cells for the time that saving needs."""

Lines = list[StyledLine]


@dataclass(slots=True, frozen=True)
class Past:
    """What is known of a span of time."""

    span: Span
    groups: Groups
    """By provider and model."""
    history: History
    until: float


def past_of(history: History, span: Span, now: float) -> Past:
    """Return what the ledger's hours tell of the span that ends `now`."""
    return Past(span, statistics.grouped(history, statistics.by_model, now - span.seconds, now), history, now)


def title(text: str, width: int, *notes: str) -> StyledLine:
    """The first line of a section, with the first of the notes that finds room beside it."""
    room = width - len(text) - 2
    note = next((each for each in notes if each and cell_len(each) <= room), "")
    return ((text, Role.TITLE), (f"  {note}" if note else "", Role.DIM))


def unsaved_lines(
    items: Sequence[Unsaved],
    now: float,
    width: int,
    rows: int,
    *,
    draw: Draw | None,
    label_of: Callable[[Task], str],
    selected: str | None,
) -> Lines:
    """Every unsaved result on one axis of time left, against the time its saving needs; the nearest have their rows."""
    if not items:
        return [title("Lost next", width), (("Nothing can be lost.", Role.DIM),)]
    # The selected one always has a line: then those before it may have none.
    place = next((number for number, item in enumerate(items) if item.task.id == selected), 0)
    start = max(0, place - rows + 1)
    shown, others = items[start : start + rows], [*items[:start], *items[start + rows :]]
    has_plot = draw is not None and width >= PLOT_FROM
    text_width = min(64, width // 2 if width >= _ROOMY else width * 9 // 20) if has_plot else width
    is_known = any(item.needed is not None for item in items)
    lines = [_unsaved_row(item, now, text_width - 1, label_of, selected, is_known=is_known) for item in shown]
    if others:
        late = sum(item.is_too_late for item in others)
        words = f"  {len(others):,} more{f', {late:,} too late' if late else ''}"
        lines.append(((words, Role.BAD if late else Role.DIM),))
    note = f"{units.plural(len(items), 'result')}"
    if draw is None or not has_plot:
        return [title("Lost next", width, note), *lines]
    scale = TimeScale([*(item.left for item in items), *(item.needed or 0.0 for item in items)], width - text_width - 1)
    series: list[Series] = []
    for number, item in enumerate(shown):
        series += _unsaved_series(item, scale, len(lines) - number)
    series += [_end(item, scale, 1) for item in others]
    plot = draw(width - text_width, len(lines) + _AXIS, scale.axis, Axis(1, len(lines)), tuple(series))
    legend = f"{note}; time left ─●, of it needed to save ━, too late ✗"
    shorter = f"{note}; left ─●, to save ━, too late ✗"
    return [title("Lost next", width, legend, shorter, note), *_beside(lines, plot, text_width)]


def _unsaved_row(
    item: Unsaved, now: float, width: int, label_of: Callable[[Task], str], selected: str | None, *, is_known: bool
) -> StyledLine:
    task = item.task
    text, role = clock(task, now)
    is_selected = task.id == selected
    needs = "" if item.needed is None else f"needs {units.countdown(math.ceil(item.needed))}"
    has_needs = is_known and width >= 36
    has_label = width >= (50 if has_needs else 40)
    room = width - 11 - (has_label and _LABEL) - (has_needs and _NEEDS)
    spans = [("▸ " if is_selected else "  ", Role.KEY), (fit(text, 8), role), (" ", Role.TEXT)]
    if has_label:
        spans.append((fit(label_of(task), _LABEL), Role.DIM))
    strong = Role.STRONG if is_selected else Role.TEXT
    spans.append((fit(task.title, room) if task.title else fit_middle(task.id, room), strong))
    if has_needs:
        spans.append((fit(f" {needs}", _NEEDS), Role.BAD if item.is_too_late else Role.DIM))
    return tuple(spans)


def _unsaved_series(item: Unsaved, scale: TimeScale, row: int) -> list[Series]:
    end, needed = scale.cell(item.left), scale.cell(item.needed or 0.0)
    role = Role.BAD if item.is_too_late else Role.WARN
    series = [Series(((0, row), (end, row)), "─", Role.TROUGH, joined=True)]
    if item.needed:
        series.append(Series(((0, row), (min(end, needed), row)), "━", role, joined=True))
    return [*series, _end(item, scale, row)]


def _end(item: Unsaved, scale: TimeScale, row: int) -> Series:
    marker, role = ("✗", Role.BAD) if item.is_too_late else ("●", urgency(item.left))
    return Series(((scale.cell(item.left), row),), marker, role)


def _beside(lines: Sequence[StyledLine], plot: Sequence[StyledLine], text_width: int) -> Lines:
    """Rows with the plot beside them, and its axis below."""
    rows = [*lines, *[()] * (len(plot) - len(lines))]
    return [(*cut(row, text_width), *drawn) for row, drawn in zip(rows, plot, strict=True)]


def name_of(name: statistics.Name, labels: Mapping[str, str]) -> str:
    """A provider and a model in words."""
    provider, model = name[0], name[1] if len(name) > 1 else ""
    return f"{labels.get(provider, provider)} {model}".rstrip()


def rendering_lines(past: Past, width: int, rows: int, *, draw: Draw | None, labels: Mapping[str, str]) -> Lines:
    """How many tasks succeeded, and how long they took: by provider and model, those with the most tasks first."""
    groups = sorted(
        ((name, figures) for name, figures in past.groups.items() if figures.ended or figures.renderings),
        key=lambda pair: (-pair[1].ended, pair[0]),
    )
    note = f"last {past.span.name}, by model"
    head = title("Success and rendering", width, note)
    if not groups:
        return [head, ((f"No task has ended in the last {past.span.name}.", Role.DIM),)]
    shown, others = groups[:rows], groups[rows:]
    has_plot = draw is not None and width >= PLOT_FROM
    text_width = min(64, max(48, width * 11 // 20)) if has_plot else width
    name_width = max(8, text_width - 30)
    heading = (" " * name_width, Role.TEXT), (f"{'ended':>6}{'good':>6}{'half in':>9}{'90% in':>8} ", Role.DIM)
    lines: Lines = [cut(heading, text_width)]
    lines += [cut(_rendering_row(name_of(name, labels), figures, name_width), text_width) for name, figures in shown]
    more: Lines = [((f"{units.plural(len(others), 'more model')}", Role.DIM),)] if others else []
    if draw is None or not has_plot:
        return [head, *lines, *more]
    known = [seconds for _, figures in shown for seconds in (figures.median, figures.p90) if seconds]
    if not known:
        return [head, *lines, *more]
    scale = TimeScale(known, width - text_width - 1)
    series: list[Series] = []
    for number, (_, figures) in enumerate(shown):
        series += _range(figures, scale, len(shown) - number)
    plot = draw(width - text_width, len(lines) + _AXIS, scale.axis, Axis(1, len(lines)), tuple(series))
    legend = f"{note}; ● half are done, ┤ nine in ten"
    return [title("Success and rendering", width, legend, note), *_beside(lines, plot, text_width), *more]


def _rendering_row(name: str, figures: Figures, width: int) -> StyledLine:
    rate = figures.success_rate
    good = "" if rate is None else f"{math.floor(rate * 100)}%"
    role = Role.TEXT if rate is None or rate >= 0.9 else Role.WARN if rate >= 0.5 else Role.BAD
    times = ("" if each is None else units.exact(round(each)) for each in (figures.median, figures.p90))
    half, most = (fit_right(text, cells) for text, cells in zip(times, (9, 8), strict=True))
    return (
        (fit_middle(name, width), Role.TEXT),
        (fit_right(f"{figures.ended:,}", 6), Role.DIM),
        (fit_right(good, 6), role),
        (f"{half}{most} ", Role.TEXT),
    )


def _range(figures: Figures, scale: TimeScale, row: int) -> list[Series]:
    if figures.median is None or figures.p90 is None:
        return []
    start, end = scale.cell(figures.median), scale.cell(figures.p90)
    return [
        Series(((start, row), (end, row)), "━", Role.ACCENT, joined=True),
        Series(((end, row),), "┤", Role.TEXT),
        Series(((start, row),), "●", Role.STRONG),
    ]


def failure_lines(past: Past, width: int, rows: int, *, draw: Draw | None, labels: Mapping[str, str]) -> Lines:
    """Why tasks failed, the most frequent reason first, and of which model most did."""
    found = statistics.reasons(past.groups)
    total = sum(reason.tasks for reason in found)
    head = title("Failures by reason", width, f"last {past.span.name}, {total:,} in all" if found else "")
    if not found:
        return [head, ((f"Nothing has failed in the last {past.span.name}.", Role.DIM),)]
    shown, others = found[:rows], found[rows:]
    has_plot = draw is not None and width >= PLOT_FROM - 16
    text_width = width * 3 // 5 if has_plot else width
    lines: Lines = []
    for reason in shown:
        name, _ = reason.models[0]
        more = f" +{len(reason.models) - 1}" if len(reason.models) > 1 else ""
        model_width = 22 if text_width >= 54 else 0
        model = fit_middle(f"{name_of(name, labels)}{more}", model_width)
        words = fit(reason.words, text_width - 7 - model_width - (model_width and 1))
        lines.append(
            (
                (words, Role.TEXT),
                (f" {model}" if model else "", Role.DIM),
                (fit_right(f"{reason.tasks:,}", 6), Role.STRONG),
                (" ", Role.TEXT),
            )
        )
    rest = sum(reason.tasks for reason in others)
    more_lines: Lines = (
        [((f"{units.plural(len(others), 'more reason')}, {units.plural(rest, 'task')}", Role.DIM),)] if others else []
    )
    if draw is None or not has_plot:
        return [head, *lines, *more_lines]
    cells = width - text_width - 1
    most = shown[0].tasks
    series = tuple(
        Series(
            ((0, len(shown) - number), (round(reason.tasks / most * (cells - 1)), len(shown) - number)),
            "━",
            Role.BAD,
            joined=True,
        )
        for number, reason in enumerate(shown)
    )
    plot = draw(width - text_width, len(lines) + _AXIS, count_axis(most, cells), Axis(1, len(lines)), series)
    return [head, *_beside(lines, plot, text_width), *more_lines]


def saved_lines(past: Past, width: int, rows: int, *, draw: Draw | None, status: EngineStatus | None) -> Lines:
    """How much was saved when, as bars of so many rows, and when the disk will be full."""
    since = past.until - past.span.seconds
    bars = statistics.slots(past.history.outcomes, since, past.until, past.span.slot)
    total = sum(amount for _, amount in bars)
    lines: Lines = [
        title("Saved", width, f"last {past.span.name}, {units.size(total)}"),
        _disk_line(past, since, status),
    ]
    if draw is None or width < 40 or not total:
        return lines
    most = max(amount for _, amount in bars)
    axis = size_axis(most)
    cells = width - max(len(text) for _, text in axis.ticks) - 1
    count = len(bars)
    words = cell_axis([(0, f"{past.span.seconds // 86400}d ago"), (cells - 1, "now")], cells)
    ticks = tuple((at / max(1, cells - 1) * count - 0.5, text) for at, text in words.ticks)
    points = tuple((float(number), float(amount)) for number, (_, amount) in enumerate(bars))
    series = (Series(points, SOLID, Role.ACCENT, bars=True),)
    return [*lines, *draw(width, rows + _AXIS, Axis(-0.5, count - 0.5, ticks), axis, series)]


def _disk_line(past: Past, since: float, status: EngineStatus | None) -> StyledLine:
    free = None if status is None else status.disk_free
    if free is None:
        return (("Nobody knows what is free on the disk.", Role.DIM),)
    left = statistics.full_in(free, past.history.outcomes, since, past.until)
    words = (f"disk {units.size(free)} free", Role.TEXT)
    if left is None:
        return (words,)
    role = Role.ALARM if left < 86400 else Role.WARN if left < 7 * 86400 else Role.DIM
    days = left / 86400
    when = f"~{days:,.0f} days" if 2 <= days < 1000 else units.estimate(left) if days < 2 else "years"
    return words, (", full in ", Role.DIM), (when, role), (" at this rate", Role.DIM)
