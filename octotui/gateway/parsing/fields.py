"""Single values of an answer: times, percentages, links and words, each read by its rule in `GATEWAY.md`, "Fields"."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from urllib.parse import urlsplit

from octotui.gateway.routes import same_origin
from octotui.redaction import mask_for_others, mask_hidden
from octotui.sanitize import clean

MAX_URL: Final = 16_384
"""Characters; the longest signed links seen (a CloudFront policy) have about 2,000."""

# Unit of a bare number by its size: seconds reach 1e11 in the year 5138, milliseconds reach 1e14 then, and so on.
_UNITS: Final = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
_MAX_TIME: Final = 253_402_300_799.0  # the last second of the year 9999: what datetime can show

_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?", re.ASCII)
_ISO: Final = re.compile(
    r"(?P<year>\d{4})-?(?P<month>\d\d)-?(?P<day>\d\d)"
    r"(?:[Tt ](?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,]\d{1,20})?)?)?"
    r"\s?(?:[Zz]|(?:UTC|GMT)|(?P<sign>[+-])(?P<off_hour>\d\d)(?::?(?P<off_minute>\d\d))?)?(?: [A-Z]{1,6})?",
    re.ASCII,
)
_BREAKS: Final = re.compile(r"[ \t]*[\r\n][\s]*")
_BLANKS: Final = " \t\r\n\v\f`\u00a0\u3000\u200b\ufeff"
_ABSOLUTE: Final = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_UNFIT_FOR_URL: Final = re.compile(r"[\s\\\"<>`]")
_CONTENT_PATH: Final = re.compile(r"/v1/videos/.+/content/?")
_OWN_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1"})  # noqa: S104 - recognised, never bound


def is_absent(value: object) -> bool:
    """Whether a value is a placeholder: null, 0, `""`, `[]`, or an object that holds nothing but placeholders."""
    if isinstance(value, str):
        return not value.strip(_BLANKS)
    if isinstance(value, dict):
        return len(value) <= 16 and not any(_says_something(inner) for inner in value.values())
    return not value


def _says_something(value: object) -> bool:
    # One level deep is what placeholders are; deeper would be recursion on somebody else's nesting.
    return bool(value.strip(_BLANKS)) if isinstance(value, str) else bool(value)


def moment(value: object) -> float | None:
    """Return whole unix seconds from seconds, milliseconds (≥ 1e11), numeric strings or ISO 8601; None when unset.

    0, negative, not finite and later than the year 9999 are unset. Without an offset ISO 8601 is read as UTC.
    """
    if isinstance(value, str):
        text = value.strip(_BLANKS)[:64]
        iso = _ISO.fullmatch(text) if "-" in text[1:] or "T" in text.upper() else None
        return _whole(_iso_seconds(iso) if iso is not None else _number(text))
    return _whole(_number(value))


def _whole(number: float | None) -> float | None:
    if number is None or not math.isfinite(number) or number <= 0:
        return None
    for limit, divisor in _UNITS:
        if number < limit:
            seconds = float(math.floor(number / divisor))
            return seconds if 0 < seconds <= _MAX_TIME else None
    return None


def _iso_seconds(match: re.Match[str]) -> float | None:
    parts = {name: int(text) for name, text in match.groupdict().items() if text is not None and name != "sign"}
    offset = timedelta(hours=parts.get("off_hour", 0), minutes=parts.get("off_minute", 0))
    try:
        zone = timezone(-offset if match["sign"] == "-" else offset)
        # A leap second is the first of the next minute.
        second, leap = (59, 1) if parts.get("second") == 60 else (parts.get("second", 0), 0)
        clock = datetime(
            parts["year"],
            parts["month"],
            parts["day"],
            parts.get("hour", 0),
            parts.get("minute", 0),
            second,
            tzinfo=zone,
        )
        return (clock - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() + leap
    except (ValueError, OverflowError):
        return None


def percent(value: object, *, is_fraction: bool = False) -> int | None:
    """Return a whole percentage 0..100 from 42, 42.7, "42%" or a fraction (any non-integer below 1); garbage is None.

    With `is_fraction` (a field whose name says so) 1 means all of it.
    """
    percent_sign = False
    if isinstance(value, str):
        text = value.strip(_BLANKS)
        percent_sign = text.endswith(("%", "％"))
        value = text.rstrip("%％").rstrip()
    number = _number(value)
    if number is None or not math.isfinite(number):
        return None
    if not percent_sign and (0 < number < 1 or (is_fraction and number == 1)):
        number *= 100
    # 0.29 * 100 is 28.999999999999996: the tolerance keeps what was meant, and the floor keeps 99.9 from being done.
    return math.floor(min(100.0, max(0.0, number)) + 1e-9)


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    if not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def word(value: object, limit: int = 200) -> str | None:
    """Return a short text (or number) cleaned and without blanks around it, None when it is absent or a container."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or is_absent(value):
        return None
    text = value if isinstance(value, str) else _digits(value)
    return clean(mask_hidden(text[: limit * 4].strip()), limit) or None


