"""From what a person writes ("30m", "2GB", "~/videos") to what octotui counts in; `ValueError` says what is right."""

from __future__ import annotations

import math
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from octotui.gateway.routes import normalise_base_url
from octotui.task_events import NoticeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {
    unit + suffix: base**power
    for base, suffix in ((1000, "b"), (1024, "ib"))
    for power, unit in enumerate(("", "k", "m", "g", "t"))
    if power or suffix == "b"
}
_DURATION_PART = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*(ms|min|s|m|h|d)", re.IGNORECASE)
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)\s*((?:[kmgt]i?)?b)", re.IGNORECASE)

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}")

_MOST = 10**18
"""Larger numbers are slips of the hand, and would overflow elsewhere."""

STORAGE_SCHEMES = ("s3", "gs", "az", "file")
"""What a URL that results are delivered to may begin with."""

TEMPLATE_FIELDS = ("provider", "model", "id", "date", "time", "tag", "seconds", "size", "title")
"""What may stand in braces in `file_template`."""


class Surroundings(NamedTuple):
    """What a relative path or a `~` in a setting is counted from."""

    folder: Path
    """The folder of the configuration file."""
    home: Path


def read_duration(value: object) -> float:
    """Seconds from a number of seconds or text with units: `10`, `"30m"`, `"1h 30m"`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not 0 <= value < _MOST:
            raise ValueError("must be a number of seconds from 0 up")
        return float(value)
    if isinstance(value, str) and value.strip():
        total, position = 0.0, 0
        while part := _DURATION_PART.match(value, position):
            total += float(part[1]) * _SECONDS[part[2].lower()]
            position = part.end()
        if position and not value[position:].strip():
            return total
    raise ValueError('must be a time: seconds (10), or text with a unit of s, m, h or d ("30m", "1h 30m")')


def read_size(value: object) -> int:
    """Bytes from a number of bytes or text with units: `1000`, `"2GB"` (10^9), `"2GiB"` (2^30)."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST:
        return value
    if isinstance(value, str) and (match := _SIZE.fullmatch(value.strip())):
        return int(float(match[1]) * _BYTES[match[2].lower()])
    raise ValueError('must be a size: bytes (1000000), or text with a unit of B, KB, MB, GB, TB or KiB … TiB ("2GB")')


def read_rate(value: object) -> int:
    """Bytes per second from a number or text with units: `"10MB/s"`. 0 is refused: leave the setting out instead."""
    if isinstance(value, str):
        value = re.sub(r"\s*/\s*s(ec)?\s*$", "", value, flags=re.IGNORECASE)
    try:
        rate = read_size(value)
    except ValueError:
        raise ValueError('must be a rate: bytes a second, or text with a unit ("10MB/s")') from None
    if rate == 0:
        raise ValueError("must be more than 0; leave the setting out for no limit")
    return rate


def read_text(value: object) -> str:
    """Text that is not empty and holds no control characters."""
    if not isinstance(value, str):
        raise ValueError("must be text in quotes")  # noqa: TRY004 - one kind of error for everything a person wrote wrong
    text = value.strip()
    if not text:
        raise ValueError("must not be empty; leave the setting out instead")
    if not text.isprintable():
        raise ValueError("must not hold control characters")
    return text


def read_flag(value: object) -> bool:
    """Return `true` or `false`."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false, without quotes")  # noqa: TRY004 - as above
    return value


def read_choice(value: object) -> bool | None:
    """Return `true` or `false`, None for `"auto"`."""
    if value == "auto":
        return None
    if not isinstance(value, bool):
        raise ValueError('must be true, false or "auto"')  # noqa: TRY004 - as above
    return value


def read_whole(value: object) -> int:
    """Return a whole number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("must be a whole number from 0 up, without quotes")
    return value


def read_words(value: object) -> tuple[str, ...]:
    """Return a command as a list of its words: `["mpv", "--really-quiet"]`. No shell ever reads it."""
    if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
        raise ValueError('must be a list of words in quotes, the program first: ["mpv", "--loop"]')
    if any("\0" in word for word in value):
        raise ValueError("must not hold a NUL character")
    return tuple(value)


def read_notices(value: object) -> tuple[str, ...]:
    """Return a list of occasions, each once; an empty list is none of them."""
    names = [kind.value for kind in NoticeKind]
    if not isinstance(value, list) or not all(entry in names for entry in value):
        raise ValueError(f"must be a list of some of: {', '.join(names)}")
    return tuple(name for name in names if name in value)


def read_urls(value: object) -> tuple[str, ...]:
    """Return a list of Apprise's URLs. They hold passwords, so no message repeats them."""
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ValueError('must be a list of URLs in quotes: ["ntfy://ntfy.example/octotui"]')
    for number, entry in enumerate(value, 1):
        checked_url(entry, f"entry {number}")
    return tuple(entry.strip() for entry in value)


def checked_url(text: str, what: str) -> str:
    """Return a URL without blanks around it; `ValueError` names `what` it is, not what it says."""
    text = text.strip()
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://\S", text) or not text.isprintable():
        raise ValueError(f'{what} must be a URL as Apprise has them ("ntfy://ntfy.example/octotui")')
    return text


def read_path(value: object, surroundings: Surroundings) -> Path:
    """Return an absolute path; `~` is the home folder, a relative path counts from the configuration file."""
    text = read_text(value)
    if text == "~" or text.startswith("~/"):
        return surroundings.home / text[2:]
    if text.startswith("~"):
        raise ValueError("must start with ~/ or /; other people's home folders are not looked up")
    return surroundings.folder / text


