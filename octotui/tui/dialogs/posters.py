"""Posters on the screen: whether and how this terminal shows pictures, and pictures made ready beside the keys.

textual-image asks the terminal what it can when it is imported: it waits up to 0.2 s, swallows what is typed then, and
an answer that comes later over a slow line is read as keys ("4" and "c" of "[?62;4c" are commands). So it is imported
where it sees no terminal, and we go by the terminal's name, the pixels the kernel knows of, or the setting.
"""

from __future__ import annotations

import asyncio
import fcntl
import io
import os
import struct
import sys
import termios
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from octotui.config import Config
from octotui.extras import install_command
from octotui.ledger import Ledger, LedgerError, Poster, impatient

if TYPE_CHECKING:
    from PIL.Image import Image
    from textual_image.widget import HalfcellImage, SixelImage, TGPImage

    PictureWidget = TGPImage | SixelImage | HalfcellImage

_ASK_PATIENCE = 0.05
"""Seconds to wait for somebody else who is writing: nobody has pressed a key, and the next look asks again."""
_KEPT = 48
"""Pictures held ready; those of half blocks take some 5 KB, others up to 400 KB."""
_LOAD_ALONE = 2**22
"""Pixels a picture may have: posters are 480 a side, so what has more is none of ours."""


def remedy() -> str:
    """What to say without the extra."""
    return f"Pictures: {install_command('preview')}"


class Method(StrEnum):
    """How pictures are drawn."""

    KITTY = "kitty"
    SIXEL = "sixel"
    BLOCKS = "blocks"
    NONE = "none"


class Cells(NamedTuple):
    """An extent in cells of the terminal, or a cell's in pixels."""

    width: int
    height: int


USUAL_CELL = Cells(10, 20)
"""Pixels of a cell where nobody knows."""


def method_for(config: Config, environ: Mapping[str, str], *, knows_pixels: bool) -> Method:
    """How this terminal shows pictures; Sixel needs to know how many pixels a cell has."""
    if config.ascii:
        return Method.NONE
    if config.pictures != "auto":
        return Method(config.pictures)
    return Method.NONE if config.low_bandwidth else _by_name(environ, knows_pixels=knows_pixels)


def _by_name(environ: Mapping[str, str], *, knows_pixels: bool) -> Method:
    term = environ.get("TERM", "")
    if "TMUX" in environ or term.startswith(("screen", "tmux")):
        # What the terminal outside can do does not come through.
        return Method.BLOCKS
    if term in {"xterm-kitty", "xterm-ghostty"}:
        return Method.KITTY
    program = environ.get("TERM_PROGRAM", "")
    sixel = term.startswith(("foot", "mlterm", "contour")) or program in {"WezTerm", "iTerm.app"}
    return Method.SIXEL if sixel and knows_pixels else Method.BLOCKS


