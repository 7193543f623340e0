"""Tags as a person types them: `+a -b` changes those there are, `a b` is the whole list. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from octotui.presentation.styled_text import Role, Span, StyledLine
from octotui.sanitize import clean

LONGEST_TAG = 60
"""Characters."""
NO_TAGS = "-"
"""Typed alone it takes all tags away."""


class TagChange(NamedTuple):
    """What is to become of the tags of some tasks."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    is_list: bool = False
    """Whether `added` are all the tags there are to be."""

    def applied(self, tags: Sequence[str]) -> tuple[str, ...]:
        """The tags of a task that had `tags`, each once."""
        kept = () if self.is_list else (tag for tag in tags if tag not in self.removed)
        return tuple(dict.fromkeys((*kept, *self.added)))


def read_tags(text: str) -> TagChange:
    """Read what was typed; blanks and commas part the tags.

    Raises:
        ValueError: in words, where `+a -b` and a plain list are mixed, or a tag is too long.

    """
    words = text.replace(",", " ").split()
    if words == [NO_TAGS]:
        return TagChange(is_list=True)
    signed = [word for word in words if word[0] in "+-"]
    if signed and len(signed) < len(words):
        raise ValueError("Either +a -b, or the whole list: a b.")
    names = [clean(word.lstrip("+-")) for word in words]
    if not all(names):
        raise ValueError("A sign needs a tag behind it: +a -b.")
    if any(len(name) > LONGEST_TAG for name in names):
        raise ValueError(f"A tag has at most {LONGEST_TAG} characters.")
    if not signed:
        return TagChange(tuple(names), is_list=True)
    pairs = list(zip(words, names, strict=True))
    added = tuple(name for word, name in pairs if word.startswith("+"))
    return TagChange(added, tuple(name for word, name in pairs if word.startswith("-") and name not in added))


def completions(text: str, known: Iterable[str]) -> list[str]:
    """Those of the `known` tags that the last word of `text` may become, in their order; none once a blank ends it."""
    head = _begun(text)
    if not head:
        return []
    return [tag for tag in known if tag.casefold().startswith(head.casefold()) and tag != head]


def completed(text: str, tag: str) -> str:
    """`text` with its last word made a tag, and a blank behind it for the next."""
    return f"{text[: len(text) - len(_begun(text))]}{tag} "


def _begun(text: str) -> str:
    """The tag that is being typed, without its sign."""
    last = text.replace(",", " ").rpartition(" ")[2]
    return last.lstrip("+-")


def known_tags(all_tags: Iterable[Sequence[str]]) -> list[str]:
    """Every tag there is, the most used first."""
    counts = Counter(tag for tags in all_tags for tag in tags)
    return sorted(counts, key=lambda tag: (-counts[tag], tag.casefold(), tag))


def present_tags(all_tags: Sequence[Sequence[str]]) -> StyledLine:
    """The tags some tasks have now: `a  b (2 of 3)`."""
    counts = Counter(tag for tags in all_tags for tag in tags)
    if not counts:
        return (("no tags yet", Role.DIM),)
    spans: list[Span] = []
    for tag, count in counts.most_common():
        some = f" ({count:,} of {len(all_tags):,})" if count < len(all_tags) else ""
        spans += [(f"{'  ' if spans else ''}{clean(tag)}", Role.TEXT), (some, Role.DIM)]
    return tuple(spans)
