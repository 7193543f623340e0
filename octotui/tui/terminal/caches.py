"""Caches of Textual and Rich that keep what is gone, for hours or for good.

* `StylesCache.get_inner_outer` is cached by `functools.lru_cache`, and its first argument is the cache of a widget with
  every line the widget has drawn: the last 1,024 stay, however long their dialog has been closed. Measured at 160×45
  with details opened and closed: 0.4 MB each time.
* `Segment._split_cells` keeps 16,384 pieces of text and how they were cut. A row with a clock is another text every
  second, so that they are 15 MB of what will not be asked for again.

Both in Textual 8.2.5 to 8.2.8 and Rich 15. A release in which one is called otherwise keeps it.
"""

from __future__ import annotations

from importlib import import_module

EVERY = 60.0
"""Seconds between two times they are emptied."""

_CACHED = (
    ("textual._styles_cache", "StylesCache", "get_inner_outer"),
    ("rich.segment", "Segment", "_split_cells"),
)


def clear() -> None:
    """Empty them: what is on the screen is worked out once more. Costs a millisecond."""
    for module, kind, name in _CACHED:
        try:
            cached = getattr(getattr(import_module(module), kind), name)
        except (ImportError, AttributeError):
            continue
        empty = getattr(cached, "cache_clear", None)
        if empty is not None:
            empty()
