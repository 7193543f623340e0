"""Where a task is asked: base URLs, the three query routes, `/content`, and what counts as the gateway's own origin."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_CONTENT_PATH: Final = "/v1/videos/{id}/content"


class Route(NamedTuple):
    """One way to ask about a task (`GATEWAY.md`, "The three query routes")."""

    name: str
    """The public word: videos, query or generations."""
    path: str
    """Path template below the base URL; `{id}` stands for the encoded task id."""


ROUTES: Final[dict[str, Route]] = {
    route.name: route
    for route in (
        Route("videos", "/v1/videos/{id}"),
        Route("query", "/v1/video/query?id={id}"),
        Route("generations", "/v1/video/generations/{id}"),
    )
}
"""Every query route by its name."""


def check_id(id: str) -> str:  # noqa: A002 - the domain's own word
    """Return a task id as pasted without the blanks around it.

    Raises `ValueError` for what no gateway can mean: nothing, `.`, `..`, control characters, lone surrogates.
    """
    trimmed = id.strip()
    if not trimmed:
        raise ValueError("the task id is empty")
    if trimmed in {".", ".."}:
        raise ValueError(f"{trimmed!r} is not a task id")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in trimmed):
        raise ValueError("the task id has control characters in it")
    return trimmed


def normalise_base_url(text: str) -> str:
    """Return origin and path prefix of a base URL given with or without `/v1` and slashes at its end.

    The result has no trailing slash and no `/v1`, so that `base + route.path` never doubles either (the gateway picks
    the answer's shape by the raw path). Raises `ValueError` with a sentence for the user.
    """
    trimmed = text.strip()
    if not re.match(r"https?://", trimmed, re.IGNORECASE):
        raise ValueError("the base URL must begin with http:// or https://")
    parts = _split(trimmed)
    if parts is None or not parts.hostname:
        raise ValueError("the base URL names no valid host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the base URL must not hold a user name or password")
    if parts.query or parts.fragment or "?" in trimmed or "#" in trimmed:
        raise ValueError("the base URL must not hold ? or #")
    segments = [segment for segment in parts.path.split("/") if segment]
    if segments and segments[-1].lower() == "v1":
        segments.pop()
    scheme, host, port = _origin(parts)
    host = f"[{host}]" if ":" in host else host
    shown_port = "" if port == _DEFAULT_PORTS[scheme] else f":{port}"
    return "/".join([f"{scheme}://{host}{shown_port}", *segments])


def task_url(base_url: str, route_name: str, task_id: str) -> str:
    """Return the URL that asks about one task; `base_url` as `normalise_base_url` gives it. Raises as `task_path`."""
    return base_url + task_path(route_name, task_id)


def task_path(route_name: str, task_id: str) -> str:
    """Return what follows the base URL where one task is asked about, in ASCII.

    Raises `KeyError` for a route that does not exist, `ValueError` for an id that is none.
    """
    return ROUTES[route_name].path.replace("{id}", _encoded(task_id))


def content_url(base_url: str, task_id: str) -> str:
    """Return the URL of a task's bytes through the gateway; raises `ValueError` for an id that is none."""
    return base_url + _CONTENT_PATH.replace("{id}", _encoded(task_id))


def is_content_url(base_url: str, task_id: str, url: str) -> bool:
    """Whether `url` leads to the same bytes as `content_url`, however its path is encoded."""
    parts = _split(url)
    own = urlsplit(content_url(base_url, task_id))
    return (
        parts is not None
        and same_origin(base_url, url)
        and not parts.query
        and unquote(parts.path) == unquote(own.path)
    )


def same_origin(a: str, b: str) -> bool:
    """Whether two URLs share scheme, host and port, so that a key for one may be sent to the other."""
    first, second = _split(a), _split(b)
    if first is None or second is None or not first.hostname or first.scheme not in _DEFAULT_PORTS:
        return False
    return _origin(first) == _origin(second)


def origin_of(base_url: str) -> str:
    """Return scheme, host and port (where it is not the usual one) of a base URL from `normalise_base_url`."""
    return "/".join(base_url.split("/")[:3])


def _encoded(task_id: str) -> str:
    # `:` works raw and encoded; raw is what the documents show.
    return quote(check_id(task_id), safe=":")


def _split(url: str) -> SplitResult | None:
    # urlsplit drops tabs and newlines silently and takes blanks and backslashes as part of a host: refuse instead.
    if re.search(r"[\s\\\x00-\x1f\x7f]", url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    port = parts.port if parts.port is not None else _DEFAULT_PORTS.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port
