"""Secrets hidden where text leaves: signatures in links, keys, bearer tokens, user names."""

from __future__ import annotations

import re
from urllib.parse import unquote

from octotui.gateway.text import ELLIPSIS

_SECRET_NAME = re.compile(
    r"sig|token|secret|credential|passw|policy|access[_-]?key|access[_-]?id|api[_-]?key|auth|key-pair|ticket|hmac"
    r"|^(?:key|ak|sk|q-ak)$",
    re.IGNORECASE,
)

# Go writes `&` inside JSON strings as \u0026, HTML as &amp;: a raw answer holds all three.
_QUERY_VALUE = re.compile(
    r"(?P<before>(?:[?&;#]|\\u0026|&amp;)(?P<name>[\w.~%-]{1,80})=)(?P<value>[^&;#\\\s\"'<>`]+)", re.IGNORECASE
)
_USER_INFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]{1,20}:(?:\\?/){2})[^\s/\\\"'<>@]{1,400}@", re.IGNORECASE)
_API_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{6,}")
_BEARER = re.compile(r"\b(?P<word>bearer)(?P<gap>\s+|%20|\+)[^\s\"'\\,;]+", re.IGNORECASE)
_JSON_SECRET = re.compile(
    r"(?P<before>\"(?:api[_-]?key|x-api-key|authorization|access[_-]?token|refresh[_-]?token|token|secret|password)\"\s*:\s*\")"
    r"(?P<value>[^\"\\]+)",
    re.IGNORECASE,
)


def mask_url(url: str) -> str:
    """Return `url` for screens and logs: query values that sign or identify, and user info, become `…`."""
    return _QUERY_VALUE.sub(_masked, _USER_INFO.sub(_without_user, url))


def mask_secrets(text: str) -> str:
    """Return a raw answer (or any text) with the signatures of every URL in it, API keys and bearer tokens masked."""
    text = _JSON_SECRET.sub(_masked_field, mask_url(text))
    text = _BEARER.sub(_masked_bearer, text)
    return _API_KEY.sub(f"sk-{ELLIPSIS}", text)


def _masked(match: re.Match[str]) -> str:
    return match["before"] + ELLIPSIS if _SECRET_NAME.search(unquote(match["name"])) else match[0]


def _masked_field(match: re.Match[str]) -> str:
    return match["before"] + ELLIPSIS


def _masked_bearer(match: re.Match[str]) -> str:
    return match["word"] + match["gap"] + ELLIPSIS


def _without_user(match: re.Match[str]) -> str:
    return f"{match['scheme']}{ELLIPSIS}@"
