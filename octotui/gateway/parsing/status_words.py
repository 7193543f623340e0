"""The gateway's status words and what they mean (`GATEWAY.md`, "Status words")."""

from __future__ import annotations

import re
from typing import Final

from octotui.model import TaskState

UPSAMPLED: Final = "video_upsampling_completed"
"""Completed where a link is there, running while none is."""

_WORDS: Final[dict[TaskState, str]] = {
    TaskState.QUEUED: "queued pending submitted waiting wait not_start created preparing queueing in_queue",
    # 1, 4 and -1 (as `_1`) are those of known envelopes. video_generation_completed is not final: upsampling follows.
    TaskState.RUNNING: "in_progress processing running generating run progress image_downloading video_generating "
    "video_generation_completed video_upsampling 4",
    TaskState.COMPLETED: "completed complete succeeded succeed success successful done finish finished "
    "task_status_succeed 已完成 1",
    # `expired` here is the gateway's word about the task, not octotui's about a result.
    TaskState.FAILED: "failed fail failure error timeout rejected video_generation_failed video_upsampling_failed "
    "expired generation_failed moderated 失败 _1",
    TaskState.CANCELLED: "cancelled canceled aborted deleted",
}
_STATES: Final = {word: state for state, words in _WORDS.items() for word in words.split()}


def state_of(word: str | None, *, has_link: bool) -> TaskState:
    """Return what a status word means, in any case and with `-` or blanks for `_`; unheard-of words are UNKNOWN.

    `has_link` tells whether the answer holds a result link, which decides `video_upsampling_completed`.
    """
    name = _normal(word or "")
    if name == UPSAMPLED:
        return TaskState.COMPLETED if has_link else TaskState.RUNNING
    return _STATES.get(name, TaskState.UNKNOWN)


def is_success_word(text: str) -> bool:
    """Whether a `message` says that all went well, and so is no reason for a failure."""
    return (
        _normal(text.strip(" .!")) in {"ok", "okay"}
        or state_of(text.strip(" .!"), has_link=True) is TaskState.COMPLETED
    )


def _normal(word: str) -> str:
    return re.sub(r"[\s-]+", "_", word[:200].strip().lower())
