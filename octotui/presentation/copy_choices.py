"""What can be copied of a task: pure text, whole and unmasked, because somebody asked for it."""

from __future__ import annotations

import getpass
import shlex
import socket
from collections.abc import Sequence
from typing import NamedTuple

from octotui.gateway.parsing.task_answer import links_beside
from octotui.gateway.routes import content_url, task_url
from octotui.model import Task
from octotui.units import plural


class Copy(NamedTuple):
    """One thing to copy."""

    key: str
    label: str
    text: str


def copies_of(task: Task, base_url: str, answer: str | None = None) -> list[Copy]:
    """Everything there is to copy; nothing of it holds the gateway's key. `answer` is the last one as it came."""
    found = []
    if task.result_url:
        found.append(Copy("u", "result URL", task.result_url))
    others, picture = links_beside(answer, base_url) if answer else ((), None)
    if others:
        found.append(Copy("o", f"{plural(len(others), 'further result URL')}", "\n".join(others)))
    if picture:
        found.append(Copy("l", "last frame or thumbnail URL", picture))
    found.append(Copy("i", "id", task.id))
    if task.download.file:
        found.append(Copy("p", "path", task.download.file))
        place = f"{_user()}@{socket.gethostname()}:{task.download.file}"
        found.append(Copy("r", "rsync line, for your own machine", f"rsync -avP {shlex.quote(place)} ."))
    key = '-H "Authorization: Bearer $OCTOTUI_API_KEY"'
    try:
        found.append(
            Copy("c", "curl line that asks", f"curl {key} {shlex.quote(task_url(base_url, task.route, task.id))}")
        )
        content = shlex.quote(content_url(base_url, task.id))
        found.append(Copy("g", "curl line that saves", f"curl -L {key} -o video.mp4 {content}"))
    except (KeyError, ValueError):
        return found  # an id or a route no URL can be made of
    return found


_MANY = {"u": "result URL", "i": "id", "p": "path", "r": "rsync line"}
"""What is of use for several tasks at once, by its key."""


def copies_of_all(tasks: Sequence[Task], base_url: str) -> list[Copy]:
    """The same for several tasks, one a line; what only some of them have says of how many."""
    found: dict[str, list[Copy]] = {key: [] for key in _MANY}
    for task in tasks:
        for item in copies_of(task, base_url):
            if item.key in found:
                found[item.key].append(item)
    return [
        Copy(key, _of_how_many(len(items), _MANY[key], len(tasks)), "\n".join(item.text for item in items))
        for key, items in found.items()
        if items
    ]


def _of_how_many(count: int, word: str, total: int) -> str:
    return plural(count, word) + (f" of {plural(total, 'task')}" if count < total else "")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"
