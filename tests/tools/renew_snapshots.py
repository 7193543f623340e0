"""Draw the snapshots of tests/tui anew, after a change that was meant: `python -m tests.tools.renew_snapshots`.

Names of views behind it (`help details`) renew only those. Look at `git diff tests/tui/snapshots` before the commit.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.support.terminal import Terminal
from tests.tui.pictures import DASHBOARD, EMPTY, FOLDER, PICTURES, SIZES, Picture, drawn, place, still, walk

REST = 0.7
"""Seconds without a byte after which a view is drawn."""


def main() -> None:
    """Write every picture, or those named on the command line, and say which have changed."""
    wanted = set(sys.argv[1:])
    FOLDER.mkdir(exist_ok=True)
    for size in SIZES:

        def draw(picture: Picture, terminal: Terminal, size: tuple[int, int] = size) -> None:
            terminal.until(lambda: picture.shows in terminal.text)
            terminal.rest(REST)
            path = place(picture.name, size)
            text = drawn(terminal)
            if (not wanted or picture.name in wanted) and (not path.exists() or path.read_text() != text):
                path.write_text(text)
                print(path.name)

        with tempfile.TemporaryDirectory() as folder, still(Path(folder), size, "full") as terminal:
            walk(terminal, partial(draw, terminal=terminal))
        with tempfile.TemporaryDirectory() as folder, still(Path(folder), size, "empty") as terminal:
            draw(EMPTY, terminal)
    known = {place(picture.name, size) for picture in (DASHBOARD, EMPTY, *PICTURES) for size in SIZES}
    for path in set(FOLDER.iterdir()) - known:
        path.unlink()
        print(f"{path.name} is gone")


if __name__ == "__main__":
    main()
