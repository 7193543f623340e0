"""What the gateway says about a task, in the shapes of the five documents and of the gateways around them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from octotui.demo.provider_profiles import GENERATIONS, QUERY
from octotui.model import TaskState

if TYPE_CHECKING:
    from octotui.demo.lifecycle import Moment
    from octotui.demo.provider_profiles import Render

Body = dict[str, Any]

_DAY = 86_400


@dataclass(slots=True, frozen=True)
class View:
    """All that an answer is made of."""

    render: Render
    moment: Moment
    link: str | None
    """The result link, once there is one."""
    now: float
    """Unix seconds."""

    @property
    def done(self) -> bool:
        """Whether the result is there."""
        return self.moment.state is TaskState.COMPLETED

    @property
    def since(self) -> int:
        """When the present state began, unix seconds."""
        return int(self.render.submitted_at + self.moment.since)

    @property
    def finished(self) -> int:
        """When it became final, unix seconds; 0 before, as gateways say it."""
        return self.since if self.moment.state.is_final else 0

    def word(self, words: dict[TaskState, str]) -> str:
        """The status word, or the one its life insists on while it waits."""
        if self.moment.state is TaskState.QUEUED and self.render.life.first_word:
            return self.render.life.first_word
        return words[self.moment.state]


def answer(view: View, route: str) -> Body:
    """The body with which `route` (videos, query or generations) answers for a task."""
    if route == QUERY:
        return _flat(view)
    if route == GENERATIONS:
        return _wrapped(view) if _is_short(view.render) else _task_row(view)
    return _video_object(view)


def created(view: View, path: str) -> Body:
    """The body with which a create request to `path` is answered."""
    if path.endswith("/generations"):
        return {"task_id": view.render.id, "status": "queued"}
    if path.endswith("/create"):
        return {
            "id": view.render.id,
            "status": "pending",
            "enhanced_prompt": "",
            "status_update_time": int(view.now * 1000),
        }
    return _video_object(view) | {"task_id": view.render.id}


_OPENAI_WORDS = {
    TaskState.QUEUED: "queued",
    TaskState.RUNNING: "processing",
    TaskState.COMPLETED: "completed",
    TaskState.FAILED: "failed",
    TaskState.CANCELLED: "cancelled",
}
_QUERY_WORDS = _OPENAI_WORDS | {TaskState.QUEUED: "pending"}
_SHORT_WORDS = _OPENAI_WORDS | {TaskState.COMPLETED: "succeeded"}
_ROW_WORDS = {
    TaskState.QUEUED: "QUEUED",
    TaskState.RUNNING: "IN_PROGRESS",
    TaskState.COMPLETED: "SUCCESS",
    TaskState.FAILED: "FAILURE",
    TaskState.CANCELLED: "CANCELLED",
}


def _error(view: View) -> Body:
    life = view.render.life
    failed = view.moment.state is TaskState.FAILED
    return {"message": life.error_message if failed else "", "code": life.error_code if failed else ""}


def _answered_id(render: Render) -> str:
    # Gateways drop the prefix they told the client to use ("sora-2:task_01k…" is answered as "task_01k…").
    return render.id.rpartition(":")[2] if render.id.startswith(("sora-2:", "grok:")) else render.id


def _video_object(view: View) -> Body:
    """`GET /v1/videos/{id}`: placeholders for what is absent, except Doubao, which leaves it out."""
    render = view.render
    body: Body = {
        "id": _answered_id(render),
        "object": "video",
        "model": render.model,
        "status": view.word(_OPENAI_WORDS),
        "progress": view.moment.progress,
        "created_at": int(render.submitted_at),
    }
    if render.provider == "doubao":
        return body | _doubao_rest(view)
    body |= {
        "completed_at": view.finished,
        "expires_at": int(render.lost_at) if view.done else int(render.submitted_at) + _DAY,
        "seconds": render.seconds,
        "size": render.size,
        "remixed_from_video_id": "",
        "error": _error(view),
        "video_url": view.link or "",
    }
    if render.provider == "sora":
        # Its links are gone long before the day that `expires_at` promises.
        body["expires_at"] = int(render.submitted_at) + _DAY
    if render.provider == "grok" and view.link:
        body["output"] = {"url": view.link}
    if render.provider == "unified":
        body["metadata"] = {"url": view.link or ""}
    return body


def _doubao_rest(view: View) -> Body:
    body: Body = {"seconds": view.render.seconds, "size": view.render.size}
    if view.moment.state.is_final:
        body["completed_at"] = view.finished
    if view.done and view.link:
        body["video_url"] = view.link
    if view.moment.state is TaskState.FAILED:
        body["error"] = _error(view)
    return body


def _flat(view: View) -> Body:
    """`GET /v1/video/query?id=`: flat, times in milliseconds, the rest in `detail`."""
    render, state = view.render, view.moment.state
    word = _upsampling_word(view) if render.life.upsamples and state is TaskState.RUNNING else view.word(_QUERY_WORDS)
    detail: Body = {"id": _answered_id(render), "status": word, "running": state is TaskState.RUNNING}
    if state is TaskState.RUNNING and word in {"processing", "video_generating"}:
        detail["pending_info"] = {"progress_pct": view.moment.progress / 100}
    if state is TaskState.FAILED:
        detail["error_message"] = render.life.error_message
    if render.life.upsamples:
        detail["upsample_video_url"] = view.link
    moved = int(view.now) // 5 * 5 if state is TaskState.RUNNING else view.since
    return {
        "id": _answered_id(render),
        "model": render.model,
        "status": word,
        "video_url": view.link,
        "enhanced_prompt": "",
        "status_update_time": moved * 1000,
        "detail": detail,
    }


def _upsampling_word(view: View) -> str:
    share = view.moment.share
    for until, word in ((0.55, "video_generating"), (0.62, "video_generation_completed"), (0.95, "video_upsampling")):
        if share < until:
            return word
    return "video_upsampling_completed"


def _is_short(render: Render) -> bool:
    """Whether the wrapper around this model has the short `data` of the document, without a percentage."""
    return render.model.startswith(("vidu", "hailuo", "MiniMax"))


def _wrapped(view: View) -> Body:
    """`GET /v1/video/generations/{id}` as documented; a failure's text stands where the link would be."""
    life, state = view.render.life, view.moment.state
    text = life.error_message if state is TaskState.FAILED else ""
    data = {
        "task_id": view.render.id,
        "status": view.word(_SHORT_WORDS),
        "url": view.link or text,
        "format": "mp4",
        "metadata": {"duration": int(view.render.seconds)} if view.done else None,
        "error": None,
    }
    return {"code": "success", "message": "", "data": data}


def _task_row(view: View) -> Body:
    """The same route as most gateways answer it: their own row of the task, upstream's object inside."""
    render, life, state = view.render, view.render.life, view.moment.state
    begun = int(render.submitted_at + life.queued) if state is not TaskState.QUEUED else 0
    number = int(hashlib.sha256(render.id.encode()).hexdigest()[:6], 16)
    data: Body = {
        "id": number,
        "created_at": int(render.submitted_at),
        "updated_at": int(view.now),
        "task_id": render.id,
        "platform": "54",
        "user_id": 1,
        "group": "default",
        "channel_id": 8,
        "quota": 575_000,
        "action": "generate",
        "status": view.word(_ROW_WORDS),
        "fail_reason": life.error_message if state is TaskState.FAILED else "",
        "submit_time": int(render.submitted_at),
        "start_time": begun,
        "finish_time": view.finished,
        "progress": f"{view.moment.progress}%",
        "properties": {"input": "", "upstream_model_name": "ep-1", "origin_model_name": render.model},
        "data": {"id": f"up-{number}", "status": view.word(_SHORT_WORDS), "model": render.model},
    }
    if view.link:
        data["result_url"] = view.link
    return {"code": "success", "message": "", "data": data}
