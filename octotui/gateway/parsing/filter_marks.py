"""The marks that a content filter leaves in an answer that calls itself completed and holds no result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octotui.gateway.parsing.fields import text_of, word

_DEPTH: Final = 8
_LISTED: Final = 16
_NEVER: Final = frozenset({"input", "inputs", "req", "request", "properties", "images"})


def filter_mark(value: object) -> str | None:
    """Return what a filter says of a result it held back, in its own words, None where it says nothing.

    Marks are fields as `raiMediaFilteredReasons`, `rai_media_filtered_count`, and `respect_moderation: false`.
    """
    marks = list(_marks(value, _DEPTH))
    reasons = [text for said, text in marks if said]
    return next(iter(reasons), None) or next((text for _, text in marks), None)


def _marks(value: object, depth: int) -> Iterator[tuple[bool, str]]:
    """Yield every mark, with whether it is a reason in words."""
    if depth == 0:
        return
    if isinstance(value, list):
        for entry in value[:_LISTED]:
            yield from _marks(entry, depth - 1)
    elif isinstance(value, dict):
        for name, inner in value.items():
            folded = name.lower().replace("_", "").replace("-", "")
            if folded == "respectmoderation" and inner is False:
                yield False, "respect_moderation: false"
            elif folded.startswith("rai") and "filtered" in folded and inner:
                yield from _words_of(name, inner)
            elif folded not in _NEVER:
                yield from _marks(inner, depth - 1)


def _words_of(name: str, value: object) -> Iterator[tuple[bool, str]]:
    said = value[0] if isinstance(value, list) and value else value
    if isinstance(said, str) and (text := text_of(said)) is not None:
        yield True, text
    elif (number := word(said, 40)) is not None:
        yield False, f"{name}: {number}"
