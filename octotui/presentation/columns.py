"""Which columns a row has at which width: the more there is to lose, the narrower the terminal it still shows on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from octotui.presentation.styled_text import Role, Span, StyledLine, fit, fit_right

CLOCK = 8
STATE = 11
"""Glyph, blank and the longest word, `cancelled`."""
PERCENT = 4
BAR = 11
SHORT_BAR = 8
"""Where a title needs the room more."""
PERCENT_BEHIND_BAR = 5
NOTE = BAR + PERCENT_BEHIND_BAR
"""Bar and percent, or a few words."""
TAIL = 8
"""Time to go, speed or age."""
TOOK = 4
"""Time since it was submitted."""
MODEL = 15
TELLING_MODEL = 17
"""Where most models differ in what is left of them."""
PROVIDER = 10
TAGS = 8
SHORT_ID = 7
"""Cells of an id that need only tell it apart; how many that takes depends on the other ids."""
SMALLEST_ID = 10
WIDEST_ID = 44
LEAST_TITLE = 20
COMFORTABLE_TITLE = 40
WIDEST_TITLE = 72
LEAST_MAIN = 12
"""Of title or id, whatever columns somebody chooses."""

CHOSEN_WIDTHS = {
    "age": 5,
    "took": TOOK,
    **dict.fromkeys(("size", "speed", "length", "source", "route"), 9),
    **dict.fromkeys(("added", "created", "completed", "deadline", "saved"), 19),
    "id": SHORT_ID,
    "provider": PROVIDER,
    "model": MODEL,
    "tags": TAGS,
    "frame": 10,
    "status": 14,
    **dict.fromkeys(("note", "file", "delivered", "error"), 20),
    **dict.fromkeys(("box", "sha256"), 12),
}
"""Cells of each column that one can choose, but for those that take what there is room for."""
RIGHT = frozenset({"age", "took", "size", "speed"})
"""Columns whose texts stand at their right edge."""
AUTOMATIC = ("left", "state", "title", "id", "done", "took", "model", "tags")
"""What there is to see of one provider's tasks where nobody has chosen, as far as there is room."""
Columns = tuple[str, ...]
"""Names of columns, as `fields.py` has them."""


class Layout(NamedTuple):
    """Widths in cells of a row's columns from left to right, one blank between two; 0 leaves a column out."""

    width: int
    clock: int = CLOCK
    state: int = STATE
    provider: int = 0
    main: int = SMALLEST_ID
    """The title, or the id where titles are not shown."""
    id: int = 0
    """The id beside a title, no more of it than tells it apart."""
    percent: int = 0
    """Only where there is no room for `note`."""
    note: int = 0
    bar: int = 0
    """How much of `note` is bar; 0 where a title needs the room."""
    tail: int = 0
    took: int = 0
    model: int = 0
    tags: int = 0
    more: tuple[tuple[str, int], ...] = ()
    """Further columns that somebody has chosen: their names and widths."""
    titled: bool = False
    """Whether `main` holds titles."""


class Choice(NamedTuple):
    """What the columns of a table depend on besides its width."""

    alone: bool = False
    """Whether it has the whole screen: ids get more room than models."""
    titled: bool = False
    """Whether any of its tasks has a title."""
    short_id: int = SHORT_ID
    """Cells that tell its ids apart."""
    everybody: bool = False
    """Whether tasks of all providers are in it."""
    columns: Columns = ()
    """What somebody has chosen to see; empty: whatever there is room for."""

    def wants(self, name: str) -> bool:
        """Whether a column is to be seen where there is room."""
        return name in self.columns if self.columns else name in AUTOMATIC

    @property
    def shows_titles(self) -> bool:
        """Whether the widest column holds titles."""
        return self.titled and self.wants("title")


PLAIN = Choice()


