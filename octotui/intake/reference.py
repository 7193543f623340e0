"""A task that a text speaks of: its id, and what else the text says about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from octotui.gateway.routes import check_id

MAX_ID = 512
"""Characters. Base64 ids come to 262; anything much longer is a slip of the paste."""


@dataclass(slots=True, frozen=True)
class Reference:
    """One mention of a task."""

    id: str
    source: str
    """Where it stood: JSON, URL, id or log."""
    model: str | None = None
    route: str | None = None
    """The route its URL names."""
    provider_hint: str | None = None
    """The provider to believe in when neither model nor id says."""


def usable_id(text: str) -> str | None:
    """Return `text` trimmed when it can be an id inside pasted text: one word without control characters; else None."""
    if len(text) > 4 * MAX_ID:
        return None
    try:
        task_id = check_id(text)
    except ValueError:
        return None
    is_placeholder = bool(re.fullmatch(r"<.*>|\{.*\}|\$.*|\[.*\]|:(task_)?id", task_id)) or task_id in _PLACEHOLDERS
    return None if is_placeholder or len(task_id) > MAX_ID or any(map(str.isspace, task_id)) else task_id


_PLACEHOLDERS = frozenset({"YOUR_TASK_ID", "TASK_ID", "VIDEO_ID", "task_id", "video_id", "id", "null", "None"})
"""What documents write where an id belongs."""
