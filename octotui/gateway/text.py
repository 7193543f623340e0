"""Text from outside made safe: cleaned once where it enters, secrets masked where it leaves."""

from __future__ import annotations

import re
from urllib.parse import unquote

ELLIPSIS = "…"
"""Stands for what was cut off or hidden."""

# Everything a terminal obeys or a reader cannot see: C0, DEL, C1, zero-width blanks, bidi marks and overrides, line
# and paragraph separators, lone surrogates, interlinear marks, tag characters. ZWJ and ZWNJ stay: emoji and several
# scripts need them.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)

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


def clean(value: str, limit: int = 2000) -> str:
    """Return `value` with everything a terminal would obey made visible, at most `limit` characters long.

    C0 controls and DEL become their pictures (`␛`, `␊`), all else that is unsafe `<U+202E>`; what is cut off ends in
    `…`. Cleaning twice changes nothing. Called where text enters and nowhere else (`ARCHITECTURE.md`).
    """
    shown = _UNSAFE.sub(_visible, value[: limit + 1])
    return shown if len(shown) <= limit else shown[: max(limit - 1, 0)] + ELLIPSIS[:limit]


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


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
