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
from octotui.presentation.boxes.whereabouts import ALONE, Fleet, way_here
from octotui.units import plural


class Copy(NamedTuple):
    """One thing to copy."""

    key: str
    label: str
    text: str
    signs: str = ""
    """URL of an object: what is copied is a signed link of it, which is made then."""


def copies_of(task: Task, base_url: str, answer: str | None = None, fleet: Fleet = ALONE) -> list[Copy]:
    """Everything there is to copy; nothing of it holds the gateway's key. `answer` is the last one as it came.

    `fleet` tells which files are on other machines.
    """
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
        found += _file_copies(task, task.download.file, fleet)
    if task.delivered:
        found.append(Copy("b", "URL of the object", task.delivered))
        found.append(Copy("s", "signed link, good for a day", "made when it is copied", signs=task.delivered))
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


def _file_copies(task: Task, file: str, fleet: Fleet) -> list[Copy]:
    host = fleet.elsewhere(task.download)
    if host is None:
        place = f"{_user()}@{socket.gethostname()}:{file}"
        line = f"rsync -avP {shlex.quote(place)} ."
        return [Copy("p", "path", file), Copy("r", "rsync line, for your own machine", line)]
    found = [Copy("p", f"path on {host}", file)]
    way = way_here(task, fleet)
    return found if way is None else [*found, Copy("r", f"rsync line, from {host}", way)]


_MANY = {"u": "result URL", "i": "id", "p": "path", "r": "rsync line", "b": "object URL"}
"""What is of use for several tasks at once, by its key."""


def copies_of_all(tasks: Sequence[Task], base_url: str, fleet: Fleet = ALONE) -> list[Copy]:
    """The same for several tasks, one a line; what only some of them have says of how many."""
    found: dict[str, list[Copy]] = {key: [] for key in _MANY}
    for task in tasks:
        for item in copies_of(task, base_url, None, fleet):
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
