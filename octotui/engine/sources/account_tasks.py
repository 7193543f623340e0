"""Finding the tasks of an account: every page of the gateway's list, and whose each task is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import httpx

from octotui.config import Config
from octotui.config.system_token import SecondKey
from octotui.gateway.errors import GatewayError, NetworkError
from octotui.gateway.http.download_transport import download_client
from octotui.gateway.parsing.task_answer import MAX_BODY
from octotui.gateway.parsing.task_list import PAGE_SIZE, ListedTask, Page, read_page
from octotui.gateway.providers import Provider, infer
from octotui.model import NewTask
from octotui.sanitize import clean

_MAX_PAGES = 1000
_PATIENCE = 30.0
_NO_VIDEOS = frozenset({"suno", "mj", "midjourney", "2", "5", "36"})
"""Platforms that make music and pictures."""
_PLATFORMS = {
    "sora": "sora",
    "openai": "sora",
    "1": "sora",
    "55": "sora",
    "grok": "grok",
    "xai": "grok",
    "48": "grok",
    "doubao": "doubao",
    "volcengine": "doubao",
    "45": "doubao",
    "54": "doubao",
    "gemini": "veo",
    "vertexai": "veo",
    "24": "veo",
    "41": "veo",
}
"""Whose a task is where neither model nor id says so: the gateway's words and numbers for its channels."""
_UNLISTED = "unified"


def listed_tasks(config: Config, second: SecondKey, *, clock: Callable[[], float] = time.time) -> list[ListedTask]:
    """Return the account's tasks, newest first as the gateway lists them, each once. Raises a `RequestError`.

    The token goes to the gateway's own origin only: no redirect is followed.
    """
    headers = {
        "Authorization": f"Bearer {second.token}",
        "New-Api-User": str(second.user),
        "Accept": "application/json",
    }
    found: dict[str, ListedTask] = {}
    rows = 0
    with download_client(ca_file=config.ca_file, proxy=config.proxy, transport=config.transport) as client:
        client.headers.update(headers)
        client.timeout = httpx.Timeout(_PATIENCE)
        for number in range(1, _MAX_PAGES + 1):
            page = _page(client, f"{config.base_url}/api/task/self?p={number}&page_size={PAGE_SIZE}", clock)
            before = len(found)
            for task in page.tasks:
                found.setdefault(task.id, task)
            rows += page.rows
            is_last = page.rows < PAGE_SIZE if page.total is None else rows >= page.total
            # A page that brings nothing new is the end, too, whatever the total says: tasks go while we look.
            if is_last or len(found) == before:
                break
    return list(found.values())


def videos(listed: Iterable[ListedTask], oldest: float | None) -> list[ListedTask]:
    """Return those that are videos and were submitted at `oldest` (unix seconds) or later."""
    return [
        task
        for task in listed
        if (task.platform or "").lower() not in _NO_VIDEOS
        and (oldest is None or task.submitted_at is None or task.submitted_at >= oldest)
    ]


def new_task(task: ListedTask, providers: Sequence[Provider], tags: tuple[str, ...]) -> NewTask:
    """Return a listed task as one to watch: whose it is says its model, its id, its platform, in this order."""
    by_name = {provider.name: provider for provider in providers}
    hinted = by_name.get(_PLATFORMS.get((task.platform or "").lower(), ""))
    provider = infer(providers, task.id, task.model) or hinted or by_name[_UNLISTED]
    return NewTask(task.id, provider.name, provider.route, task.model, tags)


def _page(client: httpx.Client, url: str, clock: Callable[[], float]) -> Page:
    try:
        with client.stream("GET", url) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_BODY:
                    raise GatewayError("a page of the list is larger than any should be", status=response.status_code)
            return read_page(response.status_code, response.headers, bytes(body), now=clock())
    except httpx.HTTPError as error:
        raise NetworkError(clean(str(error)) or type(error).__name__) from None
