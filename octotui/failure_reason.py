"""Why tasks failed, told apart: numbers, ids and links in a reason are what differs, and split no group. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from octotui.sanitize import clean

NO_REASON = "no reason given"
"""Of a task that failed without a word."""
_ELLIPSIS = "…"
_LONGEST = 300
"""Characters of a reason that count."""
_VARIABLE = re.compile(
    r"https?://[^\s\"'<>)\]]+"  # a link
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # a UUID
    r"|(?<![\w.:-])(?=[\w.:-]*\d)(?=[\w.:-]*[A-Za-z])[A-Za-z0-9][\w.:-]{9,}"  # an id: letters and digits, ten or more
    r"|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b"  # a short hash
    r"|(?<!HTTP )(?<![\w.])\d+(?:[.,:/-]\d+)*",  # a number, a date, a time; a status is no such number
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def normalized(reason: str) -> str:
    """A reason with `…` for every number, id and link in it, in one line."""
    text = _VARIABLE.sub(_ELLIPSIS, clean(" ".join(reason.split()), _LONGEST))
    return re.sub(rf"{_ELLIPSIS}[{_ELLIPSIS} ]*{_ELLIPSIS}", _ELLIPSIS, " ".join(text.split())).strip(" .") or NO_REASON
