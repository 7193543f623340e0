"""A paste made readable: decoded, without colours and invisible marks, its quoting undone."""

from __future__ import annotations

import json
import re
from functools import partial

from octotui.intake.cleaning.markup_tables import MOST_LINES
from octotui.intake.cleaning.writings import rewritten

MAX_TEXT = 8 * 1024 * 1024
"""Characters of one paste that are read; what comes after them is left out, and said so."""

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_LINKED = re.compile(r"\x1b\]8;[^;\x07\x1b]{0,200};(https?://[^\s\x07\x1b]{1,2000})(?:\x07|\x1b\\)")
"""Where a word of a terminal leads to."""
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ud800-\udfff]")
_BUT_TABS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ud800-\udfff]")
_DIFF = re.compile(
    r"^[+-](?=(?:video|task|cgt|gen-vid)[_-]|[A-Za-z][\w.-]{1,60}:(?:(?:video|task)_|\d{9,13}-|[0-9a-f]{8}-))",
    re.MULTILINE,
)
_SOFT_BREAK = re.compile(r"(?<=\S)=\n")

_NARROW = {
    "：": ": ",
    "，": ", ",
    "；": "; ",
    "（": " (",
    "）": ") ",
    "＝": "=",
    "“": '"',
    "”": '"',
    "。": ". ",
    "、": ", ",
    "「": '"',
    "」": '"',
    "｜": "|",
}
_WIDE = re.compile(f"[{''.join(_NARROW)}]")
_BRACKETED_NAME = re.compile(r"【([^【】\n]{1,20})】[ \t]*(?=[^\s【])")
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,2}([^\W_][\w -]{0,40})(?::\*{1,2}|\*{1,2}:)")
_SIDES = re.compile(r"^[ \t]*[│┃║][ \t]([^│┃║┆|\n]*)[│┃║][ \t]*$", re.MULTILINE)
_LOG_PREFIX = re.compile(
    r"^(?:[\w.-]{1,80}[_-]\d{1,4}[ \t]+\| ?|\[pod/[^\]\s]{1,200}\] "
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (?:std(?:out|err) [FP] )?)"
)


def _without_prefixes(text: str) -> str:
    """Return the text without what docker, Kubernetes or a CI writes before every line of a program's output."""
    if _LOG_PREFIX.match(text) is None:
        return text
    lines = text.split("\n")
    if not all(not line or _LOG_PREFIX.match(line) for line in lines):
        return text
    return _without_prefixes("\n".join(_LOG_PREFIX.sub("", line) for line in lines))


_CUT_IDS = (
    (re.compile(r"(?<![\w-])(video_)([0-9a-f]{1,47})\n[ \t]*([0-9a-f]{1,47})(?![\w-])"), frozenset({32, 48})),
    (re.compile(r"(?<![\w-])(task_)([A-Za-z0-9]{1,31})\n[ \t]*([A-Za-z0-9]{1,31})(?![\w-])"), frozenset({26, 32})),
)
"""Ids that the end of a line cuts in two, and the lengths of whole ones."""
_SHORTEST_FOLD = 30
"""Characters of the shortest lines that something narrow makes of a long one."""


def _whole_again(lengths: frozenset[int], match: re.Match[str]) -> str:
    begun, rest = len(match[2]), len(match[3])
    return match[1] + match[2] + match[3] if begun not in lengths and begun + rest in lengths else match[0]


def _unfolded(text: str) -> str:
    """Return the text without the ends of lines that a narrow terminal put into strings and ids."""
    for pattern, lengths in _CUT_IDS:
        text = pattern.sub(partial(_whole_again, lengths), text)
    if '"' not in text or text.count("\n") > MOST_LINES:
        return text
    written: list[str] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        width, end = len(lines[at]), at + 1
        if width >= _SHORTEST_FOLD:
            while end < len(lines) and len(lines[end]) == width:
                end += 1
            folded = lines[at : end + 1]
            quotes = [line.count('"') - line.count('\\"') for line in folded]
            if 0 < len(folded[-1]) < width and any(count % 2 for count in quotes[:-1]) and sum(quotes) % 2 == 0:
                written.append("".join(folded))
                at = end + 1
                continue
        written += lines[at:end]
        at = end
    return "\n".join(written)


def _narrow(match: re.Match[str]) -> str:
    return _NARROW[match[0]]


def decode(data: bytes) -> str:
    """Return bytes as text: UTF-8, or UTF-16 and UTF-32 where a mark or many zero bytes say so; bad bytes as `�`."""
    start = data[:4096]
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff")) or start.count(0) * 3 > len(start)
    encoding = json.detect_encoding(data[:8]) if b"\x00" in start and is_wide else "utf-8"
    return data.decode(encoding, "replace").removeprefix("\ufeff")


def prepared(text: str) -> str:
    """Return the text without colours and invisible marks, control characters blanked: no id can hold any of them."""
    if text.count("\x00", 0, 4096) * 3 > len(text[:4096]):
        text = text.replace("\x00", "").lstrip("\ufffd\xff\xfe")  # UTF-16 that was taken for something else
    text = _LINKED.sub(r" \1 ", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _INVISIBLE.sub("", _ANSI.sub("", text))
    text = _BRACKETED_NAME.sub(r", \1: ", text) if "【" in text else text
    text = _without_prefixes(_WIDE.sub(_narrow, text))
    if "*" in text:
        text = _EMPHASIS.sub(r"\1:", text)  # `*Job ID:* …` of chats
    if "│" in text or "┃" in text or "║" in text:
        text = _SIDES.sub(r"\1", text)  # a panel around lines, and no column
    text = rewritten(_unfolded(text))
    text = _DIFF.sub(" ", _BUT_TABS.sub(" ", text))
    return _SOFT_BREAK.sub("", text).replace("=3D", "=") if "=3D" in text else text


def visible_only(text: str) -> str:
    """Return the text with control characters blanked and all else as it is."""
    return _CONTROL.sub(" ", text)
