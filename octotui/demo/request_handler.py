"""Answers requests the way OctopusX and the file hosts behind it do: routes, keys, errors, content and signed links."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from octotui.demo.answers import View, answer, created
from octotui.demo.lifecycle import ContentStyle, LinkStyle, moment
from octotui.demo.links import make_link, read_link
from octotui.demo.media import served_file
from octotui.demo.provider_profiles import GENERATIONS, QUERY, VIDEOS
from octotui.demo.server import Response, json_response
from octotui.model import TaskState

if TYPE_CHECKING:
    from octotui.demo.faults import FaultPlan
    from octotui.demo.provider_profiles import Render
    from octotui.demo.server import Request
    from octotui.demo.task_registry import Roster

BYTES_PER_SECOND = 1_500_000
"""What one download gets unless its task says otherwise: slow enough to be seen."""

_TASK_PATHS = (
    (re.compile(r"/v1/videos/([^/]+)"), VIDEOS),
    (re.compile(r"/v1/video/generations/([^/]+)"), GENERATIONS),
)
_CONTENT_PATH = re.compile(r"/v1/videos/([^/]+)/content")
_CREATE_PATHS = {"/v1/videos", "/v1/video/create", "/v1/video/generations"}
_QUOTA_PATHS = {"/api/usage/token", "/api/usage/token/"}
_MULTIPART_FIELD = re.compile(rb'name="(\w+)"\r\n\r\n([^\r\n]*)')
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_WEB_PAGE = (
    b'<!doctype html><html lang="en"><head><title>New API</title></head><body><div id="root"></div></body></html>'
)


@dataclass(slots=True)
class Desk:
    """What both hosts of a box answer from."""

    roster: Roster
    key: str
    secret: bytes
    speed: float
    """Factor on every sending rate; infinite for no limit."""
    faults: FaultPlan | None
    base_url: str = ""
    files_url: str = ""

    def link_of(self, render: Render, now: float) -> str | None:
        """The result link as an answer given at `now` names it; None before completion and where there is none."""
        state = moment(render.life, now - render.submitted_at).state
        if state is not TaskState.COMPLETED or render.link is LinkStyle.NONE:
            return None
        if render.link is LinkStyle.CONTENT:
            return f"{self.base_url}/v1/videos/{quote(render.id, safe=':')}/content"
        return make_link(render, now, files_url=self.files_url, secret=self.secret)

    def view(self, render: Render, now: float) -> View:
        """What an answer given at `now` is made of."""
        return View(render, moment(render.life, now - render.submitted_at), self.link_of(render, now), now)


def answer_gateway(desk: Desk, request: Request) -> Response:
    """The gateway's own answer to `request`."""
    path = request.path
    if not path.startswith(("/v1/", "/api/")):
        # A wrong base URL is answered by the gateway's web page, with 200.
        return Response(200, {"Content-Type": "text/html; charset=utf-8"}, _WEB_PAGE)
    if request.method == "POST" and path in _CREATE_PATHS:
        return _refused_key(desk, request) or _create(desk, request)
    if request.method == "GET" and path in _QUOTA_PATHS:
        return _refused_key(desk, request) or _quota(desk)
    if request.method in {"GET", "HEAD"} and (found := _CONTENT_PATH.fullmatch(path)):
        return _refused_key(desk, request) or _content(desk, request, unquote(found[1]))
    if request.method == "GET" and (asked := _asked_task(request)):
        return _refused_key(desk, request) or _query(desk, *asked)
    return _error(404, f"Invalid URL ({request.method} {path})", "invalid_request_error")


