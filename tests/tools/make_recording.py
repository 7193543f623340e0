"""Record the demo as a picture that moves: an SVG with no script in it, for the README.

python -m tests.tools.make_recording [FILE]

The real `octotui demo --fast` on a terminal of its own, with keys pressed as a person would; about a frame a second.
Rows that stand in several frames are written once.
"""

from __future__ import annotations

import sys
import time
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from tests.support.terminal import Terminal, on_terminal

SIZE = (120, 36)
FRAMES_PER_SECOND = 1.25
SCRIPT: tuple[tuple[float, bytes], ...] = (
    (4.0, b"D"),
    (7.0, b"jj"),
    (8.0, b"\r"),
    (11.0, b"\x1b"),
    (12.0, b"0"),
    (15.5, b"\x1b"),
    (16.5, b"F"),
    (19.0, b"\x1b"),
    (20.0, b"A"),
    (23.0, b"A"),
)
"""Seconds after the first frame, and the keys that are pressed then."""
SECONDS = 25.0
_CELL, _LINE, _MARGIN = 8.4, 18.0, 12.0
_NAMED = {
    "default": "",
    "black": "#1e1e1e",
    "red": "#d75f5f",
    "green": "#87af5f",
    "brown": "#d7af5f",
    "blue": "#5f87d7",
    "magenta": "#af87d7",
    "cyan": "#5fafaf",
    "white": "#d0d0d0",
}
_TEXT, _BACKGROUND = "#d0d0d0", "#121212"

_STYLE = (
    "text{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}"
    f".f{{visibility:hidden;animation:{SECONDS:g}s step-end infinite}}"
)


class Run(NamedTuple):
    """Cells that look alike, side by side."""

    column: int
    text: str
    color: str
    background: str
    is_bold: bool


Row = tuple[Run, ...]


def main() -> None:
    """Record, and write the file of the command line, `screenshots/demo.svg` unless named."""
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots/demo.svg")
    file.write_text(drawn(recorded()), encoding="utf-8")


def recorded() -> list[tuple[float, list[Row]]]:
    """Run the demo; returns its frames, each with the second at which it was first seen."""
    frames: list[tuple[float, list[Row]]] = []
    environ = {"COLORTERM": "truecolor", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    with on_terminal(["-m", "octotui", "demo", "--fast"], size=SIZE, environ=environ) as terminal:
        terminal.until(lambda: "q Quit" in terminal.text)
        began = time.monotonic()
        waiting = list(SCRIPT)
        while (now := time.monotonic() - began) < SECONDS:
            if waiting and waiting[0][0] <= now:
                terminal.press(waiting.pop(0)[1])
            terminal.read(1 / FRAMES_PER_SECOND)
            rows = shown(terminal)
            if not frames or rows != frames[-1][1]:
                frames.append((now, rows))
        terminal.press(b"q")
    return frames


def shown(terminal: Terminal) -> list[Row]:
    """What the terminal shows now, as runs of cells."""
    rows = []
    for cells in terminal.styled_cells():
        runs = []
        # An empty cell is the second half of a wide character.
        places = [(column, cell) for column, cell in enumerate(cells) if cell.data]
        for look, group in groupby(
            places, key=lambda place: (place[1].fg, place[1].bg, place[1].bold, place[1].reverse)
        ):
            together = list(group)
            text = "".join(cell.data for _, cell in together)
            color, background = _color(look[0]) or _TEXT, _color(look[1])
            if look[3]:
                color, background = background or _BACKGROUND, color
            if text.strip() or background not in {"", _BACKGROUND}:
                runs.append(Run(together[0][0], text, color, background, bool(look[2])))
        rows.append(tuple(runs))
    return rows


def _color(name: str) -> str:
    return _NAMED.get(name.removeprefix("bright"), f"#{name}" if len(name) == 6 else "")


def drawn(frames: list[tuple[float, list[Row]]]) -> str:
    """Return the recording as SVG: every row once, every frame as a list of rows that is shown for its time."""
    numbers: dict[Row, int] = {}
    for _, rows in frames:
        for row in rows:
            numbers.setdefault(row, len(numbers))
    width, height = SIZE[0] * _CELL + 2 * _MARGIN, SIZE[1] * _LINE + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
        "<title>octotui demo: tasks move, results are saved, details, overview, failures by reason</title>",
        f"<style>{_STYLE}",
    ]
    ends = [*(at for at, _ in frames[1:]), SECONDS]
    for number, ((start, _), end) in enumerate(zip(frames, ends, strict=True)):
        first, last = 100 * start / SECONDS if number else 0.0, 100 * end / SECONDS
        hidden = "" if number == 0 else "0%{visibility:hidden}"
        parts.append(
            f"@keyframes k{number}{{{hidden}{first:.2f}%{{visibility:visible}}{last:.2f}%{{visibility:hidden}}}}"
            f"#f{number}{{animation-name:k{number}}}"
        )
    parts.append(f'</style><rect width="100%" height="100%" rx="8" fill="{_BACKGROUND}"/><defs>')
    parts += [f'<g id="r{number}">{"".join(map(_run, row))}</g>' for row, number in numbers.items() if row]
    parts.append("</defs>")
    for number, (_, rows) in enumerate(frames):
        uses = (
            f'<use href="#r{numbers[row]}" y="{_MARGIN + line * _LINE:.1f}"/>' for line, row in enumerate(rows) if row
        )
        parts.append(f'<g class="f" id="f{number}">{"".join(uses)}</g>')
    return "\n".join(parts) + "\n</svg>\n"


def _run(run: Run) -> str:
    x, length = _MARGIN + run.column * _CELL, len(run.text) * _CELL
    behind = (
        f'<rect x="{x:.1f}" width="{length:.1f}" height="{_LINE}" fill="{run.background}"/>' if run.background else ""
    )
    bold = ' font-weight="bold"' if run.is_bold else ""
    said = escape(run.text)
    return f'{behind}<text x="{x:.1f}" y="13.5" fill="{run.color}" textLength="{length:.1f}"{bold}>{said}</text>'


if __name__ == "__main__":
    main()
