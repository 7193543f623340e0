"""Widgets that are gone and that Textual does not let go of.

`StylesCache.get_inner_outer` is cached by `functools.lru_cache`, and its first argument is the cache of a widget with
every line the widget has drawn: the last 1,024 stay, however long their dialog has been closed. Measured at 160×45 with
details opened and closed again: 0.4 MB each time, 3 MB a minute. (Textual 8.2.5 to 8.2.8.)
"""

from __future__ import annotations

from importlib import import_module


def let_go() -> None:
    """Let go of widgets that are gone; those that are there say their colours once more. Costs microseconds."""
    try:
        cache = import_module("textual._styles_cache").StylesCache.get_inner_outer
    except (ImportError, AttributeError):
        return  # another release of Textual, in which it is called otherwise, or is mended
    clear = getattr(cache, "cache_clear", None)
    if clear is not None:
        clear()
