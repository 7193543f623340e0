"""From an answer that holds no task to the one `RequestError` it means (`GATEWAY.md`, "Errors of the request")."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from octotui.gateway.errors import (
    Forbidden,
    GatewayError,
    KeyRefused,
    NoSuchTask,
    OutOfQuota,
    RateLimited,
    Refused,
    RequestError,
)
from octotui.gateway.parsing.fields import text_of, word
from octotui.gateway.parsing.json_body import Fields, decode
from octotui.redaction import mask_url

LONGEST_WAIT: Final = 86_400.0
"""Seconds: no `Retry-After` counts for more than a day."""

_NO_TASK_CODES: Final = frozenset({"task_not_exist", "task_not_exists", "task_not_found"})
_EMPTY_PURSE_CODES: Final = frozenset({"insufficient_balance", "billing_hard_limit_reached", "billing_not_active"})
_QUOTA_STATUSES: Final = frozenset({401, 403, 429})
_BY_STATUS: Final[dict[int, type[RequestError]]] = {
    401: KeyRefused,
    402: OutOfQuota,
    403: Forbidden,
    404: NoSuchTask,
    429: RateLimited,
}
_SHOWN_BODY: Final = 300  # characters of a body that is plain text
_PAGE_HEAD: Final = 65_536  # characters of a page in which its title is looked for


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds from `now` (unix) that `Retry-After` asks for, from seconds or an HTTP date; else None.

    Never negative and never more than `LONGEST_WAIT`.
    """
    value = header(headers, "retry-after").strip()[:100]
    seconds = re.match(r"(\d{1,15}(?:\.\d{1,9})?)\s*(?:s|,|;|$)", value, re.ASCII)
    if seconds is not None:
        return min(float(seconds[1]), LONGEST_WAIT)
    at = http_date(value)
    return min(max(0.0, at - now), LONGEST_WAIT) if at is not None else None


def http_date(value: str) -> float | None:
    """Return the unix seconds of an HTTP date (RFC 9110, 5.6.7); None where it is none."""
    try:
        date = parsedate_to_datetime(value)
        at = (date if date.tzinfo is not None else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return at if math.isfinite(at) else None


def header(headers: Mapping[str, str], name: str) -> str:
    """Return a header whatever the case of its name, `""` where it is absent."""
    found = headers.get(name)
    if found is not None:
        return found
    return next((value for key, value in headers.items() if key.lower() == name), "")


def refusal_of_object(status: int, headers: Mapping[str, str], levels: list[Fields], *, now: float) -> RequestError:
    """Return the error that a JSON object without a task in it means; `levels` from the outside in."""
    code = error_code(levels)
    reason = _reason(levels) or code or f"HTTP {_named(status)}: an answer without a task"
    error = _kind(status, code, _error_type(levels))(
        reason, status=status, code=code, retry_after=retry_after(headers, now)
    )
    error.is_object = True
    return error


def refusal_of_body(status: int, headers: Mapping[str, str], body: bytes, what: str, *, now: float) -> RequestError:
    """Return the error that a body which is no JSON object means; `what` says what it is instead."""
    return _kind(status, None, None)(
        _page_or_text(status, headers, decode(body), what), status=status, retry_after=retry_after(headers, now)
    )


def error_code(levels: list[Fields]) -> str | None:
    """Return `error.code`, else an error envelope's own `code`, cleaned; success codes and placeholders are none."""
    for level in levels:
        error = level.child("error")
        for place in (error, error.child("error") if error is not None else None):
            found = word(place.get("code")) if place is not None else None
            if found is not None:
                return found
    return next((code for level in levels if not is_success_code(level) and (code := word(level.get("code")))), None)


def is_success_code(level: Fields) -> bool:
    """Whether a wrapper's `code` says that the request went well: success, 0, 200, or none at all."""
    code = level.get("code")
    return (
        code is None or code is True or (word(code) or "").lower() in {"success", "succeed", "ok", "0", "200", "true"}
    )


def _kind(status: int, code: str | None, error_type: str | None) -> type[RequestError]:
    """Choose by status and by code; never by a message, for those are localised."""
    named = {name.lower() for name in (code, error_type) if name is not None}
    if status in _QUOTA_STATUSES:
        return (
            OutOfQuota if any("quota" in name for name in named) or named & _EMPTY_PURSE_CODES else _BY_STATUS[status]
        )
    if named & _NO_TASK_CODES:
        return NoSuchTask
    return _BY_STATUS.get(status, Refused if 400 <= status < 500 else GatewayError)


def _error_type(levels: list[Fields]) -> str | None:
    errors = (level.child("error") for level in levels)
    return next((name for error in errors if error is not None and (name := word(error.get("type")))), None)


def _reason(levels: list[Fields]) -> str | None:
    """Read the envelopes `{"error":{"message"}}`, `{"error":"…"}`, `{"message"}`, `{"detail":"…"}`, outermost first."""
    for level in levels:
        error = level.child("error")
        candidates = (
            error.get("message") if error is not None else level.get("error"),
            level.get("message"),
            level.get("msg"),
            level.get("detail"),
            *level.at("detail.0.msg"),
        )
        found = next((text for value in candidates if (text := text_of(value))), None)
        if found is not None:
            return found
    return None


def _page_or_text(status: int, headers: Mapping[str, str], text: str, what: str) -> str:
    if text.lstrip()[:1] == "<" or "html" in header(headers, "content-type").lower():
        return _page(status, text)
    if 300 <= status < 400:
        target = mask_url(header(headers, "location"))
        return f"HTTP {_named(status)}: a redirect instead of an answer{f', to {target}' if target else ''}"
    if what == "text" and (shown := text_of(text, _SHOWN_BODY)):
        return f"HTTP {_named(status)}: {shown}"
    return f"HTTP {_named(status)}: {what} instead of a task"


def _page(status: int, text: str) -> str:
    # Result hosts say what is wrong in XML: <Error><Code>AccessDenied</Code><Message>Request has expired</Message>.
    if status >= 400 and (message := _element(text, "message")):
        return " ".join(part for part in (str(status), _element(text, "code"), message) if part)
    title = _element(text, "title")
    if status >= 400:
        return f"{status} {title}" if title and not title.startswith(str(status)) else title or f"HTTP {_named(status)}"
    shown = f" “{title}”" if title else ""
    return f"{status}: a web page{shown} instead of an answer; the base URL may be wrong"


def _element(text: str, name: str) -> str | None:
    found = re.search(rf"<{name}(?:\s[^<>]{{0,200}})?>([^<]{{1,1000}})<", text[:_PAGE_HEAD], re.IGNORECASE)
    return text_of(" ".join(html.unescape(found[1]).split()), _SHOWN_BODY) if found is not None else None


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