def read_base_url(value: object) -> str:
    """Return the gateway's address in the form the rest of octotui uses (`normalise_base_url`)."""
    return normalise_base_url(read_text(value))


def read_proxy(value: object) -> str:
    """Return an http(s) proxy's URL; `host:port` alone is http. It may hold a password, so no message repeats it."""
    text = read_text(value)
    text = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError('must be the URL of an http or https proxy ("http://proxy.example:3128")')
    return text


def read_ledger(value: object, *, may_hold_password: bool = False) -> str:
    """Return the URL of a PostgreSQL ledger. A password in it is refused where others may read what is written."""
    from octotui.ledger.url import taken_apart  # noqa: PLC0415 - few have one

    text = read_text(value)
    if taken_apart(text).has_password and not may_hold_password:
        raise ValueError("must not hold a password: put it in ~/.pgpass, or have ledger_password_command print it")
    return text


def read_storage(value: object) -> str:
    """Return the URL of a prefix in object storage, or of a folder (`file:///mnt/results`), without a `/` at its end.

    It names a place and nothing else: credentials in it would be in every log and every ledger.
    """
    text = read_text(value)
    scheme, colon, rest = text.partition("://")
    if scheme not in STORAGE_SCHEMES or not colon:
        raise ValueError('must be a URL like "s3://bucket/prefix"; also gs://, az:// and file:///folder')
    place, _, path = rest.partition("/")
    if "@" in place or set("?#") & set(rest):
        raise ValueError(
            "must name bucket and prefix alone: credentials come from the environment, the cloud's own profile files "
            "or the machine's role"
        )
    if scheme == "file":
        if place or not path.strip("/"):
            raise ValueError('must name a folder from the root: "file:///mnt/results"')
    elif not _BUCKET.fullmatch(place):
        raise ValueError(f'must name a bucket: "{scheme}://bucket/prefix"')
    parts = [part for part in path.split("/") if part]
    if {".", ".."} & set(parts):
        raise ValueError("must hold neither . nor .. between its slashes")
    return "/".join([f"{scheme}://{place}", *parts])


def read_keeping(value: object) -> float:
    """Seconds a local file is kept after its delivery: for ever (`"always"`), none (`"until_delivered"`), or a time."""
    if value == "always":
        return math.inf
    if value == "until_delivered":
        return 0.0
    try:
        return read_duration(value)
    except ValueError:
        raise ValueError('must be "always", "until_delivered", or a time since the delivery ("7d", "12h")') from None


def read_template(value: object) -> str:
    """Return a file name template: folders with `/`, fields in braces (`TEMPLATE_FIELDS`), below `download_dir`."""
    import string  # noqa: PLC0415 - few files set a template, and every start would pay for it

    text = read_text(value)
    valid = ", ".join(f"{{{field}}}" for field in TEMPLATE_FIELDS)
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        raise ValueError(f"has a brace too many or too few. Valid fields: {valid}") from None
    for _, field, specification, conversion in parts:
        if field is not None and (field not in TEMPLATE_FIELDS or specification or conversion):
            raise ValueError(f"does not know the field {{{field}}}. Valid fields: {valid}")
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or text.endswith("/"):
        raise ValueError("must name a file below download_dir: no leading /, no .., no / at the end")
    return text


def read_prefixes(value: object) -> tuple[str, ...]:
    """Return a list of prefixes, none of them empty (an empty one would match everything)."""
    if not isinstance(value, list):
        raise ValueError('must be a list of texts: ["kling-"]')  # noqa: TRY004 - as above
    return tuple(read_text(entry) for entry in value)


def read_hosts(value: object) -> tuple[str, ...]:
    """Return a list of host names or literal addresses, without scheme, port and path."""
    if not isinstance(value, list) or not all(isinstance(entry, str) and _HOST.fullmatch(entry) for entry in value):
        raise ValueError('must be a list of host names or addresses, without port: ["10.0.0.7", "media.lan"]')
    return tuple(entry.lower() for entry in value)


def read_accent(value: object) -> str:
    """Return a colour as `#rrggbb`, in lower case."""
    text = read_text(value).lower()
    if not re.fullmatch(r"#[0-9a-f]{6}", text):
        raise ValueError('must be a colour like "#5fafd7"')
    return text


def read_keyring_entry(value: object) -> str:
    """`service/name`: where a keyring holds the key."""
    text = read_text(value)
    service, slash, name = text.partition("/")
    if not (service and slash and name):
        raise ValueError('must be "service/name"')
    return text


def bounded(number: float, minimum: float | None, maximum: float | None, unit: str | None) -> None:
    """Raise `ValueError` when `number` lies outside of the bounds, both allowed."""
    if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        if maximum is None:
            limits = f"at least {minimum:g}"
        elif minimum is None:
            limits = f"at most {maximum:g}"
        else:
            limits = f"from {minimum:g} to {maximum:g}"
        raise ValueError(f"must be {limits}{' ' + unit if unit else ''}")


def one_of(text: str, choices: Sequence[str]) -> None:
    """Raise `ValueError` when there are choices and `text` is none of them."""
    if choices and text not in choices:
        raise ValueError(f"must be one of: {', '.join(choices)}")
