"""Stand-ins for characters: ASCII where a terminal has no glyphs, and what is surely one cell wide where some are two.

A terminal set for East Asian text draws characters of ambiguous width (Unicode's UAX #11: bullets, arrows, lines, curly
quotes, Greek and Cyrillic letters …) two cells wide, and everything here counts them as one. There none of them is
drawn: each has a stand-in of one cell, whoever drew it, ours or a widget of Textual's.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_MARKS = {
    "◌": ".",
    "◐": ">",
    "●": "*",
    "▲": "^",
    "▼": "v",
    "↓": "v",
    "⇣": "w",
    "⇡": "d",
    "✓": "+",
    "✗": "!",
    "⊘": "x",
    "▽": "-",
    "━": "=",
    "╸": "-",
    "─": "-",
    "│": "|",
    "╭": "+",
    "╮": "+",
    "╰": "+",
    "╯": "+",
    "▌": "|",
    "▸": ">",
    "▾": "v",
    "…": "~",
    "·": "-",
    "→": ">",
    "“": '"',
    "”": '"',
    "‖": "=",
    "▁": ".",
    "▂": ":",
    "▃": "-",
    "▄": "=",
    "▅": "+",
    "▆": "*",
    "▇": "#",
    "█": "@",
}
"""What stands for our glyphs on a terminal that has none. One cell each, like the glyphs."""

_PLOTS = {
    "┌": "+",
    "┐": "+",
    "└": "+",
    "┘": "+",
    "├": "+",
    "┤": "+",
    "┬": "+",
    "┴": "+",
    "┼": "+",
    "▖": ".",
    "▗": ".",
    "▘": "'",
    "▝": "'",
    "▀": "=",
    "▐": "|",
    "▚": "%",
    "▞": "%",
    "▙": "#",
    "▛": "#",
    "▜": "#",
    "▟": "#",
}
"""The same for what plots are drawn of besides."""

_GLYPHS = _MARKS | _PLOTS

_ALIKE = {
    "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ": "ABVGDEEJZIYKLMNOPRSTUFHCCWW'Y'EUA",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя": "abvgdeejziyklmnoprstufhccww'y'eua",
    "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ": "ABGDEZHTIKLMNXOPRSTYFCPO",
    "αβγδεζηθικλμνξοπρστυφχψω": "abgdezhtiklmnxoprstyfcpo",
    "ÆÐØÞßæðøþđĦħıĸŁłŊŋŒœŦŧɑɡ": "ADOPsadopdHhikLlNnOoTtag",
    "‐–—―‘’‥•‧‰′″‵※€№℃℉Ω¡¿§¨°±×÷¤®¶": "----''.*-%'\"`*ENCFO!?S\"o+x/$RP",
    "↑←↔↕⇒⇔↗↖↘↙": "^<-|>=/\\\\/",
    "≈≠≡≤≥≪≫∞∙∶∼∽√∑∏∫∕∣∥": "~!=<><>8-:~~vSPI/||",
    "■□▲△▼▶▷◀◁◆◇○◎★☆♀♂♥♡♪♫●": "##^^v>><<**oo**fmvvdd*",
    "▀▔▏▕▐▎▍▋▊▉░▒▓": "  ||||||||.:#",
}
"""Letters and signs, and what comes nearest to them in ASCII."""

_STAND_INS = {
    char: alike for chars, others in _ALIKE.items() for char, alike in zip(chars, others, strict=True)
} | _MARKS
_PLACEHOLDER = "\U0010eeee"
"""What Kitty puts a picture in place of: it is one cell wide by definition."""
_DRAWN = re.compile("(?<!\u200d)[^\x00-\x7f\u200d\ufe0f]\ufe0f?")
"""A character, and the selector after it that makes an emoji of two cells of some. What is joined to another one is no
character of its own."""
_HORIZONTAL = frozenset("━┄┅┈┉═╌╍╴╶╸╺╼╾╴")
_VERTICAL = frozenset("┃┆┇┊┋║╎╏╵╷╹╻╽╿")


def to_ascii(text: str) -> str:
    """`text` in ASCII, as many cells wide as before; whatever has no stand-in is a question mark."""
    if text.isascii():
        return text
    return "".join(_GLYPHS.get(char, char if char.isascii() else "?" * cell_len(char)) for char in text)


@lru_cache(maxsize=8192)
def to_steady_width(text: str) -> str:
    """`text` without characters of ambiguous width, as many cells wide as before; all others (CJK, emoji) stay."""
    if text.isascii():
        return text
    return _DRAWN.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    drawn = match[0]
    alike = _stand_in(drawn[0])
    return drawn if alike is None else alike * cell_len(drawn)


@lru_cache(maxsize=4096)
def _stand_in(char: str) -> str | None:
    """One ASCII character for `char`; None where it may stay."""
    if char in _STAND_INS:
        return _STAND_INS[char]
    if unicodedata.east_asian_width(char) != "A" or char == _PLACEHOLDER or not cell_len(char):
        return None
    if "\u2500" <= char <= "\u257f":
        return "-" if char in _HORIZONTAL else "|" if char in _VERTICAL else "+"
    plain = [part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)]
    return plain[0] if len(plain) == 1 and plain[0].isascii() and plain[0].isprintable() else "?"


class SteadyWidths(LineFilter):
    """Draws the stand-ins of characters of ambiguous width, in every line of every widget (Textual's filter API)."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """Return the segments, as wide as they were."""
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(to_steady_width(segment.text), segment.style)
            for segment in segments
        ]