def answer_files(desk: Desk, request: Request) -> Response:
    """The file hosts' answer to `request`: signed links only, and no key wanted."""
    if "authorization" in request.headers:
        return _xml(400, "InvalidArgument", "Only one auth mechanism allowed")
    if request.method not in {"GET", "HEAD"}:
        return _xml(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
    ticket = read_link(request.path, request.query, desk.secret)
    if ticket is None:
        return _xml(403, "SignatureDoesNotMatch", "The signature does not match the request.")
    render = desk.roster.find(ticket.task_id)
    if render is None or not render.life.link_works:
        return _xml(404, "NoSuchKey", "The specified key does not exist.")
    now = desk.roster.clock()
    honoured_until = ticket.signed_at + (math.inf if render.life.link_lives is None else render.life.link_lives)
    if now >= min(ticket.deadline, render.lost_at, honoured_until):
        if ticket.style is LinkStyle.PLAIN:
            return _xml(410, "Gone", "The file has been removed.")
        return _xml(403, "AccessDenied", "Request has expired")
    return _file(desk, request, render, cut_at=render.life.cut_at)


def _asked_task(request: Request) -> tuple[str, str] | None:
    if request.path == "/v1/video/query":
        return request.parameter("id"), QUERY
    for pattern, route in _TASK_PATHS:
        if found := pattern.fullmatch(request.path):
            return unquote(found[1]), route
    return None


def _query(desk: Desk, task_id: str, route: str) -> Response:
    now = desk.roster.clock()
    if desk.faults and (fault := desk.faults.due(now - desk.roster.started_at)):
        return fault
    render = desk.roster.find(task_id)
    if render is None or route not in render.traits.routes:
        return json_response({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400)
    return json_response(answer(desk.view(render, now), route))


def _create(desk: Desk, request: Request) -> Response:
    wanted = _submitted(request)
    model = wanted.get("model")
    if not isinstance(model, str) or not model:
        body = {"code": "invalid_request", "message": "model is required", "data": None}
        return json_response(body, 400)
    prompt = wanted.get("prompt")
    render = desk.roster.submit(model, prompt if isinstance(prompt, str) else "")
    return json_response(created(desk.view(render, desk.roster.clock()), request.path))


def _submitted(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return {name.decode(): value.decode() for name, value in _MULTIPART_FIELD.findall(request.body)}
    try:
        wanted = json.loads(request.body)
    except ValueError:
        return {}
    return wanted if isinstance(wanted, dict) else {}


def _quota(desk: Desk) -> Response:
    granted = 500_000_000
    used = granted // 4 + 575_000 * desk.roster.submitted()
    data = {
        "object": "token_usage",
        "name": "demo",
        "total_granted": granted,
        "total_used": used,
        "total_available": max(0, granted - used),
        "unlimited_quota": False,
        "model_limits_enabled": False,
        "expires_at": 0,
    }
    return json_response({"code": True, "message": "ok", "data": data})


def _content(desk: Desk, request: Request, task_id: str) -> Response:
    now, render = desk.roster.clock(), desk.roster.find(task_id)
    if render is None:
        return _error(404, "Task not found", "invalid_request_error")
    older = render.content is ContentStyle.OLDER
    if older and request.method == "HEAD":
        return _error(404, f"Invalid URL (HEAD {request.path})", "invalid_request_error")
    view = desk.view(render, now)
    if not view.done:
        return _error(
            400, f"Task is not completed yet, current status: {view.moment.state.value.upper()}", "task_error"
        )
    if now >= render.lost_at:
        return _error(502, "Failed to fetch video content", "server_error") if older else _gone()
    if render.content is ContentStyle.REDIRECT and view.link:
        return Response(302, {"Location": view.link})
    if render.content is ContentStyle.JSON:
        return json_response(answer(view, VIDEOS) | {"url": view.link})
    return _file(desk, request, render, older=older)


def _file(desk: Desk, request: Request, render: Render, *, older: bool = False, cut_at: int | None = None) -> Response:
    """The result itself, or the stretch of it that was asked for (RFC 9110, section 14)."""
    file = served_file(render.id, render.clip, render.life.size)
    rate = desk.speed * (render.life.rate or BYTES_PER_SECOND)
    if older:
        kind = {"Content-Type": "application/octet-stream"}
        return Response(200, kind, file=file, stop=file.size, rate=rate, chunked=True)
    headers = {"Content-Type": "video/mp4", "Accept-Ranges": "bytes", "ETag": file.etag}
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or request.headers.get("if-range", file.etag) != file.etag or not any(asked.groups()):
        return Response(200, headers, file=file, stop=file.size, rate=rate, cut_at=cut_at)
    start, stop = _stretch(asked[1], asked[2], file.size)
    if start >= stop:
        return Response(416, {"Content-Range": f"bytes */{file.size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    return Response(206, headers, file=file, start=start, stop=stop, rate=rate, cut_at=None if start else cut_at)


def _stretch(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


def _refused_key(desk: Desk, request: Request) -> Response | None:
    if request.headers.get("authorization") == f"Bearer {desk.key}":
        return None
    return _error(401, "Invalid token (request id: demo)", "new_api_error")


def _gone() -> Response:
    body = {"error": {"message": "file is gone", "type": "artifact_gone", "code": "artifact_gone"}}
    return json_response(body, 410)


def _error(status: int, message: str, kind: str) -> Response:
    return json_response({"error": {"message": message, "type": kind, "param": "", "code": ""}}, status)


def _xml(status: int, code: str, message: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(status, {"Content-Type": "application/xml"}, text.encode())
