"""Bytes in words, the same on the screen, in the log and in messages."""

from __future__ import annotations

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def in_words(count: float) -> str:
    """Bytes by their decimal unit, at most 8 cells: `812 B`, `18.2 MB`, `412 GB`."""
    value = float(max(0, count))
    for unit in _UNITS:
        if value < 999.5 or unit == _UNITS[-1]:
            break
        value /= 1000
    digits = 1 if value < 99.95 and unit not in {"B", "kB"} else 0
    return f"{value:.{digits}f} {unit}"
