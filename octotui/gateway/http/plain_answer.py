"""Plain answers, read in one step: what nearly every poll brings. All that is not plain is left to h11."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

LARGEST: Final = 256 * 1024
"""Bytes of an answer, head and body, that is read in one step."""

_HEAD: Final = re.compile(
    rb"HTTP/1\.1 ([245]\d\d) [\t\x20-\x7e]*\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e]*\r\n)*)\r\n"
)
"""A status line and headers of printable ASCII, none of them folded."""
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,6})\r\n")
_WITHOUT_BODY: Final = frozenset({204, 205})
_NEITHER: Final = frozenset({"content-encoding", "upgrade", "trailer"})


class PlainAnswer(NamedTuple):
    """One whole answer whose connection stays open."""

    status: int
    """2xx, 4xx or 5xx."""
    headers: dict[str, str]
    """By names in lower case; the values of a name that comes twice are joined by a comma."""
    body: bytes


class Reading(Enum):
    """Why there is no `PlainAnswer`."""

    UNFINISHED = "more is to come"
    NOT_PLAIN = "it is for h11 to read, or to refuse"


def read_plain(data: bytes | bytearray) -> PlainAnswer | Reading:
    """Read what has come since the request was sent.

    Plain is an HTTP/1.1 answer of known length, or in chunks without extensions and trailers, that neither ends the
    connection nor is compressed, redirects or comes after an interim one, with nothing behind it.
    """
    found = _HEAD.match(data)
    if found is None:
        is_odd = not data.startswith(b"HTTP/1.1 "[: len(data)]) or data.count(b"\n") > data.count(b"\r\n")
        is_over = len(data) > LARGEST or b"\r\n\r\n" in data
        return Reading.NOT_PLAIN if is_odd or is_over else Reading.UNFINISHED
    headers: dict[str, str] = {}
    for line in found[2].decode("ascii").splitlines():
        name, _, value = line.partition(":")
        name = name.lower()
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    status = int(found[1])
    if status in _WITHOUT_BODY or headers.get("connection", "keep-alive").lower() != "keep-alive":
        return Reading.NOT_PLAIN
    if not _NEITHER.isdisjoint(headers):
        return Reading.NOT_PLAIN
    length, coding = headers.get("content-length"), headers.get("transfer-encoding")
    if coding is None and length is not None and length.isdecimal() and len(length) < 7:
        body = _counted(data, found.end(), int(length))
    elif length is None and coding is not None and coding.lower() == "chunked":
        body = _chunked(data, found.end())
    else:
        return Reading.NOT_PLAIN
    return PlainAnswer(status, headers, body) if isinstance(body, bytes) else body


def _counted(data: bytes | bytearray, start: int, length: int) -> bytes | Reading:
    end = start + length
    if len(data) == end:
        return bytes(data[start:])
    return Reading.UNFINISHED if len(data) < end <= LARGEST else Reading.NOT_PLAIN


def _chunked(data: bytes | bytearray, start: int) -> bytes | Reading:
    parts: list[bytes] = []
    while (size := _CHUNK.match(data, start)) is not None:
        length, start = int(size[1], 16), size.end()
        if length == 0:
            is_end = data[start:] == b"\r\n"
            may_end = len(data) < start + 2 and b"\r\n".startswith(data[start:])
            return b"".join(parts) if is_end else Reading.UNFINISHED if may_end else Reading.NOT_PLAIN
        end = start + length
        if end > LARGEST:
            return Reading.NOT_PLAIN
        if len(data) < end + 2:
            return Reading.UNFINISHED
        if data[end : end + 2] != b"\r\n":
            return Reading.NOT_PLAIN
        parts.append(bytes(data[start:end]))
        start = end + 2
    # Of a size that has not come whole nothing can be said yet; one with an extension is for h11.
    return Reading.UNFINISHED if re.fullmatch(rb"[0-9A-Fa-f]{0,6}\r?", data[start:]) else Reading.NOT_PLAIN
