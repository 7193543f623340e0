"""What a farm has done in the week before the demo begins, so that there is a history to look at."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import NamedTuple

from octotui.demo.provider_profiles import TRAITS
from octotui.model import NO_DOWNLOAD, Deadline, DeadlineSource, Download, DownloadState, Task, TaskState

_DAY = 24 * 3600.0
_MB = 1_000_000
_A_DAY = (64, 58, 71, 40, 22, 69, 60)
"""Tasks of each day, the oldest first."""
_TYPICAL = {"sora": 190.0, "grok": 75.0, "doubao": 130.0, "veo": 95.0, "unified": 160.0}
"""Seconds a video of each provider takes, more or less."""
_REASONS = (
    (0.45, "moderation_blocked", "content policy: the prompt was refused"),
    (0.75, "upstream_timeout", "upstream timed out"),
    (0.9, None, "upstream overloaded, try again later"),
    (1.0, "invalid_image", "the first frame could not be read"),
)


class PastTask(NamedTuple):
    """A task that ended days ago, and how long it took (seconds)."""

    task: Task
    duration: float


def past_week(seed: int, now: float) -> list[PastTask]:
    """Return the tasks of the seven days before `now` (unix seconds), oldest first; the same ones for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - as for the demo's tasks
    made = []
    for day, count in enumerate(_A_DAY):
        moments = sorted(now - (7 - day) * _DAY + dice.uniform(0.05, 0.9) * _DAY for _ in range(count))
        for number, at in enumerate(moments):
            made.append(_past(dice, f"past-{day}-{number}", at))
    return made


def _past(dice: random.Random, task_id: str, ended_at: float) -> PastTask:
    provider = dice.choices(list(TRAITS), weights=(5, 3, 4, 4, 2))[0]
    model = dice.choice(TRAITS[provider].models)
    duration = _TYPICAL[provider] * dice.lognormvariate(0.0, 0.6) * (1.8 if "pro" in model else 1.0)
    task = Task(
        task_id,
        provider,
        TRAITS[provider].route,
        ended_at - duration - 60,
        model=model,
        state=TaskState.COMPLETED,
        created_at=ended_at - duration,
        completed_at=ended_at,
        final_seen_at=ended_at + 2,
        deadline=Deadline(ended_at + _DAY, DeadlineSource.RULE),
        last_answer_at=ended_at + 2,
    )
    if dice.random() < 0.11:
        share = dice.random()
        _, code, message = next(reason for reason in _REASONS if share <= reason[0])
        if code is None:
            message = f"{message} (request {dice.getrandbits(24):06x})"
        failed = replace(task, state=TaskState.FAILED, deadline=None, error_code=code, error_message=message)
        return PastTask(failed, duration)
    size = dice.randint(2 * _MB, 24 * _MB)
    saved_at = ended_at + dice.uniform(5, 900)
    saved = Download(DownloadState.SAVED, size, size, file=f"/videos/{task_id}.mp4", saved_at=saved_at)
    return PastTask(replace(task, download=saved if dice.random() < 0.97 else NO_DOWNLOAD), duration)
