"""Bodies into bounded trees: bytes to one JSON object, looked into by path, whatever case its names are written in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from octotui.gateway.parsing.fields import is_absent

MAX_VALUES: Final = 100_000
"""Commas and brackets in a body: past it the parsed tree would take far more memory than the body itself."""

_LONGEST_INTEGER: Final = 40
_LISTED: Final = 16  # entries of a list that are looked at
_NEVER: Final = frozenset({"input", "inputs", "req", "request", "properties", "images"})


class NotAnObjectError(ValueError):
    """A body that is no JSON object; its text says what it is instead."""


class Fields:
    """One JSON object, its values found by name without regard to case, `_` or `-` (some gateways capitalise them).

    Remembers the objects inside it, so that walking many paths folds each object's names once. `input`, `req` and
    `properties` are not there: they hold what somebody asked for, never what came of it (`GATEWAY.md`).
    """

    __slots__ = ("_children", "_folded", "written")

    def __init__(self, values: dict[str, object]) -> None:
        self.written = values
        """The object as it came."""
        self._folded: dict[str, object] = {}
        self._children: dict[str, Fields | None] = {}
        as_written: set[str] = set()
        for name, value in values.items():
            folded = _fold(name)
            plain = name == name.lower()
            # The name as documented wins over a capitalised twin, and anything over a placeholder.
            if folded in self._folded and not is_absent(self._folded[folded]) and (folded in as_written or not plain):
                continue
            if folded in self._folded and is_absent(value):
                continue
            self._folded[folded] = value
            if plain:
                as_written.add(folded)

    def has(self, name: str) -> bool:
        """Whether the name is there at all, be it with a placeholder."""
        return _known(name) in self._folded

    def get(self, name: str) -> object:
        """Return the value of a name, None where it is absent, a placeholder, or never looked into."""
        folded = _known(name)
        value = self._folded.get(folded)
        return None if value is None or folded in _NEVER or is_absent(value) else value

    def raw(self, name: str) -> object:
        """Return the value of a name with placeholders as they are."""
        return self._folded.get(_known(name))

    def child(self, name: str) -> Fields | None:
        """Return the object of a name; also the only object of a list, and an object written as JSON in a string."""
        folded = _known(name)
        if folded not in self._children:
            # As it is: an object of placeholders still says `progress: 0`.
            self._children[folded] = None if folded in _NEVER else _as_fields(self._folded.get(folded))
        return self._children[folded]

    def at(self, path: str) -> Iterator[object]:
        """Yield what stands at a dotted path: `output.url`, `creations.0.url`, `FileInfos.*.FileUrl`."""
        head, _, rest = path.partition(".")
        if not rest:
            yield self.get(head)
            return
        index = rest.partition(".")[0]
        if index == "*" or index.isdecimal():
            yield from self._listed(head, index, rest.partition(".")[2])
        elif (child := self.child(head)) is not None:
            yield from child.at(rest)

    def _listed(self, name: str, index: str, rest: str) -> Iterator[object]:
        entries = self.get(name)
        if not isinstance(entries, list):
            return
        chosen = entries[:_LISTED] if index == "*" else entries[int(index[:4]) : int(index[:4]) + 1]
        for entry in chosen:
            if not rest:
                yield entry
            elif isinstance(entry, dict):
                yield from Fields(entry).at(rest)


def parse(body: bytes | str) -> Fields:
    """Return the one JSON object that a body is; raises `NotAnObjectError` saying what it is instead.

    A byte order mark, bytes that are not UTF-8, NaN, endless numbers and repeated names are borne; nesting deeper than
    the parser goes and more than `MAX_VALUES` values are not.
    """
    value = _loads(body)
    if isinstance(value, dict):
        return Fields(value)
    raise NotAnObjectError({list: "an array", str: "a string", type(None): "null"}.get(type(value), "a bare value"))


def _loads(body: bytes | str) -> object:
    text = decode(body) if isinstance(body, bytes) else body
    if not text.strip():
        raise NotAnObjectError("an empty body")
    if text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise NotAnObjectError("an answer of too many values")
    try:
        value: object = _DECODER.decode(text)
    except RecursionError:
        raise NotAnObjectError("JSON nested too deep") from None
    except ValueError:
        raise NotAnObjectError("truncated or broken JSON" if _begins_as_json(text) else "text") from None
    return value


def decode(body: bytes) -> str:
    """Return a body as text: UTF-8 (or UTF-16, UTF-32 where a mark or zero bytes say so), bad bytes as `�`."""
    encoding = json.detect_encoding(body[:8])
    return body.decode(encoding, errors="replace").removeprefix("\ufeff")


def _begins_as_json(text: str) -> bool:
    return text.lstrip()[:1] in {"{", "["}


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else None


def _nothing(_constant: str) -> None:
    return None


# NaN, Infinity and integers nobody can mean read as absent: one strange field must not cost the whole answer. Control
# characters inside strings are let in: what is shown is cleaned anyway.
_DECODER: Final = json.JSONDecoder(parse_int=_integer, parse_constant=_nothing, strict=False)


def _as_fields(value: object) -> Fields | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and re.match(r"\s*\{", value):
        try:
            return parse(value)
        except NotAnObjectError:
            return None
    return Fields(value) if isinstance(value, dict) else None


def _fold(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


# Of the few names that the reader asks for, again and again; those of a body come from outside and are not kept.
_known = lru_cache(maxsize=256)(_fold)
