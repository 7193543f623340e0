"""Which keys there are: those that a terminal can send, by the names that Textual has for them."""

from __future__ import annotations

import string
import unicodedata

from textual.keys import KEY_NAME_REPLACEMENTS, Keys

_MODIFIERS = ["alt", "ctrl", "shift"]
"""In the order in which Textual writes them."""
_SPECIAL = (
    "enter, space, tab, escape, backspace, insert, delete, home, end, pageup, pagedown, up, down, left, right, "
    "f1 to f24"
)


def key_name(key: str) -> str:
    """A key as Textual writes it: `/` is `slash`."""
    if len(key) != 1 or key.isalnum():
        return key
    name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


_NAMES = frozenset(
    [
        *(name for key in Keys if (name := key.value.rpartition("+")[2]).isalnum() and len(name) > 1),
        *map(key_name, string.punctuation),
    ]
) - {"return"}


def key_problem(key: str) -> str | None:
    """Why no terminal can send `key`, in a sentence that says what is valid; None where one can."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if modifiers == [modifier for modifier in _MODIFIERS if modifier in modifiers] and _is_last(last, modifiers):
        return None
    return (
        f"{key!r} is no key that a terminal sends. Valid: one character (d, D, ?), {_SPECIAL}; "
        "before them alt+, ctrl+ and shift+ in this order (ctrl+d, alt+shift+up)"
    )


def _is_last(last: str, modifiers: list[str]) -> bool:
    if len(last) != 1:
        return last in _NAMES
    # Shift with a letter alone arrives as the capital, and a capital behind a modifier as shift+ and the letter.
    return last.isprintable() and modifiers != ["shift"] and not (modifiers and last.isupper())
