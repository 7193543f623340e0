"""Can a broken download go on where it stopped: one byte is asked for, of the newest result there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import httpx

from octotui.config import Config
from octotui.engine.diagnostics.finding import Finding, ok, warn
from octotui.gateway.errors import RequestError
from octotui.gateway.http.addresses import LinkRules
from octotui.gateway.http.download_transport import download_client
from octotui.gateway.http.redirects import open_body
from octotui.model import Task
from octotui.sanitize import clean

_PATIENCE = httpx.Timeout(15.0)
_AGAIN = "nothing: saving such a file begins again where it breaks off"
_FRESH = "nothing: octotui asks for a fresh link before it saves"


def examine(config: Config, tasks: Iterable[Task], now: float) -> list[Finding]:
    """Ask for one byte of the newest result whose link should still work; nothing where there is none."""
    task = newest(tasks, now)
    if task is None or task.result_url is None:
        return []
    try:
        with download_client(
            ca_file=config.ca_file,
            proxy=config.proxy,
            transport=config.transport,
            rules=LinkRules(config.base_url, config.allow_hosts),
        ) as client:
            response = open_body(
                client,
                task.result_url,
                base_url=config.base_url,
                api_key=config.api_key,
                headers={"Range": "bytes=0-0"},
                timeout=_PATIENCE,
            )
            response.close()
    except (RequestError, OSError, ValueError) as error:
        said = f"the link of {clean(task.id, 80)} does not answer: {clean(str(error), 200)}"
        return [warn("media", said, "look whether this machine reaches the hosts of the files, not only the gateway")]
    return [judge(response.status_code, response.headers)]


def newest(tasks: Iterable[Task], now: float) -> Task | None:
    """Return the task that completed last of those with a link that is not past its deadline."""
    usable = [task for task in tasks if task.result_url and (task.deadline is None or task.deadline.at > now)]
    return max(usable, key=lambda task: task.completed_at or task.final_seen_at or 0.0, default=None)


def judge(status: int, headers: Mapping[str, str]) -> Finding:
    """What an answer to a request for the first byte says about resuming; names of headers in lower case."""
    encoding = headers.get("content-encoding", "identity").lower()
    if status in {401, 403, 404, 410}:
        return warn("media", f"the newest link is no longer honoured ({status})", _FRESH)
    if status >= 400:
        return warn("media", f"the host of the newest result answers {status}", "try again in a minute")
    if encoding not in {"", "identity"}:
        said = f"files arrive compressed ({clean(encoding, 40)}) though nobody asked for that"
        return warn("media", said, "nothing: they are unpacked, and saving begins again where it breaks off")
    if status == 206 and headers.get("content-range", "").lower().startswith("bytes 0-0/"):
        return ok("media", "saving can go on where it stopped (Range), not compressed")
    return warn("media", "the host of the newest result does not know Range", _AGAIN)
