"""Whether the terminal draws characters of ambiguous width (UAX #11) two cells wide.

Nothing but the terminal knows: it is a setting of it, or of the tmux or screen in between, and of no variable. A
terminal is asked where its cursor is after some of them.
"""

from __future__ import annotations

SAMPLE = "●◐▽↓⊘◌✓━─│╭…“"
"""Of each kind that is drawn: marks, arrows, lines, signs. Terminals differ in which of them they make wide."""


def is_wide(cells: int) -> bool | None:
    """Whether a terminal that gives `SAMPLE` so many cells draws any of it wide; None where it had no room for it."""
    return None if cells < len(SAMPLE) else cells > len(SAMPLE)
