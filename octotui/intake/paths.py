"""Task references in URLs and paths: the gateway's own query routes, and those of the services behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote

from octotui.gateway.routes import ROUTES
from octotui.intake.id_shapes import has_known_shape, has_own_shape, is_file, is_opaque, is_uuid
from octotui.intake.labels import is_other_thing
from octotui.intake.reference import Reference, usable_id

_STOP = r"\s\"'`<>?#&|,;()\[\]\\{}"
_SEGMENT = rf"[^{_STOP}/]+"
_KINDS = {
    route.path.removeprefix("/v1/").removesuffix("/{id}"): route.name
    for route in ROUTES.values()
    if route.path.endswith("/{id}")
}
"""The routes whose path ends with the task's id, by what stands before it."""
_PATH = re.compile(rf"/(?P<kind>{'|'.join(map(re.escape, _KINDS))})/(?P<id>[^{_STOP}]+)")
_NOUNS = "videos|video|tasks|task|generations|predictions|requests|jobs|operations|creations"
_OF_SERVICE = re.compile(rf"(?<![A-Za-z0-9_-])(?P<noun>{_NOUNS})/(?!(?:{_NOUNS})/)(?P<id>{_SEGMENT}(?:/{_SEGMENT})?)")
_QUERY = re.compile(rf"/v1/video/query(?P<found>[^\s\"'`]{{0,400}}?[?&](?:task_?)?id=(?P<id>[^{_STOP}]+))?")
_QUERY_DATA = re.compile(rf"(?<![\w-])(?:task_?)?id=(?P<id>[^{_STOP}]+)")
_TASK_PARAMETER = re.compile(rf"[?&](?:task|video|generation|job|prediction)_?id=(?P<id>[^{_STOP}]+)", re.IGNORECASE)
_ACTION = re.compile(r"/(?:content|remix|cancel|status|result|download|thumbnail)?/?(?:\.?[:.])?$")
_MODE = re.compile(r"(?=.{1,24}\Z)[a-z]+(?:[-_2][a-z]+)*")
"""The name of a kind of work between a noun and the id: `text2video`, `omni-video`, `lip-sync`."""
_VERSIONED = re.compile(r"/v\d|/api/|^/?(?:videos|tasks|generations)/")
_NAME_OF_FILE = re.compile(r"\.[A-Za-z]{1,7}[A-Za-z0-9]?(?::\d+)*\Z")
_MOST_URLS = 200
"""In one line."""


def from_urls(line: str) -> list[Reference]:
    """Return the tasks whose URLs stand in a line, each with its route; ids are decoded, `/content` is dropped.

    A create path, a placeholder, a source file and a query parameter are no tasks.
    """
    if "/" not in line:
        return []
    found = {task_id: route for task_id, route in _routes(line) if task_id is not None}
    return [Reference(task_id, "URL", None, route) for task_id, route in found.items()]


def _routes(line: str) -> Iterator[tuple[str | None, str | None]]:
    taken: list[tuple[int, int]] = []
    if "/v1/" in line:
        for match in islice(_PATH.finditer(line), _MOST_URLS):
            if line[max(match.start() - 3, 0) : match.start()] == "/v1":
                task_id = _of_gateway(match["id"])
                if task_id is not None:
                    taken.append(match.span())
                    yield task_id, _KINDS[match["kind"]]
        for match in islice(_QUERY.finditer(line), _MOST_URLS):
            # `curl -G …/v1/video/query --data-urlencode id=…`
            told = match if match["found"] else _QUERY_DATA.search(line[match.end() : match.end() + 2000])
            if told is not None:
                yield _decoded(told["id"]), "query"
    for match in islice(_OF_SERVICE.finditer(line), _MOST_URLS):
        if not any(start <= match.start() < end for start, end in taken):
            yield _of_service(line, match), None
    for match in islice(_TASK_PARAMETER.finditer(line), _MOST_URLS):
        yield _decoded(match["id"]), None


def _of_gateway(written: str) -> str | None:
    """Return the id behind `/v1/videos/`, `/v1/video/generations/`: no name of a further path or a file."""
    task_id = _decoded(_ACTION.sub("", written))
    if task_id is None or has_known_shape(task_id):
        return task_id
    if (
        _MODE.fullmatch(task_id)
        or "/" in _ACTION.sub("", written)
        or _NAME_OF_FILE.search(task_id) is not None
        or not _has_digit(task_id)
    ):
        return None
    return task_id


def _of_service(line: str, match: re.Match[str]) -> str | None:
    first, _, second = match["id"].partition("/")
    chosen = second if second and _MODE.fullmatch(first) and not (first.isalpha() and is_other_thing(first)) else first
    task_id = _decoded(chosen.rstrip("."))
    if (
        task_id is None
        or _MODE.fullmatch(task_id)
        or is_file(match["id"])
        or _NAME_OF_FILE.search(match["id"]) is not None
    ):
        return None
    if has_own_shape(task_id):
        before = line[: match.start()]
        # `out/videos/video_….mp4` is a file; a folder of that name is no task either.
        return task_id if second in {"", "content", "status", "remix"} or _VERSIONED.search(before[-200:]) else None
    _, _, above = line[max(match.start() - 40, 0) : match.start()].rstrip("/").rpartition("/")
    if above.isalpha() and is_other_thing(above):
        return None  # `/v1/images/generations/…`
    if match["noun"] == "video" or not _VERSIONED.search(line[max(match.start() - 200, 0) : match.start() + 1]):
        if match["noun"] == "operations" and line[: match.start()].endswith("/"):
            return task_id if is_opaque(task_id) and len(task_id) >= 8 and _has_digit(task_id) else None
        is_known = is_uuid(task_id) and match["noun"] in {"requests", "predictions", "generations", "tasks"}
        return task_id if is_known else None
    return task_id if is_uuid(task_id) or (is_opaque(task_id) and len(task_id) >= 8 and _has_digit(task_id)) else None


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _decoded(written: str) -> str | None:
    if re.search(r"[{}$]", written):
        return None
    try:
        return usable_id(unquote(written, errors="strict").rstrip(".:/"))
    except UnicodeDecodeError:
        return None
