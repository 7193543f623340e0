"""Contact sheet (`c`): a page of pictures of what is saved, newest first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from textual import events, work
from textual.binding import BindingType
from textual.containers import Container
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from octotui import units
from octotui.ledger import Poster
from octotui.model import Task
from octotui.presentation.styled_text import Role, StyledLine, cut, fit, fit_middle, width_of
from octotui.sanitize import clean
from octotui.tui.commands import key_name, show_key
from octotui.tui.dialogs.base import Dialog, key_line
from octotui.tui.dialogs.poster_box import MAKING, PictureBox
from octotui.tui.dialogs.posters import Cells, Pictures
from octotui.tui.rendering.styles import is_ascii, styles_of

CAPTION = 3
"""Lines under a picture: title or id, what it is, and a gap."""
_SHORTEST_ID = 8
"""Cells of an id that tells anything."""
_WIDTHS = ((160, 32), (60, 24), (0, 18))
"""From how many cells of width on a picture is about how wide."""
_SHAPE = 0.31
"""Height of a picture's place by its width, in cells: a little more than 16:9 takes, for those that stand upright."""


class Places(NamedTuple):
    """Grid of a page: columns, rows, and the room of one picture."""

    columns: int
    rows: int
    picture: Cells
    """The room of one picture, its gap to the right included."""

    @property
    def total(self) -> int:
        """Pictures on a page."""
        return self.columns * self.rows


