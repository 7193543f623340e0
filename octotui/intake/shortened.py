"""Ids that somebody or something has shortened: found in a text, and matched against the tasks that are watched."""

from __future__ import annotations

import re
from collections.abc import Iterable

from octotui.intake.id_shapes import UUID, looks_like_id

FEWEST = 4
"""Characters of an id that have to be there for it to mean one."""
_MARK = r"(?:…|\.{2,}|⋯|\.\.\.)"
_CUT = re.compile(rf"(?<![A-Za-z0-9._:/+-])[A-Za-z0-9._:+~=-]{{0,400}}{_MARK}[A-Za-z0-9_:+~=-]{{0,400}}")
_BEGINS_LIKE_ID = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9.-]{0,60}:)?(?:(?:video|task|cgt|gen-vid|task-video)[_-]|[0-9a-f]{8}(?:-|\Z)|[0-9a-f]{4,7}\Z|[A-Za-z0-9]{12})",
    re.IGNORECASE | re.DOTALL,
)
_CUT_OFF = re.compile(r"(?P<quote>[\"'])(?P<id>[A-Za-z][A-Za-z0-9.-]{0,60}[_:-][A-Za-z0-9_:-]{1,400})\Z")
"""A string that the end of the text cuts off."""
_WHOLE = re.compile(rf"(?:.*:)?(?:video_[0-9a-f]{{32,}}|task_[A-Za-z0-9]{{32}}|{UUID})")
_IN_URL = re.compile(rf"(?<=/)(?:video|task|cgt|gen-vid)[_-][A-Za-z0-9_-]{{0,400}}{_MARK}[A-Za-z0-9_-]{{0,400}}")


def without_shortened(text: str) -> tuple[str, list[str]]:
    """Return a text with `…` in place of every shortened id, and those ids, each once: none of them is a task's."""
    shortened: dict[str, None] = {}

    def hide(match: re.Match[str]) -> str:
        before, after = re.split(_MARK, match[0], maxsplit=1)
        if len(before) < FEWEST and len(after) < FEWEST:
            return match[0]
        begun = _BEGINS_LIKE_ID.match(before)
        if begun is None or not (any(map(str.isdigit, before + after)) or looks_like_id(before)):
            return match[0]
        shortened[match[0]] = None
        return "…"

    cut = _CUT_OFF.search(text)
    if cut is not None and text.count(cut["quote"], text.rfind("\n") + 1) % 2 and _WHOLE.fullmatch(cut["id"]) is None:
        shortened[f"{cut['id']}…"] = None
        text = f"{text[: cut.start('id')]}…"
    if "…" not in text and ".." not in text and "⋯" not in text:
        return text, list(shortened)
    return _IN_URL.sub(hide, _CUT.sub(hide, text)), list(shortened)


def matching(written: str, ids: Iterable[str]) -> list[str]:
    """Return the ids that a shortened or partial one can mean, in their order: the id itself alone where it is there.

    `video_6a84d…a7ffe6` means what begins and ends so, `video_6a8` what begins so, and anything else of at least four
    characters what holds it; upper and lower case are the same only where nothing fits otherwise.
    """
    written = written.strip()
    known = list(ids)
    if written in known:
        return [written]
    for fold in (str, str.lower):
        asked = fold(written)
        pieces = re.split(_MARK, asked)
        for fits in (_fits_ends, _fits_inside):
            found = [task_id for task_id in known if fits(pieces, fold(task_id))]
            if found:
                return found
    return []


def _fits_ends(pieces: list[str], task_id: str) -> bool:
    if len("".join(pieces)) < FEWEST:
        return False
    if len(pieces) == 1:
        return task_id.startswith(pieces[0])
    length = sum(map(len, pieces))
    if len(task_id) < length or not task_id.startswith(pieces[0]) or not task_id.endswith(pieces[-1]):
        return False
    return all(piece in task_id for piece in pieces)


def _fits_inside(pieces: list[str], task_id: str) -> bool:
    written = [piece for piece in pieces if piece]
    return len("".join(written)) >= FEWEST and len(written) == 1 and written[0] in task_id
