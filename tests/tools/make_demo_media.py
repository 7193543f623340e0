"""Draws the demo's video clips: abstract pictures computed here, so that they are ours to give away (CC0).

Run it in an environment of its own, never in the project's: `pip install av numpy`, then
`python tests/tools/make_demo_media.py octotui/demo/media`. The clips are committed; this is how they were made.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

av: Any = importlib.import_module("av")
np: Any = importlib.import_module("numpy")

WIDTH, HEIGHT, RATE = 480, 270, 24
TAU = 6.283185307179586
TARGET_BYTES = (250_000, 370_000)

Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
U, V = (X - WIDTH / 2) / HEIGHT, (Y - HEIGHT / 2) / HEIGHT


def mix(low: Any, high: Any, share: Any) -> Any:
    """Blends two colours (or images) by `share`, 0 to 1."""
    return low + (high - low) * share[..., None]


def colour(code: str) -> Any:
    """An RGB triple, 0 to 1, from `rrggbb`."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)])


def glow(distance: Any, radius: float) -> Any:
    """A soft disc: 1 at the middle, fading at about `radius`."""
    return np.exp(-((distance / radius) ** 2))


def aurora(turn: float) -> Any:
    """Curtains of light over a dark sky; `turn` runs from 0 to 1 and joins up."""
    angle = TAU * turn
    image = mix(colour("050716"), colour("10233f"), np.clip(V + 0.5, 0, 1))
    for number, tint in enumerate(("2ee6a6", "3aa0ff", "b06bff", "f25fa0")):
        sway = 0.10 * np.sin(3.1 * U + angle + number) + 0.05 * np.sin(7.3 * U - 2 * angle + 2 * number)
        height = V - (-0.30 + 0.17 * number) - sway
        curtain = np.exp(-(np.where(height > 0, height / 0.06, -height / 0.22) ** 2))
        curtain = curtain * (0.65 + 0.35 * np.sin(38 * U + 9 * sway + angle * (1 + number % 2)))
        image = image + curtain[..., None] * colour(tint) * 0.62
    return image


def orbits(turn: float) -> Any:
    """Lamps on ellipses, each with a tail, around a warm heart."""
    image = mix(colour("0b0a1a"), colour("1d1033"), np.clip(1 - np.hypot(U, V), 0, 1))
    image = image + glow(np.hypot(U, V), 0.13)[..., None] * colour("ffb45e")
    tints = ("ff5f6d", "ffc371", "4bc0c8", "7f7fd5", "91eae4", "f7797d", "86a8e7")
    for number, tint in enumerate(tints):
        wide, high = 0.18 + 0.095 * number, 0.09 + 0.05 * number
        for step in range(14):
            angle = TAU * (turn * (1 + (number % 3)) - 0.010 * step) + number * 1.7
            distance = np.hypot(U - wide * np.cos(angle), V - high * np.sin(angle))
            strength = (1 - step / 14) ** 2
            image = image + (glow(distance, 0.016 + 0.014 * strength) * strength * 0.55)[..., None] * colour(tint)
    return image


def dunes(turn: float) -> Any:
    """Ranges of hills sliding past at their own pace below a low sun."""
    image = mix(colour("ffd9a0"), colour("6a4c93"), np.clip(0.5 - V, 0, 1))
    image = image + glow(np.hypot(U - 0.32, V + 0.12 + 0.03 * np.sin(TAU * turn)), 0.12)[..., None] * colour("fff1c9")
    for number, tint in enumerate(("d98f89", "b5657c", "86466e", "57315b", "2b1f43")):
        shift = TAU * turn * (1 + number // 2)
        ridge = 0.02 + 0.10 * number + 0.05 * np.sin(3.3 * U + shift + number) + 0.025 * np.sin(8 * U - shift + number)
        solid = np.clip((V - ridge + 0.06) * HEIGHT, 0, 1)
        shade = 0.88 + 0.12 * np.sin(26 * (V - ridge) + 4 * U + shift)
        image = mix(image, colour(tint) * shade[..., None], solid)
    return image


def mosaic(turn: float) -> Any:
    """A turning floor of tiles that breathe in and out of colour."""
    angle, zoom = 0.5 * np.sin(TAU * turn), 5.2 + 0.9 * np.cos(TAU * turn)
    across = zoom * (U * np.cos(angle) - V * np.sin(angle)) + 3 * np.sin(TAU * turn)
    down = zoom * (U * np.sin(angle) + V * np.cos(angle))
    column, row = np.floor(across), np.floor(down)
    edge = np.maximum(np.abs(across - column - 0.5), np.abs(down - row - 0.5))
    beat = 0.5 + 0.5 * np.sin(TAU * turn + 1.3 * column + 2.1 * row)
    kind = 0.5 + 0.5 * np.sin(0.9 * column - 1.7 * row)
    tile = mix(mix(colour("14213d"), colour("00a6a6"), beat), colour("fca311"), kind * beat)
    return mix(tile, np.broadcast_to(colour("e9ecef"), tile.shape), np.clip((edge - 0.46) * 60, 0, 1) * 0.5)


def ripples(turn: float) -> Any:
    """Drops falling on still water, seen from above."""
    height = np.zeros_like(U)
    for left, top, start in (
        (-0.5, -0.2, 0.0),
        (0.35, 0.1, 0.35),
        (-0.1, 0.28, 0.6),
        (0.6, -0.3, 0.8),
        (0.05, -0.1, 0.5),
    ):
        age = (turn - start) % 1
        distance = np.hypot(U - left, V - top)
        height = height + np.sin(58 * (distance - 0.8 * age)) * glow(distance - 0.8 * age, 0.10) * (1 - age) ** 1.5
    slope = np.gradient(height, axis=1) + np.gradient(height, axis=0)
    water = mix(colour("04364a"), colour("1f7a8c"), np.clip(0.5 + V + 0.15 * height, 0, 1))
    return water + np.clip(slope * 3.0, -0.25, 1)[..., None] * colour("cdf2ff")


CLIPS: tuple[tuple[str, Callable[[float], Any], float, bool], ...] = (
    ("aurora", aurora, 4.5, True),
    ("orbits", orbits, 5.0, False),
    ("dunes", dunes, 4.5, True),
    ("mosaic", mosaic, 4.0, False),
    ("ripples", ripples, 5.0, True),
)
"""Name, picture at a turn of 0 to 1, length in seconds, and whether the index (`moov`) stands first."""


def encode(path: Path, frames: list[Any], *, quality: int, index_first: bool) -> int:
    """Writes `frames` as H.264 in MP4 at x264's `quality` (crf) and returns the size in bytes."""
    options = {"movflags": "+faststart"} if index_first else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("h264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": str(quality), "preset": "slow", "threads": "1"}
        for pixels in frames:
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path.stat().st_size


def make(folder: Path) -> None:
    """Draws every clip into `folder`, at the finest quality whose file is a few hundred kilobytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture, seconds, index_first in CLIPS:
        count = round(seconds * RATE)
        images = (np.clip(picture(number / count), 0, 1) ** 0.92 for number in range(count))
        frames = [(image * 255).round().astype(np.uint8) for image in images]
        for quality in range(5, 40, 2):
            size = encode(folder / f"{name}.mp4", frames, quality=quality, index_first=index_first)
            if size <= TARGET_BYTES[1]:
                break
        sys.stdout.write(f"{name}: {size} bytes at crf {quality}{'' if size >= TARGET_BYTES[0] else ', small'}\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
