"""Videos made on the spot: each a few frames, with what a test wants to be in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
from PIL import Image

from octotui.demo.media import clip

Color = tuple[int, int, int]


def demo_clip(file: Path, number: int = 0) -> Path:
    """One of the demo's clips, 480×270, 4.5 seconds of H.264."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(clip(number))
    return file


def halves(left: Color, right: Color, size: tuple[int, int]) -> Image.Image:
    """A picture of two colours: nothing flat, and what it shows can be told from a single pixel."""
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def video(file: Path, pictures: Iterable[Image.Image], *, codec: str = "mpeg4", rate: int = 8) -> Path:
    """A video of these pictures, all of one size."""
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.VideoStream)
        stream.pix_fmt = "yuv420p"
        shown = list(pictures)
        stream.width, stream.height = shown[0].size
        for picture in shown:
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
    return file


def sound(file: Path) -> Path:
    """A second of silence in an MP4 without any picture."""
    with av.open(str(file), "w") as container:
        stream = container.add_stream("aac", rate=44_100)
        assert isinstance(stream, av.AudioStream)
        for number in range(40):
            frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.rate, frame.pts = 44_100, 1024 * number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file
