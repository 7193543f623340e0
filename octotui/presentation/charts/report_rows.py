"""The rows of `report --by`: the same figures as JSON values, as CSV and as a table of words."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence

from octotui import units
from octotui.ledger import FailureCount, History, Outcome, Rendering
from octotui.model import Task
from octotui.presentation.charts import statistics
from octotui.presentation.charts.statistics import Figures, Groups, Name
from octotui.sanitize import clean

BY = ("model", "provider", "tag", "reason", "day")
"""What figures can be grouped by: the words of `--by`."""

Row = dict[str, object]
"""Names as JSON has them; rates from 0 to 1, times in seconds, sizes in bytes, None where nothing is known."""

_KEYS: Mapping[str, Callable[[Outcome | FailureCount | Rendering], Name]] = {
    "model": statistics.by_model,
    "provider": statistics.by_provider,
    "day": statistics.by_day,
}
_NAMES = {"model": ("provider", "model"), "provider": ("provider",), "tag": ("tag",), "day": ("day",)}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_LONGEST = 60
"""Cells of a text in the table."""


def report_rows(by: str, history: History, tasks: Iterable[Task], since: float, until: float) -> list[Row]:
    """Return a row for each provider and model, provider, tag, reason or day, from `since` to `until` (unix seconds).

    All are of the ledger's hours, from the one of `since` on, but for tags: those are of the tasks still watched.
    """
    if by == "reason":
        return _reason_rows(statistics.grouped(history, statistics.by_model, since, until))
    if by == "tag":
        groups = statistics.by_tag(tasks, since, until)
    else:
        groups = statistics.grouped(history, _KEYS[by], since, until)
    names = _NAMES[by]
    ordered = sorted(groups.items(), key=(lambda pair: pair[0]) if by == "day" else _most_first)
    return [_named(names, name) | figures_row(figures) for name, figures in ordered]


def _most_first(pair: tuple[Name, Figures]) -> tuple[object, ...]:
    return -pair[1].ended, -pair[1].saved, pair[0]


def _named(names: Sequence[str], name: Name) -> Row:
    padded = (*name, *[""] * (len(names) - len(name)))
    return {key: value or None for key, value in zip(names, padded, strict=True)}


def figures_row(figures: Figures) -> Row:
    """Return figures as JSON has them."""
    return {
        "completed": figures.completed,
        "failed": figures.failed,
        "cancelled": figures.cancelled,
        "success_rate": _rounded(figures.success_rate, 4),
        "rendering_median": _rounded(figures.median, 1),
        "rendering_p90": _rounded(figures.p90, 1),
        "saved": figures.saved,
        "bytes": figures.bytes,
        "lost": figures.lost,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _reason_rows(groups: Groups) -> list[Row]:
    return [
        {
            "reason": reason.words,
            "failed": reason.tasks,
            "models": [_named(("provider", "model"), name) | {"failed": count} for name, count in reason.models],
        }
        for reason in statistics.reasons(groups)
    ]


def columns_of(by: str) -> list[str]:
    """Return the names of the columns in their order, also where there is no row."""
    if by == "reason":
        return ["reason", "failed", "models"]
    return [*_NAMES[by], *figures_row(Figures())]


def csv_text(by: str, rows: Sequence[Row]) -> str:
    """Return the rows as CSV with a heading; before a text that a spreadsheet takes for a formula comes a `'`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = columns_of(by)
    writer.writerow(columns)
    writer.writerows([_csv_cell(row[column]) for column in columns] for row in rows)
    return out.getvalue()


def _csv_cell(value: object) -> object:
    if isinstance(value, list):
        value = "; ".join(_model_words(each) for each in value)
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return "" if value is None else value


def _model_words(model: Row) -> str:
    return f"{model['provider']} {model['model'] or ''}".rstrip() + f": {model['failed']}"


_WORDS: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "completed": ("COMPLETED", lambda value: f"{value:,}"),
    "failed": ("FAILED", lambda value: f"{value:,}"),
    "cancelled": ("CANCELLED", lambda value: f"{value:,}"),
    "success_rate": ("GOOD", lambda value: f"{int(value * 100)}%"),
    "rendering_median": ("HALF IN", lambda value: units.exact(round(value))),
    "rendering_p90": ("90% IN", lambda value: units.exact(round(value))),
    "saved": ("SAVED", lambda value: f"{value:,}"),
    "bytes": ("SIZE", units.size),
    "lost": ("LOST", lambda value: f"{value:,}"),
}
"""Heading and words of a figure in the table."""


def table_cells(by: str, rows: Sequence[Row], labels: Mapping[str, str]) -> list[list[str]]:
    """Return a line of headings and one for each row, all in words."""
    columns = columns_of(by)
    headings = [_WORDS[column][0] if column in _WORDS else column.upper() for column in columns]
    return [headings, *([_cell(column, row[column], labels) for column in columns] for row in rows)]


def table_lines(by: str, rows: Sequence[Row], labels: Mapping[str, str]) -> list[str]:
    """Return the rows as lines of a table with headings; texts at the left, figures at the right of their columns."""
    from rich.cells import cell_len  # noqa: PLC0415 - JSON measures nothing

    from octotui.presentation.styled_text import fit, fit_right  # noqa: PLC0415 - as above

    cells = table_cells(by, rows, labels)
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            fit_right(text, width) if column in _WORDS else fit(text, width)
            for column, text, width in zip(columns_of(by), line, widths, strict=True)
        ).rstrip()
        for line in cells
    ]


def _cell(column: str, value: object, labels: Mapping[str, str]) -> str:
    if value is None:
        return "(none)" if column == "tag" else ""
    if column in _WORDS and isinstance(value, int | float):
        return _WORDS[column][1](value)
    if isinstance(value, list):
        return clean(", ".join(_model_words(each) for each in value), _LONGEST)
    words = labels.get(str(value), str(value)) if column == "provider" else str(value)
    return clean(words, _LONGEST)
