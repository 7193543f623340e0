"""Tables of AsciiDoc, MediaWiki and reStructuredText, whose cells may stand one a line, written as Markdown ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

MOST_LINES = 100_000
"""Lines of a text that is taken apart line by line: no more are read of one."""

_ASCII_DOC_FENCE = re.compile(r"^\|===[ \t]*$", re.MULTILINE)
_WIKI_TABLE = re.compile(r"^\{\|[^\n]*\n(?P<rows>(?:(?!\|\}|\{\|)[^\n]*\n){1,20000}+)\|\}", re.MULTILINE)
_CARETS = re.compile(r"^\^ [^\n]{1,2000}\^[ \t]*$", re.MULTILINE)
_BB_TAG = re.compile(r"\[(/?(?:table|thead|tbody|tr|t[dh])(?:=[^\[\]\n]{0,60})?)\]", re.IGNORECASE)
_WIKI_CELLS = re.compile(r"\|\||!!")
_LIST_TABLE = re.compile(
    r"^[ \t]*\.\. list-table::[^\n]*\n(?P<rows>(?:[ \t]*\n|[ \t]+(?:[*:-])[^\n]*\n?){1,20000}+)", re.MULTILINE
)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.strip() for cell in cells)} |"


def ascii_doc(text: str) -> str:
    """Return `|===` tables with one row a line."""
    if text.count("\n") > MOST_LINES:
        return text
    parts = _ASCII_DOC_FENCE.split(text)
    parts[1::2] = ["\n".join(_ascii_doc_rows(table.strip("\n").split("\n"))) for table in parts[1::2]]
    return "\n".join(parts)


def _ascii_doc_rows(lines: Sequence[str]) -> Iterator[str]:
    if not any("|" in line for line in lines):
        yield from lines  # a format of its own, as CSV
        return
    # The headings stand before the first blank line.
    width = sum(line.count("|") for line in takewhile(str.strip, lines)) or 1
    cells = [cell for line in lines for cell in line.split("|")[1:]]
    for at in range(0, len(cells), width):
        yield _row(cells[at : at + width])


def doku_wiki(text: str) -> str:
    """Return headings between `^` as those of Markdown."""
    return _CARETS.sub(lambda line: line[0].replace("^", "|"), text)


def bb_code(text: str) -> str:
    """Return tables between `[table]` and `[/table]` as those of HTML."""
    return _BB_TAG.sub(r"<\1>", text)


def media_wiki(text: str) -> str:
    """Return `{| … |}` tables with one row a line."""
    return _WIKI_TABLE.sub(lambda table: "\n".join(_wiki_rows(table["rows"].split("\n"))), text)


def _wiki_rows(lines: Sequence[str]) -> Iterator[str]:
    cells: list[str] = []
    for line in (*map(str.strip, lines), "|-"):
        if line.startswith("|-"):
            if cells:
                yield _row(cells)
            cells = []
        elif line[:1] in {"|", "!"} and not line.startswith("|+"):
            # Before a single bar stands how a cell looks.
            cells += [cell.rpartition("|")[2] for cell in _WIKI_CELLS.split(line[1:])]


def list_table(text: str) -> str:
    """Return a `list-table` with one row a line."""
    return _LIST_TABLE.sub(lambda table: "\n".join((*_listed_rows(table["rows"].split("\n")), "")), text)


def _listed_rows(lines: Sequence[str]) -> Iterator[str]:
    cells: list[str] = []
    for line in (*map(str.strip, lines), "*"):
        if line.startswith("*"):
            if cells:
                yield _row(cells)
            cells = []
        if line.lstrip("* ").startswith("-"):
            cells.append(line.lstrip("* ")[1:])
