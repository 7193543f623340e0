"""Short forms of ids: as little of each as tells it apart from all others of a table, in a form that commands accept.

An ending of six characters is enough for hundreds of random ids; where two end alike, all of them show more, and in the
end their start as well. A form never becomes shorter again, so that columns do not move about. `intake.shortened` finds
the one that is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from octotui.presentation.styled_text import ELLIPSIS


class _Form(NamedTuple):
    """How many characters are left of an id."""

    start: int
    end: int

    @property
    def width(self) -> int:
        return self.start + len(ELLIPSIS) + self.end

    def cut(self, task_id: str) -> str:
        return f"{task_id[: self.start]}{ELLIPSIS}{task_id[-self.end :]}"


_FORMS = (_Form(0, 6), _Form(0, 9), _Form(6, 6), _Form(9, 7), _Form(12, 12), _Form(24, 19))


class ShortIds:
    """Short forms of the ids of one table. Costs nothing until they are wanted, then the same among any number."""

    def __init__(self, ids: Collection[str]) -> None:
        """`ids` are those of the table, kept up to date by whoever calls."""
        self._ids = ids
        self._number = 0
        self._seen: set[int] | None = None
        """Hashes of what is shown of every id: no two ids have the same. None until it is wanted."""

    def examine(self) -> None:
        """Look at all ids now, where nobody waits, and not when a form is first wanted."""
        _ = self._form

    @property
    def width(self) -> int:
        """Cells the short forms take."""
        return self._form.width

    def short(self, task_id: str) -> str:
        """The short form of an id: the id itself where that is no longer."""
        form = self._form
        return task_id if len(task_id) <= form.width else form.cut(task_id)

    def add(self, task_ids: Iterable[str]) -> None:
        """Take in ids that were not there before; `ids` has them already."""
        if self._seen is None:
            return
        cut = self._form.cut
        for task_id in task_ids:
            here = hash(cut(task_id))
            if here in self._seen:
                self._lengthen()
                return
            self._seen.add(here)

    def remove(self, task_ids: Iterable[str]) -> None:
        """Forget ids that were there; `ids` has them no longer."""
        if self._seen is not None:
            cut = self._form.cut
            self._seen.difference_update(hash(cut(task_id)) for task_id in task_ids)

    @property
    def _form(self) -> _Form:
        if self._seen is None:
            self._number -= 1
            self._lengthen()
        return _FORMS[self._number]

    def _lengthen(self) -> None:
        """Take the first longer form that tells all ids apart, or else the longest."""
        self._seen = self._seen or set()
        while self._number < len(_FORMS) - 1:
            self._number += 1
            self._seen = set(map(hash, map(_FORMS[self._number].cut, self._ids)))
            if len(self._seen) == len(self._ids):
                return