@lru_cache(maxsize=256)
def layout_for(width: int, choice: Choice = PLAIN) -> Layout:
    """The columns for rows of `width` cells."""
    left = width - 1
    clock = CLOCK if choice.wants("left") else 0
    left -= clock + bool(clock)
    state = STATE if choice.wants("state") else 0
    if state and left < STATE + 1 + 8:
        state = 1 if left >= 2 else 0
        return Layout(width, clock, state, main=max(0, left - 2 * state), titled=choice.shows_titles)
    left -= state + bool(state)
    if choice.wants("done") and left < SMALLEST_ID + 1 + NOTE + 1 + TAIL:
        percent = PERCENT if left >= SMALLEST_ID + 1 + PERCENT else 0
        main = left - (percent + 1 if percent else 0)
        return Layout(width, clock, state, main=main, percent=percent, titled=choice.shows_titles)
    if choice.columns:
        return _chosen(Layout(width, clock, state), left, choice)
    if choice.shows_titles:
        return _titled(Layout(width, titled=True), left, choice)
    return _untitled(Layout(width), left, choice)


def _with_bar(layout: Layout, left: int) -> tuple[Layout, int]:
    """The layout with bar and tail, and what is left then."""
    bar = BAR if layout.width < 130 else 2 * BAR
    if layout.titled and layout.width < 90:
        is_tight = left < LEAST_TITLE + 1 + SHORT_BAR + PERCENT_BEHIND_BAR + 1 + TAIL
        bar = 0 if is_tight else SHORT_BAR
    note = bar + PERCENT_BEHIND_BAR
    return layout._replace(bar=bar, note=note, tail=TAIL), left - note - TAIL - 2


def _untitled(layout: Layout, left: int, choice: Choice) -> Layout:
    """Ids get what there is, up to their whole length."""
    layout, left = _with_bar(layout, left)
    provider = PROVIDER if choice.everybody and left >= 14 + 1 + PROVIDER else 0
    left -= provider + bool(provider)
    model = MODEL if left >= (32 if choice.alone else 14) + 1 + MODEL else 0
    left -= model + bool(model)
    main = min(left, WIDEST_ID)
    spare = left - main
    took = TOOK if spare > TOOK else 0
    spare -= took + bool(took)
    if model and spare > 0:
        more = min(spare, 10)
        model, spare = model + more, spare - more
    tags = spare - 1 if spare > TAGS else 0
    note = layout.note + spare - (tags + bool(tags))
    return layout._replace(provider=provider, main=main, note=note, took=took, model=model, tags=tags)


def _titled(layout: Layout, left: int, choice: Choice) -> Layout:
    """Titles get most; beside them what tells an id apart, model, time taken and tags, as far as there is room."""
    layout, left = _with_bar(layout, left)
    provider = PROVIDER if choice.everybody and left >= LEAST_TITLE + 1 + PROVIDER else 0
    left -= provider + bool(provider)
    task_id = choice.short_id if left >= LEAST_TITLE + 1 + choice.short_id else 0
    left -= task_id + bool(task_id)
    model = MODEL if left >= LEAST_TITLE + 1 + MODEL else 0
    left -= model + bool(model)
    main = min(left, LEAST_TITLE + 4)
    spare = left - main
    if model:
        more = min(spare, TELLING_MODEL - MODEL)
        model, spare = model + more, spare - more
    more = min(spare, COMFORTABLE_TITLE - LEAST_TITLE - 4)
    main, spare = main + more, spare - more
    took = TOOK if spare > TOOK else 0
    spare -= took + bool(took)
    if model:
        more = min(spare, 8)
        model, spare = model + more, spare - more
    tags = TAGS + 4 if spare > TAGS + 4 else 0
    spare -= tags + bool(tags)
    more = min(spare, WIDEST_TITLE - main) if tags else spare
    return layout._replace(
        provider=provider,
        main=main + more,
        id=task_id,
        took=took,
        model=model,
        tags=tags + spare - more if tags else 0,
    )


