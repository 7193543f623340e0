"""How the tests of the reader read: one body in, one `Answer` or the `RequestError` it means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from octotui.gateway.errors import RequestError
from octotui.gateway.parsing.task_answer import read_answer
from octotui.model import Answer

NOW = 1_790_000_500.0
BASE_URL = "https://octopusx.ai"
JSON = {"Content-Type": "application/json"}
LINK = "https://cdn.example.net/v/a.mp4"
DONE = {"id": "x", "status": "completed"}
FAILED = {"id": "x", "status": "failed"}


def read(
    body: object, status: int = 200, *, base_url: str = BASE_URL, headers: dict[str, str] = JSON, **more: Any
) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_answer(status, headers, raw, base_url=base_url, now=NOW, **more)


def refused(body: object, status: int = 200, *, headers: dict[str, str] = JSON) -> RequestError:
    with pytest.raises(RequestError) as caught:
        read(body, status, headers=headers)
    assert caught.value.status == status
    return caught.value


def short(value: object) -> str:
    """A test's id from a value that may be megabytes long."""
    return repr(value)[:40]


def nested(path: str, value: object) -> dict[str, object]:
    """The object that has `value` at a dotted path; `0` is the only entry of a list."""
    made = value
    for part in reversed(path.split(".")):
        made = [made] if part == "0" else {part: made}
    assert isinstance(made, dict)
    return made


def merged(*parts: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            both = isinstance(value, dict) and isinstance(made.get(key), dict)
            made[key] = merged(made[key], value) if both else value
    return made
