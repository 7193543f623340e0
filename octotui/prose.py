"""Times and sizes in sentences: `humanize`'s words. Cells and columns have the short figures of `units`.

`humanize` brings `gettext`, so it is imported when the first sentence is made: no frame of the dashboard needs one.
"""

from __future__ import annotations

from octotui.units import DAY, HOUR, MINUTE, SECONDS_SHOWN_BELOW

_TOO_LONG = ("months", "years")
"""Units no sentence uses: a month has no fixed length, and retention rules are counted in days."""


def duration(seconds: float) -> str:
    """A length of time: `0.8 seconds`, `3 minutes and 12 seconds`, `1 day, 2 hours and 3 minutes`.

    Tenths of a second below 10 s, no seconds from an hour on.
    """
    length = max(0.0, seconds)
    if length < 10:
        return _in_words(length, "%.1f")
    whole = int(length)
    return _in_words(whole - whole % MINUTE if whole >= HOUR else whole)


def time_left(seconds: float) -> str:
    """What is left of a deadline, rounded down: `1 day and 23 hours`, `51 minutes`, `4 minutes and 10 seconds`.

    It changes as rarely as `units.countdown`: hours from a day on, minutes from 15 min on, below that seconds.
    """
    left = max(0, int(seconds))
    step = HOUR if left >= DAY else MINUTE if left >= SECONDS_SHOWN_BELOW else 1
    return _in_words(left - left % step)


def ago(seconds: float) -> str:
    """How long since something happened, by its largest unit: `now`, `20 seconds ago`, `an hour ago`, `40 days ago`.

    It is rounded down and changes as rarely as `units.ago`: in steps of ten seconds below a minute.
    """
    import humanize  # noqa: PLC0415 - see the top

    since = max(0, int(seconds))
    step = DAY if since >= DAY else HOUR if since >= HOUR else MINUTE if since >= MINUTE else 10
    return humanize.naturaltime(since - since % step, months=False)


def size(count: float) -> str:
    """Bytes by their decimal unit: `812 Bytes`, `18.2 MB`, `412.0 GB`."""
    import humanize  # noqa: PLC0415 - see the top

    return humanize.naturalsize(max(0.0, count))


def _in_words(seconds: float, figures: str = "%d") -> str:
    import humanize  # noqa: PLC0415 - see the top

    return humanize.precisedelta(seconds, suppress=_TOO_LONG, format=figures)