def _chosen(layout: Layout, left: int, choice: Choice) -> Layout:
    """What somebody has chosen, the first of it first, as far as there is room; titles or ids get the rest."""
    layout = layout._replace(titled=choice.shows_titles)
    if choice.wants("done"):
        layout, left = _with_bar(layout, left)
    own = dict.fromkeys(("provider", "id", "took", "model", "tags"), 0)
    more: list[tuple[str, int]] = []
    for name in choice.columns:
        cells = choice.short_id if name == "id" else CHOSEN_WIDTHS.get(name, 0)
        if not cells or (name == "id" and not layout.titled) or left < LEAST_MAIN + 1 + cells:
            continue
        left -= cells + 1
        if name in own:
            own[name] = cells
        else:
            more.append((name, cells))
    spare = max(0, left - WIDEST_TITLE)
    if own["tags"]:
        own["tags"] += spare
    elif more and more[-1][0] not in RIGHT:
        more[-1] = (more[-1][0], more[-1][1] + spare)
    else:
        spare = 0
    return layout._replace(
        provider=own["provider"],
        main=left - spare,
        id=own["id"],
        took=own["took"],
        model=own["model"],
        more=tuple(more),
        tags=own["tags"],
    )


UP, DOWN = "▲", "▼"
"""The smallest first; the largest first."""
_SORTED_BY: dict[str, tuple[tuple[str, ...], str]] = {
    "deadline": (("left",), UP),
    "progress": (("done",), DOWN),
    "age": (("age", "created", "added"), UP),
    "state": (("state",), UP),
    "model": (("model",), UP),
    "title": (("title", "id"), UP),
    "provider": (("provider",), UP),
    "size": (("size", "done"), DOWN),
}
"""Which columns show that the rows are sorted so, the first that is there, and which end is first."""
_LATE_IS_UP = {"created": DOWN, "added": DOWN}
"""Newest first is by the smallest age, and by the largest date."""


def heading_line(layout: Layout, order: str, names: Mapping[str, str]) -> StyledLine:
    """The line over the columns, as wide as the rows; `names` are the columns' headings, `order` as `-age`."""
    by, sign = _SORTED_BY.get(order.removeprefix("-"), ((), UP))
    there = [name for name, _, _ in _columns(layout)]
    sorted_by = next((name for name in by if name in there), None)
    sign = _LATE_IS_UP.get(sorted_by or "", sign)
    if order.startswith("-"):
        sign = DOWN if sign == UP else UP
    spans: list[Span] = [(" ", Role.TEXT)]
    for number, (name, cells, is_right) in enumerate(_columns(layout)):
        text = names.get(name, name) + (sign if name == sorted_by else "")
        shown = fit_right(text, cells) if is_right else fit(text, cells)
        role = Role.STRONG if name == sorted_by else Role.DIM
        spans += [*([(" ", Role.TEXT)] if number else []), (shown, role)]
    used = sum(cells + 1 for _, cells, _ in _columns(layout))
    spans.append((" " * max(0, layout.width - used), Role.TEXT))
    return tuple(span for span in spans if span[0]) if layout.width > 12 else ()


def _columns(layout: Layout) -> Iterator[tuple[str, int, bool]]:
    """Name and cells of every column that is there from left to right, and whether its text stands at the right."""
    done = layout.note + layout.tail + 1 if layout.note else layout.percent
    columns = (
        ("left", layout.clock, False),
        ("state", layout.state, False),
        ("provider", layout.provider, False),
        ("title" if layout.titled else "id", layout.main, False),
        ("id", layout.id, False),
        ("done", done, bool(layout.percent)),
        ("took", layout.took, True),
        ("model", layout.model, False),
        *((name, cells, name in RIGHT) for name, cells in layout.more),
        ("tags", layout.tags, False),
    )
    return ((name, cells, is_right) for name, cells, is_right in columns if cells)


HEADINGS = {
    "left": "Left",
    "state": "State",
    "provider": "Provider",
    "title": "Title",
    "id": "Id",
    "done": "Done",
    "took": "Took",
    "model": "Model",
    "tags": "Tags",
}
"""Headings of the columns that need not be chosen, as in `fields.py`, which the first frame does without."""