def _digits(value: float) -> str:
    if not math.isfinite(value):
        return ""
    # 5.0 is how some gateways write 5; the reader of bodies lets no integer in that Python would not print.
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else str(value)


def text_of(value: object, limit: int = 2000) -> str | None:
    """Return a sentence cleaned and with secrets masked, blanks around it removed; None for all but text.

    It has at most `limit` characters.
    """
    if not isinstance(value, str):
        return None
    # Of several lines one is made: they are shown in rows.
    # Masked before it is cut: half a key is still a secret.
    whole = mask_for_others(_BREAKS.sub(" ", value[: limit * 4].strip()))
    return clean(whole, limit) or None


def link(value: object, base_url: str) -> str | None:
    """Return the http(s) URL that a field holds, its escapes byte for byte, or None.

    Blanks and back-ticks around it go, a relative path is joined to the base URL, and the gateway's own content path
    on a loopback host is a badly configured address: the base URL takes that host's place (`GATEWAY.md`, "Result URL").
    """
    if not isinstance(value, str) or len(value) > 2 * MAX_URL:
        return None
    text = value.strip(_BLANKS)
    if _ABSOLUTE.match(text):
        text = text.replace(" ", "%20")
    if not text or len(text) > MAX_URL or _UNFIT_FOR_URL.search(text) or clean(text, MAX_URL) != text:
        return None
    base_url = base_url.rstrip("/")
    if _ABSOLUTE.match(text):
        scheme, separator, rest = text.partition(":")
        text = scheme.lower() + separator + rest
        return _own_address(text, base_url) if _is_sound(text) else None
    joined = _joined(text, base_url)
    return joined if joined is not None and _is_sound(joined) else None


def is_link_like(text: str) -> bool:
    """Whether a text that `link` refuses is still no sentence to show: another scheme, or inline data."""
    start = text.strip(_BLANKS)[:64]
    return bool(re.match(r"(?:data:|[a-z][a-z0-9+.-]{0,20}://)", start, re.IGNORECASE)) and " " not in start


def _joined(text: str, base_url: str) -> str | None:
    if text.startswith("//"):
        return f"{base_url.partition('//')[0]}{text}"
    if text.lower().startswith("v1/"):
        return f"{base_url}/{text}"
    if not text.startswith("/") or text == "/":
        return None
    prefix = urlsplit(base_url).path.rstrip("/")
    if prefix and text.startswith(f"{prefix}/"):
        return base_url.removesuffix(prefix) + text
    return base_url + text


def _own_address(url: str, base_url: str) -> str:
    parts = urlsplit(url)
    if parts.hostname not in _OWN_HOSTS or not _CONTENT_PATH.fullmatch(parts.path) or same_origin(url, base_url):
        return url
    return base_url + url[len(parts.scheme) + len("://") + len(parts.netloc) :]


def _is_sound(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
