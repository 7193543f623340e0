"""Machines that work on a ledger, a row each: what they do, what room they have, and what lies there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from octotui import units
from octotui.ledger import Box
from octotui.presentation.styled_text import Role, StyledLine, fit, fit_right, width_of
from octotui.sanitize import clean

HEADINGS = ("Box", "Does", "Saves now", "Room", "Last hour", "Results", "Folder")
_RIGHT = frozenset({3, 4, 5})
_FOLDER = 6
_GAP = 2
_LEAST_FOLDER = 12
"""Cells of a path that still tell something."""
_DROPPED_FIRST = (_FOLDER, 5, 4, 3, 2)
"""What a narrow screen does without, in this order."""


class BoxRow(NamedTuple):
    """One machine, in words."""

    cells: tuple[str, ...]
    """As `HEADINGS`."""
    role: Role
    """How what it does looks."""


def does_words(box: Box) -> str:
    """Return what a machine does: `asks (live), saves`, `saves`, `silent for 3m`; in brackets how the gateway is."""
    if box.is_gone:
        return f"silent for {units.span(max(10.0, box.silent))}"
    if not box.status.leads:
        return "saves"
    return f"asks ({box.status.gateway.value.replace('_', ' ')}), saves"


def box_row(box: Box) -> BoxRow:
    """Return a machine in words."""
    status = box.status
    saving = ""
    if not box.is_gone and status.downloads_running:
        saving = f"{units.plural(status.downloads_running, 'file')}, {units.speed(status.download_speed)}"
    cells = (
        clean(f"{status.host or '?'} {status.version}".strip(), 80),
        does_words(box),
        saving,
        "" if status.disk_free is None else units.size(status.disk_free),
        units.size(box.bytes_last_hour) if box.bytes_last_hour else "",
        f"{box.saved:,}" if box.saved else "",
        clean(status.folder, 300),
    )
    return BoxRow(cells, Role.WARN if box.is_gone else Role.TEXT)


def box_lines(boxes: Sequence[Box], width: int, rows: int) -> list[StyledLine]:
    """Return a heading and at most `rows` machines in `width` cells, columns as narrow as their texts.

    Those that are there come first, then those that are silent, the longest last.
    """
    shown = [box_row(box) for box in in_order(boxes)]
    left_out = len(shown) - rows
    shown = shown[:rows]
    widths, kept = _fitting(shown, width)
    lines: list[StyledLine] = [((_padded(HEADINGS, widths, kept), Role.DIM),)]
    for row in shown:
        first = fit(row.cells[0], min(widths[0], width))
        rest = f"{' ' * _GAP}{_padded(row.cells, widths, kept[1:])}" if kept[1:] else ""
        lines.append(((first, Role.STRONG), (rest, row.role)))
    if left_out > 0:
        lines.append(((f"and {left_out:,} more", Role.DIM),))
    return lines


def in_order(boxes: Sequence[Box]) -> list[Box]:
    """Return machines by what they do: the one that asks, those that save, those that are silent."""
    return sorted(
        boxes,
        key=lambda box: (
            box.is_gone,
            not box.status.leads,
            box.silent if box.is_gone else 0.0,
            box.status.host,
            box.status.folder,
        ),
    )


def _fitting(rows: Sequence[BoxRow], width: int) -> tuple[list[int], list[int]]:
    """Return the cells of every column, and which columns there are in `width` cells; one without a text is none."""
    texts = [[heading, *(row.cells[number] for row in rows)] for number, heading in enumerate(HEADINGS)]
    widths = [max(width_of(((text, Role.TEXT),)) for text in column) for column in texts]
    kept = [number for number, column in enumerate(texts) if any(column[1:])]
    if _FOLDER in kept:
        room = width - _needed(widths, kept) + widths[_FOLDER]
        if room >= _LEAST_FOLDER:
            widths[_FOLDER] = min(widths[_FOLDER], room)
    for dropped in _DROPPED_FIRST:
        if dropped in kept and _needed(widths, kept) > width:
            kept.remove(dropped)
    return widths, kept


def _needed(widths: Sequence[int], kept: Sequence[int]) -> int:
    return sum(widths[column] for column in kept) + _GAP * (len(kept) - 1)


def _padded(texts: Sequence[str], widths: Sequence[int], kept: Sequence[int]) -> str:
    cells = [(fit_right if column in _RIGHT else fit)(texts[column], widths[column]) for column in kept]
    return (" " * _GAP).join(cells)
