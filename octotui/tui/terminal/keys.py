"""A node's own bindings: in public Textual binds keys for whole classes only, or without priority."""

from __future__ import annotations

import unicodedata
from typing import Final

from textual.binding import BindingsMap
from textual.dom import DOMNode

from octotui.tui.terminal.shapes import KNOWN

_PUNCTUATION: Final = {"、": "/", "。": ".", "【": "[", "】": "]"}
"""What Chinese input methods make of the keys `/`, `.`, `[` and `]`; Unicode has no plain form for these."""


def bindings_of(node: DOMNode) -> BindingsMap:
    """Return the bindings of one app, screen or widget, to be read or changed; `LookupError` where it has none.

    Held against Textual 8.2.5 to 8.2.8: each node has a copy of its class's bindings in `_bindings`. Where the
    attribute has another name, it is found by its type, which is public.
    """
    own = getattr(node, "_bindings", None)
    if isinstance(own, BindingsMap):
        return own
    for value in vars(node).values():
        if isinstance(value, BindingsMap):
            return value
    raise LookupError(f"this release of Textual keeps no bindings with a {type(node).__name__}: take textual{KNOWN}")


def plain_character(character: str | None) -> str | None:
    """Return the ASCII character that an input method has made full-width (`Ｄ`, `／`, `：`); None for any other."""
    if character is None or len(character) != 1 or character.isascii():
        return None
    plain = _PUNCTUATION.get(character) or unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and plain.isascii() and plain.isprintable() else None
