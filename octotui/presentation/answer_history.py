"""The last answers of a task as lines: as they came, and what changed from one to the next; signatures masked."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from octotui.failed_answer import is_failed, split
from octotui.presentation.styled_text import Role, StyledLine
from octotui.redaction import mask_secrets
from octotui.sanitize import clean

FOLDED = 6
"""Lines of the answer that show while it is folded."""
MAX_ANSWER = 64 * 1024
"""Characters of an answer that are shown, and up to which two are compared."""
_MOST_CHANGES = 12
"""Lines of differences that are shown."""
_LONGEST_VALUE = 200
"""Characters of a value before or after a change."""


class Change(NamedTuple):
    """One field that differs between two answers; None where it is not there."""

    path: str
    """`data.progress`, `data[0].url`."""
    before: str | None
    after: str | None


def answer_text(answer: str) -> str:
    """An answer to be read: indented where it is JSON, cut at `MAX_ANSWER`, keys and signatures masked."""
    head, text = split(answer[:MAX_ANSWER])
    # What is not JSON, or was cut, is shown as it came.
    with contextlib.suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    text = f"{head}\n{text}" if head else text
    return "\n".join(clean(row) for row in mask_secrets(text).splitlines())


def answer_lines(answer: str | None, *, unfolded: bool, hint: str = "space unfolds") -> list[StyledLine]:
    """The last answer, its first lines only unless `unfolded`; `hint` says how to see more."""
    if answer is None:
        return [(("No answer yet.", Role.DIM),)]
    rows = answer_text(answer).split("\n")
    shown = rows if unfolded else rows[:FOLDED]
    lines: list[StyledLine] = [((row, Role.TEXT),) for row in shown]
    if len(shown) < len(rows):
        lines.append((("▸ ", Role.KEY), (f"{len(rows) - len(shown)} more lines, {hint}", Role.DIM)))
    return lines


@lru_cache(maxsize=8)
def changes_between(before: str, after: str) -> tuple[Change, ...] | None:
    """The fields in which two answers differ, in the order of the newer one; None when they cannot be compared.

    Values are masked; where they differ only in what is masked, both look the same.
    """
    if max(len(before), len(after)) > MAX_ANSWER:
        return None
    try:
        old, new = dict(_flat(json.loads(before))), dict(_flat(json.loads(after)))
    except (ValueError, RecursionError):
        return None
    paths = [*new, *(path for path in old if path not in new)]
    return tuple(
        Change(path, _shown(path, old.get(path)), _shown(path, new.get(path)))
        for path in paths
        if old.get(path) != new.get(path)
    )


def change_lines(before: str | None, after: str | None) -> list[StyledLine]:
    """What changed between the last two answers: `data.progress  41 → 42`; nothing when there is only one good one."""
    if before is None or after is None or is_failed(before) or is_failed(after):
        return []
    changes = changes_between(before, after)
    if changes is None:
        return [(("The two answers cannot be compared field by field.", Role.DIM),)]
    if not changes:
        return [(("Only in blanks or in the order of fields.", Role.DIM),)]
    lines = [_line(change) for change in changes[:_MOST_CHANGES]]
    if len(changes) > _MOST_CHANGES:
        lines.append(((f"and {len(changes) - _MOST_CHANGES} more", Role.DIM),))
    return lines


def _line(change: Change) -> StyledLine:
    path = (f"{change.path}  ", Role.DIM)
    if change.before is None:
        return path, ("new: ", Role.DIM), (change.after or "", Role.STRONG)
    if change.after is None:
        return path, (change.before, Role.TEXT), (" → gone", Role.DIM)
    if change.before == change.after:
        return path, (change.after, Role.TEXT), ("  other where it is masked", Role.DIM)
    return path, (change.before, Role.TEXT), (" → ", Role.DIM), (change.after, Role.STRONG)


def _flat(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf of a JSON value with its path; empty lists and objects are leaves too. Raises RecursionError."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{number}]")
    else:
        yield clean(path, _LONGEST_VALUE) or "answer", json.dumps(value, ensure_ascii=False)


def _shown(path: str, leaf: str | None) -> str | None:
    """A leaf to be read; its name goes through the masks with it, as some secrets are known only by their name."""
    if leaf is None:
        return None
    name = json.dumps(path.rpartition(".")[2])
    return clean(mask_secrets(f"{name}: {leaf}")[len(name) + 2 :], _LONGEST_VALUE)
