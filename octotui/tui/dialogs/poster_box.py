"""Poster box: a picture, or words in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.strip import Strip
from textual.widget import Widget

from octotui.ledger import Poster
from octotui.model import Task
from octotui.presentation.styled_text import Role, StyledLine, cut, wrap
from octotui.tui.dialogs.posters import Cells, Method, Pictures, fitted
from octotui.tui.rendering.styles import is_ascii, styles_of

if TYPE_CHECKING:
    from textual.timer import Timer

    from octotui.tui.dialogs.posters import PictureWidget

REST = 0.3
"""Seconds the cursor has to rest on a task before any work is done for its picture."""
ROOM_FROM = Cells(60, 16)
"""The smallest screen on which details have a picture."""
MAKING = "The picture is being made …"


class PictureBox(Widget, can_focus=False):
    """Box with one task's poster, as large as its box allows."""

    DEFAULT_CSS = """
    PictureBox { width: 1fr; height: 1fr; overflow: hidden hidden; }
    """

    indent = 0
    """Cells to the left of the box."""
    is_centred = False
    """Whether a picture that is lower than its box stands in the middle of it."""

    def __init__(self, pictures: Pictures, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.pictures = pictures
        self.task_id: str | None = None
        self.drawn: float | None = None
        """When the poster that shows was made; None while none shows."""
        self.words = ""
        self._picture: PictureWidget | None = None

    @property
    def box(self) -> Cells:
        """The cells there are for the picture."""
        return Cells(*self.size)

    def say(self, words: str) -> None:
        """Words instead of a picture."""
        self.drawn = None
        if self._picture is not None:
            self._picture.display = False
        if words != self.words:
            self.words = words
            self.refresh()

    def turn_to(self, task_id: str | None) -> None:
        """Have room for another task's picture."""
        if task_id != self.task_id:
            self.task_id = task_id
            self.say("")

    async def draw(self, poster: Poster) -> None:
        """Show a poster, unless the box has turned to another task by the time it is ready."""
        task_id, box = self.task_id, self.box
        if task_id is None or box.width < 4 or box.height < 2:
            return
        if poster.picture is None:
            self.say(f"No picture: {poster.reason}")
            return
        make = await self.pictures.load()
        image = await self.pictures.image(task_id, poster, box)
        if task_id != self.task_id or box != self.box or not self.is_attached:
            return
        if image is None:
            self.say("No picture: what the ledger has is none")
            return
        self.say("")
        self.drawn = poster.at
        if self._picture is None:
            self._picture = make()
            await self.mount(self._picture)
        if self.pictures.method is Method.BLOCKS:
            width, height = image.width, image.height // 2
        else:
            width, height = fitted(image.size, box, self.pictures.cell)
        styles = self._picture.styles
        styles.width, styles.height = width, height
        styles.margin = (
            (box.height - height) // 2 if self.is_centred else 0,
            0,
            0,
            self.indent + (box.width - width) // 2,
        )
        self._picture.image = image
        self._picture.display = True

    def on_resize(self) -> None:
        """What was made for another size is no use."""
        self.say(self.words)

    def lines(self, width: int) -> list[StyledLine]:
        """What stands where no picture is, from the top."""
        return [cut(line, width) for line in wrap(((self.words, Role.DIM),), width)] if self.words else []

    def render_line(self, y: int) -> Strip:
        """Draw the words (Textual's line API)."""
        lines = self.lines(self.size.width)
        line = lines[y] if y < len(lines) else ()
        return styles_of(self).strip(cut(line, self.size.width), ascii_only=is_ascii(self))


class PosterBox(PictureBox):
    """The poster in the details: it follows the task that is shown, once the cursor rests."""

    DEFAULT_CSS = """
    PosterBox { display: none; }
    """

    def __init__(self, pictures: Pictures, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(pictures, id=id)
        self._timer: Timer | None = None

    def show_task(self, task: Task | None) -> None:
        """Show the poster of a saved task; called again and again while it shows."""
        pictures = self.pictures
        width, height = self.app.size
        has_room = width >= ROOM_FROM.width and height >= ROOM_FROM.height
        if task is None or not task.is_saved or not has_room or (pictures.words and not pictures.is_missing):
            self.turn_to(None)
            self.display = False
            return
        self.display = True
        self.set_class(pictures.is_missing, "-words")
        if task.id != self.task_id:
            self.turn_to(task.id)
            self._wait()
        elif self.drawn is None and self._timer is None:
            self._find_poster()

    def on_resize(self) -> None:
        """Draw it anew, once the size rests."""
        if self.task_id is not None:
            self._wait()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(REST, self._rested)

    def _rested(self) -> None:
        self._timer = None
        self._find_poster()

    def _find_poster(self) -> None:
        """See whether there is a poster, and have one made where there is none."""
        if self.task_id is None or not self.is_attached:
            return
        if self.pictures.hold():
            self._wait()
            return
        if self.pictures.is_missing:
            self.say(self.pictures.words)
            return
        poster = self.pictures.posters([self.task_id]).get(self.task_id)
        if poster is None or poster.picture is None:
            self.pictures.ask([self.task_id])
        if poster is None:
            self.say(MAKING)
        else:
            self._draw(poster)

    @work(exclusive=True, group="poster")
    async def _draw(self, poster: Poster) -> None:
        await self.draw(poster)