def places_on(page: Cells) -> Places:
    """Divide a page: whole pictures only, and no line left over that a picture could use."""
    wanted = next(cells for least, cells in _WIDTHS if page.width >= least)
    columns = max(1, page.width // (wanted + 1))
    width = page.width // columns
    rows = max(1, round(page.height / (width * _SHAPE + CAPTION)))
    return Places(columns, rows, Cells(width, max(1, page.height // rows - CAPTION)))


def newest_first(tasks: Sequence[Task]) -> list[Task]:
    """What is saved, the last saved first."""
    return sorted((task for task in tasks if task.is_saved), key=lambda task: -(task.download.saved_at or 0.0))


def _heading(told: str, words: str, width: int) -> StyledLine:
    """What the sheet is and `told` of it; `words` say why there are no pictures, and go before all else."""
    title: StyledLine = (("Contact sheet", Role.TITLE), (told, Role.DIM))
    if not words:
        return title
    said = (f"  {words}", Role.WARN)
    both = (*title, said)
    return both if width_of(both) <= width else ((words, Role.WARN),)


class Frame(PictureBox):
    """One place on the page: a picture with its caption."""

    shown: Task | None = None
    has_cursor = False
    indent = 1
    is_centred = True

    @property
    def box(self) -> Cells:
        """The cells there are for the picture; one is the gap to the next."""
        return Cells(max(0, self.size.width - 2), max(0, self.size.height - CAPTION))

    def show(self, task: Task | None, *, cursor: bool) -> None:
        """Another task, the same one changed, or nobody."""
        if (task, cursor) != (self.shown, self.has_cursor):
            self.shown, self.has_cursor = task, cursor
            self.turn_to(task.id if task is not None else None)
            # A picture costs some 40 bytes a cell: only what is under it is painted anew.
            self.refresh(Region(0, self.size.height - CAPTION, self.size.width, CAPTION))

    def caption(self, width: int) -> list[StyledLine]:
        """What it is called, else its id; then size, model, and the id where there is room."""
        if self.shown is None:
            return [(), ()]
        mark = ("▌" if self.has_cursor else " ", Role.MARK)
        download = self.shown.download
        size = units.size(download.bytes_total or download.bytes_done)
        title = clean(self.shown.title or "")
        facts = "  ".join(part for part in (size, self.shown.model) if part)
        room = width - 3 - width_of(((facts, Role.DIM),))
        if title and room >= _SHORTEST_ID:
            facts += f"  {fit_middle(self.shown.id, room)}"
        name = fit(title, width - 1) if title else fit_middle(self.shown.id, width - 1)
        return [
            cut((mark, (name, Role.STRONG if self.has_cursor else Role.TEXT)), width),
            cut((mark, (facts, Role.DIM)), width),
        ]

    def render_line(self, y: int) -> Strip:
        """Words where the picture is to be, then the caption (Textual's line API)."""
        width, height = self.size
        first = height - CAPTION
        if y < first:
            lines, at = self.lines(max(1, width - 2)), y - first // 2
            line: StyledLine = ((" ", Role.TEXT), *lines[at]) if 0 <= at < len(lines) else ()
        else:
            line = (*self.caption(width - 1), ())[y - first]
        cursor = self.has_cursor and first <= y < height - 1
        return styles_of(self).strip(cut(line, width), cursor=cursor, ascii_only=is_ascii(self))


class Page(Container):
    """The frames, side by side."""

    DEFAULT_CSS = """
    Page { layout: grid; height: 1fr; overflow: hidden hidden; }
    """


class ContactSheet(Dialog[None]):
    """Pictures of what is saved, in this pane or in all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("h,left", "move(-1)", "Left"),
        ("l,right", "move(1)", "Right"),
        ("j,down", "row(1)", "Down"),
        ("k,up", "row(-1)", "Up"),
        ("pagedown,space", "page(1)", "Page down"),
        ("pageup", "page(-1)", "Page up"),
        ("g,home", "to_end(False)", "Newest"),
        ("G,end", "to_end(True)", "Oldest"),
        ("tab", "widen", "This pane or all"),
        ("enter", "details", "Details"),
        ("q", "close", "Back"),
    ]
    DEFAULT_CSS = """
    ContactSheet #dialog { width: 100%; max-width: 100%; height: 100%; border: none; padding: 0 1; }
    ContactSheet #dialog-title, ContactSheet #dialog-keys { margin: 0; }
    """

    def __init__(
        self,
        pictures: Pictures,
        label: str,
        tasks_of: Callable[[bool], Sequence[Task]],
        *,
        keys: Mapping[str, tuple[str, ...]],
        details: Callable[[Task], None],
        play: Callable[[Task], None],
    ) -> None:
        """`label` names the pane; `tasks_of` gives its tasks, or everybody's when told True."""
        opens = keys["play"][:1]
        shown = [("Enter", "Details"), *((show_key(key), "Open") for key in opens), ("Tab", "All or pane")]
        super().__init__("Contact sheet", key_line(*shown, ("PgUp PgDn", "Page"), ("esc", "Back")))
        self.pictures = pictures
        self.page = Page()
        self.wide = not any(task.is_saved for task in tasks_of(False))
        """Whether all panes are meant."""
        self.tasks: list[Task] = []
        self.cursor = 0
        self._label = label
        self._tasks_of = tasks_of
        self._details = details
        self._play = play
        for action, command in (("close", "contact_sheet"), ("play", "play")):
            for key in keys[command]:
                self.bind_key(key_name(key), action)
        self._frames: list[Frame] = []
        self._places: Places | None = None

    def parts(self) -> list[Widget]:
        """The page alone."""
        return [self.page]

    @property
    def current(self) -> Task | None:
        """The task under the cursor."""
        return self.tasks[self.cursor] if self.cursor < len(self.tasks) else None

    def on_mount(self) -> None:
        """Divide the page once it has a size."""
        self.call_after_refresh(self._divide)

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - Textual calls that of `Dialog`, too
        """Divide it anew."""
        self.call_after_refresh(self._divide)

    async def _divide(self) -> None:
        places = places_on(Cells(*self.page.size))
        if not self.page.size or places == self._places:
            return
        self._places = places
        await self.page.remove_children()
        self.page.styles.grid_size_columns = places.columns
        self.page.styles.grid_rows = str(places.picture.height + CAPTION)
        self._frames = [Frame(self.pictures) for _ in range(places.total)]
        await self.page.mount(*self._frames)
        self.show_saved()

    def tick(self) -> None:
        """A second has passed."""
        self.show_saved()

    def show_saved(self) -> None:
        """Show what is saved now; the cursor stays on its task, or at the top where it was."""
        before = self.current
        self.tasks = newest_first(self._tasks_of(self.wide))
        if before is not None and self.cursor:
            ids = [task.id for task in self.tasks]
            self.cursor = ids.index(before.id) if before.id in ids else self.cursor
        self.cursor = max(0, min(self.cursor, len(self.tasks) - 1))
        self.show_page()

    def show_page(self) -> None:
        """Turn the frames to the page the cursor is on, and have its pictures made and drawn."""
        if self._places is None:
            return
        count = self._places.total
        first = self.cursor // count * count
        for number, frame in enumerate(self._frames, start=first):
            frame.show(self.tasks[number] if number < len(self.tasks) else None, cursor=number == self.cursor)
        pages = -(-len(self.tasks) // count)
        words = self.pictures.words
        whose = "all panes" if self.wide else self._label
        told = f"  {whose}: {len(self.tasks):,} saved" if self.tasks else f"  {whose}: nothing is saved yet."
        if pages > 1 and not words:  # a narrow screen has no room for both
            told += f", page {first // count + 1} of {pages}"
        self.heading.show(_heading(told, words, self.heading.size.width))
        if words:
            for frame in self._frames:
                here = words if frame.has_cursor else "no picture"  # the heading may have no room for all of them
                frame.say(here if frame.task_id is not None else "")
        elif self.tasks:
            self._draw_posters()

    def _draw_posters(self) -> None:
        """Draw the posters there are, and ask for those there are not."""
        blank = [frame for frame in self._frames if frame.task_id is not None and frame.drawn is None]
        if not blank:
            return
        posters = self.pictures.posters([frame.task_id for frame in blank if frame.task_id])
        failed = {task_id for task_id, poster in posters.items() if poster.picture is None}
        wanting = [frame.task_id for frame in blank if frame.task_id and frame.task_id not in posters.keys() - failed]
        if wanting:
            self.pictures.ask(wanting)
        for frame in blank:
            if frame.task_id not in posters:
                frame.say(MAKING)
        found = [(frame, posters[frame.task_id]) for frame in blank if frame.task_id in posters]
        self._draw(found)

    @work(exclusive=True, group="posters")
    async def _draw(self, found: Sequence[tuple[Frame, Poster]]) -> None:
        """One after the other: a key that comes in between is not kept waiting by a whole page."""
        for frame, poster in found:
            if frame.is_attached:
                await frame.draw(poster)
                # What is ready already is drawn without waiting for anything: this is where keys come in.
                await asyncio.sleep(0)

    def action_play(self) -> None:
        """Open the file under the cursor."""
        if self.current is not None:
            self._play(self.current)

    def action_move(self, by: int) -> None:
        """Go to the next picture, or the one before."""
        self._go(self.cursor + by)

    def action_row(self, by: int) -> None:
        """Go up or down a row; at the last row to the last picture."""
        self._go(self.cursor + by * (self._places.columns if self._places else 1))

    def action_page(self, pages: int) -> None:
        """Turn the page."""
        self._go(self.cursor + pages * (self._places.total if self._places else 1))

    def action_to_end(self, end: bool) -> None:
        """To the oldest or the newest."""
        self._go(len(self.tasks) - 1 if end else 0)

    def _go(self, number: int) -> None:
        last = max(0, len(self.tasks) - 1)
        self.cursor = max(0, min(number, last))
        self.say("")
        self.show_page()

    def action_widen(self) -> None:
        """All panes, or this one."""
        self.wide = not self.wide
        self.cursor = 0
        self.show_saved()

    def action_details(self) -> None:
        """All that is known about it."""
        if self.current is not None:
            self._details(self.current)