def cell_pixels(descriptor: int = 1) -> Cells | None:
    """How many pixels a cell of the terminal has, as the kernel was told; None where it was not."""
    try:
        answer = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("HHHH", answer)
    return Cells(width // columns, height // rows) if rows and columns and width >= columns and height >= rows else None


def fitted(picture: tuple[int, int], box: Cells, cell: Cells = USUAL_CELL) -> Cells:
    """The cells a picture of so many pixels takes in a box: as large as can be, with its own proportions."""
    shrink = min(box.width * cell.width / picture[0], box.height * cell.height / picture[1])
    width, height = round(picture[0] * shrink / cell.width), round(picture[1] * shrink / cell.height)
    return Cells(max(1, min(box.width, width)), max(1, min(box.height, height)))


def is_installed() -> bool:
    """Whether the extra is there; imports nothing of it."""
    return all(find_spec(name) is not None for name in ("av", "PIL", "textual_image"))


class Pictures:
    """Posters for all widgets that show them: read, asked for and drawn."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        *,
        clock: Callable[[], float],
        wake: Callable[[], None],
        hold: Callable[[], bool],
        environ: Mapping[str, str] = os.environ,
        installed: Callable[[], bool] = is_installed,
    ) -> None:
        """`wake` tells the engine of wishes; while `hold` says so, somebody types and nothing is made."""
        self.hold = hold
        self._ledger = ledger
        self._clock = clock
        self._wake = wake
        known = cell_pixels()
        self.cell = known or USUAL_CELL
        self.method = method_for(config, environ, knows_pixels=known is not None)
        self.is_missing = self.method is not Method.NONE and not installed()
        """Whether pictures could be drawn if the extra were installed."""
        self.words = self._why_none(config)
        """Why no pictures are drawn and what helps; empty where they are."""
        self._ready: OrderedDict[tuple[str, float, Cells], Image] = OrderedDict()
        self._importing: asyncio.Future[type[PictureWidget]] | None = None

    def _why_none(self, config: Config) -> str:
        if self.is_missing:
            return remedy()
        if self.method is not Method.NONE:
            return ""
        if config.ascii:
            return "No pictures with plain ASCII."
        return 'Pictures: set pictures = "blocks".'

    def ask(self, ids: Iterable[str]) -> None:
        """Have the engine make posters of saved tasks that have none."""
        try:
            with impatient(_ASK_PATIENCE):
                if self._ledger.ask_poster(ids, self._clock()):
                    self._wake()
        except LedgerError:
            # The dashboard says what is wrong with the ledger; whoever looks again asks again.
            return

    def posters(self, ids: Iterable[str]) -> dict[str, Poster]:
        """What has been made for tasks, as far as it can be read."""
        try:
            return self._ledger.posters(ids)
        except LedgerError:
            return {}

    async def load(self) -> type[PictureWidget]:
        """The widget that draws pictures, imported beside the keys."""
        # Once, and to its end though who asked has gone: of two at once, one would put back as standard output what the
        # other had put in its place, and no picture would reach the terminal any more.
        if self._importing is None:
            self._importing = asyncio.ensure_future(asyncio.to_thread(_import, self.method, self.cell))
        return await asyncio.shield(self._importing)

    async def image(self, task_id: str, poster: Poster, box: Cells) -> Image | None:
        """The picture of a poster, made ready for a box of cells beside the keys; None where it cannot be read."""
        key = (task_id, poster.at, box)
        if key not in self._ready:
            make = partial(_decode, poster.picture or b"", box, self.cell, exactly=self.method is Method.BLOCKS)
            image = await asyncio.to_thread(make)
            if image is None:
                return None
            self._ready[key] = image
            while len(self._ready) > _KEPT:
                self._ready.popitem(last=False)
        self._ready.move_to_end(key)
        return self._ready[key]


def _import(method: Method, cell: Cells) -> type[PictureWidget]:
    with _no_terminal(cell):
        from textual_image.widget import HalfcellImage, SixelImage, TGPImage  # noqa: PLC0415 - an extra, and see above
    widgets: dict[Method, type[PictureWidget]] = {Method.KITTY: TGPImage, Method.SIXEL: SixelImage}
    return widgets.get(method, HalfcellImage)


class _Silent(io.StringIO):
    """A standard output that is no terminal, but has the size of the real one for whoever looks meanwhile."""

    def fileno(self) -> int:
        return 1


@contextmanager
def _no_terminal(cell: Cells) -> Iterator[None]:
    """Have whoever is imported see no terminal to ask, and the size of its cells where textual-image looks for it."""
    told = {"TEXTUAL_CELL_WIDTH": str(cell.width), "TEXTUAL_CELL_HEIGHT": str(cell.height)}
    real, before = sys.__stdout__, {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    vars(sys)["__stdout__"] = _Silent()
    try:
        yield
    finally:
        vars(sys)["__stdout__"] = real
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _decode(picture: bytes, box: Cells, cell: Cells, *, exactly: bool) -> Image | None:
    """The picture of a JPEG; `exactly`: as many pixels as half blocks show of it."""
    from PIL import Image as Reader  # noqa: PLC0415 - an extra
    from PIL import UnidentifiedImageError  # noqa: PLC0415 - as above

    try:
        with Reader.open(io.BytesIO(picture), formats=("JPEG",)) as opened:
            if opened.width * opened.height > _LOAD_ALONE:
                return None
            image = opened.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError):
        return None
    if exactly:
        size = fitted(image.size, box, cell)
        image = image.resize((size.width, 2 * size.height), Reader.Resampling.BOX)
    return image
