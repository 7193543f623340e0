"""The shapes of Textual's private parts: whether they are what this folder was written for.

Each trick of this folder needs a few names that Textual may change in any release. Whoever uses a trick asks here
first, once, and where a name is missing or a function takes something else Textual's own part serves: slower, and as
right. Held against Textual 8.2.5 to 8.2.8. Only names and code objects are looked at; nothing is made or called.
"""

from __future__ import annotations

from importlib import import_module

KNOWN = ">=8.2.5,<8.3"
"""The releases of Textual that the pictures of the tests were compared on; pyproject.toml asks for the same."""


def differences() -> list[str]:
    """Return what serves in place of our own parts, in words; empty where all shapes are known."""
    answers = {
        "the stock compositor is used": compositor_fits(),
        "the stock driver is used": driver_fits(),
        "frames come at the stock pace": frames_fit(),
    }
    return [words for words, fits in answers.items() if not fits]


def compositor_fits() -> bool:
    """Whether `compositor.PartialCompositor` can stand in for a screen's compositor."""
    compositor = _found("textual._compositor", "Compositor")
    update = _found("textual._compositor", "ChopsUpdate")
    return (
        _takes(compositor, "_regions_to_spans", "cls", "regions")
        and _takes(compositor, "_render_chops", "self", "crop", "is_rendered_line")
        and _takes(compositor, "render_partial_update", "self")
        and _takes(update, "__init__", "self", "chops", "spans", "chop_ends")
        and _sets(compositor, "_dirty_regions")
        and isinstance(getattr(compositor, "cuts", None), property)
        and isinstance(getattr(compositor, "visible_widgets", None), property)
        and _sets(_found("textual.screen", "Screen"), "_compositor")
    )


def frames_fit() -> bool:
    """Whether `fast_screen.FastScreen` can have frames of its own pace."""
    screen = _found("textual.screen", "Screen")
    return isinstance(getattr(screen, "_update_timer", None), property) and _takes(screen, "_on_timer_update", "self")


def driver_fits() -> bool:
    """Whether `driver.DiffingDriver` can stand in for the driver, and be found again."""
    driver = _found("textual.drivers.linux_driver", "LinuxDriver")
    return (
        _takes(driver, "write", "self", "data")
        and _takes(driver, "flush", "self")
        and _takes(driver, "process_message", "self", "message")
        and _takes(driver, "close", "self")
        and _sets(_found("textual.app", "App"), "_driver")
    )


def _found(module: str, name: str) -> object:
    """A class of Textual's; None where it is not there."""
    try:
        found: object = getattr(import_module(module), name, None)
    except ImportError:
        return None
    return found


def _takes(kind: object, name: str, *arguments: str) -> bool:
    """Whether a class has a function of this name that takes exactly these."""
    code = getattr(getattr(kind, name, None), "__code__", None)
    return code is not None and code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] == arguments


def _sets(kind: object, name: str) -> bool:
    """Whether a class's constructor names this attribute: the instances have it, and none needs to be made."""
    code = getattr(getattr(kind, "__init__", None), "__code__", None)
    return code is not None and name in code.co_names
