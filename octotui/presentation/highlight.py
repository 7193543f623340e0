"""Searching in lines: what matches gets a role of its own, so that it stands out wherever the line is folded."""

from __future__ import annotations

import re

from octotui.presentation.styled_text import Role, Span, StyledLine, plain


def mark_found(line: StyledLine, wanted: str) -> StyledLine:
    """The line with every `wanted` in it (upper and lower case are the same) in `Role.FOUND`."""
    text = plain(line)
    spans = [match.span() for match in re.finditer(re.escape(wanted), text, re.IGNORECASE)] if wanted else []
    if not spans:
        return line
    marked: list[Span] = []
    start = 0
    for part, role in line:
        end = start + len(part)
        at = start
        for match_start, match_end in spans:
            first, last = max(match_start, at), min(match_end, end)
            if first < last:
                marked += [(text[at:first], role), (text[first:last], Role.FOUND)]
                at = last
        marked.append((text[at:end], role))
        start = end
    return tuple(span for span in marked if span[0])


def found_rows(lines: list[StyledLine]) -> list[int]:
    """The numbers of the lines in which something was found."""
    return [number for number, line in enumerate(lines) if any(role is Role.FOUND for _, role in line)]
