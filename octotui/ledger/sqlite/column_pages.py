"""All tasks of a ledger, a page at a time and column by column; the next page is fetched while one is made into tasks.

Half of the columns say nothing of any task of a page, or the same of all of them. Those are told apart first and are
not fetched, and SQLite works without the interpreter's lock meanwhile. Measured for 100,000 tasks, in seconds of the
processor that hold the lock, and of SQLite beside them: 0.25 and 0.55, of rows in JSON (`bulk.py`) 0.6 and 0.65.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

from octotui.ledger.rows import REQUIRED, TYPES
from octotui.ledger.sqlite import bulk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGE = 2000
"""Rows fetched in one step: 15 milliseconds of SQLite's, and eight in which they are made into tasks."""

_LONG = frozenset({"id", "result_url", "error_message", "failure_message", "title", "prompt", "file", "sha256"})
"""Texts that no two tasks share: to look for the first and the last of them would be of no use."""
_SCALE = 2.0**22
_SMALLEST, _LARGEST = 2.0**30, 2.0**31
"""Times from 2004 to 2038 are multiples of 1/`_SCALE`, as every float of this range: an integer says all of one.

SQLite writes such an integer in half of the time that it takes for a float to the last bit, Python reads it in a third.
"""

_END = "SELECT MAX(number) FROM (SELECT number FROM tasks WHERE number > ? ORDER BY number LIMIT ?)"
_PAGE = "FROM tasks WHERE number > ? AND number <= ?"
_NUMBERS = f"SELECT number {_PAGE} ORDER BY number"


class Page(NamedTuple):
    """What the rows of one page hold."""

    before: int
    """The number of the row before the first."""
    last: int
    """The number of the last row."""
    rows: int
    constants: dict[str, Any]
    """Columns with one value in all rows."""
    columns: dict[str, str]
    """The others, each as a JSON array."""
    scaled: frozenset[str]
    """Columns of times that are written as integers, `_SCALE` times as large."""
    error: Exception | None = None
    """Why the rows could not be fetched; only what a value in them can be to blame for is told here."""

    def values(self) -> dict[str, Sequence[Any]]:
        """Return the values of the columns that differ; times that are alike are one object, whosever they are.

        A task was asked, has answered and was seen to be final at one time, and many were added together: of a float
        for each, two of three would be copies. Raises `ValueError` where a column is no JSON.
        """
        shared: dict[int, float] = {}
        share = shared.setdefault
        found: dict[str, Sequence[Any]] = {}
        for name, text in self.columns.items():
            values: list[Any] = json.loads(text)
            if name in self.scaled:
                values = [value if value is None else share(value, value / _SCALE) for value in values]
            found[name] = values
        return found


def pages(connection: sqlite3.Connection, columns: Sequence[str]) -> Iterator[Page]:
    """Yield all rows of the tasks by their numbers, each page with these columns.

    The connection works in another thread until the page after has come: whoever uses it for something else meanwhile
    takes turns with that.
    """
    query = _PageQuery(columns)
    page = query.fetch(connection, -(2**63))
    if page is None:
        return
    if page.error is None and page.rows < PAGE:
        yield page  # all there is: no thread need begin
        return
    from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415 - a command that adds a task needs none

    with ThreadPoolExecutor(1, "octotui-pages") as ahead:
        while page is not None:
            coming = ahead.submit(query.fetch, connection, page.last)
            try:
                yield page
            finally:
                wait([coming])
            page = coming.result()


def numbers(connection: sqlite3.Connection, page: Page) -> list[int]:
    """Return the numbers of the rows of a page."""
    return [row[0] for row in connection.execute(_NUMBERS, (page.before, page.last))]


class _PageQuery:
    """What is asked about the columns of a page, before their values are."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._asked: list[tuple[str, str]] = []
        for name in columns:
            self._asked += [("COUNT", name)] if name not in REQUIRED else []
            self._asked += [("MIN", name), ("MAX", name)] if name not in _LONG else []
        asked = "".join(f", {function}({name})" for function, name in self._asked)
        self._query = f"SELECT COUNT(*){asked} {_PAGE}"

    def fetch(self, connection: sqlite3.Connection, before: int) -> Page | None:
        """Return the page after the row number `before`; None where there are no more rows."""
        last = connection.execute(_END, (before, PAGE)).fetchone()[0]
        if last is None:
            return None
        try:
            return self._fetch(connection, before, last)
        except sqlite3.OperationalError as error:
            return Page(before, last, 0, {}, {}, frozenset(), error)

    def _fetch(self, connection: sqlite3.Connection, before: int, last: int) -> Page:
        count, *told = connection.execute(self._query, (before, last)).fetchone()
        facts = dict(zip(self._asked, told, strict=True))
        constants: dict[str, Any] = {}
        wanted: dict[str, str] = {}
        scaled = set()
        for name in self._columns:
            filled = facts.get(("COUNT", name), count)
            least, most = facts.get(("MIN", name)), facts.get(("MAX", name))
            if not filled:
                constants[name] = None
            elif filled == count and least is not None and least == most and type(least) is type(most):
                constants[name] = least
            elif type(least) is type(most) is float and least >= _SMALLEST and most < _LARGEST:
                scaled.add(name)
                wanted[name] = f"CAST({name} * {_SCALE} AS INTEGER)"
            else:
                wanted[name] = bulk.real(name) if float in TYPES[name] else name
        texts: Sequence[str] = ()
        if wanted:
            arrays = ", ".join(f"json_group_array({value})" for value in wanted.values())
            query = f"SELECT {arrays} FROM (SELECT * {_PAGE} ORDER BY number)"  # noqa: S608  names and numbers of ours
            texts = connection.execute(query, (before, last)).fetchone()
        return Page(before, last, count, constants, dict(zip(wanted, texts, strict=True)), frozenset(scaled))
