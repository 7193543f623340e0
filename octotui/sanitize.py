"""Text from outside made safe where it enters."""

from __future__ import annotations

import re

ELLIPSIS = "…"
"""Stands for what was cut off or hidden."""

# Everything a terminal obeys or a reader cannot see: C0, DEL, C1, zero-width blanks, bidi marks and overrides, line
# and paragraph separators, lone surrogates, interlinear marks, tag characters. ZWJ and ZWNJ stay: emoji and several
# scripts need them.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def clean(value: str, limit: int = 2000) -> str:
    """Return `value` with everything a terminal would obey made visible, at most `limit` characters long.

    C0 controls and DEL become their pictures (`␛`, `␊`), all else that is unsafe `<U+202E>`; what is cut off ends in
    `…`. Cleaning twice changes nothing. Called where text enters and nowhere else (`CONTRIBUTING.md`).
    """
    shown = _UNSAFE.sub(_visible, value[: limit + 1])
    return shown if len(shown) <= limit else shown[: max(limit - 1, 0)] + ELLIPSIS[:limit]


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"
