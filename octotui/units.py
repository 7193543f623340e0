"""Times, sizes and speeds in words, the same on the screen, in the log and in messages."""

from __future__ import annotations

import math
import time

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

SECONDS_SHOWN_BELOW = 15 * MINUTE
"""A countdown shows its seconds only when they matter; until then it changes once a minute."""

_SIZE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size(count: float) -> str:
    """Bytes by their decimal unit, at most 8 cells: `812 B`, `18.2 MB`, `412 GB`."""
    value = float(max(0, count))
    for unit in _SIZE_UNITS:
        if value < 999.5 or unit == _SIZE_UNITS[-1]:
            break
        value /= 1000
    digits = 1 if value < 99.95 and unit not in {"B", "kB"} else 0
    return f"{value:.{digits}f} {unit}"


def countdown(seconds: float, *, coarse: bool = False) -> str:
    """How long is left, at most 7 cells up to 99 days: `1d 23h`, `23h 41m`, `51m`, `4m 10s`, `9s`.

    `coarse` shows seconds in the last minute only.
    """
    left = max(0, int(seconds))
    if left >= DAY:
        days, hours = divmod(left // HOUR, 24)
        return f"{days}d {hours}h" if days < 100 else f"{days}d"
    if left >= HOUR:
        hours, minutes = divmod(left // MINUTE, 60)
        return f"{hours}h {minutes:02d}m"
    if left >= (MINUTE if coarse else SECONDS_SHOWN_BELOW):
        return f"{left // MINUTE}m"
    if left >= MINUTE:
        minutes, rest = divmod(left, MINUTE)
        return f"{minutes}m {rest:02d}s"
    return f"{left}s"


def too_little_time(needed: float, left: float) -> str:
    """Say that `needed` seconds do not fit into `left`: `needs 4m 10s, 3m 02s left`; never two figures alike.

    What is needed is rounded up and what is left down, as a countdown must be.
    """
    need = math.ceil(needed)
    words = countdown(need), countdown(left)
    if words[0] == words[1]:
        words = _to_the_second(need), _to_the_second(left)
    return f"needs {words[0]}, {words[1]} left"


def _to_the_second(seconds: float) -> str:
    """A length of time with every unit that is in it, rounded down: `1d 2h 3m 4s`, `1h 1s`, `0s`."""
    whole = max(0, int(seconds))
    counts = ((whole // DAY, "d"), (whole // HOUR % 24, "h"), (whole // MINUTE % 60, "m"), (whole % 60, "s"))
    return " ".join(f"{count}{unit}" for count, unit in counts if count) or "0s"


def span(seconds: float, *, coarse: bool = False) -> str:
    """A length of time by its largest unit: `40s`, `12m`, `3h`, `2d`.

    Below a minute in steps of ten seconds, or `<1m` where it is to be `coarse`.
    """
    length = max(0, int(seconds))
    if length < MINUTE:
        if coarse:
            return "<1m"
        return f"{length // 10 * 10}s"
    if length < HOUR:
        return f"{length // MINUTE}m"
    if length < DAY:
        return f"{length // HOUR}h"
    return f"{length // DAY}d"


def ago(seconds: float, *, coarse: bool = False) -> str:
    """How long since something happened: `now`, `20s ago`, `2m ago`."""
    return "now" if seconds < (MINUTE if coarse else 10) else f"{span(seconds)} ago"


def estimate(seconds: float, *, coarse: bool = False) -> str:
    """How much longer something takes, as a guess: `~35s`, `~1m 20s`, `~14m`, `~2h`; `coarse`: `<1m`, `~1m`."""
    left = max(0, int(seconds))
    if coarse:
        return span(left, coarse=True) if left < MINUTE else f"~{span(left)}"
    if left < MINUTE:
        return f"~{max(5, left // 5 * 5)}s"
    if left < 3 * MINUTE:
        minutes, rest = divmod(left // 10 * 10, MINUTE)
        return f"~{minutes}m {rest:02d}s" if rest else f"~{minutes}m"
    return f"~{span(left)}"


def exact(seconds: float) -> str:
    """A length of time for the details: `1d 2h 3m`, `3m 12s`, `0.8s`."""
    if seconds < 10:
        return f"{max(0.0, seconds):.1f}s"
    minutes, rest = divmod(int(seconds), MINUTE)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (0 if days or hours else rest, "s")]
    return " ".join(f"{count}{unit}" for count, unit in parts if count)


def speed(bytes_per_second: float) -> str:
    """Bytes per second, at most 8 cells: `9.1 MB/s`, `18 MB/s`, `640 kB/s`."""
    value = float(max(0.0, bytes_per_second)) / 1000
    if value < 999.5:
        return f"{value:.0f} kB/s"
    value /= 1000
    if value < 999.5:
        return f"{value:.1f} MB/s" if value < 9.95 else f"{value:.0f} MB/s"
    return f"{value / 1000:.1f} GB/s"


def clock_time(at: float) -> str:
    """The local time of day: `14:02:07`."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def moment(at: float, now: float) -> str:
    """The local time of day, with its date where that is not the day of `now`: `14:02:07`, `2026-04-12 14:02:07`."""
    is_today = time.localtime(at)[:3] == time.localtime(now)[:3]
    return clock_time(at) if is_today else date_time(at)


def date_time(at: float) -> str:
    """The local date and time: `2026-04-12 14:02:07`."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def plural(count: int, word: str) -> str:
    """`1 task`, `3 tasks`, `3,000 tasks`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
