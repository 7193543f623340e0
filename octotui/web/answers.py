"""What is served: one function an address. None of them reads the ledger on the event loop."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse

from octotui.ledger import LedgerError
from octotui.presentation.header import SILENT_AFTER
from octotui.sanitize import clean
from octotui.task_json import masked_task_json
from octotui.web.metrics import missing
from octotui.web.page import read_filter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request

    from octotui.model import Task
    from octotui.presentation.filters import Filter
    from octotui.web.site import Site

_AT_ONCE = 200
"""Tasks that are written as JSON in one step of a thread, some 10 milliseconds."""


def site_of(request: Request) -> Site:
    """Return what all answers are made from."""
    site: Site = request.app.state.site
    return site


async def page(request: Request) -> Response:
    """`/`: what is lost next and everything around it; with `filter` or `page` the tasks as a list."""
    query, pages = request.query_params, site_of(request).page
    if "filter" not in query and "page" not in query:
        return HTMLResponse(await run_in_threadpool(pages.overview))
    number = query.get("page", "1")
    which = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 1
    return HTMLResponse(await run_in_threadpool(pages.listed, query.get("filter", ""), which))


async def poster(request: Request) -> Response:
    """`/poster?id=ID`: a frame of a saved video."""
    try:
        found = await run_in_threadpool(site_of(request).live.ledger.poster, request.query_params.get("id", "")[:2000])
    except LedgerError as error:
        return PlainTextResponse(f"{clean(str(error), 600)}\n", 503)
    picture = None if found is None else found.picture
    if picture is None or not picture.startswith(b"\xff\xd8\xff"):
        return PlainTextResponse("There is no picture of that.\n", 404)
    # Its address names the moment it was made, so that the same address is the same picture.
    return Response(picture, media_type="image/jpeg", headers={"cache-control": "private, max-age=86400, immutable"})


async def tasks(request: Request) -> Response:
    """`/api/tasks`: one JSON array, as `ls --json` prints it, with links masked; `filter` chooses."""
    site = site_of(request)
    wanted, problem = read_filter(request.query_params.get("filter", ""))
    if problem is not None:
        return JSONResponse({"error": problem}, 400)
    picture = site.live.picture
    if picture.trouble is not None:
        return JSONResponse({"error": clean(picture.trouble, 600)}, 503)
    media = "application/json"
    if request.method == "HEAD":
        return Response(None, media_type=media)
    # A plain generator: Starlette takes each piece of it in a thread.
    return StreamingResponse(_array(picture.tasks, wanted, site.live.now()), media_type=media)


def _array(found: Sequence[Task], wanted: Filter, now: float) -> Iterator[str]:
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
    matching = (task for task in found if wanted.matches(task, now))
    before = "["
    while page := [*islice(matching, _AT_ONCE)]:
        yield before + ",\n ".join(encode(masked_task_json(task, now)) for task in page)
        before = ",\n "
    yield "[]\n" if before == "[" else "]\n"


async def events(request: Request) -> Response:
    """`/api/events`: the changes as they happen, as `watch --jsonl` prints them; goes on from `Last-Event-ID`."""
    wanted, problem = read_filter(request.query_params.get("filter", ""))
    if problem is not None:
        return JSONResponse({"error": problem}, 400)
    last_id = request.headers.get("last-event-id", "")
    return site_of(request).streams.changes(last_id, wanted, is_head=request.method == "HEAD")


async def live(request: Request) -> Response:
    """`/live`: for the page's script, that what it shows is out of date."""
    return site_of(request).streams.page_news(is_head=request.method == "HEAD")


async def health(request: Request) -> Response:
    """`/healthz`: 200 where the ledger can be read and somebody works on it, else 503."""
    site = site_of(request)
    picture, now = site.live.picture, site.live.now()
    status, works = picture.status, picture.works(now)
    is_well = picture.trouble is None and works
    said = {
        "ok": is_well,
        "ledger": "readable" if picture.trouble is None else clean(picture.trouble, 600),
        "working": works,
        "last_word_at": None if status is None else int(status.at),
        "gateway": None if status is None else status.gateway.value,
        "paused": picture.paused_since is not None,
        "boxes": sum(picture.silence(box, now) <= SILENT_AFTER for box in picture.boxes),
        "tasks": len(picture.tasks),
    }
    return JSONResponse(said, 200 if is_well else 503)


async def metrics(request: Request) -> Response:
    """`/metrics`: for Prometheus, as `watch --metrics` serves them."""
    exporter = site_of(request).exporter
    if exporter is None:
        return PlainTextResponse(f"{missing()}\n", 404)
    kind, text = await run_in_threadpool(exporter.render, request.headers.get("accept", ""))
    return Response(text, headers={"content-type": kind})
