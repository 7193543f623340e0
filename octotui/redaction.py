"""Secrets taken out of text that leaves: signatures, keys, tokens, user names; for others also prompts and paths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, unquote

from octotui.sanitize import ELLIPSIS

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
# Answers echo what was asked for under many names (`tests/gateway/answers`): the words, the pictures, and who asked.
# Numbers under these names (`prompt_tokens`) are figures and stay.
_PRIVATE_NAME: Final = re.compile(
    r"prompt|caption|lyrics|instruction|description|reference|first_?frame|last_?frame|^inputs?$|^input_|^text$"
    r"|^messages?_?in$|^messages$|^images?$|image_(?:url|list|input)|^(?:user|username|user_name|email|phone)$",
    re.IGNORECASE,
)
_PRIVATE_FIELD: Final = re.compile(
    r"""(?P<before>\\*["'][\w-]*(?:prompt|caption|lyrics|instruction|description)[\w-]*\\*["']\s*[:=]\s*)"""
    r"""(?P<quote>\\*["']).*?(?:(?<!\\)(?P=quote)|$)""",
    re.IGNORECASE | re.DOTALL,
)
# Folders in which people and their projects have names. A path inside a URL has a host before it.
_LOCAL_PATH: Final = re.compile(
    r"(?<![\w.:/~-])(?:~|/(?:home|Users|root|mnt|media|tmp|var|srv|opt|data|private|Volumes|run|workspace|scratch))"
    r"/[^\s\"'<>|,;:)\]}]+"
)
_LINK: Final = re.compile(r"https?:(?:\\?/){2}[^\s\"'<>`]+", re.IGNORECASE)
_QUERY_PIECE: Final = re.compile(r"(?P<mark>\\u0026|&amp;|[?&;#])(?P<piece>[^?&;#\\\s\"'<>`]+)", re.IGNORECASE)
_MAY_STAY: Final = frozenset(
    {"id", "model", "page", "size", "seconds", "format", "expires", "se"}
    | {f"x-{house}-{fact}" for house in ("amz", "goog", "tos", "oss") for fact in ("date", "expires", "algorithm")}
)
"""Query parameters that say what was asked for or until when it holds, and open nothing: all that others may see."""
_SHORTEST_HIDDEN: Final = 8
"""Characters; a shorter text is in everything."""
_hidden: dict[str, None] = {}
"""The exact secrets of this process in every way of writing that an echo may have, the longest first."""
_DEEPEST: Final = 100
"""JSON below this is left out: nobody reads it, and it must not be a way around the masks."""


def hide(secret: str) -> None:
    """Have `secret` masked wherever text enters or leaves this process; one of fewer than 8 characters is let be."""
    if len(secret) < _SHORTEST_HIDDEN:
        return
    forms = {secret, quote(secret, safe=""), secret.replace("/", "\\/")}
    known = sorted({*_hidden, *forms}, key=len, reverse=True)
    _hidden.clear()
    _hidden.update(dict.fromkeys(known))


def holds_hidden(text: str) -> bool:
    """Whether `text` holds one of the secrets that `hide` was told."""
    return any(secret in text for secret in _hidden)


def mask_hidden(text: str) -> str:
    """Return `text` with the exact secrets of this process masked, and nothing else changed."""
    for secret in _hidden:
        if secret in text:
            # As `mask_secrets` shows a key of that kind that it does not know.
            text = text.replace(secret, f"sk-{ELLIPSIS}" if secret.startswith("sk-") else ELLIPSIS)
    return text


def mask_url(url: str) -> str:
    """Return `url` for screens and logs: query values that sign or identify, and user info, become `…`."""
    return _QUERY_VALUE.sub(_masked, _USER_INFO.sub(_without_user, url))


def mask_secrets(text: str) -> str:
    """Return a raw answer (or any text) with the signatures of every URL in it, API keys and bearer tokens masked."""
    text = _JSON_SECRET.sub(_masked_field, mask_url(mask_hidden(text)))
    text = _BEARER.sub(_masked_bearer, text)
    return _API_KEY.sub(f"sk-{ELLIPSIS}", text)


def mask_for_others(text: str) -> str:
    """Return `text` for logs and reports: as `mask_secrets`, and of links only the query parameters that may stay."""
    return mask_secrets(_LINK.sub(_link_for_others, text))


def _link_for_others(match: re.Match[str]) -> str:
    return _QUERY_PIECE.sub(_unless_it_may_stay, match[0])


def _unless_it_may_stay(match: re.Match[str]) -> str:
    name, is_value, _ = match["piece"].partition("=")
    if is_value and unquote(name).lower() in _MAY_STAY:
        return match[0]
    return match["mark"] + (f"{name}={ELLIPSIS}" if is_value else ELLIPSIS)


def _masked(match: re.Match[str]) -> str:
    return match["before"] + ELLIPSIS if _SECRET_NAME.search(unquote(match["name"])) else match[0]


def _masked_field(match: re.Match[str]) -> str:
    return match["before"] + ELLIPSIS


def _masked_bearer(match: re.Match[str]) -> str:
    return match["word"] + match["gap"] + ELLIPSIS


def _without_user(match: re.Match[str]) -> str:
    return f"{match['scheme']}{ELLIPSIS}@"


def without_private(text: str, hidden: Iterable[str] = ()) -> str:
    """Return `text` for somebody else's eyes: no key or signature, no local path, and nothing of `hidden`.

    For text that is no answer as a whole: error messages, lines of a log. `hidden` are texts to take out wherever they
    stand (a key, a home folder), each at least 4 characters long.
    """
    for secret in sorted((each for each in hidden if len(each) >= 4), key=len, reverse=True):
        text = text.replace(secret, ELLIPSIS)
    return _LOCAL_PATH.sub(f"(a local path){ELLIPSIS}", mask_for_others(text))


def answer_without_private(raw: str, hidden: Iterable[str] = ()) -> str:
    """Return an answer for somebody else's eyes, indented where it is JSON; of prompts and inputs only the length."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return without_private(_PRIVATE_FIELD.sub(r'\g<before>"(private)"', raw), hidden)
    return without_private(json.dumps(_answer_value(value, 0), indent=2, ensure_ascii=False), hidden)


def _answer_value(value: object, depth: int) -> object:
    if depth > _DEEPEST:
        return ELLIPSIS
    if isinstance(value, dict):
        return {
            name: _private(inner) if _PRIVATE_NAME.search(name) else _answer_value(inner, depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_answer_value(inner, depth + 1) for inner in value]
    return _answer_text(value, depth) if isinstance(value, str) else value


def _answer_text(text: str, depth: int) -> str:
    """A string may be JSON of its own: some gateways hand the upstream's answer on in one."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            return _PRIVATE_FIELD.sub(r'\g<before>"(private)"', text)
        return json.dumps(_answer_value(inner, depth + 1), ensure_ascii=False)
    return text


def _private(value: object) -> object:
    if isinstance(value, str):
        return f"(private, {len(value)} characters)" if value else value
    return "(private)" if isinstance(value, (dict, list)) and value else value
